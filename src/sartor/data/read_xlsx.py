"""Excel workbooks (ISO/IEC 29500, SpreadsheetML): which sheets there are, and the rows of one.

Macros, links, images and formulas are never looked at, only the values that formulas last had.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from posixpath import dirname, join, normpath

from sartor.data.byte_stream import DataFile
from sartor.data.office_zip import OfficeZip, office_zip
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.sheet_rows import table_rows
from sartor.data.sheets import Sheet, with_sheet
from sartor.data.xlsx_cells import SheetCells, merged_ranges
from sartor.data.xlsx_texts import CellValues, SharedTexts, Styles

_MAX_SHEETS = 1_000


def read_xlsx(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """Rows under the header of the sheet that is named, or of the only one with rows.

    Raises:
        DataError: The workbook is damaged, or several sheets could be meant.
    """
    if not file.part:
        file, _ = with_sheet(file)
    with office_zip(file) as workbook:
        parts = _Parts(workbook)
        member = dict(parts.sheets()).get(file.part)
        if member is None:
            raise workbook.damaged(f"has no sheet `{file.part}`")
        with closing(parts.values()) as values:
            merged = merged_ranges(workbook, member)
            rows = SheetCells(values, merged).rows(workbook, member)
            num_bytes = workbook.num_bytes(member, parts.shared_texts)
            yield from table_rows(rows, name=file.name, num_bytes=num_bytes)


def sheets_of(file: DataFile) -> list[Sheet]:
    """The sheets, hidden ones among them.

    Raises:
        DataError: The workbook is damaged.
    """
    with office_zip(file) as workbook:
        parts = _Parts(workbook)
        hidden = parts.hidden
        return [
            Sheet(name, name in hidden, _HasRows(file, member)) for name, member in parts.sheets()
        ]


class _HasRows:
    """Looks into a sheet as far as its first filled cell."""

    def __init__(self, file: DataFile, member: str) -> None:
        self._file = file
        self._member = member

    def __call__(self) -> bool:
        with office_zip(self._file) as workbook, closing(_Parts(workbook).values()) as values:
            rows = SheetCells(values, []).rows(workbook, self._member)
            return any(text.strip() for row in rows for text in row.cells.values())


class _Parts:
    """Finds the members of the archive by the relations between them."""

    def __init__(self, workbook: OfficeZip) -> None:
        self._zip = workbook
        self._main = self._target("", "officeDocument") or "xl/workbook.xml"
        if self._main not in workbook.members:
            raise workbook.damaged("is a zip archive, but no workbook")
        self._book = _Book()
        for _ in workbook.parse(self._main, self._book):
            if len(self._book.sheets) > _MAX_SHEETS:
                raise workbook.damaged(f"has more than {_MAX_SHEETS:,} sheets")
        self.hidden = frozenset(name for name, _, is_hidden in self._book.sheets if is_hidden)

    def sheets(self) -> list[tuple[str, str]]:
        """Names and members of the sheets that hold cells, in order."""
        targets = {id: target for id, kind, target in self._relations(self._main)}
        found = [(name, targets.get(id, "")) for name, id, _ in self._book.sheets]
        return [(name, member) for name, member in found if "chartsheet" not in member and member]

    def values(self) -> CellValues:
        """What turns cells into texts: the shared texts and the number formats."""
        styles = Styles()
        if member := self._target(self._main, "styles"):
            for _ in self._zip.parse(member, styles):
                pass
        texts = SharedTexts()
        if member := self.shared_texts:
            try:
                for _ in self._zip.parse(member, texts):
                    pass
            except BaseException:
                texts.close()
                raise
        return CellValues(texts, styles.kinds(), is_1904=self._book.is_1904)

    @property
    def shared_texts(self) -> str | None:
        """The member with the texts that cells share; None where there is none."""
        return self._target(self._main, "sharedStrings")

    def _target(self, member: str, kind: str) -> str | None:
        relations = self._relations(member)
        return next((target for _, its, target in relations if its.endswith(f"/{kind}")), None)

    def _relations(self, member: str) -> list[tuple[str, str, str]]:
        """Id, kind and member of everything that a member refers to inside the archive."""
        place = join(dirname(member), "_rels", f"{member.rpartition('/')[2]}.rels")
        if place not in self._zip.members:
            return []
        handler = _Relations()
        for _ in self._zip.parse(place, handler):
            pass
        found = [
            (id, kind, normpath(join("/", dirname(member), target)).lstrip("/"))
            for id, kind, target in handler.found
        ]
        return [item for item in found if item[2] in self._zip.members]


class _Book:
    """Reads `workbook.xml`."""

    num_found = 0

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        """Name, id of the relation, whether it is hidden."""
        self.is_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A sheet, or the settings of the workbook."""
        if name == "workbookPr":
            self.is_1904 = attributes.get("date1904", "") in ("1", "true", "on")
        elif name == "sheet":
            ids = [value for key, value in attributes.items() if key.rpartition(":")[2] == "id"]
            is_hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes.get("name", ""), "".join(ids[:1]), is_hidden))

    def text(self, data: str) -> None:
        """There is none."""

    def end(self, name: str) -> None:
        """Nothing to do."""


class _Relations:
    """Reads a `.rels` member."""

    num_found = 0

    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []
        """Id, kind, target."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """One relation; those that lead out of the archive are passed over."""
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self.found.append(tuple(attributes.get(key, "") for key in ("Id", "Type", "Target")))  # type: ignore[arg-type]

    def text(self, data: str) -> None:
        """There is none."""

    def end(self, name: str) -> None:
        """Nothing to do."""
