"""Names for texts: 64 bits, the same on every machine."""

from __future__ import annotations

import hashlib


def text_key(words: list[str]) -> int:
    """A 64-bit name for a text that ignores case and white space.

    Two of five million different texts share one with a probability below 1 in a million.
    """
    digest = hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def exact_key(*texts: str) -> int:
    """A 64-bit name for texts to the letter."""
    digest = hashlib.blake2b(digest_size=8)
    for text in texts:
        digest.update(text.encode() + b"\x00")
    return int.from_bytes(digest.digest(), "little")
