"""Tagged tokens, one a line, a blank line between sentences: the form of the CoNLL shared tasks.

The first column is the token, the last one its tag; what stands between is passed over. Tjong Kim
Sang and De Meulder 2003 (arXiv:cs/0306050).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from sartor.data.byte_stream import ByteStream, DataFile, Line, encoding_guess, physical_lines
from sartor.data.personal import excerpt
from sartor.data.row import NOT_A_TAG, NOT_UTF8, TOO_LONG, BadRow, Problem, RawRow

_TAG = re.compile(r"O|[BIESLU][-_]\S+")
_LOOKED_AT_LINES = 200


def read_conll(file: DataFile) -> Iterator[RawRow | BadRow]:
    """A row for each sentence, at its first line, with `tokens` and `tags`."""
    with ByteStream(file) as stream:
        sentence: list[Line] = []
        for line in physical_lines(stream, name=file.name):
            if line.data is None or (line.data.strip() and not line.data.startswith(b"-DOCSTART-")):
                sentence.append(line)
            elif sentence:
                yield _row(sentence, name=file.name)
                sentence = []
        if sentence:
            yield _row(sentence, name=file.name)


def is_tagged(file: DataFile) -> bool:
    """Whether every line looked at is a token and a tag, from the first one on."""
    with ByteStream(file) as stream:
        head = list(islice(physical_lines(stream, name=file.name), _LOOKED_AT_LINES))
    lines = [
        line.data.decode("utf-8", "replace") for line in head if line.data and line.data.strip()
    ]
    lines = [line for line in lines if not line.startswith("-DOCSTART-")]
    cells = [_cells(line) for line in lines]
    return bool(cells) and all(len(c) > 1 and _TAG.fullmatch(c[-1]) for c in cells)


def _cells(line: str) -> list[str]:
    text = line.rstrip("\r\n")
    return text.split("\t") if "\t" in text else text.split()


def _row(sentence: Sequence[Line], *, name: str) -> RawRow | BadRow:
    """The sentence, or the first line of it that is none of token and tag."""
    tokens: list[str] = []
    tags: list[str] = []
    raw: list[str] = []
    for line in sentence:
        place = f"{name}:{line.number}"
        if line.data is None:
            return _bad(place, TOO_LONG, "", "The line is too long; shorten it.", raw)
        try:
            text = line.data.decode("utf-8")
        except UnicodeDecodeError as error:
            shown = line.data.decode("utf-8", "replace")
            return _bad(
                place, NOT_UTF8, shown, encoding_guess(error, offset=line.offset), [*raw, shown]
            )
        raw.append(text)
        cells = _cells(text)
        if len(cells) < 2:
            fix = "Write token, tab, tag; a blank line between sentences."
            return _bad(place, NOT_A_TAG, text, fix, raw)
        tokens.append(cells[0])
        tags.append(cells[-1].strip())
    return RawRow(name, sentence[0].number, {"tokens": tokens, "tags": tags})


def _bad(place: str, rule: str, shown: str, fix: str, raw: Sequence[str]) -> BadRow:
    return BadRow((Problem(place, "", rule, excerpt(shown), fix),), raw="\n".join(raw))
