"""Lines of a PDF as blocks: a PDF knows where letters stand, and nothing of headings, paragraphs and lists.

What a reader sees decides: large letters are headings, space between lines parts paragraphs, a line that had
room for the next word was broken on purpose, and what stands in the margin of many pages belongs to none.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sartor.core.errors import DataError
from sartor.data.blocks import Block, Document, Kind, LeftOut, opens_anew, table_text
from sartor.data.html_blocks import tidy
from sartor.data.pdf_lines import Line, pdf_lines

MARGIN_SHARE = 0.1
"""Upper and lower part of a page that may be a margin."""
HEADING_SIZE = 1.08
"""Letters larger than those of the text by this factor make a heading."""
MAX_HEADING_CHARACTERS = 250
MOST_UNKNOWN_SHARE = 0.2
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|pagina|sida|página|p\.|s\.)?\s?[-\u2013|]?\s?\d{1,4}"
    r"(?:\s?(?:/|\||of|von|van|av|de|sur)\s?\d{1,4})?\s?[-\u2013|]?",
    re.IGNORECASE,
)
_BULLET = re.compile(
    r"(?:\*\*)?([\u2022\u2023\u25aa\u25cf\u25e6\u2043\uf0b7\u2013*\u25cb\u25a0-])(?:\*\*)?\s+(?=\S)"
)
_NUMBER = re.compile(r"(\d{1,3}[.)])\s+(?=\S)")
_UNKNOWN = re.compile(r"\(cid:\d{1,9}\)")


def pdf_document(data: bytes, *, name: str) -> Document:
    """Blocks of a PDF with their pages.

    Raises:
        DataError: It is locked, holds pictures of text only, or letters that nobody can tell.
    """
    left_out: list[LeftOut] = []
    lines = pdf_lines(data, left_out, name=name)
    _refuse_unreadable(lines, has_pictures=bool(left_out), name=name)
    kept = list(_without_margins(lines, left_out))
    blocks = tuple(_Blocks(kept).all())
    return Document(blocks, tuple(sorted(left_out, key=lambda left: left.place)))


def _refuse_unreadable(lines: Sequence[Line], *, has_pictures: bool, name: str) -> None:
    num_characters = sum(len(line.text) for line in lines)
    num_unknown = sum(len(found) for line in lines for found in _UNKNOWN.findall(line.text))
    if num_unknown > MOST_UNKNOWN_SHARE * num_characters:
        raise DataError(
            where=name,
            problem="does not say which letters its fonts draw.",
            fix="Export it anew from where it was written, or take that document itself.",
        )
    if not lines and has_pictures:
        raise DataError(
            where=name,
            problem="holds no text: its pages are pictures.",
            fix="Recognise the text first (OCR), or take the document that was printed.",
        )


def _without_margins(lines: Sequence[Line], left_out: list[LeftOut]) -> Iterator[Line]:
    """Lines without what repeats in the margins of pages, and without page numbers."""
    pages: dict[str, set[int]] = defaultdict(set)
    for line in filter(_is_in_margin, lines):
        pages[_repeated(line)].add(line.page)
    least = max(2, 0.4 * len({line.page for line in lines}))
    note = "What stands in the margins of the pages of a PDF, and their numbers, is no text."
    for line in lines:
        plain = line.text.replace("**", "").strip()
        is_number = _PAGE_NUMBER.fullmatch(plain) is not None
        if _is_in_margin(line) and (is_number or len(pages[_repeated(line)]) >= least):
            left_out.append(LeftOut("headers and footers of pages", note, line.page))
        else:
            yield line


def _is_in_margin(line: Line) -> bool:
    return not MARGIN_SHARE < line.at < 1 - MARGIN_SHARE


def _repeated(line: Line) -> str:
    """What a margin has in common on all pages: its words, whatever the numbers, and its height."""
    return f"{re.sub(r'[0-9]+', '#', line.text).strip()} {round(line.at * 50)}"


class _Blocks:
    """Puts lines together."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        sizes: Counter[float] = Counter()
        for line in lines:
            sizes[line.size] += len(line.text)
        self._body = sizes.most_common(1)[0][0] if sizes else 0.0
        large = {line.size for line in lines if self._is_large(line)}
        self._levels = {size: at for at, size in enumerate(sorted(large, reverse=True), 1)}
        self._gap = _usual_gap(lines)
        self._right = _right_edges(lines)
        self._words = set(re.findall(r"[\w-]+", " ".join(line.text for line in lines)))

    def all(self) -> Iterator[Block]:
        """Every block, in order."""
        held: list[Line] = []
        for part in _tables_apart(self._lines):
            if isinstance(part, Block):
                yield from self._block(held)
                held = []
                yield part
            elif held and not self._goes_on(held, part):
                yield from self._block(held)
                held = [part]
            else:
                held.append(part)
        yield from self._block(held)

    def _is_large(self, line: Line) -> bool:
        return line.size >= HEADING_SIZE * self._body and len(line.text) <= MAX_HEADING_CHARACTERS

    def _goes_on(self, held: Sequence[Line], line: Line) -> bool:
        """Whether a line continues the paragraph before it."""
        last = held[-1]
        if abs(last.size - line.size) > 0.6 or _BULLET.match(line.text) or _NUMBER.match(line.text):
            return False
        if opens_anew(line.text, "") and not (last.is_bold and line.text.startswith("**")):
            return False
        if last.is_bold and not line.text.startswith("**"):
            return False
        is_below = last.page == line.page and line.top < last.top
        if not is_below:
            return not self._is_large(line) and last.text.rstrip(" *")[-1:] not in ".!?:"
        if _is_item(held[0]) and line.left < held[0].left - 2:
            return False
        return last.bottom - line.top <= self._gap + 0.3 * line.size

    def _block(self, lines: Sequence[Line]) -> Iterator[Block]:
        if not lines:
            return
        first = lines[0]
        text = tidy(_UNKNOWN.sub("\ufffd", self._joined(lines)).replace("****", ""))
        text = text.replace("** **", " ").replace("**\n**", "\n")
        if self._is_large(first):
            plain = tidy(text.replace("**", "").replace("\n", " "))
            if plain:
                yield Block(Kind.HEADING, plain, first.page, self._levels[first.size])
            return
        bullet, number = _BULLET.match(text), _NUMBER.match(text)
        if bullet or number:
            mark = "-" if bullet else (number[1] if number else "")
            rest = text[(bullet or number).end() :]  # type: ignore[union-attr]
            yield Block(Kind.ITEM, rest, first.page, 1, mark)
        elif text:
            yield Block(Kind.PARAGRAPH, text, first.page)

    def _joined(self, lines: Sequence[Line]) -> str:
        text = lines[0].text.rstrip()
        for last, line in pairwise(lines):
            text = self._with_next(text, line.text.strip(), has_room=self._has_room(last, line))
        return text

    def _with_next(self, text: str, line: str, *, has_room: bool) -> str:
        """Two lines as one, a word that was parted between them put together."""
        head, tail = re.search(r"[\w-]*\w-$", text), re.match(r"[a-zß-ÿ][\w-]*", line)
        if text.endswith("\xad"):
            return text[:-1] + line
        if head and tail:
            whole = head[0] + tail[0]
            return (
                text if whole in self._words or not self._is_parted(whole) else text[:-1]
            ) + line
        return f"{text}\n{line}" if has_room else f"{text} {line}"

    def _is_parted(self, whole: str) -> bool:
        """Whether the hyphen only parts the word: it stands without it elsewhere."""
        return whole.replace("-", "") in self._words

    def _has_room(self, last: Line, line: Line) -> bool:
        """Whether the first word of the next line would have fitted, so that the break was meant."""
        width = (last.right - last.left) / max(1, len(last.text))
        word = len(line.text.split()[0]) if line.text.split() else 0
        room = self._right[last.page, round(last.left / 4)] - last.right
        return room > 1.3 * width * (word + 2)


