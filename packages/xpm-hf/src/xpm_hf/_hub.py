"""Push configurations to the Hugging Face Hub, and load them from there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from huggingface_hub import HfApi, ModelCard, ModelHubMixin, hf_hub_download, snapshot_download
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

from xpm_serialize import (
    DefinitionNotFoundError,
    SerializationContext,
    SerializedPath,
    UnsafePathError,
    load,
    save,
)

from ._border import reaching_the_hub
from ._card import MARK, card_text
from .exceptions import HubError, VariantNotFoundError

_README = "README.md"
_VARIANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ExperimaestroHFHub(ModelHubMixin, library_name="experimaestro", tags=["experimaestro"]):
    """A configuration, to be pushed to the Hub or saved for it.

    ::

        ExperimaestroHFHub(config).push_to_hub("user/model")
        config = ExperimaestroHFHub.from_pretrained("user/model")

    Sub-classes may set :attr:`definition_filename` and :attr:`serialization_context_class`, and
    override :meth:`_save_pretrained` and :meth:`_from_pretrained`.

    Args:
        config: the configuration, or a nesting of lists and dictionaries of them.

    Attributes:
        definition_filename: the file that holds the definition.
        serialization_context_class: says how data files are saved.
        execute_files: whether scripts that a definition names may be executed to find classes.
            They are not: a definition from the Hub is somebody else's.
    """

    definition_filename: ClassVar[str] = "experimaestro.json"
    serialization_context_class: ClassVar[type[SerializationContext]] = SerializationContext
    execute_files: ClassVar[bool] = False

    def __init__(self, config: Any) -> None:
        self.config = config

    def _save_pretrained(self, save_directory: Path) -> None:
        context = self.serialization_context_class(save_directory=save_directory)
        save(self.config, save_directory, self.definition_filename, context=context)

    def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:
        """The model card: the configuration as a table, its tags, and how to load it.

        Args:
            kwargs: ``repo_id`` and ``variant``, to be named in it.
        """
        info = self._hub_mixin_info
        metadata = info.model_card_data.to_yaml()
        return ModelCard(
            card_text(self.config, metadata, kwargs.get("repo_id"), kwargs.get("variant")),
            ignore_metadata_errors=False,
        )

    def push_to_hub(  # type: ignore[override] # variants, and no config.json
        self,
        repo_id: str,
        *,
        variant: str | None = None,
        private: bool | None = None,
        commit_message: str | None = None,
        token: str | None = None,
        branch: str | None = None,
        create_pr: bool | None = None,
        model_card: str | Path | ModelCard | None = None,
    ) -> str:
        """Push the configuration and its data files, in one commit.

        Args:
            repo_id: the repository, as ``user/name``; made if it is not there.
            variant: a name under which it lies beside others in the repository.
            private: whether a repository that is made is private (the default is the user's).
            commit_message: the commit's message.
            token: the token; by default, the one that ``hf auth login`` has stored.
            branch: the branch; made if it is not there. By default ``main``.
            create_pr: make a pull request of it.
            model_card: the README.md: a text, a file or a card. By default it is generated,
                unless the repository has one that a person has written.

        Returns:
            The commit's address.

        Raises:
            HfHubHTTPError: the Hub refuses it (``huggingface_hub.errors``).
            HubUnreachableError: it does not answer.
            xpm_serialize.SerializationError: the configuration cannot be saved.
        """
        check_variant(variant)
        api = HfApi(token=token)
        with TemporaryDirectory(prefix="xpm-hub-") as temporary:
            # Saved first: what cannot be saved must not leave an empty repository.
            folder = Path(temporary) / "repository"
            content = folder / variant if variant else folder
            content.mkdir(parents=True)
            self._save_pretrained(content)
            with reaching_the_hub():
                repo_id = api.create_repo(repo_id, private=private, exist_ok=True).repo_id
                if branch is not None and not create_pr:
                    api.create_branch(repo_id, branch=branch, exist_ok=True)
                self._add_card(api, folder, repo_id, variant, branch, model_card)
                return api.upload_folder(
                    repo_id=repo_id,
                    folder_path=folder,
                    commit_message=commit_message or "Push configuration",
                    revision=branch,
                    create_pr=create_pr,
                )

    def _add_card(
        self,
        api: HfApi,
        folder: Path,
        repo_id: str,
        variant: str | None,
        branch: str | None,
        given: str | Path | ModelCard | None,
    ) -> None:
        target = folder / _README
        if given is None:
            # A variant's card would tell of this variant alone.
            exists = _card_of(api, repo_id, branch)
            if exists is None or (MARK in exists and variant is None):
                self.generate_model_card(repo_id=repo_id, variant=variant).save(target)
        elif isinstance(given, Path):
            target.write_bytes(given.read_bytes())
        else:
            target.write_text(str(given), encoding="utf-8")

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        variant: str | None = None,
        as_instance: bool = False,
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        force_download: bool = False,
        local_files_only: bool = False,
        **model_kwargs: Any,
    ) -> Any:
        """Load a configuration from the Hub, or from a folder.

        Args:
            pretrained_model_name_or_path: the repository, as ``user/name``, or a folder.
            variant: the variant of it.
            as_instance: make value objects; configurations if false.
            revision: a branch, a tag or a commit; by default ``main``.
            token: the token; by default, the one that ``hf auth login`` has stored.
            cache_dir: where downloads are kept.
            force_download: download what was downloaded already.
            local_files_only: download nothing.
            model_kwargs: given to :meth:`_from_pretrained`.

        Returns:
            What was pushed.

        Raises:
            VariantNotFoundError: there is no such variant.
            HfHubHTTPError: the Hub refuses it (``huggingface_hub.errors``).
            LocalEntryNotFoundError: it does not answer, and nothing was downloaded before.
            xpm_serialize.SerializationError: the definition cannot be loaded.
        """
        check_variant(variant)
        if variant is not None:
            model_kwargs["variant"] = variant
        return cls._from_pretrained(
            model_id=str(pretrained_model_name_or_path),
            revision=revision,
            cache_dir=cache_dir,
            force_download=force_download,
            local_files_only=local_files_only,
            token=token,
            as_instance=as_instance,
            **model_kwargs,
        )

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None = None,
        cache_dir: str | Path | None = None,
        force_download: bool = False,
        local_files_only: bool = False,
        token: str | bool | None = None,
        as_instance: bool = False,
        variant: str | None = None,
        **model_kwargs: Any,
    ) -> Any:
        if os.path.isdir(model_id):
            folder = Path(model_id) / variant if variant else Path(model_id)
            return cls._load(folder, folder, as_instance, variant)
        snapshot = download(
            model_id,
            cls.definition_filename,
            variant,
            revision=revision,
            cache_dir=cache_dir,
            force_download=force_download,
            local_files_only=local_files_only,
            token=token,
        )
        # In the library's cache, files are links to the repository's blobs.
        inside = snapshot.parent.parent
        folder = snapshot / variant if variant else snapshot
        return cls._load(folder, inside, as_instance, variant)

    @classmethod
    def _load(cls, folder: Path, inside: Path, as_instance: bool, variant: str | None) -> Any:
        root = os.path.realpath(inside)

        def resolve(wanted: str | Path | SerializedPath) -> Path:
            path = wanted.path if isinstance(wanted, SerializedPath) else Path(wanted)
            found = folder / path
            real = os.path.realpath(found)
            if real != root and not real.startswith(root + os.sep):
                raise UnsafePathError(f"{folder}: {str(path)!r} leads out of the repository")
            return found

        try:
            return load(
                resolve,
                as_instance=as_instance,
                definition_filename=cls.definition_filename,
                files=cls.execute_files,
            )
        except DefinitionNotFoundError:
            if variant is None:
                raise
            raise VariantNotFoundError(f"{folder.parent} has no variant {variant!r}") from None


def download(repo_id: str, definition: str, variant: str | None = None, **options: Any) -> Path:
    """Download a repository, or one variant of it, into the library's cache.

    Args:
        repo_id: the repository.
        definition: the file that must be there.
        variant: the variant.
        options: as for ``huggingface_hub.snapshot_download``.

    Returns:
        The folder of the snapshot.
    """
    path = f"{variant}/{definition}" if variant else definition
    try:
        # Asked for first: its absence is told before anything large is downloaded.
        with reaching_the_hub():
            hf_hub_download(repo_id, path, **options)
    except LocalEntryNotFoundError:
        raise
    except EntryNotFoundError:
        if variant is not None:
            raise VariantNotFoundError(f"{repo_id} has no variant {variant!r}") from None
        raise DefinitionNotFoundError(f"{repo_id} holds no {definition}") from None
    patterns = [f"{variant}/*"] if variant else None
    with reaching_the_hub():
        return Path(snapshot_download(repo_id, allow_patterns=patterns, **options))


def check_variant(variant: str | None) -> None:
    """Refuse a name that is no folder's.

    Raises:
        HubError: it is not.
    """
    if variant is not None and _VARIANT.fullmatch(variant) is None:
        raise HubError(
            f"expected a variant's name of letters, digits, '.', '_' and '-', got {variant!r}"
        )


def _card_of(api: HfApi, repo_id: str, branch: str | None) -> str | None:
    """The README.md that a repository has."""
    if not api.file_exists(repo_id, _README, revision=branch):
        return None
    with TemporaryDirectory(prefix="xpm-hub-") as temporary:
        path = api.hf_hub_download(repo_id, _README, revision=branch, local_dir=temporary)
        return Path(path).read_text(encoding="utf-8", errors="replace")
