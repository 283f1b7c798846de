"""Configurations on a Hub, with the real library against a server of the tests' own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hubbed.models import Layer, Model, Trained
from huggingface_hub import HfApi, ModelCard
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from xpm_config import Config, Param, tag
from xpm_hf import ExperimaestroHFHub, HubError, HubUnreachableError, VariantNotFoundError
from xpm_hf._cli import hub as commands
from xpm_serialize import (
    ClassNotFoundError,
    DefinitionNotFoundError,
    NotSerializableError,
    SerializationContext,
    UnsafePathError,
    save,
)

Fresh = Callable[[], Path]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"some weights")
    return path


def trained(weights: Path, size: int = 3) -> Any:
    return Trained.C(model=Model.C(layers=[Layer.C(size=tag(size))]), weights=weights)


def pull(repository: str, fresh: Fresh, **options: Any) -> Any:
    return ExperimaestroHFHub.from_pretrained(repository, cache_dir=fresh(), **options)


def files(repository: str) -> list[str]:
    return sorted(HfApi().list_repo_files(repository))


def test_push_and_load(repository: str, weights: Path, fresh: Fresh) -> None:
    config = trained(weights)
    url = ExperimaestroHFHub(config).push_to_hub(repository, commit_message="The first")
    assert f"/{repository}/commit/" in url
    assert HfApi().list_repo_commits(repository)[0].title == "The first"
    assert files(repository) == [".gitattributes", "README.md", "experimaestro.json", "weights"]
    loaded = pull(repository, fresh)
    assert loaded.model == config.model
    assert loaded.weights.read_bytes() == b"some weights"
    instance = pull(repository, fresh, as_instance=True)
    assert type(instance) is Trained
    assert instance.weights.read_bytes() == b"some weights"


# The library's own, of the library that it sends files with.
@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_a_large_file(repository: str, tmp_path: Path, fresh: Fresh) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(range(256)) * 80_000)  # beyond what a commit holds: LFS, in parts
    ExperimaestroHFHub(trained(path)).push_to_hub(repository)
    assert pull(repository, fresh).weights.read_bytes() == path.read_bytes()


def test_variants(repository: str, weights: Path, fresh: Fresh) -> None:
    for name, size in ((None, 1), ("small", 2), ("large-2.0", 3)):
        ExperimaestroHFHub(trained(weights, size)).push_to_hub(repository, variant=name)
    for name, size in ((None, 1), ("small", 2), ("large-2.0", 3)):
        cache = fresh()
        loaded = ExperimaestroHFHub.from_pretrained(repository, variant=name, cache_dir=cache)
        assert loaded.model.layers[0].size == size
        assert loaded.weights.read_bytes() == b"some weights"
        if name is not None:
            found = [path for path in cache.rglob("experimaestro.json") if path.is_symlink()]
            assert len(found) == 1
    with pytest.raises(VariantNotFoundError, match="has no variant 'other'"):
        pull(repository, fresh, variant="other")
    with pytest.raises(HubError, match=r"got '\.\./x'"):
        pull(repository, fresh, variant="../x")


def test_revisions(repository: str, weights: Path, fresh: Fresh) -> None:
    hub = ExperimaestroHFHub(trained(weights, 1))
    hub.push_to_hub(repository)
    HfApi().create_tag(repository, tag="v1")
    hub.config = trained(weights, 2)
    hub.push_to_hub(repository)
    hub.config = trained(weights, 3)
    hub.push_to_hub(repository, branch="next")
    sizes = {
        name: pull(repository, fresh, revision=name).model.layers[0].size
        for name in ("v1", "main", "next", None)
    }
    assert sizes == {"v1": 1, "main": 2, "next": 3, None: 2}
    with pytest.raises(RevisionNotFoundError):
        pull(repository, fresh, revision="nowhere")


def test_private_repositories(repository: str, weights: Path, fresh: Fresh) -> None:
    ExperimaestroHFHub(trained(weights)).push_to_hub(repository, private=True)
    assert HfApi().model_info(repository).private
    assert pull(repository, fresh, token="hf_alice_read").model.layers[0].size == 3
    with pytest.raises(RepositoryNotFoundError):
        pull(repository, fresh, token="hf_bob")
    with pytest.raises(RepositoryNotFoundError):
        pull(repository, fresh, token=False)


def test_tokens(repository: str, weights: Path, fresh: Fresh) -> None:
    hub = ExperimaestroHFHub(trained(weights))
    for token in ("hf_wrong", "hf_bob", "hf_alice_read"):
        with pytest.raises(HfHubHTTPError):
            hub.push_to_hub(repository, token=token)
    with pytest.raises(RepositoryNotFoundError):
        files(repository)
    hub.push_to_hub(repository, token="hf_alice")
    with pytest.raises(HfHubHTTPError):
        pull(repository, fresh, token="hf_wrong")


def test_gated_repositories(repository: str, weights: Path, fresh: Fresh) -> None:
    ExperimaestroHFHub(trained(weights)).push_to_hub(repository)
    HfApi().update_repo_settings(repository, gated="manual")
    with pytest.raises(GatedRepoError):
        pull(repository, fresh, token="hf_bob")


def test_what_is_not_there(repository: str, fresh: Fresh, tmp_path: Path) -> None:
    with pytest.raises(RepositoryNotFoundError):
        pull("alice/nothing-here", fresh)
    HfApi().create_repo(repository)
    with pytest.raises(DefinitionNotFoundError, match=r"holds no experimaestro\.json"):
        pull(repository, fresh)
    with pytest.raises(DefinitionNotFoundError):
        ExperimaestroHFHub.from_pretrained(tmp_path)


def test_what_cannot_be_saved_leaves_no_repository(repository: str) -> None:
    with pytest.raises(NotSerializableError):
        ExperimaestroHFHub({"a": object()}).push_to_hub(repository)
    with pytest.raises(RepositoryNotFoundError):
        files(repository)


def test_a_server_that_fails_half_way(
    repository: str, weights: Path, fresh: Fresh, hub: Any
) -> None:
    ExperimaestroHFHub(trained(weights, 1)).push_to_hub(repository)
    hub.fail("/commit/", status=400)
    with pytest.raises(HfHubHTTPError):
        ExperimaestroHFHub(trained(weights, 2)).push_to_hub(repository)
    assert pull(repository, fresh).model.layers[0].size == 1
    hub.fail("/resolve/.*/weights", status=400, times=99)
    cache = fresh()
    with pytest.raises((HfHubHTTPError, LocalEntryNotFoundError)):
        ExperimaestroHFHub.from_pretrained(repository, cache_dir=cache)
    hub.stop()
    hub.start()
    loaded = ExperimaestroHFHub.from_pretrained(repository, cache_dir=cache)
    assert loaded.weights.read_bytes() == b"some weights"


def test_a_server_that_is_gone(repository: str, weights: Path, fresh: Fresh, hub: Any) -> None:
    ExperimaestroHFHub(trained(weights)).push_to_hub(repository)
    cache = fresh()
    ExperimaestroHFHub.from_pretrained(repository, cache_dir=cache)
    hub.stop()
    # What was downloaded is there; the rest is not.
    loaded = ExperimaestroHFHub.from_pretrained(repository, cache_dir=cache, local_files_only=True)
    assert loaded.weights.read_bytes() == b"some weights"
    with pytest.raises(LocalEntryNotFoundError):
        pull(repository, fresh, local_files_only=True)
    with pytest.raises(HubUnreachableError, match="cannot be reached"):
        ExperimaestroHFHub(trained(weights)).push_to_hub(repository)
    save(trained(weights), weights.parent / "saved")
    done = invoke("push", weights.parent / "saved", repository)
    assert (done.exit_code, "cannot be reached" in done.output) == (1, True)


def test_data_files_of_no_use_any_more_are_deleted(
    repository: str, weights: Path, fresh: Fresh, tmp_path: Path
) -> None:
    for variant in (None, "other"):
        ExperimaestroHFHub({"a[1]": trained(weights)}).push_to_hub(repository, variant=variant)
    ExperimaestroHFHub(Layer.C(size=1)).push_to_hub(repository)
    first = [".gitattributes", "README.md", "experimaestro.json"]
    other = ["other/a[1]/weights", "other/experimaestro.json"]
    assert files(repository) == sorted(first + other)
    assert pull(repository, fresh, variant="other")["a[1]"].weights.read_bytes() == b"some weights"
    ExperimaestroHFHub(trained(weights)).push_to_hub(repository, variant="other")
    other = ["other/experimaestro.json", "other/weights"]
    assert files(repository) == sorted(first + other)
    # ... also by the command
    save(Layer.C(size=2), tmp_path / "saved")
    arguments = ["push", str(tmp_path / "saved"), repository, "--variant", "other"]
    assert CliRunner().invoke(commands, arguments).exit_code == 0
    assert files(repository) == sorted([*first, "other/experimaestro.json"])


def test_variants_are_not_downloaded_with_the_rest(
    repository: str, weights: Path, fresh: Fresh
) -> None:
    ExperimaestroHFHub(Layer.C(size=1)).push_to_hub(repository)
    ExperimaestroHFHub(trained(weights)).push_to_hub(repository, variant="large")
    cache = fresh()
    assert ExperimaestroHFHub.from_pretrained(repository, cache_dir=cache) == Layer.C(size=1)
    assert not list(cache.rglob("weights"))
    # What is there can be loaded without asking.
    again = ExperimaestroHFHub.from_pretrained(repository, cache_dir=cache, local_files_only=True)
    assert again == Layer.C(size=1)
    # A folder of the configuration's own may have a variant's name.
    ExperimaestroHFHub({"large": trained(weights)}).push_to_hub(repository)
    assert pull(repository, fresh)["large"].weights.read_bytes() == b"some weights"


def test_saving_may_push(repository: str, weights: Path, fresh: Fresh, tmp_path: Path) -> None:
    """As with any `ModelHubMixin`."""
    hub = ExperimaestroHFHub(trained(weights))
    hub.save_pretrained(tmp_path / "saved", repo_id=repository, push_to_hub=True)
    assert pull(repository, fresh).model == hub.config.model


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    for place in (tmp_path / "none", "./none"):
        with pytest.raises(DefinitionNotFoundError, match="none"):
            ExperimaestroHFHub.from_pretrained(place)


def test_folders(tmp_path: Path, weights: Path) -> None:
    hub = ExperimaestroHFHub(trained(weights))
    hub.save_pretrained(tmp_path / "saved")
    loaded = ExperimaestroHFHub.from_pretrained(tmp_path / "saved")
    assert loaded.weights == tmp_path / "saved" / "weights"
    save(trained(weights, 7), tmp_path / "saved" / "seven")
    loaded = ExperimaestroHFHub.from_pretrained(str(tmp_path / "saved"), variant="seven")
    assert loaded.model.layers[0].size == 7
    with pytest.raises(VariantNotFoundError):
        ExperimaestroHFHub.from_pretrained(tmp_path / "saved", variant="eight")


def test_the_model_card(repository: str, weights: Path) -> None:
    ExperimaestroHFHub(trained(weights)).push_to_hub(repository)
    card = ModelCard.load(repository)
    assert card.data.library_name == "experimaestro"
    assert "experimaestro" in card.data.tags
    assert f'from_pretrained("{repository}")'.replace('"', "'") in card.text
    assert "\n```python\n" in card.text
    assert card.text.count("```") == 2
    assert "| `model.layers[0].size` | 3 |" in card.text
    assert "| `model.kind` | SMALL |" in card.text
    assert r"| `model.text` | a\|b |" in card.text
    assert "| size | 3 |" in card.text


def test_a_card_of_the_users(repository: str, weights: Path, tmp_path: Path) -> None:
    hub = ExperimaestroHFHub(trained(weights, 1))
    hub.push_to_hub(repository)
    hub.config = trained(weights, 2)
    hub.push_to_hub(repository)
    assert "| `model.layers[0].size` | 2 |" in ModelCard.load(repository).text
    hub.push_to_hub(repository, model_card="---\nlicense: mit\n---\nMine.")
    hub.push_to_hub(repository)
    hub.push_to_hub(repository, variant="other")
    assert ModelCard.load(repository).text.strip() == "Mine."
    path = tmp_path / "card.md"
    path.write_text("From a file.")
    hub.push_to_hub(repository, model_card=path)
    assert ModelCard.load(repository).text.strip() == "From a file."


class Flat(SerializationContext):
    def serialize(self, var_path: Any, data_path: Path, config: Any) -> Any:
        return super().serialize(["-".join(var_path)], data_path, config)


class OwnHub(ExperimaestroHFHub):
    definition_filename = "mine.json"
    serialization_context_class = Flat


def test_names_and_contexts_of_ones_own(repository: str, weights: Path, fresh: Fresh) -> None:
    config = [trained(weights)]
    OwnHub(config=config).push_to_hub(repository)
    assert files(repository) == [".gitattributes", "0-weights", "README.md", "mine.json"]
    loaded = OwnHub.from_pretrained(repository, cache_dir=fresh())
    assert loaded[0].weights.read_bytes() == b"some weights"
    assert hasattr(ExperimaestroHFHub(config), "config")


class Elsewhere(Config):
    x: Param[int]


def test_a_definition_from_elsewhere_executes_no_files(
    repository: str, tmp_path: Path, fresh: Fresh
) -> None:
    script = tmp_path / "evil_script.py"
    script.write_text("raise RuntimeError('executed')")
    folder = tmp_path / "folder"
    save(Layer.C(size=1), folder)
    path = folder / "experimaestro.json"
    document = json.loads(path.read_text())
    document["objects"][0].update(module="evil_script", file=str(script))
    path.write_text(json.dumps(document))
    HfApi().create_repo(repository)
    HfApi().upload_folder(repo_id=repository, folder_path=folder)
    with pytest.raises(ClassNotFoundError, match="there is no module 'evil_script'"):
        pull(repository, fresh)


@pytest.mark.parametrize("value", ["../../../secret", "/etc/passwd"])
def test_a_definition_from_elsewhere_stays_in_its_repository(
    repository: str, tmp_path: Path, fresh: Fresh, weights: Path, value: str
) -> None:
    folder = tmp_path / "folder"
    save(trained(weights), folder)
    path = folder / "experimaestro.json"
    path.write_text(path.read_text().replace('"value": "weights"', f'"value": "{value}"'))
    HfApi().create_repo(repository)
    HfApi().upload_folder(repo_id=repository, folder_path=folder)
    with pytest.raises(UnsafePathError):
        pull(repository, fresh)


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(commands, [str(argument) for argument in arguments])


def test_commands(repository: str, tmp_path: Path, weights: Path) -> None:
    save(trained(weights), tmp_path / "saved")
    done = invoke("push", tmp_path / "saved", repository, "--private", "--message", "By hand")
    assert done.exit_code == 0, done.output
    assert f"/{repository}/commit/" in done.output
    assert HfApi().model_info(repository).private
    done = invoke("push", tmp_path / "saved", repository, "--variant", "v")
    assert done.exit_code == 0, done.output
    for options in ([], ["--variant", "v"]):
        target = tmp_path / f"pulled{len(options)}"
        done = invoke("pull", repository, target, *options)
        assert done.exit_code == 0, done.output
        assert ExperimaestroHFHub.from_pretrained(target).weights.read_bytes() == b"some weights"
        assert not any(path.is_symlink() for path in target.rglob("*"))
    done = invoke("pull", repository, target)
    assert (done.exit_code, done.output) == (1, f"Error: {target} is there already\n")


def test_commands_refuse(repository: str, tmp_path: Path) -> None:
    done = invoke("push", tmp_path, repository)
    assert done.exit_code == 1
    assert "there is no definition" in done.output
    done = invoke("pull", "alice/not-there", tmp_path / "x")
    assert done.exit_code == 1
    assert "alice/not-there" in done.output
    done = invoke("pull", "not a name", tmp_path / "x")
    assert done.exit_code == 1
    assert "not a name" in done.output
    assert not (tmp_path / "x").exists()
    assert "Traceback" not in done.output
