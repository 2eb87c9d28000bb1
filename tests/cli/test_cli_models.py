"""`sartor models`: lists, filters, explains; readable in 80 and 120 columns; JSON for programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_samples import Sartor
from rich.console import Console

import sartor as package
from sartor.base.catalogue import shipped_catalogue
from sartor.base.families import FAMILIES
from sartor.cli.models import _list_view, _model_view, short_size, short_tokens
from sartor.core.errors import BaseModelError, GoalError
from sartor.models import Wanted, explained_model, listed_models, tasks_of

MINI = Path(package.__file__).parent / "base" / "embedded" / "sartor-mini"


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cache and no `models.yaml` of whoever runs the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


def ids(**filters: Any) -> set[str]:
    return {model.id for model in listed_models(Wanted(**filters)).models}


def test_without_filters_all_are_listed_the_smallest_first() -> None:
    found = listed_models(Wanted())
    assert {model.id for model in found.models} == set(shipped_catalogue().models)
    assert found.left_out_unknown == {}
    for architecture in ("encoder", "decoder", "encoder-decoder"):
        sizes = [m.parameters for m in found.models if m.architecture == architecture]
        known = [size for size in sizes if size]
        assert known == sorted(known)


FILTERS: dict[str, tuple[dict[str, Any], Callable[[Any], bool]]] = {
    "architecture": ({"architecture": "encoder"}, lambda m: m.architecture == "encoder"),
    "parameters": ({"max_parameters": "135M"}, lambda m: m.parameters <= 135e6),
    "language": ({"language": "German"}, lambda m: "de" in m.languages),
    "task": ({"task": "chat"}, lambda m: "chat" in m.tasks and m.family in FAMILIES),
    "at hand": ({"at_hand": True}, lambda m: m.at_hand == "embedded"),
    "licence": ({"licence": "MIT"}, lambda m: m.licence == "MIT"),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_keeps_what_passes_it_and_nothing_else(name: str) -> None:
    filters, passes = FILTERS[name]
    found = listed_models(Wanted(**filters))
    assert 0 < len(found.models) < len(shipped_catalogue().models)
    assert all(passes(model) for model in found.models)


def test_a_use_leaves_out_what_its_licences_refuse() -> None:
    research, internal, commercial = (
        ids(licence=use) for use in ("research", "internal", "commercial")
    )
    unknown = {id for id, model in shipped_catalogue().models.items() if model.licence is None}
    assert commercial <= internal <= research == set(shipped_catalogue().models) - unknown
    assert unknown
    assert {"facebook/opt-125m", "Qwen/Qwen2.5-3B", "CohereLabs/aya-expanse-8b"} <= (
        research - internal
    )
    assert {"meta-llama/Llama-3.2-1B", "google/gemma-3-1b-it"} <= commercial


def test_what_is_not_known_is_left_out_and_counted() -> None:
    small = listed_models(Wanted(max_parameters="1B"))
    assert "Qwen/Qwen3.5-0.8B" not in {model.id for model in small.models}
    unknown = sum(m.parameters is None for m in shipped_catalogue().models.values())
    assert small.left_out_unknown == {"parameters": unknown}
    greek = listed_models(Wanted(language="el"))
    assert "FacebookAI/xlm-roberta-base" in {model.id for model in greek.models}
    assert greek.left_out_unknown["language"] >= 1
    assert ids(language="el").isdisjoint({"minilm-l6", "Qwen/Qwen2.5-0.5B"})


def test_filters_work_together() -> None:
    found = ids(architecture="decoder", max_parameters="1b", licence="commercial", language="de")
    assert {"Qwen/Qwen2.5-0.5B", "Qwen/Qwen3-0.6B"} <= found
    assert "meta-llama/Llama-3.2-1B" not in found


WRONG = {
    "task": ("sing", "--task sing", "classify"),
    "licence": ("Apach-2.0", "--licence Apach-2.0", "Did you mean `Apache-2.0`?"),
    "language": ("Germn", "--language Germn", "Did you mean `German`?"),
    "max_parameters": ("many", "--max-parameters many", "125M"),
    "architecture": ("rnn", "--architecture rnn", "encoder-decoder"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_filter_that_names_nothing_is_an_error(name: str) -> None:
    value, where, fix = WRONG[name]
    with pytest.raises(GoalError) as refusal:
        listed_models(Wanted(**{name: value}))
    assert refusal.value.where == where
    assert fix in refusal.value.fix


def test_tasks_follow_from_what_methods_do() -> None:
    assert tasks_of("encoder") == ("classify", "extract")
    assert set(tasks_of("decoder")) == {"classify", "generate", "chat", "translate", "extract"}


def printed(view: Any, columns: int) -> list[str]:
    console = Console(width=columns, no_color=True, markup=False, emoji=False, highlight=False)
    with console.capture() as written:
        console.print(view, crop=False)
    return written.get().split("\n")


@pytest.mark.parametrize("columns", [80, 120])
def test_the_list_fits_and_cuts_nothing_off(columns: int) -> None:
    lines = printed(_list_view(listed_models(Wanted()), has_hints=True), columns)
    assert max(map(len, lines)) <= columns
    assert not any("…" in line for line in lines)
    # names that do not fit run on in the next line
    words = "".join(line.lstrip(" +").split("  ")[0].strip() for line in lines)
    assert all(id in words for id in shipped_catalogue().models)
    assert any(line.startswith("* of a family") for line in lines)
    assert any(line.startswith("+ at hand") for line in lines)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("id", ["minilm-l6", "meta-llama/Llama-3.2-1B", "google/gemma-4-31B-it"])
def test_an_explanation_fits_and_cuts_nothing_off(id: str, columns: int) -> None:
    lines = printed(_model_view(explained_model(id)), columns)
    links = [line for line in lines if "://" in line]
    assert all(len(line) <= columns for line in lines if line not in links)
    assert not any("…" in line for line in lines)


def test_the_licence_is_explained_in_words() -> None:
    text = " ".join(
        " ".join(printed(_model_view(explained_model("facebook/opt-1.3b")), 120)).split()
    )
    assert "commercial, internal use: refused. OPT License Agreement: only non-commercial" in text
    assert "research use: allowed with duties." in text
    assert "Not with this version of Sartor: it does not load the family `opt`." in text
    llama = " ".join(printed(_model_view(explained_model("meta-llama/Llama-3.2-1B")), 200))
    assert 'Show "Built with Llama"' in llama
    assert "tasks: classify, generate, chat, translate, extract" in llama


def test_an_embedded_model_agrees_with_its_folder() -> None:
    found = explained_model("sartor-mini")
    assert (found.source, found.folder, found.disagreements) == ("embedded", MINI, ())
    assert found.sizes["layers"] == 7


def test_a_local_folder_is_read_and_compared_with_its_namesake(tmp_path: Path) -> None:
    folder = tmp_path / "SmolLM2-135M"
    shutil.copytree(MINI, folder)
    found = explained_model(str(folder))
    assert (found.source, found.is_in_catalogue) == ("local", False)
    assert found.compared_with == "HuggingFaceTB/SmolLM2-135M"
    differing = {one["what"]: (one["catalogue"], one["folder"]) for one in found.disagreements}
    assert differing["layers"] == (30, 7)
    assert differing["languages"] == ("not es", "also es")
    assert found.model is not None
    assert (found.model.hub_id, found.model.licence) == (None, "Apache-2.0")
    text = " ".join(" ".join(printed(_model_view(found), 100)).split())
    assert "compared with `HuggingFaceTB/SmolLM2-135M`, which has the same name" in text
    assert "layers: 7; the catalogue says 30" in text


def test_a_cached_model_is_at_hand_and_its_card_has_a_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HuggingFaceTB--SmolLM2-135M", "hem--own"):
        repository = tmp_path / "hf" / "hub" / f"models--{name}"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text("abc")
        shutil.copytree(MINI, repository / "snapshots" / "abc")
        card = repository / "snapshots" / "abc" / "README.md"
        card.write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    found = explained_model("HuggingFaceTB/SmolLM2-135M")
    assert found.source == "cached"
    assert {"what": "licence", "catalogue": "Apache-2.0", "folder": "CC-BY-NC-4.0"} in (
        found.disagreements
    )
    assert [str(one.verdict) for one in found.licences] == ["refused", "refused", "duties"]
    at_hand = {m.id: m.at_hand for m in listed_models(Wanted(at_hand=True)).models}
    assert at_hand["HuggingFaceTB/SmolLM2-135M"] == at_hand["hem/own"] == "cached"
    own = explained_model("hem/own")
    assert (own.is_in_catalogue, own.refusal) == (False, None)


def test_a_cached_model_that_cannot_be_described_is_named_with_its_reason(tmp_path: Path) -> None:
    """One odd folder in the cache takes nothing else with it."""
    configs = {"hem--broken": "{", "hem--strange": '{"model_type": "rwkv"}'}
    for name, config in configs.items():
        repository = tmp_path / "hf" / "hub" / f"models--{name}"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text("abc")
        (repository / "snapshots" / "abc").mkdir(parents=True)
        (repository / "snapshots" / "abc" / "config.json").write_text(config)
        (repository / "snapshots" / "abc" / "model.safetensors").touch()
    found = listed_models(Wanted())
    assert len(found.models) == len(shipped_catalogue().models)
    assert "is no JSON document" in found.unread["hem/broken"]
    assert "`rwkv`" in found.unread["hem/strange"]
    text = " ".join(printed(_list_view(found, has_hints=False), 200))
    assert "hem/strange is cached and not listed" in text
    strange = explained_model("hem/strange")
    assert strange.model is None
    assert "rwkv" in strange.refusal
    assert printed(_model_view(strange), 80)


def test_a_name_that_nobody_knows_gets_the_near_one() -> None:
    with pytest.raises(BaseModelError) as refusal:
        explained_model("qwen3-0.6")
    assert refusal.value.fix == "Did you mean `Qwen/Qwen3-0.6B`?"
    with pytest.raises(BaseModelError, match=r"models\.yaml"):
        explained_model("hem/xyzzy")


def test_a_workspace_brings_its_own_entries(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(
        "models:\n  hem/house: {architecture: decoder, family: llama, licence: MIT}\n"
    )
    assert "hem/house" in {m.id for m in listed_models(Wanted(), workspace=tmp_path).models}
    found = explained_model("hem/house", workspace=tmp_path)
    assert found.stated_in == str(tmp_path / "models.yaml")


@pytest.mark.parametrize(
    ("number", "words"), [(22_713_216, "22.7M"), (8_030_000_000, "8.03B"), (999_900_000, "1.00B")]
)
def test_sizes_have_three_digits(number: int, words: str) -> None:
    assert short_size(number) == words


@pytest.mark.parametrize(("number", "words"), [(512, "512"), (8192, "8k"), (131_072, "128k")])
def test_contexts_are_short(number: int, words: str) -> None:
    assert short_tokens(number) == words
    assert short_tokens(None) == short_size(None) == "?"


def test_programs_get_one_document(sartor: Sartor, tmp_path: Path) -> None:
    home = {"XDG_CONFIG_HOME": str(tmp_path), "HF_HOME": str(tmp_path)}
    listed = sartor("models", "--max-parameters", "70M", "--json", **home)
    document = json.loads(listed.stdout)
    assert document["catalogue_date"].startswith("2026")
    assert {"sartor-nano", "minilm-l6"} <= {model["id"] for model in document["models"]}
    one = json.loads(sartor("models", "minilm-l6", "--json", **home).stdout)
    assert one["licences"][0]["verdict"] == "allowed"


def test_a_filter_beside_a_name_and_a_slip_end_with_two(sartor: Sartor, tmp_path: Path) -> None:
    both = sartor("models", "minilm-l6", "--language", "de")
    assert both.returncode == 2
    assert "`--language` has no effect" in both.stderr
    (tmp_path / "models.yaml").write_text("models: {hem/x: {family: llama}}")
    slip = sartor("models", "--workspace", tmp_path)
    assert slip.returncode == 2
    assert "models > hem/x > architecture: is missing" in slip.stderr.replace("\n", " ")
