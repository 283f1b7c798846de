"""Push configurations to the Hugging Face Hub, and load them from there."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from huggingface_hub import HfApi, ModelCard, ModelHubMixin

from xpm_hf.exceptions import VariantNotFoundError
from xpm_serialize import (
    DefinitionNotFoundError,
    SerializationContext,
    SerializedPath,
    UnsafePathError,
    load,
    save,
)

from .card import MARK, card_text
from .error_translation import translated_errors
from .repository import check_variant, download, former_files
from .repository import text_of as _text_of

_README = "README.md"


class ExperimaestroHFHub(ModelHubMixin, library_name="experimaestro", tags=["experimaestro"]):
    """A configuration, to be pushed to the Hub or saved for it.

    ```python
    ExperimaestroHFHub(config).push_to_hub("user/model")
    config = ExperimaestroHFHub.from_pretrained("user/model")
    ```

    Sub-classes may set `definition_filename` and `serialization_context_class`, and
    override `_save_pretrained` and `_from_pretrained`.

    Args:
        config: the configuration, or a nesting of lists and dictionaries of them.

    Attributes:
        definition_filename: the file that holds the definition.
        serialization_context_class: decides how data files are saved.
        execute_files: whether scripts that a definition names may be executed to find classes.
            By default they are not: a definition from the Hub was written by others.
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
        """Return the model card: the configuration as a table, its tags, and how to load it.

        Args:
            *args: not used.
            **kwargs: `repo_id` and `variant`, to be named in it.
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
        model_card_kwargs: dict[str, Any] | None = None,
        allow_patterns: list[str] | str | None = None,
        ignore_patterns: list[str] | str | None = None,
        delete_patterns: list[str] | str | None = None,
    ) -> str:
        """Push the configuration and its data files, in one commit.

        It also deletes the data files of the former definition that are not used any more.

        Args:
            repo_id: the repository, as `user/name`, made if it does not exist.
            variant: the name of a folder for it, in a repository that holds several.
            private: whether a repository that is made is private; by default as the user's
                settings on the Hub say.
            commit_message: the commit's message.
            token: the token; by default, the one that `hf auth login` has stored.
            branch: the branch, made if it does not exist; by default `main`.
            create_pr: make a pull request.
            model_card: the README.md: a text, a file or a card. By default it is generated,
                unless the repository has one that a person has written.
            model_card_kwargs: given to `generate_model_card`.
            allow_patterns: push only files whose paths match.
            ignore_patterns: do not push files whose paths match.
            delete_patterns: delete files of the repository whose paths match.

        Returns:
            The commit's address.

        Raises:
            HfHubHTTPError: the Hub refuses it (`huggingface_hub.errors`).
            HubUnreachableError: the Hub does not answer.
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
            with translated_errors():
                repo_id = api.create_repo(repo_id, private=private, exist_ok=True).repo_id
                if branch is not None and not create_pr:
                    api.create_branch(repo_id, branch=branch, exist_ok=True)
                if model_card is not None:
                    _write_card(folder / _README, model_card)
                elif _makes_card(_text_of(api, repo_id, _README, branch), variant):
                    more = {"repo_id": repo_id, "variant": variant, **(model_card_kwargs or {})}
                    self.generate_model_card(**more).save(folder / _README)
                former = former_files(api, repo_id, self.definition_filename, variant, branch)
                former = [f"{variant}/{path}" if variant else path for path in former]
                given = [delete_patterns] if isinstance(delete_patterns, str) else delete_patterns
                return api.upload_folder(
                    repo_id=repo_id,
                    folder_path=folder,
                    commit_message=commit_message or "Push configuration",
                    revision=branch,
                    create_pr=create_pr,
                    allow_patterns=allow_patterns,
                    ignore_patterns=ignore_patterns,
                    delete_patterns=[*former, *(given or [])] or None,
                )

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
        """Load a configuration from the Hub or from a folder.

        Args:
            pretrained_model_name_or_path: the repository, as `user/name`, or a folder.
            variant: the variant.
            as_instance: make value objects; configurations if false.
            revision: a branch, a tag or a commit; by default `main`.
            token: the token; by default, the one that `hf auth login` has stored.
            cache_dir: where downloads are kept.
            force_download: download also what was downloaded already.
            local_files_only: download nothing.
            **model_kwargs: given to `_from_pretrained`.

        Returns:
            What was pushed.

        Raises:
            VariantNotFoundError: there is no such variant.
            HfHubHTTPError: the Hub refuses it (`huggingface_hub.errors`).
            LocalEntryNotFoundError: the Hub does not answer, and nothing was downloaded before.
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
        if os.path.isdir(model_id) or os.path.isabs(model_id) or model_id.startswith("."):
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
                raise DefinitionNotFoundError(
                    f"there is no definition {folder / cls.definition_filename}"
                ) from None
            raise VariantNotFoundError(f"{folder.parent} has no variant {variant!r}") from None


def _write_card(target: Path, given: str | Path | ModelCard) -> None:
    if isinstance(given, Path):
        target.write_bytes(given.read_bytes())
    else:
        target.write_text(str(given), encoding="utf-8")


def _makes_card(present: str | None, variant: str | None) -> bool:
    """Whether a card is generated: never in the place of one that a person has written.

    A variant's card would describe this variant alone.
    """
    return present is None or (MARK in present and variant is None)
