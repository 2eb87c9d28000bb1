"""Which token fills the shorter texts of a batch.

Many decoders name none. It is masked everywhere, yet which one it is matters: classifiers of transformers
find the end of a text by it, so it must be none that texts hold.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from tokenizers import Tokenizer

from sartor.core.base_model import BaseModel
from sartor.engines.tokenizer_files import token_text, tokenizer_config, tokenizer_of


@lru_cache(maxsize=8)
def padding_id(base: BaseModel) -> int:
    """The base's own padding token, else the token that ends its texts; 0 where it has neither."""
    config = json.loads((base.folder / "config.json").read_text("utf-8"))
    about = tokenizer_config(base.folder)
    tokenizer = tokenizer_of(base)
    found = (
        _first(config.get("pad_token_id")),
        _named(tokenizer, about.get("pad_token")),
        _first(config.get("eos_token_id")),
        _named(tokenizer, about.get("eos_token")),
    )
    return next((token for token in found if token is not None), 0)


def _first(ids: Any) -> int | None:
    """A configuration may list several, or say -1 for none."""
    first = ids[0] if isinstance(ids, list) and ids else ids
    return first if type(first) is int and first >= 0 else None


def _named(tokenizer: Tokenizer, token: Any) -> int | None:
    text = token_text(token)
    return tokenizer.token_to_id(text) if text is not None else None
