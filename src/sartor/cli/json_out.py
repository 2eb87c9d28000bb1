"""`--json`: one document on standard output, and nothing else there."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

_HARMFUL = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters beyond ASCII's first and marks of direction; they stand in JSON's strings alone."""


def print_document(document: Any) -> None:
    """Write the one document, in one go, so that a reader never sees half of it."""
    sys.stdout.write(json_text(document, indent=2) + "\n")
    sys.stdout.flush()


def json_text(document: Any, *, indent: int | None = None) -> str:
    """The document as text that standard output can carry, whatever its encoding.

    What commands a terminal or reorders what it shows is spelled as JSON spells it: the same text to a
    program, harmless to a person who looks.
    """
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(plain(document), indent=indent, ensure_ascii=not is_utf8, allow_nan=False)
    return _HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def plain(value: Any) -> Any:
    """The value in JSON's own types: paths as texts, records as objects, no NaN.

    JSON has no NaN or infinity (RFC 8259, section 6); where one was measured stands null.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if hasattr(value, "item"):
        return plain(value.item())
    return str(value) if isinstance(value, Path) else value
