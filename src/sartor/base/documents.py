"""JSON from a folder that nobody vouches for: small, flat, and read once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sartor.core.errors import BaseModelError

CONFIGURATION_BYTES = 4 << 20
"""Largest configuration file, 4 MiB: 100,000 label names fit."""
TOKENIZER_BYTES = 256 << 20
"""Largest tokenizer.json, 256 MiB; that of a vocabulary of 250,000 has 17 MiB."""
NESTING_LEVELS = 16
"""Deepest nesting; real configurations have up to 5 levels."""

FETCH_AGAIN = "Fetch the model again, or use another one."


def read_document(path: Path, *, limit_bytes: int = CONFIGURATION_BYTES) -> Any:
    """A JSON document of a model folder.

    Raises:
        BaseModelError: It is absent, too large, nested too deep, or no JSON.
    """
    if not path.is_file():
        raise BaseModelError(
            where=str(path), problem="does not exist.", fix="Give the folder of a complete model."
        )
    num_bytes = path.stat().st_size
    if num_bytes > limit_bytes:
        raise BaseModelError(
            where=str(path),
            problem=f"has {num_bytes:,} bytes; at most {limit_bytes:,} are read.",
            fix="Check where this file comes from, or use another model.",
        )
    document = _parsed(path)
    if _depth_exceeds(document, NESTING_LEVELS):
        raise _nested(path)
    return document


def read_object(path: Path, *, limit_bytes: int = CONFIGURATION_BYTES) -> dict[str, Any]:
    """A JSON document that has to be an object."""
    document = read_document(path, limit_bytes=limit_bytes)
    if not isinstance(document, dict):
        raise BaseModelError(
            where=str(path),
            problem=f"holds a {type(document).__name__}, not a JSON object.",
            fix=FETCH_AGAIN,
        )
    return document


def entries(document: Any, *, under: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every key of a document with its path and value, nested ones too."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield (*under, key), value
            yield from entries(value, under=(*under, key))
    elif isinstance(document, list):
        for value in document:
            if isinstance(value, dict | list):
                yield from entries(value, under=under)
            else:
                yield under, value


def is_lfs_pointer(start: bytes) -> bool:
    """Whether a file is what `git clone` leaves without Git LFS (git-lfs, docs/spec.md)."""
    return start.startswith(b"version https://git-lfs")


def lfs_pointer_error(path: Path) -> BaseModelError:
    return BaseModelError(
        where=str(path),
        problem="is a Git LFS pointer; the file itself was not fetched.",
        fix="Run `git lfs pull` in that folder.",
    )


def _parsed(path: Path) -> Any:
    content = path.read_bytes()
    if is_lfs_pointer(content):
        raise lfs_pointer_error(path)
    try:
        return json.loads(content)
    except RecursionError as error:
        raise _nested(path) from error
    except ValueError as error:
        raise BaseModelError(
            where=str(path), problem=f"is no JSON document: {error}.", fix=FETCH_AGAIN
        ) from error


def _nested(path: Path) -> BaseModelError:
    return BaseModelError(
        where=str(path),
        problem=f"is nested more than {NESTING_LEVELS} levels deep.",
        fix="Check where this file comes from, or use another model.",
    )


def _depth_exceeds(document: Any, levels: int) -> bool:
    if not isinstance(document, dict | list):
        return False
    inner = document.values() if isinstance(document, dict) else document
    return levels == 0 or any(_depth_exceeds(value, levels - 1) for value in inner)
