"""Trunk and output layer together give what the model itself gives, in every family."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers
from tiny_writers import CONFIGS, DECODERS, FAMILIES, IDS, WITH_ENCODER, random_prompts, tiny_writer

from sartor.core.errors import TrialError
from sartor.engines.writing.language_model import LanguageModel


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parts_give_the_models_own_logits(family):
    model = tiny_writer(family)
    parts = LanguageModel(model)
    tokens_BT = torch.from_numpy(np.stack(random_prompts((20, 20, 20))))
    mask_BT = torch.ones_like(tokens_BT)
    mask_BT[1, 14:] = 0
    with parts.asked():
        if family in WITH_ENCODER:
            truth = model(tokens_BT, attention_mask=mask_BT, decoder_input_ids=tokens_BT).logits
            states = parts.hidden(tokens_BT, encoded=parts.encode(tokens_BT, mask_BT))
        else:
            truth = model(tokens_BT, attention_mask=mask_BT).logits
            states = parts.hidden(tokens_BT, mask_BT=mask_BT)
        torch.testing.assert_close(parts.logits(states), truth)
        torch.testing.assert_close(parts.logits(states[:, -1]), truth[:, -1])


@pytest.mark.parametrize("family", ["granite", "cohere", "opt", "olmo2", "gptj"])
def test_a_family_whose_parts_agree_is_taken(family):
    assert LanguageModel(_other(family)).context_tokens == 64


def test_a_family_that_does_more_to_its_logits_is_refused():
    class Doubled(transformers.LlamaForCausalLM):
        def forward(self, *given, **named):
            answer = super().forward(*given, **named)
            answer.logits = 2 * answer.logits
            return answer

    torch.manual_seed(1)
    config = transformers.AutoConfig.for_model("llama", **CONFIGS["llama"], **IDS)
    with pytest.raises(TrialError, match="llama: computes its logits in a way") as refused:
        LanguageModel(Doubled(config))
    assert "bases:" in refused.value.fix


def test_a_model_without_an_output_layer_is_refused():
    with pytest.raises(TrialError, match="has no trunk and output layer"):
        LanguageModel(tiny_writer("llama").model)


@pytest.mark.parametrize("family", ["mamba", "qwen3_next"])
def test_a_family_that_keeps_a_running_state_is_refused(family):
    with pytest.raises(TrialError, match=f"{family}: keeps a running state"):
        LanguageModel(_other(family))


def test_asking_leaves_a_training_model_in_training():
    model = tiny_writer("gpt2")
    model.train()
    try:
        with LanguageModel(model).asked():
            assert not model.training
            assert torch.is_inference_mode_enabled()
        assert model.transformer.h[0].mlp.training
    finally:
        model.eval()


def test_context_is_known_where_positions_are():
    known = {family: LanguageModel(tiny_writer(family)).context_tokens for family in FAMILIES}
    assert known == {**dict.fromkeys([*DECODERS, "bart"], 128), "t5": None}


def _other(family):
    """Families that no other test here uses, small."""
    torch.manual_seed(2)
    sizes = {"vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    more = {
        "granite": {"logits_scaling": 3.0, "num_key_value_heads": 2},
        "cohere": {"logit_scale": 0.25},
        "opt": {"ffn_dim": 48, "word_embed_proj_dim": 16},
        "qwen3_next": {
            "num_key_value_heads": 2,
            "head_dim": 8,
            "layer_types": ["linear_attention", "full_attention"],
            "num_experts": 2,
            "num_experts_per_tok": 1,
        },
        "gptj": {"n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4, "n_positions": 64},
    }
    places = {} if family == "gptj" else {"max_position_embeddings": 64}
    given = {**sizes, "intermediate_size": 48, **places, **more.get(family, {})}
    if family in ("gptj", "mamba"):
        given = {"vocab_size": 60, **more.get(family, {"hidden_size": 32, "num_hidden_layers": 2})}
    config = transformers.AutoConfig.for_model(family, **given, **IDS)
    return transformers.AutoModelForCausalLM.from_config(config).eval()
