"""What a folder says of itself, and where the catalogue says otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sartor.base.catalogue import CatalogueModel, StatedSizes, shipped_catalogue
from sartor.base.disagreements import disagreements
from sartor.base.folder_facts import read_folder_facts, sizes_of
from sartor.core.errors import BaseModelError

LICENCES = shipped_catalogue().licences


@pytest.fixture
def entry(model) -> CatalogueModel:
    """What a right entry says of the tiny BERT."""
    facts = read_folder_facts(model.folder)
    return CatalogueModel(
        id="hem/tiny",
        architecture="encoder",
        family="bert",
        sizes=facts.sizes,
        parameters=facts.parameters,
        licence="MIT",
        languages=("en",),
    )


def said(entry: CatalogueModel, model) -> dict[str, tuple[object, object]]:
    found = disagreements(entry, read_folder_facts(model.folder), LICENCES)
    return {one.what: (one.catalogue, one.folder) for one in found}


def test_sizes_are_read_from_config_and_weights(model) -> None:
    facts = read_folder_facts(model.folder)
    assert (facts.family, facts.architecture, facts.refusal) == ("bert", "encoder", None)
    assert facts.sizes == StatedSizes(
        layers=2, width=8, heads=2, inner_width=16, vocabulary=11, context_tokens=34
    )
    assert facts.parameters == 11 * 8 + 34 * 8 + 2 * 8 * 16


def test_a_right_entry_has_no_disagreement(entry, model) -> None:
    assert said(entry, model) == {}


@pytest.mark.parametrize(
    ("changes", "sizes", "expected"),
    [
        ({}, {"layers": 3}, {"layers": (3, 2)}),
        ({}, {"kv_heads": 1}, {"kv_heads": (1, 2)}),
        ({}, {"kv_heads": 2, "head_width": 4}, {}),
        ({"parameters": 620}, {}, {}),
        ({"parameters": 700}, {}, {"parameters": (700, 616)}),
        ({"family": "roberta"}, {}, {"family": ("roberta", "bert")}),
        ({"architecture": "decoder"}, {}, {"architecture": ("decoder", "encoder")}),
        ({"chat_template": True, "tied_output": True}, {}, {}),
    ],
)
def test_what_differs_is_named_with_both_sides(entry, model, changes, sizes, expected) -> None:
    changed = replace(entry, sizes=replace(entry.sizes, **sizes), **changes)
    assert said(changed, model) == expected


def test_licence_and_languages_of_the_card_are_compared(entry, model) -> None:
    model.write("README.md", "---\nlicense: mit\nlanguage: en\n---")
    assert said(entry, model) == {}
    model.write("README.md", "---\nlicense: gemma\nlanguage:\n- en\n- de\n---")
    assert said(entry, model) == {
        "licence": ("MIT", "gemma"),
        "languages": ("not de", "also de"),
    }


def test_a_folder_that_is_refused_still_says_its_sizes(model) -> None:
    model.config(auto_map={"AutoModel": "evil.Model"})
    facts = read_folder_facts(model.folder)
    assert "auto_map" in facts.refusal
    assert (facts.sizes.layers, facts.parameters) == (2, None)


def test_without_weights_the_configuration_speaks(model) -> None:
    (model.folder / "model.safetensors").unlink()
    facts = read_folder_facts(model.folder)
    assert facts.sizes.width == 8
    assert "model.safetensors" in facts.refusal


def test_a_folder_without_configuration_is_an_error(tmp_path) -> None:
    with pytest.raises(BaseModelError, match="does not exist"):
        read_folder_facts(tmp_path)


def test_odd_values_are_no_sizes() -> None:
    odd = {"num_hidden_layers": "12", "hidden_size": -4, "num_attention_heads": True}
    assert sizes_of({**odd, "vocab_size": 3.5, "num_key_value_heads": None}) == StatedSizes()
