"""What `generation_config.json` may say: how to draw tokens and which ones end a text, no more.

transformers acts on every key of the file as soon as a model writes. The names are those of its
`GenerationConfig`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sartor.base.documents import read_object
from sartor.core.errors import BaseModelError

FILE = "generation_config.json"
CACHES = ("dynamic", "hybrid", "sliding_window", "static")
"""Memories of past tokens that are part of transformers and stay on the model's device."""
TOKEN_IDS = frozenset(
    {
        "bos_token_id",
        "decoder_start_token_id",
        "eos_token_id",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "pad_token_id",
        "begin_suppress_tokens",
        "suppress_tokens",
    }
)
"""One token id, or a list of them."""
SWITCHES = frozenset(
    {
        "_from_model_config",
        "do_sample",
        "early_stopping",
        "low_memory",
        "output_attentions",
        "output_hidden_states",
        "output_logits",
        "output_scores",
        "remove_invalid_values",
        "renormalize_logits",
        "return_dict_in_generate",
        "use_cache",
    }
)
COUNTS = {
    "encoder_no_repeat_ngram_size": 100_000,
    "max_length": 10_000_000,
    "max_new_tokens": 10_000_000,
    "min_length": 10_000_000,
    "min_new_tokens": 10_000_000,
    "no_repeat_ngram_size": 100_000,
    "num_beam_groups": 1_000,
    "num_beams": 1_000,
    "num_return_sequences": 1_000,
    "top_k": 10_000_000,
}
"""Whole numbers from 0 to these; beams multiply the memory."""
NUMBERS = frozenset(
    {
        "diversity_penalty",
        "encoder_repetition_penalty",
        "epsilon_cutoff",
        "eta_cutoff",
        "guidance_scale",
        "length_penalty",
        "max_time",
        "min_p",
        "penalty_alpha",
        "repetition_penalty",
        "temperature",
        "top_h",
        "top_p",
        "typical_p",
    }
)
LARGEST_NUMBER = 1e6
IGNORED = frozenset({"cache_implementation", "transformers_version"})
"""Checked elsewhere, or a remark."""


def check_generation(folder: Path, *, vocabulary: int) -> None:
    """Refuse a `generation_config.json` with a key that does more than draw tokens.

    Args:
        folder: The model folder.
        vocabulary: Token ids lie below it.

    Raises:
        BaseModelError: With the key, its value and the fix.
    """
    for key, value in _settings(folder).items():
        if value is None or value is False or value in ([], {}, ""):
            continue  # does nothing
        problem = _problem(key, value, vocabulary)
        if problem:
            raise BaseModelError(
                where=f"{folder / FILE} > {key}",
                problem=f"{_shown(value)} {problem}.",
                fix="Delete the key, or use another model.",
            )


def token_ids(folder: Path) -> dict[str, Any]:
    """Token ids that the file names: they change what a model writes and where it ends."""
    return {key: ids for key, ids in sorted(_settings(folder).items()) if key in TOKEN_IDS}


def _settings(folder: Path) -> Mapping[str, Any]:
    return read_object(folder / FILE) if (folder / FILE).is_file() else {}


def _problem(key: str, value: Any, vocabulary: int) -> str | None:
    """What is wrong with one entry, None where nothing is."""
    if key in IGNORED:
        return None
    if key in TOKEN_IDS:
        ids = value if isinstance(value, list) else [value]
        is_sound = all(type(token) is int and 0 <= token < vocabulary for token in ids)
        most = f"{vocabulary - 1:,}"
        return None if is_sound else f"is no token id from 0 to {most}, and no list of them"
    if key in SWITCHES:
        return None if isinstance(value, bool) or value == "never" else "is neither true nor false"
    if key in COUNTS:
        is_sound = type(value) is int and 0 <= value <= COUNTS[key]
        return None if is_sound else f"is no whole number from 0 to {COUNTS[key]:,}"
    if key in NUMBERS:
        is_sound = isinstance(value, int | float) and abs(value) <= LARGEST_NUMBER
        return None if is_sound else "is no number that makes sense here"
    return "is a setting that is not known to be harmless"


def _shown(value: Any) -> str:
    text = repr(value)
    return f"`{text if len(text) <= 80 else text[:77] + '...'}`"
