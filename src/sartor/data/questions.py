"""Which parts of a document ask, and what answers them: by its structure, never by guessing at meanings.

A heading asks that ends in a question mark, and so does a line in bold, one that begins with `Q:`, a summary,
a term of a list, a Question of schema.org. Where most headings of a level ask, the others ask too
("I cannot log in.").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from sartor.data.blocks import Block, Kind, plain_key, plain_text, table_rows

LEAST_MARKED_SHARE = 0.5
"""Share of the headings of a level that have to end in a question mark for the others to ask as well."""
LEAST_ASKED = 2
UNDER_HEADINGS = 50
"""Level of questions that are no headings: any heading ends their answers."""
MAX_PLAIN_WORDS = 40
_QUESTION_MARKS = ("?", "\uff1f", "\u061f", "\u037e")
_NUMBER = re.compile(r"(?:(?:\d{1,3}\.)+\d{0,3}|\d{1,3}\))\s+(?=\S)")
_ASKS = re.compile(
    r"(?:Q|Frage|Question|Vraag|Fråga|Pregunta)\s?\d{0,3}\s?[:.)]\s*|(?:F|V|P|S)\s?\d{0,3}\s?:\s+(?=.*\?)",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"(?:\*\*)?(?:A|R|S|Antwort|Answer|Antwoord|Svar|Réponse|Respuesta)\s?\d{0,3}\s?:\s*(?:\*\*)?\s*",
    re.IGNORECASE,
)
_BOLD = re.compile(r"\*\*([^*\n]{1,500})\*\*\s*[:.]?")
_RUN_IN = re.compile(r"\*\*([^*\n]{1,500}\?)\*\*\s+(?=\S)")
_QUESTION_HEADS_WORDS = """
question questions frage fragen vraag vragen fråga frågor pregunta q
"""
_QUESTION_HEADS = frozenset(_QUESTION_HEADS_WORDS.split())


class Pair(NamedTuple):
    """A question and the blocks that answer it."""

    question: str
    answer: tuple[Block, ...]
    sections: tuple[str, ...]
    """Headings that it stands under, the outermost first."""
    place: int


class _Piece(NamedTuple):
    """A block, or a line of one, with what it may be."""

    block: Block
    asks: str
    """The question; empty where it is none."""
    level: int
    """Of headings and questions; questions that are no headings are under all of them."""
    is_marked: bool
    """Whether it says itself that it asks."""


@dataclass
class _Open:
    """A question that is being answered."""

    question: str
    level: int
    sections: tuple[str, ...]
    place: int
    answer: list[Block]

    def closed(self) -> Pair:
        return Pair(self.question, tuple(self.answer), self.sections, self.place)


@dataclass(frozen=True)
class Asked:
    """What a document asks."""

    pairs: tuple[Pair, ...]
    """Those without an answer too; headings that only head sections are none."""
    outside: tuple[Block, ...]
    """Text that answers nothing."""


def asked_in(blocks: Sequence[Block]) -> Asked:
    """Questions and answers of a document, in order."""
    pieces = [piece for block in blocks for piece in _pieces(block)]
    marked = _settled(pieces)
    if not any(piece.asks for piece in marked):
        marked = _plainly_asked(marked)
    return _walked(marked)


def _pieces(block: Block) -> Iterator[_Piece]:
    """A block; a paragraph whose lines ask and answer is as many pieces."""
    if block.kind is Kind.TABLE and (rows := _asked_rows(block)):
        for question, answer in rows:
            yield _Piece(block, question, UNDER_HEADINGS, True)
            yield _Piece(Block(Kind.PARAGRAPH, answer, block.place), "", 0, False)
            yield _Piece(Block(Kind.END, "", block.place), "", 0, False)
    elif block.kind in (Kind.PARAGRAPH, Kind.ITEM):
        yield from _lines_of(block)
    elif block.kind in (Kind.HEADING, Kind.QUESTION):
        yield _named(block)
    else:
        yield _Piece(block, "", 0, False)


def _named(block: Block) -> _Piece:
    """A heading, or what its format says is a question."""
    text = clean_question(block.text)
    is_asked = block.kind is Kind.QUESTION and block.level > 0
    is_marked = is_asked or _is_marked(text) or _ASKS.match(plain_text(block.text)) is not None
    level = block.level if block.kind is Kind.HEADING else UNDER_HEADINGS
    return _Piece(block, text, level, is_marked)


def _lines_of(block: Block) -> Iterator[_Piece]:
    """Lines of a paragraph that ask stand for themselves; what follows one answers it."""
    held: list[str] = []
    for line in block.text.split("\n"):
        question, is_marked, rest = _asked_by(line)
        if not question:
            held.append(line)
            continue
        if held:
            yield _text_piece(block, held, is_first=True)
        held = [rest] if rest else []
        yield _Piece(block, question, UNDER_HEADINGS, is_marked)
    if held:
        yield _text_piece(block, held, is_first=held[0] == block.text.split("\n")[0])


def _text_piece(block: Block, lines: Sequence[str], *, is_first: bool) -> _Piece:
    text = "\n".join(lines)
    text = text[found.end() :] if (found := _ANSWERS.match(text)) else text
    if is_first and not found:
        return _Piece(block._replace(text=text), "", 0, False)
    return _Piece(block._replace(kind=Kind.PARAGRAPH, marker="", text=text), "", 0, False)


def _asked_by(line: str) -> tuple[str, bool, str]:
    """The question of a line, whether it is marked as one, and what stands behind it; empty: none."""
    line = _NUMBER.sub("", line.strip(), count=1)
    if (bold := _BOLD.fullmatch(line)) and not _ANSWERS.match(line):
        text = clean_question(bold[1])
        return text, _is_marked(text) or _ASKS.match(bold[1]) is not None, ""
    if found := _RUN_IN.match(line):
        return clean_question(found[1]), True, line[found.end() :].strip()
    plain = line.removeprefix("**")
    if found := _ASKS.match(plain):
        return clean_question(plain[found.end() :]), True, ""
    return "", False, ""


def clean_question(text: str) -> str:
    """A question without marks of Markdown, its number, and `Q:`."""
    plain = plain_text(text).strip(" #\u00b6")
    plain = _NUMBER.sub("", plain, count=1)
    return _ASKS.sub("", plain, count=1).strip() if _ASKS.match(plain) else plain


def _is_marked(text: str) -> bool:
    return text.rstrip(" *\"'\u201d\u00bb)").endswith(_QUESTION_MARKS)


def _asked_rows(block: Block) -> list[tuple[str, str]]:
    """Rows of a table with a question and its answer; none where it is another table."""
    head, *rows = table_rows(block.text) or [[]]
    rows = [row for row in rows if len(row) >= 2]
    if len(head) < 2 or not rows:
        return []
    at = next((i for i, cell in enumerate(head) if plain_key(cell) in _QUESTION_HEADS), None)
    if at is not None and at + 1 < len(head):
        return [(clean_question(row[at]), row[at + 1]) for row in rows if len(row) > at + 1]
    asked = [row for row in [head, *rows] if _is_marked(plain_text(row[0]))]
    is_asked = len(head) == 2 and len(asked) >= max(LEAST_ASKED, 0.8 * len(rows))
    return [(clean_question(row[0]), row[1]) for row in asked] if is_asked else []


def _settled(pieces: Sequence[_Piece]) -> list[_Piece]:
    """What only may ask, decided: it does where most of its like say that they do."""
    num_like: Counter[tuple[Kind, int]] = Counter()
    num_marked: Counter[tuple[Kind, int]] = Counter()
    for at, piece in enumerate(pieces):
        if piece.asks and _is_leaf(pieces, at):
            num_like[_likeness(piece)] += 1
            num_marked[_likeness(piece)] += piece.is_marked
    all_ask = {
        like
        for like, num in num_like.items()
        if num_marked[like] >= max(LEAST_ASKED, LEAST_MARKED_SHARE * num)
    }
    return [
        piece
        if not piece.asks
        or piece.is_marked
        or (_likeness(piece) in all_ask and _is_leaf(pieces, at))
        else piece._replace(asks="")
        for at, piece in enumerate(pieces)
    ]


def _likeness(piece: _Piece) -> tuple[Kind, int]:
    return (Kind.PARAGRAPH if piece.block.kind is Kind.ITEM else piece.block.kind), piece.level


def _is_leaf(pieces: Sequence[_Piece], at: int) -> bool:
    """Whether text stands directly below: a heading of headings asks nothing."""
    if pieces[at].block.kind is not Kind.HEADING:
        return True
    below = pieces[at + 1] if at + 1 < len(pieces) else None
    return below is not None and below.block.kind not in (Kind.HEADING, Kind.END)


def _plainly_asked(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Where nothing is set off: paragraphs with a question mark over others without, if that is the rule."""
    texts = [at for at, piece in enumerate(pieces) if piece.block.text]
    asked = {
        at
        for at, after in pairwise(texts)
        if _is_plain_question(pieces[at])
        and not _is_plain_question(pieces[after])
        and pieces[after].block.kind is not Kind.HEADING
    }
    if len(asked) < LEAST_ASKED or 4 * len(asked) < len(texts):
        return list(pieces)
    return [
        piece._replace(asks=clean_question(piece.block.text), level=UNDER_HEADINGS)
        if at in asked
        else piece
        for at, piece in enumerate(pieces)
    ]


