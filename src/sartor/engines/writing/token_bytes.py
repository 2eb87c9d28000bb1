"""What each token of a vocabulary writes, and how JSON is spelled where signs of it are missing.

Shape letters: V vocabulary.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer, pre_tokenizers

from sartor.core.errors import TrialError

SIGNS = '{}[]":,\\'
"""Of JSON. T5's vocabulary, for one, has no braces: pages with braces were left out of what it has read."""
STAND_INS = "«»()<>¤§¦¬•|~^"
"""Signs that may stand for missing ones, the least used first."""
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


@dataclass(frozen=True)
class Spelling:
    """Signs that change places between JSON and what a base reads and writes."""

    swapped: Mapping[str, str]

    def of(self, text: str) -> str:
        """The text in the other spelling; done twice, it is the same again."""
        return "".join(self.swapped.get(sign, sign) for sign in text) if self.swapped else text


def token_bytes(tokenizer: Tokenizer, vocabulary: int) -> tuple[list[bytes], list[int]]:
    """Bytes of each token (V,), and the numbers of control tokens, which write nothing.

    Args:
        tokenizer: With byte-level tokens, or sentencepiece's with or without single bytes.
        vocabulary: Rows of the output layer; those without a token write nothing.
    """
    kinds = set(_decoder_kinds(json.loads(tokenizer.to_str())))
    byte_of = _byte_of_character() if "ByteLevel" in kinds else None
    added = tokenizer.get_added_tokens_decoder()
    found = [b""] * vocabulary
    for piece, number in tokenizer.get_vocab(with_added_tokens=True).items():
        if number >= vocabulary:
            continue
        if number in added:
            found[number] = added[number].content.encode("utf-8")
        elif byte_of is not None:
            found[number] = bytes(byte_of[sign] for sign in piece if sign in byte_of)
        elif "ByteFallback" in kinds and (byte := _BYTE.fullmatch(piece)):
            found[number] = bytes([int(byte[1], 16)])
        else:
            found[number] = piece.replace("▁", " ").encode("utf-8")
    return found, sorted(number for number, token in added.items() if token.special)


def spelling_of(tokenizer: Tokenizer) -> Spelling:
    """How JSON is written with a tokenizer.

    Raises:
        TrialError: It lacks more signs than can be stood in for.
    """
    found, control = token_bytes(tokenizer, tokenizer.get_vocab_size(with_added_tokens=True))
    known = set(found) - {found[number] for number in control}
    # A backslash is only needed to write a quotation mark inside a string.
    missing = [sign for sign in SIGNS[:-1] if sign.encode() not in known]
    usable = iter([sign for sign in STAND_INS if sign.encode("utf-8") in known])
    swapped: dict[str, str] = {}
    for sign in missing:
        stand_in = next(usable, None)
        if stand_in is None:
            raise TrialError(
                where="tokenizer.json",
                problem=f"its vocabulary lacks {' '.join(missing)}, so it cannot write JSON.",
                fix="Use another base model.",
            )
        swapped |= {sign: stand_in, stand_in: sign}
    return Spelling(swapped)


def _decoder_kinds(tokenizer: Mapping[str, Any]) -> Iterator[str]:
    """Types of all steps that turn tokens into text."""
    steps: list[Any] = [tokenizer.get("decoder"), tokenizer.get("pre_tokenizer")]
    while steps:
        step = steps.pop()
        if isinstance(step, dict):
            yield str(step.get("type"))
            steps += [*step.get("decoders", ()), *step.get("pretokenizers", ())]


def _byte_of_character() -> dict[str, int]:
    """The characters that stand for bytes in byte-level tokens (Radford et al. 2019)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    found = {chr(byte): byte for byte in shown}
    found |= {chr(256 + place): byte for place, byte in enumerate(hidden)}
    assert set(found) == set(pre_tokenizers.ByteLevel.alphabet())
    return found