def _is_item(line: Line) -> bool:
    return bool(_BULLET.match(line.text) or _NUMBER.match(line.text))


def _usual_gap(lines: Sequence[Line]) -> float:
    """Space between two lines of a paragraph: the smallest that is no exception."""
    gaps: Counter[float] = Counter()
    for last, line in pairwise(lines):
        gap = last.bottom - line.top
        if (
            last.page == line.page
            and last.size == line.size
            and -0.7 * line.size < gap < 0.7 * line.size
        ):
            gaps[round(gap)] += 1
    common = [gap for gap, num in gaps.items() if num >= 0.05 * gaps.total()]
    return min(common, default=0.0)


def _right_edges(lines: Sequence[Line]) -> dict[tuple[int, int], float]:
    """How far lines go that begin at the same place of a page."""
    edges: dict[tuple[int, int], float] = {}
    for line in lines:
        key = line.page, round(line.left / 4)
        edges[key] = max(edges.get(key, 0.0), line.right)
    return edges


def _tables_apart(lines: Sequence[Line]) -> Iterator[Line | Block]:
    """The lines, and in the place of those that stand side by side in short cells the table they make."""
    for _, in_order in _by_page(lines):
        page = _left_to_right(in_order)
        rows = _side_by_side(page)
        tables = list(_tables(rows))
        inside = {id(line): at for at, table in enumerate(tables) for row in table for line in row}
        done: set[int] = set()
        for line in page:
            at = inside.get(id(line))
            if at is None:
                yield line
            elif at not in done:
                done.add(at)
                cells = [[tidy(cell.text) for cell in row] for row in tables[at]]
                yield Block(Kind.TABLE, table_text(cells), line.page)


def _by_page(lines: Sequence[Line]) -> Iterator[tuple[int, list[Line]]]:
    pages: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        pages[line.page].append(line)
    yield from sorted(pages.items())


def _left_to_right(page: Sequence[Line]) -> list[Line]:
    """Neighbours of one height in the order in which they are read."""
    lines = list(page)
    for at in range(1, len(lines)):
        last, line = lines[at - 1], lines[at]
        if abs(last.bottom - line.bottom) < 0.2 * line.size and line.right < last.left:
            lines[at - 1 : at + 1] = line, last
    return lines


def _side_by_side(page: Sequence[Line]) -> list[list[Line]]:
    """Lines of one height, from left to right; the heights from above."""
    rows: list[list[Line]] = []
    for line in sorted(page, key=lambda one: -one.bottom):
        if rows and abs(rows[-1][0].bottom - line.bottom) < 0.4 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda one: one.left) for row in rows]


def _tables(rows: Sequence[Sequence[Line]]) -> Iterator[list[list[Line]]]:
    """Rows one below the other with as many short cells that begin at the same places."""
    held: list[list[Line]] = []
    for row in [*rows, []]:
        if held and not _is_like(held[-1], row):
            if len(held) >= 2 and _is_short(held):
                yield held
            held = []
        if len(row) >= 2:
            held.append(list(row))


def _is_like(above: Sequence[Line], row: Sequence[Line]) -> bool:
    is_near = bool(row) and above[0].bottom - row[0].bottom < 3.5 * above[0].size
    return (
        is_near
        and len(above) == len(row)
        and all(abs(one.left - two.left) < 4 for one, two in zip(above, row, strict=True))
    )


def _is_short(table: Sequence[Sequence[Line]]) -> bool:
    """Two columns of running text stand side by side too; their lines are longer."""
    lengths = [len(cell.text) for row in table for cell in row]
    return sum(lengths) < 32 * len(lengths)