def _is_plain_question(piece: _Piece) -> bool:
    text = piece.block.text
    is_text = piece.block.kind in (Kind.PARAGRAPH, Kind.ITEM)
    return is_text and _is_marked(text) and len(text.split()) <= MAX_PLAIN_WORDS


def _walked(pieces: Sequence[_Piece]) -> Asked:
    """Each question with all that stands below it, up to the next one or the next heading of its rank."""
    pairs: list[Pair] = []
    outside: list[Block] = []
    headings: list[tuple[int, str]] = []
    now: _Open | None = None
    for at, piece in enumerate(pieces):
        block = piece.block
        is_heading = block.kind is Kind.HEADING
        ends = is_heading and now is not None and piece.level <= now.level
        if piece.asks or ends or block.kind is Kind.END:
            if now is not None:
                pairs.append(now.closed())
            now = None
        if is_heading and now is None:
            headings = [one for one in headings if one[0] < piece.level]
        if piece.asks and not (is_heading and _heads_others(pieces, at)):
            above = tuple(text for _, text in headings)
            now = _Open(piece.asks, piece.level, above, block.place, [])
        elif now is not None:
            now.answer.append(block)
        elif is_heading:
            headings.append((piece.level, plain_text(block.text)))
        elif block.text:
            outside.append(block)
    if now is not None:
        pairs.append(now.closed())
    return Asked(tuple(pairs), tuple(outside))


def _heads_others(pieces: Sequence[_Piece], at: int) -> bool:
    """Whether the first thing below a heading is a question under it: then it names a section."""
    below = pieces[at + 1] if at + 1 < len(pieces) else None
    return below is not None and bool(below.asks) and below.level > pieces[at].level
