"""The card of a base model: sizes, pooling, licence, fingerprint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from sartor.base.card import read_card, read_licence, read_pooling
from sartor.base.families import FAMILIES
from sartor.core.base_model import BaseModel
from sartor.core.errors import BaseModelError

ENCODERS = [name for name, family in FAMILIES.items() if family.architecture == "encoder"]


def card_of(folder: Path) -> BaseModel:
    return read_card(folder, id="tiny", source="local")


def test_a_folder_is_described_from_its_files(model) -> None:
    card = card_of(model.folder)
    assert (card.family, card.num_layers, card.width, card.vocabulary) == ("bert", 2, 8, 11)
    assert (card.num_parameters, card.trunk_parameters) == (616, 256)
    assert (card.context_tokens, card.pooling, card.licence) == (34, "mean", "unknown")
    assert (card.id, card.hub_id, card.source, card.folder) == (
        "tiny",
        None,
        "local",
        model.folder,
    )


@pytest.mark.parametrize("family", ["roberta", "xlm-roberta", "camembert", "mpnet"])
def test_two_positions_of_roberta_and_its_kin_are_reserved(model, family: str) -> None:
    model.config(model_type=family)
    assert card_of(model.folder).context_tokens == 32
    model.config(model_type=family, max_position_embeddings=2)
    with pytest.raises(BaseModelError, match="leaves no position for a token"):
        card_of(model.folder)


def test_distilbert_has_names_of_its_own(model) -> None:
    model.config(model_type="distilbert", n_layers=2, dim=8, hidden_size=4, num_hidden_layers=99)
    card = card_of(model.folder)
    assert (card.num_layers, card.width) == (2, 8)


@pytest.mark.parametrize("key", ["hidden_size", "num_hidden_layers", "vocab_size"])
def test_a_missing_size_is_named(model, key: str) -> None:
    config = {**model_config(model), "model_type": "bert"}
    del config[key]
    model.write("config.json", config)
    with pytest.raises(BaseModelError, match=f"{key}: is missing"):
        card_of(model.folder)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"num_hidden_layers": 12}, "num_hidden_layers"),
        ({"vocab_size": 12}, "vocab_size"),
        ({"hidden_size": 16}, "vocab_size"),
    ],
)
def test_sizes_that_the_weights_do_not_have_are_refused(model, changes: dict, key: str) -> None:
    """transformers would fill what is missing with random numbers."""
    model.config(**changes)
    with pytest.raises(BaseModelError, match="the weights hold") as refusal:
        card_of(model.folder)
    assert refusal.value.where.endswith(f"config.json > {key}")


def test_weights_of_something_else_are_refused(model) -> None:
    save_file({"conv.weight": np.zeros(3, np.float32)}, model.folder / "model.safetensors")
    with pytest.raises(BaseModelError, match="no token embeddings"):
        card_of(model.folder)


def test_albert_multiplies_its_shared_layer_once_per_layer(model) -> None:
    model.config(model_type="albert", num_hidden_layers=12, num_hidden_groups=1, embedding_size=4)
    group = "encoder.albert_layer_groups.0.albert_layers.0.ffn.weight"
    weights = {
        "embeddings.word_embeddings.weight": np.zeros((11, 4), np.float32),
        "encoder.embedding_hidden_mapping_in.weight": np.zeros((8, 4), np.float32),
        group: np.zeros((16, 8), np.float32),
    }
    save_file(weights, model.folder / "model.safetensors")
    card = card_of(model.folder)
    assert card.num_parameters == 44 + 32 + 128
    assert card.trunk_parameters == 32 + 12 * 128


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, "mean"),
        ({"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}, "cls"),
        ({"pooling_mode_max_tokens": True, "include_prompt": True}, "max"),
        ({"pooling_mode_mean_sqrt_len_tokens": True}, "mean"),
        ({"pooling_mode": "cls"}, "cls"),
        ({"pooling_mode": ["max", "cls"]}, "cls"),
    ],
)
def test_the_authors_pooling_is_read(model, config: dict, pooling: str) -> None:
    write_pooling(model, config)
    assert read_pooling(model.folder) == pooling


@pytest.mark.parametrize("config", [{"pooling_mode": "lasttoken"}, {}])
def test_a_pooling_that_is_none_here_is_refused(model, config: dict) -> None:
    write_pooling(model, config)
    with pytest.raises(BaseModelError, match="is no pooling that is supported"):
        card_of(model.folder)


@pytest.mark.parametrize(
    ("front_matter", "licence"),
    [
        ("license: apache-2.0", "Apache-2.0"),
        ("language: en\nlicense: mit\ntags: [a]", "MIT"),
        ('license: "cc-by-nc-4.0"', "CC-BY-NC-4.0"),
        ("license:\n- bsd-3-clause\n- mit", "BSD-3-Clause"),
        ("license: openrail", "openrail"),
        ("license: other\nlicense_name: x", "unknown"),
        ("language: en", "unknown"),
        ("model_license: mit", "unknown"),
    ],
)
def test_the_licence_is_that_of_the_model_card(model, front_matter: str, licence: str) -> None:
    model.write("README.md", f"---\n{front_matter}\n---\n# Model\nlicense: gpl-3.0\n")
    assert read_licence(model.folder) == licence


def test_a_licence_in_the_text_alone_is_not_believed(model) -> None:
    model.write("README.md", "# Model\nlicense: mit\n")
    assert read_licence(model.folder) == "unknown"


def test_the_fingerprint_follows_what_changes_answers_and_nothing_else(model, make_model) -> None:
    before = card_of(model.folder).fingerprint
    model.write("README.md", "other words")
    assert card_of(model.folder).fingerprint == before
    twin = make_model(model.folder.parent / "twin")
    assert card_of(twin.folder).fingerprint == before
    twin.write("tokenizer_config.json", {"do_lower_case": True})
    assert card_of(twin.folder).fingerprint != before
    weights = model.folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    assert card_of(model.folder).fingerprint != before


def tiny_config(family: str) -> Any:
    from transformers import AutoConfig

    sizes = {"vocab_size": 40, "max_position_embeddings": 34, "pad_token_id": 1}
    depth = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16}
    if family == "distilbert":
        depth = {"n_layers": 2, "n_heads": 2, "dim": 16, "hidden_dim": 32}
    elif family in ("electra", "albert"):
        depth |= {"embedding_size": 8, "intermediate_size": 32}
    else:
        depth |= {"intermediate_size": 32}
    if family == "modernbert":
        depth |= {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
    return AutoConfig.for_model(family, **sizes, **depth)


@pytest.mark.slow
@pytest.mark.parametrize("family", ENCODERS)
def test_a_folder_saved_by_transformers_is_trusted_and_counted_as_there(model, family: str) -> None:
    import torch
    from transformers import AutoModel

    torch.set_num_threads(1)
    trunk = AutoModel.from_config(tiny_config(family))
    (model.folder / "model.safetensors").unlink()
    trunk.save_pretrained(model.folder)
    card = card_of(model.folder)
    assert card.num_parameters == trunk.num_parameters()
    assert (card.num_layers, card.width, card.vocabulary) == (2, 16, 40)
    loaded = AutoModel.from_pretrained(model.folder, use_safetensors=True, local_files_only=True)
    tokens = torch.full((1, card.context_tokens), 5)
    assert loaded(input_ids=tokens).last_hidden_state.shape == (1, card.context_tokens, 16)


def model_config(model: Any) -> dict[str, Any]:
    import json

    return dict(json.loads((model.folder / "config.json").read_text()))


def write_pooling(model: Any, config: dict[str, Any]) -> None:
    kind = "sentence_transformers.models.Pooling"
    model.write("modules.json", [{"idx": 1, "name": "1", "path": "1_Pooling", "type": kind}])
    model.write("1_Pooling/config.json", config)
