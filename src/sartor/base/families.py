"""Families of models that can be loaded without code of their own, and how each names its sizes.

The names are those of the configuration classes in transformers and of the tensors in their checkpoints.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sartor.core.base_model import DECODER, ENCODER, ENCODER_DECODER


@dataclass(frozen=True)
class Tensors:
    """How a writer's tensors are called, without the prefix of its trunk."""

    prefix: str = "model."
    """What may stand before a name, or be left out."""
    embeddings: tuple[str, ...] = ("embed_tokens.weight",)
    """The token embeddings, and copies of them that some checkpoints hold as well."""
    output: tuple[str, ...] = ("lm_head.weight",)
    """The output layer, by its names."""
    layers: str = "layers"
    """Where the layers stand; of an encoder-decoder those that read."""
    decoder_layers: str = ""
    """Where the layers stand that write, of an encoder-decoder."""
    positions: tuple[str, ...] = ()
    """Embeddings of positions, where they are learned."""
    positions_before: int = 0
    """Rows of theirs before the first token's: BART counts from 2."""


@dataclass(frozen=True)
class Window:
    """How `config.json` speaks of sliding windows."""

    key: str = "sliding_window"
    """Key of the window's tokens; null: no window."""
    default_tokens: int | None = None
    """Window where the key is absent."""
    switch: str | None = None
    """Key that has to be true for the window to count."""


@dataclass(frozen=True)
class Family:
    """How `config.json` and weights of one family are read."""

    architecture: str = ENCODER
    """`encoder`, `decoder` or `encoder-decoder`."""
    layers_key: str = "num_hidden_layers"
    """Key of the number of transformer layers; of an encoder-decoder those that read."""
    decoder_layers_key: str | None = None
    """Key of the number of layers that write; where it is null they are as many."""
    width_key: str = "hidden_size"
    """Key of the hidden size."""
    context_key: str = "max_position_embeddings"
    """Key of the longest input."""
    default_context_tokens: int | None = None
    """Longest input where positions are relative and the key may be absent; T5 was trained on 512."""
    most_positions: int | None = None
    """Largest context of a family that allots its square."""
    reserved_positions: int = 0
    """Positions that no token can take: RoBERTa counts from the padding id plus one, 2."""
    is_tied: bool = False
    """Whether the output layer is the embeddings where `tie_word_embeddings` is absent."""
    is_always_tied: bool = False
    """Whether it is so whatever the key says, unless the weights hold another one (T5)."""
    window: Window | None = None
    """How sliding windows are named, where there can be any."""
    aliases: tuple[tuple[str, str], ...] = ()
    """Other names that transformers takes for keys: both may be there if they agree."""
    tensors: Tensors = field(default_factory=Tensors)
    """Names of a writer's tensors."""
    has_class_head: bool = True
    """Whether transformers has a `...ForSequenceClassification` of it."""


_GPT_TENSORS = Tensors(
    prefix="transformer.", embeddings=("wte.weight",), layers="h", positions=("wpe.weight",)
)
_SHARED = ("shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight")
_T5 = Family(
    ENCODER_DECODER,
    layers_key="num_layers",
    decoder_layers_key="num_decoder_layers",
    width_key="d_model",
    context_key="n_positions",
    default_context_tokens=512,
    is_tied=True,
    is_always_tied=True,
    aliases=(("hidden_size", "d_model"), ("num_hidden_layers", "num_layers")),
    tensors=Tensors("", _SHARED, layers="encoder.block", decoder_layers="decoder.block"),
)

