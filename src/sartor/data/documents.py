"""The user's documents as passages: pieces small enough to stand in a prompt and be read by themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.words import counted
from sartor.data.blocks import (
    Block,
    Kind,
    LeftOut,
    plain_text,
    table_rows,
    title_of,
    without_broken,
)
from sartor.data.byte_stream import DataFile
from sartor.data.document import DOCUMENT_FORMATS, read_document
from sartor.data.personal import excerpt, mask_personal_data

ENDINGS = tuple(f".{name}" for name in DOCUMENT_FORMATS)
PASSAGE_WORDS = 80
"""Most words of a passage, its headings aside: some four of them leave room in a prompt of 1,024 tokens."""
_UNDER_HEADINGS = 50
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+")


@dataclass(frozen=True)
class Passage:
    """A piece of a document."""

    text: str
    """What stands in a prompt: its headings, then its words."""
    headings: tuple[str, ...]
    """What it stands under, the outermost first, without the title of the document."""
    place: str
    """`faq.md:12`; of a PDF the page, of a DOCX the paragraph."""


@dataclass(frozen=True)
class Passages:
    """Everything that was read of the documents."""

    all: tuple[Passage, ...] = ()
    """In their order, each text once."""
    left_out: tuple[Count, ...] = ()
    """What is no text of theirs, counted."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The passages as prompts show them."""
        return tuple(passage.text for passage in self.all)

    @property
    def places(self) -> tuple[str, ...]:
        """Where each was taken from."""
        return tuple(passage.place for passage in self.all)


def read_passages(names: Sequence[str], *, folder: Path) -> Passages:
    """Passages of some documents, in their order, each once.

    Args:
        names: Files, or folders of them, relative to the workspace.
        folder: The workspace.

    Raises:
        DataError: One is absent, cannot be read, or is empty.
    """
    found: dict[str, Passage] = {}
    left_out: list[tuple[str, LeftOut]] = []
    for name in names:
        for path in _files_of(name, folder=folder):
            source = (
                name
                if (folder / name) == path
                else f"{name}/{path.relative_to(folder / name).as_posix()}"
            )
            file = DataFile(path, source, "all", path.suffix.lower().lstrip("."), "")
            document = read_document(file)
            passages = list(passages_of(document.all_blocks, source=source))
            if not passages:
                raise DataError(where=source, problem="holds no text.", fix="Remove it.")
            for passage in passages:
                found.setdefault(passage.text, passage)
            left_out += ((source, left) for left in document.left_out)
    return Passages(tuple(found.values()), tuple(_counts(left_out)))


def passages_of(blocks: Sequence[Block], *, source: str) -> Iterator[Passage]:
    """Paragraphs under one heading, together up to 80 words; longer ones are cut between sentences."""
    title = title_of(blocks)
    for headings, place, held in _sections(blocks):
        path = (
            headings[1:] if title and headings[:1] == (title,) and len(headings) > 1 else headings
        )
        head = without_broken(" > ".join(path))
        pieces = [(short, block.place) for block in held for short in _short(block)]
        for text, line in _packed(pieces):
            passage = without_broken(text)
            yield Passage(
                f"{head}: {passage}" if head else passage, path, f"{source}:{line or place}"
            )


def passage_counts(names: Sequence[str], passages: Passages) -> list[Count]:
    """What the card says of the documents; personal data in them is counted, for a package carries them."""
    texts = passages.texts
    if not texts:
        return []
    note = f"Looked up for prompts, from {', '.join(names)}."
    counts = [Count("passages of documents", len(texts), note), *passages.left_out]
    personal = [text for text in texts if mask_personal_data(text) != text]
    if personal:
        note = (
            f"{counted(len(personal), 'passage')} of the documents with addresses or numbers, which prompts "
            "and packages hold as they are; reports do not show them."
        )
        shown = tuple(excerpt(text) for text in personal[:3])
        counts.append(Count("personal data in documents", len(personal), note, shown))
    return counts


def _counts(left_out: Sequence[tuple[str, LeftOut]]) -> Iterator[Count]:
    """What was left out of documents: a line for each kind, with the first places."""
    numbers = Counter(left.what for _, left in left_out)
    for what, number in numbers.items():
        those = [(source, left) for source, left in left_out if left.what == what]
        places = tuple(f"{source}:{left.place}" for source, left in those[:3])
        yield Count(f"{what} in documents", number, those[0][1].note, places)


def _files_of(name: str, *, folder: Path) -> list[Path]:
    path = folder / name
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
        if files:
            return files
        problem, fix = "holds no document.", f"Documents end in {', '.join(ENDINGS)}."
    elif not path.is_file():
        problem, fix = "does not exist.", "Correct its name under `documents`."
    elif path.suffix.lower() not in ENDINGS:
        problem = f"ends in `{path.suffix}`, which is no document."
        fix = f"Save it as one that ends in {', '.join(ENDINGS)}."
    else:
        return [path]
    raise DataError(where=name, problem=problem, fix=fix)


def _sections(blocks: Iterable[Block]) -> Iterator[tuple[tuple[str, ...], int, list[Block]]]:
    """What stands directly under each heading, with all headings above it and the place."""
    path: list[tuple[int, str]] = []
    held: list[Block] = []
    place = 1
    for block in blocks:
        if block.kind not in (Kind.HEADING, Kind.QUESTION, Kind.END):
            held.append(block)
            continue
        yield tuple(text for _, text in path), place, held
        held, place = [], block.place
        level = block.level if block.kind is Kind.HEADING else _UNDER_HEADINGS
        path = [one for one in path if one[0] < level]
        if block.kind is not Kind.END and (text := plain_text(block.text)):
            path.append((level, text))
    yield tuple(text for _, text in path), place, held


def _short(block: Block) -> Iterator[str]:
    """A block as one line; sentences of one that is too long, and of those the words; tables by rows."""
    if block.kind is Kind.TABLE:
        yield from (" | ".join(filter(None, row)) for row in table_rows(block.text))
        return
    marker = f"{block.marker} " if block.marker else ""
    text = " ".join(f"{marker}{block.text}".split())
    if len(text.split()) <= PASSAGE_WORDS:
        yield text
        return
    for sentence in _SENTENCE_END.split(text):
        words = sentence.split()
        for start in range(0, len(words), PASSAGE_WORDS):
            yield " ".join(words[start : start + PASSAGE_WORDS])


def _packed(pieces: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Neighbours together, as long as they are short, with the place of the first."""
    held: list[str] = []
    num_words, start = 0, 0
    for piece, place in pieces:
        num_more = len(piece.split())
        if held and num_words + num_more > PASSAGE_WORDS:
            yield " ".join(held), start
            held, num_words = [], 0
        start = start if held else place
        held.append(piece)
        num_words += num_more
    if held:
        yield " ".join(held), start
