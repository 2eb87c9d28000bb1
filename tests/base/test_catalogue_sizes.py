"""The sizes of the catalogue against transformers: each model is built from them without memory and counted.

Where they are wrong, the number of parameters is: it was stated by somebody else.
"""

from __future__ import annotations

from typing import Any

import pytest

from sartor.base.catalogue import CatalogueModel, shipped_catalogue

ALLOWED_SHARE = 0.01
NOT_BUILT = {
    "qwen3_5": "sizes of its linear attention and of its eyes are not in the catalogue",
    "gemma3": "its eyes are not in the catalogue, and its published number counts them",
    "gemma4": "its sizes are not in the catalogue",
}
"""Family to why no entry of it can be built."""
USUAL = {
    "layers": "num_hidden_layers",
    "width": "hidden_size",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "head_width": "head_dim",
    "inner_width": "intermediate_size",
    "vocabulary": "vocab_size",
    "context_tokens": "max_position_embeddings",
    "embedding_width": "embedding_size",
}
_GPT2 = {"layers": "n_layer", "width": "n_embd", "heads": "n_head", "inner_width": "n_inner"}
_T5 = {"layers": "num_layers", "decoder_layers": "num_decoder_layers", "width": "d_model"}
_T5 |= {"heads": "num_heads", "head_width": "d_kv", "inner_width": "d_ff"}
_BART = {"layers": "encoder_layers", "decoder_layers": "decoder_layers", "width": "d_model"}
_BART |= {"heads": "encoder_attention_heads", "inner_width": "encoder_ffn_dim"}
_ENDS = {"vocabulary": "vocab_size", "context_tokens": "max_position_embeddings"}
OWN_KEYS = {
    "gpt2": {**_GPT2, "vocabulary": "vocab_size", "context_tokens": "n_positions"},
    "t5": {**_T5, "vocabulary": "vocab_size"},
    "mt5": {**_T5, "vocabulary": "vocab_size"},
    **{family: {**_BART, **_ENDS} for family in ("bart", "mbart", "m2m_100", "marian")},
    "distilbert": {"layers": "n_layers", "width": "dim", "heads": "n_heads", **_ENDS}
    | {"inner_width": "hidden_dim"},
    "gpt_neo": {**USUAL, "layers": "num_layers", "heads": "num_heads"},
    "opt": {**USUAL, "inner_width": "ffn_dim"},
    "bloom": {"layers": "n_layer", "width": "hidden_size", "heads": "n_head"}
    | {"vocabulary": "vocab_size"},
}
"""Family to the names that its configuration class has for sizes, where they are not the usual ones."""


def configuration(model: CatalogueModel) -> dict[str, Any]:
    """What the configuration class is given: sizes of the entry, and what the whole family has."""
    names = OWN_KEYS.get(model.family, USUAL)
    sizes = {name: size for name, size in vars(model.sizes).items() if size is not None}
    given = {names[name]: size for name, size in sizes.items() if name in names}
    if model.tied_output is not None:
        given["tie_word_embeddings"] = model.tied_output
    return {**given, **_of_family(model)}


def _of_family(model: CatalogueModel) -> dict[str, Any]:
    sizes = model.sizes
    match model.family:
        case "roberta" | "xlm-roberta" | "camembert":
            return {"max_position_embeddings": sizes.context_tokens + 2, "type_vocab_size": 1}
        case "mpnet":
            return {"max_position_embeddings": sizes.context_tokens + 2}
        case "deberta-v2":
            relative = {"relative_attention": True, "position_buckets": 256, "type_vocab_size": 0}
            return {**relative, "pos_att_type": ["p2c", "c2p"], "share_att_key": True} | {
                "position_biased_input": False
            }
        case "t5" | "mt5":
            return {"feed_forward_proj": "relu" if model.tied_output else "gated-gelu"}
        case "bart" | "mbart" | "m2m_100" | "marian":
            return {"decoder_attention_heads": sizes.heads, "decoder_ffn_dim": sizes.inner_width}
        case "gpt_neo":
            return {"attention_types": [[["global", "local"], sizes.layers // 2]]}
    return {}


def counted_parameters(model: CatalogueModel) -> int:
    """Parameters of the architecture, built on the meta device by transformers' own classes."""
    import torch
    from transformers import (
        AutoConfig,
        AutoModel,
        AutoModelForCausalLM,
        AutoModelForSeq2SeqLM,
    )

    kinds = {"encoder": AutoModel, "decoder": AutoModelForCausalLM}
    kind = kinds.get(model.architecture, AutoModelForSeq2SeqLM)
    settings = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, **configuration(model)}
    config = AutoConfig.for_model(model.family, **settings)
    with torch.device("meta"):
        built = kind.from_config(config)
    number = sum(parameter.numel() for parameter in built.parameters())
    if model.family in ("t5", "mt5") and not model.tied_output:
        # transformers ties T5 whatever it is told, unless the weights that it loads differ
        number += model.sizes.vocabulary * model.sizes.width
    return number


def _entries(*, one_of_each_family: bool) -> list[CatalogueModel]:
    """Entries, or the smallest of each family; those that cannot be built left out."""
    found = [m for m in shipped_catalogue().models.values() if m.family not in NOT_BUILT]
    smallest: dict[tuple[str, bool | None], CatalogueModel] = {}
    for model in sorted(found, key=lambda model: model.parameters or 0):
        smallest.setdefault((model.family, model.tied_output), model)
    kept = {id(model) for model in smallest.values()}
    return [model for model in found if (id(model) in kept) == one_of_each_family]


def _check(model: CatalogueModel) -> None:
    assert model.parameters is not None
    assert counted_parameters(model) / model.parameters == pytest.approx(1, abs=ALLOWED_SHARE)


@pytest.mark.parametrize(
    "model", _entries(one_of_each_family=True), ids=lambda model: model.id.split("/")[-1]
)
def test_the_smallest_of_a_family_has_as_many_parameters_as_stated(model: CatalogueModel) -> None:
    _check(model)


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", _entries(one_of_each_family=False), ids=lambda model: model.id.split("/")[-1]
)
def test_a_model_has_as_many_parameters_as_stated(model: CatalogueModel) -> None:
    _check(model)


def test_what_cannot_be_built_states_no_number() -> None:
    """A number that nobody could check would only look like knowledge."""
    left = [m for m in shipped_catalogue().models.values() if m.family in NOT_BUILT]
    assert all(model.parameters is None and model.note for model in left)


@pytest.mark.parametrize("size", ["layers", "width", "inner_width", "vocabulary", "kv_heads"])
def test_a_wrong_size_is_found(size: str) -> None:
    """The comparison can fail: a size that is off by a tenth moves the number beyond what is allowed."""
    from dataclasses import replace

    model = shipped_catalogue().models["HuggingFaceTB/SmolLM2-135M"]
    right = getattr(model.sizes, size)
    wrong = {"width": right - 36, "kv_heads": 9}.get(size, round(right * 1.1))
    moved = replace(model, sizes=replace(model.sizes, **{size: wrong}))
    assert abs(counted_parameters(moved) / model.parameters - 1) > ALLOWED_SHARE