FAMILIES: dict[str, Family] = {
    "albert": Family(),
    "bart": Family(
        ENCODER_DECODER,
        layers_key="encoder_layers",
        decoder_layers_key="decoder_layers",
        width_key="d_model",
        is_tied=True,
        aliases=(("hidden_size", "d_model"), ("num_hidden_layers", "encoder_layers")),
        tensors=Tensors(
            embeddings=_SHARED,
            layers="encoder.layers",
            decoder_layers="decoder.layers",
            positions=("encoder.embed_positions.weight", "decoder.embed_positions.weight"),
            positions_before=2,
        ),
    ),
    "bert": Family(),
    "camembert": Family(reserved_positions=2),
    "deberta": Family(),
    "deberta-v2": Family(),
    "distilbert": Family(layers_key="n_layers", width_key="dim"),
    "electra": Family(),
    "gemma": Family(DECODER, is_tied=True),
    "gemma2": Family(DECODER, is_tied=True, window=Window(default_tokens=4096)),
    "gemma3_text": Family(DECODER, is_tied=True, window=Window(default_tokens=4096)),
    "gpt2": Family(
        DECODER,
        layers_key="n_layer",
        width_key="n_embd",
        context_key="n_positions",
        is_tied=True,
        aliases=(
            ("hidden_size", "n_embd"),
            ("max_position_embeddings", "n_positions"),
            ("num_hidden_layers", "n_layer"),
        ),
        tensors=_GPT_TENSORS,
    ),
    "gpt_neo": Family(
        DECODER,
        layers_key="num_layers",
        most_positions=8192,
        is_tied=True,
        window=Window("window_size", default_tokens=256),
        aliases=(("num_hidden_layers", "num_layers"),),
        tensors=_GPT_TENSORS,
    ),
    "gpt_neox": Family(
        DECODER,
        tensors=Tensors(
            prefix="gpt_neox.",
            embeddings=("embed_in.weight",),
            output=("embed_out.weight", "lm_head.weight"),
        ),
    ),
    "granite": Family(DECODER, has_class_head=False),
    "llama": Family(DECODER),
    "mistral": Family(DECODER, window=Window(default_tokens=4096)),
    "modernbert": Family(),
    "mpnet": Family(reserved_positions=2),
    "mt5": _T5,
    "olmo2": Family(DECODER),
    "phi": Family(DECODER),
    "phi3": Family(DECODER, window=Window()),
    "qwen2": Family(DECODER, window=Window(default_tokens=4096, switch="use_sliding_window")),
    "qwen3": Family(DECODER, window=Window(default_tokens=4096, switch="use_sliding_window")),
    "roberta": Family(reserved_positions=2),
    "smollm3": Family(DECODER, is_tied=True, window=Window(switch="use_sliding_window")),
    "t5": _T5,
    "xlm-roberta": Family(reserved_positions=2),
}
"""`model_type` to family; anything else is refused."""

LAYERS, WIDTHS, HEADS = range(1, 513), range(1, 65_537), range(1, 1_025)
SIZES: dict[str, range] = {
    "_num_labels": range(1, 1_000_001),
    "d_ff": range(1, 1_000_001),
    "d_kv": WIDTHS,
    "d_model": WIDTHS,
    "decoder_attention_heads": HEADS,
    "decoder_ffn_dim": range(1, 1_000_001),
    "decoder_layers": LAYERS,
    "dim": WIDTHS,
    "embedding_size": WIDTHS,
    "encoder_attention_heads": HEADS,
    "encoder_ffn_dim": range(1, 1_000_001),
    "encoder_layers": LAYERS,
    "head_dim": WIDTHS,
    "hidden_dim": range(1, 1_000_001),
    "hidden_size": WIDTHS,
    "inner_group_num": LAYERS,
    "intermediate_size": range(1, 1_000_001),
    "max_position_embeddings": range(1, 2_000_001),
    "max_relative_positions": range(-1, 100_001),
    "n_embd": WIDTHS,
    "n_head": HEADS,
    "n_heads": HEADS,
    "n_inner": range(1, 1_000_001),
    "n_layer": LAYERS,
    "n_layers": LAYERS,
    "n_positions": range(1, 2_000_001),
    "num_attention_heads": HEADS,
    "num_decoder_layers": LAYERS,
    "num_heads": HEADS,
    "num_hidden_groups": LAYERS,
    "num_hidden_layers": LAYERS,
    "num_key_value_heads": HEADS,
    "num_labels": range(1, 1_000_001),
    "num_layers": LAYERS,
    "position_buckets": range(-1, 100_001),
    "relative_attention_max_distance": range(1, 1_000_001),
    "relative_attention_num_buckets": range(1, 100_001),
    "sliding_window": range(1, 2_000_001),
    "type_vocab_size": range(1_025),
    "vocab_size": range(1, 2_000_001),
    "window_size": range(1, 2_000_001),
}
"""What is taken for the size of a real model; more would be memory that its maker asks for."""
NULL_SIZES = frozenset(
    {
        "head_dim",
        "intermediate_size",
        "n_inner",
        "num_decoder_layers",
        "num_key_value_heads",
        "sliding_window",
    }
)
"""Sizes that writers may give as null: made from the others."""

LARGEST_INTEGER = 10_000_000
"""Above every other number in a real model's configuration."""
LARGEST_FREQUENCY_BASE = 10**12
"""Above every base of rotary frequencies (`rope_theta`), which costs nothing however large."""
