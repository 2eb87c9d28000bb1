"""The tokenizer and the chat template that lie in a base model's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from sartor.core.base_model import LOAD_AGAIN, BaseModel
from sartor.core.errors import BaseModelError
from sartor.engines.chat_template import ChatTemplate
from sartor.engines.plain_turns import is_plain_template


@lru_cache(maxsize=8)
def tokenizer_of(base: BaseModel) -> Tokenizer:
    """The same one for all: it neither pads nor cuts, and must not be made to."""
    return read_tokenizer(base)


def read_tokenizer(base: BaseModel) -> Tokenizer:
    """A new one, which neither pads nor cuts.

    Raises:
        BaseModelError: The library cannot make sense of the file.
    """
    path = base.folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        if type(error) is not Exception:  # the library's own errors have no type
            raise
        raise BaseModelError(
            where=str(path),
            problem=f"this is no tokenizer that can be read: {error}.",
            fix=LOAD_AGAIN,
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def template_of(base: BaseModel) -> ChatTemplate | None:
    """The base's chat template; plain turns that were written out as one are put by `Renderer` itself."""
    found = template_source(base.folder)
    if found is None or is_plain_template(found[0]):
        return None
    config = tokenizer_config(base.folder)
    texts = {key: token_text(value) for key, value in config.items() if key.endswith("_token")}
    special = {key: text for key, text in texts.items() if text}
    return ChatTemplate(found[0], special_tokens=special, where=str(found[1]))


def template_source(folder: Path) -> tuple[str, Path] | None:
    """The text of a folder's chat template and the file it stands in; None where there is none.

    `chat_template.jinja`, or the older key of tokenizer_config.json.
    """
    path = folder / "chat_template.jinja"
    if path.is_file():
        source: Any = path.read_text("utf-8")
    else:
        path = folder / "tokenizer_config.json"
        source = tokenizer_config(folder).get("chat_template")
    if isinstance(source, list):  # several by name
        named = {entry.get("name"): entry.get("template") for entry in source}
        source = named.get("default")
    return (source, path) if isinstance(source, str) and source.strip() else None


def tokenizer_config(folder: Path) -> Mapping[str, Any]:
    """Its `tokenizer_config.json`; empty where there is none."""
    path = folder / "tokenizer_config.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def token_text(value: Any) -> str | None:
    """A token is named by its text, or by an object with `content`."""
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else None
