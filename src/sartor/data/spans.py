"""The rules for rows whose answer is labelled stretches of the text: by tags, or by their places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sartor.core.errors import did_you_mean
from sartor.core.hashing import canonical_json
from sartor.data.check import MAX_LABEL_CHARACTERS, clean_text, read_group, read_split
from sartor.data.example import Example, Tally, Trouble
from sartor.data.layout import Layout
from sartor.data.output_kind import as_list
from sartor.data.personal import excerpt
from sartor.data.row import (
    EMPTY_TEXT,
    NOT_A_SPAN,
    NOT_A_TAG,
    NOT_TEXT,
    SPAN_OUTSIDE,
    SPANS_OVERLAP,
    UNKNOWN_LABEL,
    BadRow,
    RawRow,
)
from sartor.data.span_items import SpanItem, has_place, span_item

Span = tuple[int, int, str]
"""First character, the one after the last, and the label."""
_TAG = re.compile(r"O|([BIESLU])[-_](\S.*)")
_STARTS = "BSU"
_ALONE = "SU"


@dataclass(frozen=True)
class SpanRules:
    """Checks rows of one file."""

    layout: Layout
    known_labels: frozenset[str]
    """Labels that the goal lists; empty where it lists none."""
    file_split: str
    """Split of the file: `all` where a split column or Sartor decides."""
    tally: Tally

    def check(self, row: RawRow) -> tuple[Example, ...] | BadRow:
        """The row as an example, or everything that is wrong with it."""
        trouble, columns = Trouble(row), self.layout.columns
        group = read_group(row, columns, trouble.problems)
        split = read_split(row, columns, trouble.problems, file_split=self.file_split)
        is_tagged = "tokens" in columns
        text, spans = self._tagged(row, trouble) if is_tagged else self._placed(row, trouble)
        spans = sorted(spans)
        self._check_labels(spans, trouble)
        for one, other in pairwise(spans):
            if other[0] < one[1]:
                fix = f"It overlaps `{excerpt(text[one[0] : one[1]])}`; keep one of the two."
                trouble.note(columns["output"], SPANS_OVERLAP, text[other[0] : other[1]], fix)
        if trouble.problems:
            return trouble.bad_row()
        labels = tuple(sorted({label for _, _, label in spans}))
        return (Example(text, text, canonical_json(spans), (), labels, group, split, 1),)

    def _check_labels(self, spans: Sequence[Span], trouble: Trouble) -> None:
        for label in {label: None for _, _, label in spans}:
            if self.known_labels and label not in self.known_labels:
                fix = did_you_mean(label, self.known_labels)
                trouble.note(self.layout.columns["output"], UNKNOWN_LABEL, label, fix)

    def _tagged(self, row: RawRow, trouble: Trouble) -> tuple[str, list[Span]]:
        columns = self.layout.columns
        tokens = _words(row, columns["tokens"], trouble)
        tags = _tags(row, columns["output"], trouble)
        if not trouble.problems and len(tokens) != len(tags):
            fix = f"Give each token one tag: there are {len(tokens)} tokens and {len(tags)} tags."
            trouble.note(columns["output"], NOT_A_TAG, f"{len(tags)} tags", fix)
        if trouble.problems:
            return "", []
        text, places = _joined(tokens)
        if "input" in columns and row.fields.get(columns["input"]) is not None:
            text, places = _aligned(row, columns["input"], tokens, trouble)
        if trouble.problems:
            return "", []
        found, num_loose = _runs(tags)
        if num_loose:
            note = "An I- tag that continues nothing was read as the beginning of a span."
            self.tally.count("spans that begin with I-", note, row.place)
        return text, [(places[first][0], places[last][1], label) for first, last, label in found]

    def _placed(self, row: RawRow, trouble: Trouble) -> tuple[str, list[Span]]:
        columns = self.layout.columns
        for role in ("input", "output"):
            if columns[role] not in row.fields:
                trouble.missing(columns[role])
        if trouble.problems:
            return "", []
        raw = row.fields[columns["input"]]
        text = trouble.text(columns["input"], raw)
        value = row.fields[columns["output"]]
        listed = [] if value == "" else as_list(value)
        if listed is None:
            fix = "Write a list of spans; an empty one where there are none."
            trouble.note(columns["output"], NOT_A_SPAN, "" if value is None else value, fix)
        if trouble.problems or listed is None:
            return "", []
        finder = _Finder(raw, text, trouble)
        for at, item in enumerate(listed):
            finder.add(item, f"{columns['output']}[{at}]")
        if listed and not all(map(has_place, listed)):
            note = "Spans without a place were found by their words: the first that are still free."
            self.tally.count("rows with spans found by their words", note, row.place)
        return text, finder.spans


@dataclass
class _Finder:
    """Finds the spans of a row in its cleaned text, one after the other."""

    raw: str
    """The text as it stands in the row: places are counted in it."""
    text: str
    trouble: Trouble
    spans: list[Span] = field(default_factory=list)

    def add(self, value: Any, where: str) -> None:
        """One more span; what is wrong with it is noted."""
        item = span_item(value)
        label = _label(item.label) if item else ""
        if item is None or not label:
            fix = 'Write {"start": 0, "end": 5, "label": "name"}.'
            self.trouble.note(where, NOT_A_SPAN, value, fix)
            return
        has_words = isinstance(item.words, str | int | float) and str(item.words).strip()
        if item.start is not None or item.end is not None:
            place = self._by_place(item, where)
        elif has_words:
            place = self._by_words(str(item.words), where)
        else:
            fix = "Give the span `start` and `end`, or its words as `value`."
            self.trouble.note(where, NOT_A_SPAN, value, fix)
            return
        if place is not None:
            self.spans.append((*place, label))

    def _by_words(self, words: str, where: str) -> tuple[int, int] | None:
        place = find_words(clean_text(words), self.text, [(s, e) for s, e, _ in self.spans])
        if place is None:
            fix = "Write its words as they stand in the text, or give `start` and `end`."
            self.trouble.note(where, SPAN_OUTSIDE, words, fix)
        return place

    def _by_place(self, item: SpanItem, where: str) -> tuple[int, int] | None:
        """A span by its characters in the raw text, carried over to the cleaned one."""
        start, end = (_whole(value) for value in (item.start, item.end))
        if start is None or end is None:
            fix = "Write `start` and `end` as whole numbers, counted in characters from 0."
            self.trouble.note(where, NOT_A_SPAN, [item.start, item.end], fix)
            return None
        if not 0 <= start < end <= len(self.raw):
            fix = (
                f"The text has {len(self.raw)} characters; `end` is the one after the span's last."
            )
            self.trouble.note(where, SPAN_OUTSIDE, f"{start} to {end}", fix)
            return None
        words = self.raw[start:end]
        if isinstance(item.words, str) and clean_text(item.words) != clean_text(words):
            fix = f"There stands `{excerpt(words)}`; correct `start` and `end`."
            self.trouble.note(where, NOT_A_SPAN, item.words, fix)
            return None
        place = self._cleaned(start, words)
        if place is None:
            fix = "Let it begin and end with a character that is no space."
            self.trouble.note(where, SPAN_OUTSIDE, words, fix)
        return place

    def _cleaned(self, start: int, words: str) -> tuple[int, int] | None:
        """Where words of the raw text stand in the cleaned one; None where they do not."""
        start += len(words) - len(words.lstrip())
        lead = len(self.raw) - len(self.raw.lstrip())
        cleaned = clean_text(words)
        # A bar keeps the space before the span from being stripped with the end.
        begin = len(clean_text(self.raw[lead:start] + "|")) - 1 if start > lead else 0
        stands_there = self.text[begin : begin + len(cleaned)] == cleaned
        return (begin, begin + len(cleaned)) if cleaned and stands_there else None


def find_words(words: str, text: str, taken: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Where words stand in a text, not touching what is taken; whole words are preferred."""
    for pattern in (rf"(?<!\w){re.escape(words)}(?!\w)", re.escape(words)):
        for found in re.finditer(pattern, text, re.IGNORECASE):
            start, end = found.span()
            if all(end <= first or start >= last for first, last in taken):
                return start, end
    return None


