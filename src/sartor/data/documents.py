"""The user's documents as passages: pieces small enough to stand in a prompt and be read by themselves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.words import counted
from sartor.data.personal import excerpt, mask_personal_data

ENDINGS = (".md", ".markdown", ".txt")
PASSAGE_WORDS = 80
"""Most words of a passage, its heading aside: some four of them leave room in a prompt of 1,024 tokens."""
_HEADING = re.compile(r"#{1,6}(?:\s+(.*?))?\s*#*\s*$")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+")


def read_passages(names: Sequence[str], *, folder: Path) -> tuple[str, ...]:
    """Passages of some documents, in their order, each once.

    Args:
        names: Files, or folders of them, relative to the workspace.
        folder: The workspace.

    Raises:
        DataError: One is absent, no text, or empty.
    """
    found: dict[str, None] = {}
    for name in names:
        for path in _files_of(name, folder=folder):
            passages = list(passages_of(_text_of(path, name)))
            if not passages:
                raise DataError(where=name, problem="holds no text.", fix="Remove it.")
            found |= dict.fromkeys(passages)
    return tuple(found)


def passages_of(text: str) -> Iterator[str]:
    """Paragraphs under one heading, together up to 80 words; longer ones are cut between sentences."""
    for heading, paragraphs in _sections(unicodedata.normalize("NFC", text)):
        pieces = [piece for paragraph in paragraphs for piece in _short(paragraph)]
        for passage in _packed(pieces):
            yield f"{heading}: {passage}" if heading else passage


def passage_counts(names: Sequence[str], passages: Sequence[str]) -> list[Count]:
    """What the card says of the documents; personal data in them is counted, for a package carries them."""
    if not passages:
        return []
    note = f"Looked up for prompts, from {', '.join(names)}."
    counts = [Count("passages of documents", len(passages), note)]
    personal = [passage for passage in passages if mask_personal_data(passage) != passage]
    if personal:
        note = (
            f"{counted(len(personal), 'passage')} of the documents with addresses or numbers, which prompts "
            "and packages hold as they are; reports do not show them."
        )
        shown = tuple(excerpt(passage) for passage in personal[:3])
        counts.append(Count("personal data in documents", len(personal), note, shown))
    return counts


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
        problem = f"ends in `{path.suffix}`, and only texts are read."
        fix = f"Save it as one that ends in {', '.join(ENDINGS)}."
    else:
        return [path]
    raise DataError(where=name, problem=problem, fix=fix)


def _text_of(path: Path, name: str) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            where=f"{name}, byte {error.start}", problem="is no UTF-8.", fix="Save it as UTF-8."
        ) from error


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each heading with the paragraphs under it."""
    heading, lines = "", [""]
    for line in text.splitlines():
        found = _HEADING.match(line.strip())
        if found is None:
            lines.append(line.strip())
            continue
        yield heading, _paragraphs(lines)
        heading, lines = found[1] or "", [""]
    yield heading, _paragraphs(lines)


def _paragraphs(lines: Sequence[str]) -> list[str]:
    blocks = re.split(r"\n\s*\n", "\n".join(lines))
    return [" ".join(block.split()) for block in blocks if block.strip()]


def _short(paragraph: str) -> Iterator[str]:
    """Sentences of a paragraph that is too long, and of those the words."""
    if len(paragraph.split()) <= PASSAGE_WORDS:
        yield paragraph
        return
    for sentence in _SENTENCE_END.split(paragraph):
        words = sentence.split()
        for start in range(0, len(words), PASSAGE_WORDS):
            yield " ".join(words[start : start + PASSAGE_WORDS])


def _packed(pieces: Sequence[str]) -> Iterator[str]:
    """Neighbours together, as long as they are short."""
    held: list[str] = []
    for piece in pieces:
        if held and len(" ".join([*held, piece]).split()) > PASSAGE_WORDS:
            yield " ".join(held)
            held = []
        held.append(piece)
    if held:
        yield " ".join(held)
