"""Which token fills the shorter texts of a batch.

Many decoders name none. It is masked everywhere, yet which one it is matters: classifiers of transformers
find the end of a text by it, so it must be none that texts hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from sartor.core.base_model import BaseModel


@lru_cache(maxsize=8)
def padding_id(base: BaseModel) -> int:
    """The base's own padding token, else the token that ends its texts; 0 where it has neither."""
    config = _document(base.folder / "config.json")
    about = _document(base.folder / "tokenizer_config.json")
    tokenizer = Tokenizer.from_file(str(base.folder / "tokenizer.json"))
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
    """A token is named by its text, or by an object with `content`."""
    text = token.get("content") if isinstance(token, dict) else token
    return tokenizer.token_to_id(text) if isinstance(text, str) else None


def _document(path: Path) -> Mapping[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}