def _label(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_LABEL_CHARACTERS:
        return ""
    name = clean_text(value)
    return name if name.isprintable() else ""


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return int(value) if re.fullmatch(r"\s*-?\d{1,9}\s*", str(value)) else None


def _words(row: RawRow, column: str, trouble: Trouble) -> list[str]:
    if column not in row.fields:
        trouble.missing(column)
        return []
    listed = as_list(row.fields[column])
    if not listed:
        fix = 'Write the tokens as a list: ["Ann", "left"].'
        trouble.note(column, EMPTY_TEXT if listed == [] else NOT_TEXT, row.fields[column], fix)
        return []
    tokens = []
    for at, token in enumerate(listed):
        where = f"{column}[{at}]"
        tokens.append(trouble.text(where, token if isinstance(token, str) else str(token)))
    return tokens


def _tags(row: RawRow, column: str, trouble: Trouble) -> list[str]:
    if column not in row.fields:
        trouble.missing(column)
        return []
    listed = as_list(row.fields[column])
    if listed is None:
        trouble.note(
            column, NOT_A_TAG, row.fields[column], 'Write a list of tags: ["B-name", "O"].'
        )
        return []
    for at, tag in enumerate(listed):
        if isinstance(tag, str) and _TAG.fullmatch(tag):
            continue
        fix = "A tag is `O`, `B-label` or `I-label`."
        if not isinstance(tag, str) or tag.isdigit():
            fix = "Write the name of the tag, such as `B-person`, not its number."
        trouble.note(f"{column}[{at}]", NOT_A_TAG, tag, fix)
        return []
    return listed


def _joined(tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Tokens with a space between them, and where each stands."""
    places, at = [], 0
    for token in tokens:
        places.append((at, at + len(token)))
        at += len(token) + 1
    return " ".join(tokens), places


def _aligned(
    row: RawRow, column: str, tokens: Sequence[str], trouble: Trouble
) -> tuple[str, list[tuple[int, int]]]:
    """The text of its own column, and where each token stands in it."""
    text = trouble.text(column, row.fields[column])
    places, at = [], 0
    for token in tokens:
        start = text.find(token, at)
        if start < 0 or text[at:start].strip():
            fix = f"The tokens do not follow each other in `{column}`; correct them, or drop the column."
            trouble.note(column, SPAN_OUTSIDE, token, fix)
            return "", []
        places.append((start, at := start + len(token)))
    return text, places


def _runs(tags: Sequence[str]) -> tuple[list[tuple[int, int, str]], int]:
    """First and last token and label of each span, and how many spans an I- tag begins.

    BIO (Ramshaw and Marcus 1995), also its variants with end and single tags (BIOES, BILOU).
    """
    runs: list[tuple[int, int, str]] = []
    num_loose, is_open = 0, False
    for at, tag in enumerate(tags):
        found = _TAG.fullmatch(tag)
        mark, label = (found[1], found[2]) if found and found[1] else ("O", "")
        if mark == "O":
            is_open = False
            continue
        goes_on = is_open and mark not in _STARTS and runs[-1][2] == label
        if goes_on:
            runs[-1] = (runs[-1][0], at, label)
        else:
            num_loose += mark not in _STARTS
            runs.append((at, at, label))
        is_open = mark not in _ALONE and mark not in "EL"
    return runs, num_loose
