"""`experimaestro hub`: push folders to the Hub, and pull them."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from xpm_hf._hub.error_translation import translated_errors
from xpm_hf._hub.hub import ExperimaestroHFHub
from xpm_hf._hub.repository import check_variant, download, former_files
from xpm_hf.exceptions import HubError
from xpm_os.staging import Stage
from xpm_serialize import SerializationError, check_folder

_DEFINITION = ExperimaestroHFHub.definition_filename
#: Errors that are shown without a traceback
_EXPECTED = (HubError, SerializationError, HfHubHTTPError, HFValidationError, OSError)


@click.group()
def hub() -> None:
    """Push saved configurations to the Hugging Face Hub, and pull them."""


@hub.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("repository")
@click.option("--variant", help="Name of a folder for it in the repository.")
@click.option("--private/--public", default=None, help="For a repository that is made.")
@click.option("--branch", help="Branch to push to (main).")
@click.option("--message", default="Push configuration", help="The commit's message.")
@click.option("--token", help="Token (by default, the one of `hf auth login`).")
def push(
    folder: Path,
    repository: str,
    variant: str | None,
    private: bool | None,
    branch: str | None,
    message: str,
    token: str | None,
) -> None:
    """Push FOLDER, which save() has written, to REPOSITORY (user/name)."""
    try:
        check_variant(variant)
        check_folder(folder, _DEFINITION)
        api = HfApi(token=token)
        with translated_errors():
            repository = api.create_repo(repository, private=private, exist_ok=True).repo_id
            if branch is not None:
                api.create_branch(repository, branch=branch, exist_ok=True)
            former = former_files(api, repository, _DEFINITION, variant, branch)
            url = api.upload_folder(
                repo_id=repository,
                folder_path=folder,
                path_in_repo=variant,
                commit_message=message,
                revision=branch,
                delete_patterns=former or None,
            )
    except _EXPECTED as error:
        raise click.ClickException(str(error)) from None
    click.echo(url)


@hub.command()
@click.argument("repository")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--variant", help="The variant to pull.")
@click.option("--revision", help="Branch, tag or commit (main).")
@click.option("--token", help="Token (by default, the one of `hf auth login`).")
def pull(
    repository: str, folder: Path, variant: str | None, revision: str | None, token: str | None
) -> None:
    """Pull REPOSITORY (user/name) into FOLDER, which must not be there."""
    if folder.exists():
        raise click.ClickException(f"{folder} is there already")
    try:
        check_variant(variant)
        snapshot = download(repository, _DEFINITION, variant, revision=revision, token=token)
        content = snapshot / variant if variant else snapshot
        check_folder(content, _DEFINITION, inside=snapshot.parent.parent)
        # Copied to a folder beside it, then renamed: what is interrupted leaves no folder.
        with Stage(str(folder.absolute().parent)) as stage:
            shutil.copytree(content, stage.path)
            stage.put(str(folder.absolute()))
    except _EXPECTED as error:
        raise click.ClickException(str(error)) from None
    click.echo(str(folder))
