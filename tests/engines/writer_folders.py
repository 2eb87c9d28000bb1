"""Tiny base models of every family that writes, as a hub would give them.

Two layers of width 32, random weights, a byte-level tokenizer of about 300 tokens trained on the texts below.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from sartor.base.resolve import resolve
from sartor.core.base_model import BaseModel

NUM_LAYERS, WIDTH, CONTEXT = 2, 32, 128
HEADS = {"num_hidden_layers": NUM_LAYERS, "hidden_size": WIDTH, "num_attention_heads": 4}
COMMON: dict[str, Any] = {**HEADS, "intermediate_size": 48, "max_position_embeddings": CONTEXT}
GROUPED: dict[str, Any] = {**COMMON, "num_key_value_heads": 2}
SMALL_HEADS: dict[str, Any] = {**GROUPED, "head_dim": 8}
WINDOWED: dict[str, Any] = {**SMALL_HEADS, "sliding_window": 16}
T5 = {"num_layers": NUM_LAYERS, "num_heads": 4, "d_model": WIDTH, "d_kv": 8, "d_ff": 48}
DECODERS: dict[str, dict[str, Any]] = {
    "gemma": SMALL_HEADS,
    "gemma2": WINDOWED,
    "gemma3_text": {**WINDOWED, "layer_types": ["sliding_attention", "full_attention"]},
    "gpt2": {"n_layer": NUM_LAYERS, "n_head": 4, "n_embd": WIDTH, "n_positions": CONTEXT},
    "gpt_neo": {
        "num_layers": NUM_LAYERS,
        "num_heads": 4,
        "hidden_size": WIDTH,
        "intermediate_size": 48,
        "max_position_embeddings": CONTEXT,
        "attention_types": [[["global", "local"], 1]],
        "window_size": 16,
    },
    "gpt_neox": COMMON,
    "granite": GROUPED,
    "llama": GROUPED,
    "mistral": {**GROUPED, "sliding_window": 16},
    "olmo2": GROUPED,
    "phi": COMMON,
    "phi3": GROUPED,
    "qwen2": GROUPED,
    "qwen3": SMALL_HEADS,
    "smollm3": GROUPED,
}
ENCODER_DECODERS: dict[str, dict[str, Any]] = {
    "bart": {
        "encoder_layers": NUM_LAYERS,
        "decoder_layers": NUM_LAYERS,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 48,
        "decoder_ffn_dim": 48,
        "d_model": WIDTH,
        "max_position_embeddings": CONTEXT,
        "forced_eos_token_id": None,
    },
    "mt5": T5,
    "t5": T5,
}
FAMILIES = (*DECODERS, *ENCODER_DECODERS)
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CONTROLS = ("<s>", "</s>", "<|im_start|>", "<|im_end|>")
START_ID, END_ID = 0, 1
TEXTS = (
    "The hem of the coat is loose; could you sew it again before Friday?",
    "Your trousers are ready, we kept the turn-ups as you asked.",
    "Where is my parcel? It was sent to the shop in Utrecht on Monday.",
    "We are sorry. The grey wool is out of stock until March.",
    "system user assistant",
)


def writer(
    family: str,
    folder: Path,
    *,
    chat_template: str | None = None,
    num_tokens: int = 300,
    seed: int = 7,
    **changes: Any,
) -> BaseModel:
    """A base model folder that writes: weights, tokenizer, generation_config.json.

    Args:
        family: A `model_type`, one of FAMILIES.
        folder: Where it is written.
        chat_template: Jinja text, for example CHATML; None leaves the folder without one.
        num_tokens: Size of the vocabulary; 256 bytes and 4 control tokens at least.
        seed: Of the weights.
        **changes: Keys of config.json.
    """
    save_model(family, folder, seed=seed, vocab_size=num_tokens, **changes)
    save_tokenizer(folder, chat_template=chat_template, num_tokens=num_tokens)
    return resolve(str(folder), offline=True)


def save_model(family: str, folder: Path, *, seed: int = 7, **changes: Any) -> Any:
    """Weights and configuration alone, and the model that they are of."""
    model = random_model(family, seed=seed, **changes)
    model.save_pretrained(folder)
    return model


def random_model(family: str, *, seed: int = 7, **changes: Any) -> Any:
    """A model in evaluation mode whose greedy texts vary: its layers are louder than transformers' own."""
    sizes = {**DECODERS, **ENCODER_DECODERS}[family]
    ids = {
        "vocab_size": 300,
        "bos_token_id": START_ID,
        "eos_token_id": END_ID,
        "pad_token_id": END_ID,
    }
    if family in ENCODER_DECODERS:
        ids["decoder_start_token_id"] = START_ID
    config = transformers.AutoConfig.for_model(family, **{**sizes, **ids, **changes})
    is_seq2seq = family in ENCODER_DECODERS
    factory = (
        transformers.AutoModelForSeq2SeqLM if is_seq2seq else transformers.AutoModelForCausalLM
    )
    model = factory.from_config(config, dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            # Embeddings are small beside the layers, or a tied model writes what it has just read.
            scale = 0.05 if parameter.shape[0] == config.vocab_size else 0.4
            parameter.copy_(scale * noise if parameter.dim() > 1 else parameter + 0.1 * noise)
    return model.eval()


def save_tokenizer(folder: Path, *, chat_template: str | None = None, num_tokens: int = 300) -> Any:
    """Byte pairs with `<s>` before every text, and the control tokens of ChatML."""
    fast = Tokenizer(models.BPE())
    fast.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=num_tokens,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[AddedToken(text, special=True) for text in CONTROLS],
        show_progress=False,
    )
    fast.train_from_iterator(TEXTS * 5, trainer)
    fast.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", START_ID)]
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=fast, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    tokenizer.chat_template = chat_template
    tokenizer.save_pretrained(folder)
    return tokenizer


def encoded(base: BaseModel, texts: tuple[str, ...] = TEXTS) -> dict[str, torch.Tensor]:
    """One padded batch by transformers' own tokenizer; for an encoder-decoder an answer's beginning too."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(base.folder)
    batch = tokenizer(list(texts), padding=True, return_tensors="pt")
    found = {name: batch[name] for name in ("input_ids", "attention_mask")}
    if base.architecture == "encoder-decoder":
        found["decoder_input_ids"] = torch.tensor([[START_ID, 5, 9, 40]]).repeat(len(texts), 1)
    return found
