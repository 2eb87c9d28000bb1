"""Tiny random models that write, one of each family, with weights that make their texts vary."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
import transformers

VOCABULARY = 160
STOP = 3
NARROW: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
}
IDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": STOP}
UNTIED = {"tie_word_embeddings": False}
CONFIGS: dict[str, dict[str, Any]] = {
    "llama": {**NARROW, **UNTIED},
    "qwen2": {**NARROW, "tie_word_embeddings": True},
    "qwen3": {**NARROW, "head_dim": 12, **UNTIED},
    "mistral": {**NARROW, "sliding_window": 10, **UNTIED},
    "gemma2": {
        **NARROW,
        "head_dim": 12,
        "sliding_window": 10,
        "query_pre_attn_scalar": 12,
        "final_logit_softcapping": 4.0,
        "attn_logit_softcapping": 8.0,
    },
    "gemma3_text": {
        **NARROW,
        "head_dim": 12,
        "sliding_window": 10,
        "query_pre_attn_scalar": 12,
        "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
    },
    "phi": {**NARROW, "num_key_value_heads": 4, **UNTIED},
    "gpt2": {
        "vocab_size": VOCABULARY,
        "n_embd": 48,
        "n_layer": 3,
        "n_head": 4,
        "n_positions": 128,
    },
    "gpt_neox": {**NARROW, **UNTIED},
    "gpt_neo": {
        "vocab_size": VOCABULARY,
        "hidden_size": 48,
        "num_layers": 2,
        "num_heads": 4,
        "attention_types": [[["global", "local"], 1]],
        "window_size": 10,
        "max_position_embeddings": 128,
    },
    "t5": {
        "vocab_size": VOCABULARY,
        "d_model": 48,
        "d_kv": 12,
        "d_ff": 96,
        "num_layers": 2,
        "num_heads": 4,
        "dropout_rate": 0.0,
        "decoder_start_token_id": 0,
    },
    "bart": {
        "vocab_size": VOCABULARY,
        "d_model": 48,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 96,
        "decoder_ffn_dim": 96,
        "max_position_embeddings": 128,
        "decoder_start_token_id": 2,
        "forced_eos_token_id": None,
        "dropout": 0.0,
    },
}
SCALES = {"gemma2": (0.02, 0.3), "gemma3_text": (0.02, 0.3), "t5": (0.1, 0.3), "bart": (0.3, 0.6)}
"""Size of token embeddings and of the other matrices, where 0.3 makes a model repeat itself."""
WITH_ENCODER = ("t5", "bart")
DECODERS = tuple(name for name in CONFIGS if name not in WITH_ENCODER)
FAMILIES = tuple(CONFIGS)


@cache
def tiny_writer(family: str) -> Any:
    """A model of the family, in evaluation mode, always the same."""
    config = transformers.AutoConfig.for_model(family, **{**CONFIGS[family], **IDS})
    factory = transformers.AutoModelForCausalLM
    if family in WITH_ENCODER:
        factory = transformers.AutoModelForSeq2SeqLM
    model = factory.from_config(config, dtype=torch.float32)
    _fill(model, *SCALES.get(family, (0.3, 0.3)))
    return model.eval()


def _fill(model: Any, of_tokens: float, of_matrices: float) -> None:
    """Draw all weights; places count for much, so that a text does not come to rest on one token."""
    generator = torch.Generator().manual_seed(11)
    tokens, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            scale = (
                2.0 if "embed_positions" in name or "relative_attention" in name else of_matrices
            )
            scale = of_tokens if parameter is tokens or parameter is head else scale
            parameter.copy_(scale * noise if parameter.dim() > 1 else parameter + 0.1 * noise)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.copy_(0.3 * torch.randn(1, VOCABULARY, generator=generator))


def random_prompts(lengths: tuple[int, ...], *, seed: int = 5) -> list[np.ndarray]:
    """Token ids without special tokens."""
    rng = np.random.default_rng(seed)
    return [rng.integers(4, VOCABULARY, length) for length in lengths]
