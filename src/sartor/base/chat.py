"""Whether a model folder brings a chat template: what a conversation looks like to the model.

Newer folders have `chat_template.jinja`, older ones the key `chat_template` of tokenizer_config.json: a text,
or a list of named ones, of which `default` is the one for conversations.
https://huggingface.co/docs/transformers/chat_templating
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sartor.base.documents import FETCH_AGAIN, read_object
from sartor.core.errors import BaseModelError

TEMPLATE = "chat_template.jinja"
TEMPLATE_BYTES = 1 << 20
"""Largest template, 1 MiB; the longest of public models have some 20 KiB."""


def check_templates(folder: Path) -> None:
    """Refuse templates that are none.

    Raises:
        BaseModelError: The file is too large or no text, or the key holds something else than texts.
    """
    path = folder / TEMPLATE
    if path.is_file():
        _check_text(path)
    for name, text in _inline(folder).items():
        if text is not None and not isinstance(text, str):
            raise BaseModelError(
                where=f"{folder / 'tokenizer_config.json'} > chat_template > {name}",
                problem=f"is a {type(text).__name__}, not the text of a template.",
                fix=FETCH_AGAIN,
            )


def has_chat_template(folder: Path) -> bool:
    """Whether there is a template for conversations; the folder has been checked."""
    path = folder / TEMPLATE
    if path.is_file():
        return bool(path.read_text("utf-8").strip())
    return bool((_inline(folder).get("default") or "").strip())


def _check_text(path: Path) -> None:
    num_bytes = path.stat().st_size
    problem = f"has {num_bytes:,} bytes; at most {TEMPLATE_BYTES:,} are read."
    if num_bytes <= TEMPLATE_BYTES:
        try:
            path.read_text("utf-8")
        except UnicodeDecodeError as error:
            problem = f"is no text in UTF-8: {error.reason} at byte {error.start}."
        else:
            return
    raise BaseModelError(where=str(path), problem=problem, fix=FETCH_AGAIN)


def _inline(folder: Path) -> dict[str, Any]:
    """The templates of tokenizer_config.json by name; a single one is the default."""
    path = folder / "tokenizer_config.json"
    given = read_object(path).get("chat_template") if path.is_file() else None
    if not isinstance(given, list):
        return {"default": given}
    if not all(isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in given):
        raise BaseModelError(
            where=f"{path} > chat_template",
            problem="is no list of named templates.",
            fix=FETCH_AGAIN,
        )
    return {entry["name"]: entry.get("template") for entry in given}
