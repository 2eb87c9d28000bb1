"""Step 2 for brand guidelines: a document becomes numbered rules, each one statement.

Every item of a list, every row of a table and every sentence that demands, wishes or forbids something is a
rule of its own. Sentences of a paragraph that only tell are counted and left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.guidelines import Force, Guidelines, Rule
from sartor.data.blocks import (
    Block,
    Kind,
    plain_key,
    plain_text,
    table_rows,
    title_of,
    without_broken,
)
from sartor.data.byte_stream import DataFile
from sartor.data.document import DOCUMENT_FORMATS, read_document
from sartor.data.rule_words import force_of, is_imperative
from sartor.data.sentences import sentences_of
from sartor.data.wordings import Wordings, head_side, wordings_in

MAX_RULES = 5_000
MAX_LINE_CHARACTERS = 20_000
"""Nobody keeps a rule that is longer."""
_NUMBERED = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,3})[.)]?\s+(?=\S)")
_RUN_IN = re.compile(r"\*\*([^*\n]{1,200})\*\*\s*")


def read_guidelines(path: Path, *, name: str = "") -> Guidelines:
    """The rules of a document.

    Args:
        path: Markdown, text, HTML, DOCX or PDF.
        name: As the user named it; empty: the name of the file.

    Raises:
        DataError: It is absent, cannot be read, or holds no rule.
    """
    name = name or path.name
    form = path.suffix.lower().lstrip(".")
    if not path.is_file():
        fix = "Correct its name under `guidelines`."
        raise DataError(where=name, problem="does not exist.", fix=fix)
    if form not in DOCUMENT_FORMATS:
        fix = f"Save it as one of {', '.join(DOCUMENT_FORMATS)}."
        raise DataError(
            where=name, problem=f"ends in `{path.suffix}`, which is no document.", fix=fix
        )
    document = read_document(DataFile(path, name, "all", form, ""))
    guidelines = guidelines_in(document.all_blocks, source=name)
    if not guidelines.rules:
        raise DataError(
            where=name,
            problem="holds no rule: no list, and no sentence that demands or forbids anything.",
            fix="Write each rule as a sentence of its own, best as an item of a list.",
        )
    return guidelines


def guidelines_in(blocks: Sequence[Block], *, source: str) -> Guidelines:
    """The rules of a document that was read."""
    reading = _Reading(source, title_of(blocks))
    for block in blocks:
        reading.block(block)
    return Guidelines(source, tuple(_numbered(reading.rules[:MAX_RULES])), reading.num_others)


def guideline_counts(guidelines: Guidelines | None) -> list[Count]:
    """What the card says of the guidelines."""
    if guidelines is None:
        return []
    others = f" {guidelines.num_other_sentences:,} sentences ask for nothing." * bool(
        guidelines.num_other_sentences
    )
    note = f"{guidelines.in_words}, from {guidelines.source}.{others} Nothing is trained on them."
    examples = tuple(f"{rule.place}: {rule.number}" for rule in guidelines.rules[:3])
    return [Count("rules of the guidelines", len(guidelines.rules), note, examples)]


@dataclass
class _Found:
    """A rule before it has its number."""

    rule: Rule
    given: str
    """The number of the document; empty: none."""


@dataclass
class _Reading:
    """What is known of a document while its blocks come in."""

    source: str
    title: str
    rules: list[_Found] = field(default_factory=list)
    num_others: int = 0
    _headings: list[tuple[int, str]] = field(default_factory=list)
    _side: Force | None = None
    """Of the nearest heading, where it says that what follows is wanted, or is not."""
    _number: str = ""
    """Of the nearest heading."""

    def block(self, block: Block) -> None:
        """Take a block in."""
        if block.kind in (Kind.HEADING, Kind.QUESTION):
            self._heading(block)
        elif block.kind is Kind.TABLE:
            self._table(block)
        elif block.kind in (Kind.ITEM, Kind.PARAGRAPH):
            self._text(block)

    def _heading(self, block: Block) -> None:
        level = block.level if block.kind is Kind.HEADING else 50
        text = plain_text(block.text)
        found = _NUMBERED.match(text)
        self._number = found[1] if found else ""
        self._headings = [one for one in self._headings if one[0] < level]
        self._headings.append((level, text[found.end() :] if found else text))
        self._side = head_side(text)

    def _path(self) -> tuple[str, ...]:
        path = tuple(text for _, text in self._headings)
        return path[1:] if self.title and path[:1] == (self.title,) else path

    def _table(self, block: Block) -> None:
        """A row a rule; of columns for wanted and unwanted wordings both sides of it."""
        head, *rows = table_rows(block.text) or [[]]
        sides = [head_side(cell) for cell in head]
        if Force.MUST in sides and Force.MUST_NOT in sides:
            good, bad = sides.index(Force.MUST), sides.index(Force.MUST_NOT)
            for row in rows:
                self._pair(row, good, bad, block)
            return
        for row in rows:
            text = ": ".join(dict.fromkeys(plain_text(cell) for cell in row if cell.strip()))
            self._sentences(text, block, is_listed=True)

    def _pair(self, row: Sequence[str], good: int, bad: int, block: Block) -> None:
        """A row with what is wanted beside what is not: instructions are two rules, wordings are one."""
        wanted, unwanted = (plain_text(row[at]) if at < len(row) else "" for at in (good, bad))
        about = [
            plain_text(cell)
            for at, cell in enumerate(row)
            if at not in (good, bad) and cell.strip()
        ]
        if is_imperative(wanted):
            self._add(wanted, Force.MUST, block)
            if unwanted:
                self._add(unwanted, Force.MUST_NOT, block)
        elif wanted or unwanted:
            say = f"Say \u201c{_bare(wanted)}\u201d" if wanted else ""
            avoid = (
                f"{', not' if wanted else 'Do not say'} \u201c{_bare(unwanted)}\u201d"
                if unwanted
                else ""
            )
            text = f"{': '.join([*about, ''])}{say}{avoid}."
            force = Force.MUST if wanted else Force.MUST_NOT
            said = Wordings(*((_bare(one),) if one else () for one in (wanted, unwanted)))
            self._add(text, force, block, said)

    def _text(self, block: Block) -> None:
        text, number = block.text, block.marker.rstrip(".)") if block.marker[:1].isdigit() else ""
        if not number and block.kind is Kind.PARAGRAPH and (found := _NUMBERED.match(text)):
            number, text = found[1], text[found.end() :]
        is_listed = block.kind is Kind.ITEM or bool(number) or self._side is not None
        for line in text.split("\n"):
            if len(line) > MAX_LINE_CHARACTERS:
                self.num_others += 1
            if len(line) > MAX_LINE_CHARACTERS or self._is_wording(line, block):
                continue
            title, rest = self._run_in(line)
            self._sentences(rest, block, is_listed=is_listed, given=number, title=title)

    def _is_wording(self, line: str, block: Block) -> bool:
        """Whether a line only shows a wording of the rule above: `Good: ...`, a tick or a cross."""
        head, mark, rest = re.sub(r"\*\*", "", line).strip().partition(":")
        side = head_side(head) if mark else None
        plain = line.strip()
        if plain[:1] in "\u2713\u2714\u2705":
            side, rest = Force.MUST, plain[1:].lstrip("\ufe0f")
        elif plain[:1] in "\u2717\u2718\u274c\u2715\u2716":
            side, rest = Force.MUST_NOT, plain[1:].lstrip("\ufe0f")
        if side is None or not rest.strip() or is_imperative(plain_text(rest)):
            return False
        wording = _bare(plain_text(rest))
        if not self.rules:
            return False
        last = self.rules[-1].rule
        if side is Force.MUST:
            self.rules[-1].rule = replace(last, good=(*last.good, wording))
        else:
            self.rules[-1].rule = replace(last, bad=(*last.bad, wording))
        return True

    def _run_in(self, text: str) -> tuple[str, str]:
        """A title in bold at the head of an item, and the rest."""
        found = _RUN_IN.match(text)
        rest = text[found.end() :].strip() if found else ""
        if found is None or not rest or found[1].rstrip()[-1:] not in ".!?":
            return "", plain_text(text)
        return plain_text(found[1]), plain_text(text[found.end() :])

    def _sentences(
        self, text: str, block: Block, *, is_listed: bool, given: str = "", title: str = ""
    ) -> None:
        """Every sentence of a text that is a rule; in lists all are."""
        sentences = list(sentences_of(text))
        title_force = force_of(title) if title else None
        if title_force is not None and sentences and force_of(_unquoted(sentences[0])) is None:
            sentences[0] = f"{title.rstrip('.:')}: {sentences[0]}"
        elif title_force is not None:
            self._add(title, title_force, block, given=given, title="")
        for sentence in sentences:
            said = wordings_in(sentence)
            force = force_of(_unquoted(sentence)) or (Force.MUST if said.good else None)
            if self._side is not None:
                force = self._side if self._side is Force.MUST_NOT else force or self._side
            if force is None and not is_listed:
                self.num_others += 1
                continue
            self._add(sentence, force or Force.MUST, block, said, given=given, title=title)

    def _add(
        self,
        text: str,
        force: Force,
        block: Block,
        said: Wordings | None = None,
        *,
        given: str = "",
        title: str = "",
    ) -> None:
        said = said or wordings_in(text)
        if force is Force.MUST_NOT and said.good and not said.bad:
            said = Wordings((), said.good)
        text = without_broken(text).strip()
        if not plain_key(text):
            return
        path = (*self._path(), *([title.rstrip(".:")] if title else []))
        place = f"{self.source}:{block.place}"
        rule = Rule("", text, force, path, place, said.good, said.bad)
        self.rules.append(_Found(rule, given or self._number))


def _numbered(found: Sequence[_Found]) -> Iterator[Rule]:
    """Rules with the numbers of the document, in parts where several share one; the others are counted."""
    num_of: dict[str, int] = {}
    for one in found:
        num_of[one.given] = num_of.get(one.given, 0) + 1
    parts: dict[str, int] = {}
    taken = set(num_of)
    count = 0
    for one in found:
        parts[one.given] = parts.get(one.given, 0) + 1
        if one.given:
            part = f".{parts[one.given]}" if num_of[one.given] > 1 else ""
            yield replace(one.rule, number=f"{one.given}{part}")
            continue
        count += 1
        while str(count) in taken:
            count += 1
        yield replace(one.rule, number=str(count))


def _bare(text: str) -> str:
    return text.strip().strip("\"'\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019").strip()


def _unquoted(sentence: str) -> str:
    """A sentence without what it quotes: that is a wording, and demands nothing itself."""
    return re.sub(
        r'"[^"]{0,400}"|\u201c[^\u201d]{0,400}\u201d|\u201e[^\u201c\u201d]{0,400}[\u201c\u201d]|\u00ab[^\u00bb]{0,400}\u00bb',
        "\u2026",
        sentence,
    )
