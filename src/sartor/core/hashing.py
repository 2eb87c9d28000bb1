"""Content hashes: the same content has the same name on every machine and in every run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

HASH_CHARACTERS = 16


def content_hash(*parts: Any) -> str:
    """Name JSON-like values, bytes and arrays by their content.

    Args:
        *parts: Anything JSON can hold, bytes, or numpy arrays (shape and dtype count too).

    Returns:
        The first 16 hexadecimal digits of a SHA-256.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, bytes):
            digest.update(b"bytes:" + part)
        elif isinstance(part, np.ndarray):
            digest.update(f"array:{part.dtype.str}:{part.shape}:".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(b"json:" + canonical_json(part).encode())
        digest.update(b"\x00")
    return digest.hexdigest()[:HASH_CHARACTERS]


def canonical_json(value: Any) -> str:
    """One spelling for one value: sorted keys, no spaces, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def file_hash(path: Path) -> str:
    """The hash of a file's bytes, read in blocks of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:HASH_CHARACTERS]


def path_hash(path: Path) -> str:
    """The hash of a file, or of a folder by the names and hashes of all files in it."""
    if not path.is_dir():
        return file_hash(path)
    inner = sorted(file for file in path.rglob("*") if file.is_file())
    return content_hash([[file.relative_to(path).as_posix(), file_hash(file)] for file in inner])


def derived_seed(seed: int, *names: Any) -> int:
    """A seed of its own for each named purpose, so that no two draws share a stream.

    Args:
        seed: The run's seed.
        *names: What the draw is for, for example ``"epoch", 3``.

    Returns:
        An integer in [0, 2**31).
    """
    return int(content_hash([seed, *names]), 16) % (2**31)
