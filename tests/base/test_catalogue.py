"""The catalogue of models and licences: complete, checked, and the user's to correct."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sartor.base import catalogue as room
from sartor.base.catalogue import (
    CATALOGUE,
    LICENCES,
    embedded_model,
    embedded_models,
    read_catalogue,
    shipped_catalogue,
)
from sartor.base.disagreements import disagreements
from sartor.base.families import FAMILIES
from sartor.base.folder_facts import read_folder_facts
from sartor.base.hub import HUB_ID
from sartor.base.licences import licence_named
from sartor.core.errors import BaseModelError

START = "models:\n  hem/tiny: {architecture: decoder, family: llama"


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No `models.yaml` of whoever runs the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "sartor"


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str], Path]:
    """A workspace with a `models.yaml` of this text."""

    def write(text: str) -> Path:
        (tmp_path / "models.yaml").write_text(text)
        return tmp_path

    return write


def test_at_least_sixty_models_of_every_architecture_and_size() -> None:
    models = list(read_catalogue().models.values())
    assert len(models) >= 60
    assert {model.architecture for model in models} == {"encoder", "decoder", "encoder-decoder"}
    decoders = [m.parameters for m in models if m.architecture == "decoder" and m.parameters]
    assert min(decoders) < 150e6
    assert max(decoders) > 70e9
    assert sum(model.family in FAMILIES for model in models) >= 60


@pytest.mark.parametrize(
    "model", list(shipped_catalogue().models.values()), ids=lambda model: model.id
)
def test_an_entry_is_sound(model: room.CatalogueModel) -> None:
    known = read_catalogue()
    assert model.licence is None or licence_named(model.licence, known.licences)
    assert model.licence or model.note, "what is not known is said"
    assert set(model.made_from) <= known.models.keys()
    assert model.is_embedded or HUB_ID.fullmatch(model.id)
    if model.family in FAMILIES:
        assert FAMILIES[model.family].architecture == model.architecture
        assert model.parameters, "of families that are loaded the size is known"
    if model.languages is not None:
        assert len(set(model.languages)) == len(model.languages)
        assert all(2 <= len(code) <= 3 and code.islower() for code in model.languages)
    if model.architecture == "encoder-decoder":
        assert model.sizes.decoder_layers
    sizes = model.sizes
    if sizes.heads and sizes.kv_heads:
        assert sizes.heads % sizes.kv_heads == 0
        assert sizes.kv_heads < sizes.heads
    assert model.date
    assert "2018" <= model.date <= "2026-11"


@pytest.mark.parametrize("model", embedded_models(), ids=lambda model: model.id)
def test_an_embedded_model_is_as_large_as_its_entry_says(model: room.CatalogueModel) -> None:
    place = model.place()
    if place is None:
        pytest.skip(f"{model.package} is not installed")
    facts = read_folder_facts(place)
    assert disagreements(model, facts, read_catalogue().licences) == []
    assert facts.parameters == model.parameters
    assert facts.refusal is None


def test_the_catalogue_is_read_once_and_quickly() -> None:
    room._shipped.cache_clear()
    room._merged.cache_clear()
    seconds = []
    for _ in range(5):
        room._shipped.cache_clear()
        room._merged.cache_clear()
        began = time.process_time()
        read_catalogue()
        seconds.append(time.process_time() - began)
    assert sorted(seconds)[2] < 0.5
    assert read_catalogue() is read_catalogue()


def test_an_own_file_adds_and_replaces_and_the_workspace_has_the_last_word(
    own: Callable[[str], Path], nobody: Path
) -> None:
    nobody.mkdir(parents=True)
    (nobody / "models.yaml").write_text(
        f"{START}, licence: MIT, note: from home}}\n"
        "  Qwen/Qwen3-0.6B: {architecture: decoder, family: qwen3, licence: MIT}\n"
    )
    workspace = own(f"{START}, licence: GPL-3.0, languages: [de, 'no']}}\n")
    home, here = read_catalogue(), read_catalogue(workspace)
    assert home.models["hem/tiny"].note == "from home"
    assert (here.models["hem/tiny"].licence, here.models["hem/tiny"].note) == ("GPL-3.0", None)
    assert here.models["hem/tiny"].languages == ("de", "no")
    assert here.models["hem/tiny"].stated_in == str(workspace / "models.yaml")
    assert here.models["Qwen/Qwen3-0.6B"].licence == "MIT"
    assert here.models["Qwen/Qwen3-0.6B"].parameters is None, "an entry is replaced as a whole"
    assert here.models["Qwen/Qwen3-1.7B"] == home.models["Qwen/Qwen3-1.7B"]
    assert here.models["Qwen/Qwen3-1.7B"].stated_in is None


def test_an_edited_file_is_read_again(own: Callable[[str], Path]) -> None:
    assert read_catalogue(own(f"{START}, licence: MIT}}")).models["hem/tiny"].licence == "MIT"
    assert read_catalogue(own(f"{START}, licence: ISC}}")).models["hem/tiny"].licence == "ISC"
    with pytest.raises(BaseModelError, match="architecture: is missing"):
        read_catalogue(own("models: {hem/tiny: {family: llama}}"))


def test_an_own_licence_has_its_own_terms(own: Callable[[str], Path]) -> None:
    workspace = own(
        "licences:\n  house: {title: House terms, commercial: refused, internal: allowed, "
        "research: allowed, allows: Ours., refuses: Not to be sold.}\n"
        f"{START}, licence: house}}\n"
    )
    found = read_catalogue(workspace)
    assert licence_named("HOUSE", found.licences).stated_in == str(workspace / "models.yaml")


SLIPS = {
    "models: {hem/tiny: {architecture: decodr, family: llama}}": (
        "models > hem/tiny > architecture",
        "`decodr`",
        "`decoder`",
    ),
    f"{START}, layer: 3}}": ("hem/tiny > layer", "no key", "Known"),
    f"{START}, licens: MIT}}": ("hem/tiny > licens", "no key", "Did you mean `licence`?"),
    f"{START}, sizes: {{layers: -3}}}}": ("hem/tiny > sizes > layers", "`-3`", "above 0"),
    f"{START}, sizes: {{layers: '3'}}}}": ("sizes > layers", "`3`", "a whole number"),
    f"{START}, sizes: {{layres: 3}}}}": ("sizes > layres", "no key", "`layers`"),
    f"{START}, sizes: {{layers: true}}}}": ("sizes > layers", "`True`", "a whole number"),
    f"{START}, tied_output: maybe}}": ("tied_output", "`maybe`", "`true` or `false`"),
    f"{START}, languages: [de, no]}}": ("languages > 1", "`False`", "in quotes"),
    f"{START}, date: 2025-04-31x}}": ("date", "`2025-04-31x`", "a year or a month"),
    f"{START}, id: other}}": ("hem/tiny > id", "not for an entry", "Remove"),
    f"{START}, package: os}}": ("hem/tiny", "embedded", "another id"),
    "models: {sartor-nano: {architecture: decoder, family: llama}}": (
        "sartor-nano",
        "embedded",
        "another id",
    ),
    "models: {hem/tiny: 3}": ("models > hem/tiny", "`3`", "a mapping"),
    "models: [hem/tiny]": ("models", "list", "ORG/NAME"),
    "model: {}": ("> model", "no part", "`models`"),
    "schema: 99": ("> schema", "`99`", "2"),
    "[a, b]": ("models.yaml", "list", "models:"),
    f"{START}}}\n  hem/tiny: {{family: bert}}": ("models.yaml:3", "said twice", "Mend"),
    "models: {a: b": ("models.yaml:2", "YAML", "Mend"),
    "licences: {x: {title: X, commercial: yes, internal: allowed, research: allowed}}": (
        "licences > x > commercial",
        "`True`",
        "allowed",
    ),
    "licences: {x: {title: X, internal: allowed, research: allowed}}": (
        "licences > x > commercial",
        "missing",
        "Add",
    ),
}


@pytest.mark.parametrize("text", SLIPS)
def test_a_slip_has_place_value_and_fix(own: Callable[[str], Path], text: str) -> None:
    with pytest.raises(BaseModelError) as refusal:
        read_catalogue(own(text))
    place, value, fix = SLIPS[text]
    assert place in refusal.value.where
    assert value in refusal.value.problem
    assert fix in refusal.value.fix


def test_shipped_files_pass_the_same_door() -> None:
    """And stay what a person can edit: dated, no line that runs over the edge."""
    for path in (CATALOGUE, LICENCES):
        lines = path.read_text("utf-8").split("\n")
        assert max(map(len, lines)) <= 120
        assert any(line.startswith('date: "2026-') for line in lines)


def test_short_name_and_hub_id_mean_the_same_embedded_model() -> None:
    hub_id = "sentence-transformers/all-MiniLM-L6-v2"
    known = read_catalogue()
    assert known.model(hub_id) is known.model("minilm-l6") is not None
    assert embedded_model(hub_id) == known.model("minilm-l6")
    assert known.model(None) is None
    assert known.model("org/absent") is None
