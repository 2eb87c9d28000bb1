"""The front matter of a model card, of which a few keys are read, line by line: nobody vouches for a card.

Source: https://huggingface.co/docs/hub/model-cards. A value is a word, `[a, b]`, or lines of `- a`.
"""

from __future__ import annotations

import re
from pathlib import Path

CARD_BYTES = 64 * 1024
"""How much of README.md is searched."""
KEYS = ("license", "license_name", "base_model", "language")
_KEY = re.compile(r"([A-Za-z_]+):[ \t]*(.*)")
_ITEM = re.compile(r"\s*-\s+(.*)")


def read_front_matter(folder: Path) -> dict[str, tuple[str, ...]]:
    """Values of the keys that are read, by key; without those that are not there."""
    path = folder / "README.md"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        text = file.read(CARD_BYTES).decode("utf-8", errors="replace").replace("\r\n", "\n")
    found = re.match(r"\ufeff?---\n(.*?)\n---", text, re.DOTALL)
    return _values(found[1].split("\n")) if found else {}


def _values(lines: list[str]) -> dict[str, tuple[str, ...]]:
    values: dict[str, list[str]] = {}
    key = ""
    for line in lines:
        if named := _KEY.match(line):
            key = named[1] if named[1] in KEYS else ""
            if key:
                values[key] = _words(named[2])
        elif key and (item := _ITEM.match(line)):
            values[key] += _words(item[1])
        elif line.strip():
            key = ""
    return {key: tuple(words) for key, words in values.items() if words}


def _words(text: str) -> list[str]:
    """What stands in a value: one word, or those of a list on one line."""
    plain = re.sub(r"(^|\s)#.*", "", text).strip()
    parts = plain[1:].removesuffix("]").split(",") if plain.startswith("[") else [plain]
    words = [part.strip().strip("\"'").strip() for part in parts]
    return [word for word in words if word and len(word) <= 200]
