"""Documents of strangers: nothing is run or fetched, time and memory end, errors are DataErrors."""

from __future__ import annotations

import io
import random
import socket
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import faq_formats as faq
import pytest
from fuzz import NUM_BINARIES, NUM_TEXTS

from sartor.core.errors import DataError
from sartor.data.apart import WAITS, read_apart, seconds_for, told_of
from sartor.data.blocks import MAX_LINES, Document
from sartor.data.byte_stream import DataFile
from sartor.data.document import read_document
from sartor.data.documents import passages_of
from sartor.data.guidelines import guidelines_in
from sartor.data.html_blocks import html_document
from sartor.data.markdown_blocks import markdown_document
from sartor.data.questions import asked_in
from sartor.data.readers import read_rows
from sartor.data.row import BadRow, Dropped, RawRow

pytestmark = pytest.mark.slow

MOST_SECONDS = 5.0
N = 12_000
TEXTS = {
    "nested.html": "<div>" * (N // 2) + "<h3>How?</h3><p>So." + "</div>" * (N // 2 - 9),
    "mismatched.html": "<div>" * (N // 2) + "</span>" * (N // 2 - 9),
    "comments.html": "<!--" * N,
    "unclosed.html": "<a " * N,
    "quotes.html": "<a x='" * N + ">",
    "attributes.html": "<a " + "x=1 " * 100_000 + ">",
    "tables.html": "<table><tr><td>" * (N // 3),
    "links.html": "<a href=/x>y" * N,
    "bold.html": "<b>x" * N,
    "summaries.html": "<details><summary>a?" * (N // 2),
    "lists.html": "<dl><dt>a?<dd>b" * (N // 3),
    "references.html": "&amp;&lt" * 100_000,
    "json.html": '<script type="application/ld+json">' + "[" * 500_000 + "</script><h3>a?</h3>b",
    "half.html": '<script type="application/ld+json">{"@type":"Question","name":"\\ud800?",'
    '"acceptedAnswer":{"text":"\\ud800"}}</script>',
    "quoted.md": "> " * N + "a",
    "list.md": "- " * N + "a",
    "brackets.md": "[" * 200_000,
    "references.md": "[a]: b\n" * N,
    "open.md": "[a\n" * N,
    "ticks.md": "`" * 200_000,
    "table.md": "|" * 90_000 + "\n" + "|-" * 90_000,
    "rows.md": "|a|b|\n|-|-|\n" + "|a|b|\n" * (N - 9),
    "stars.md": "*" * 200_000,
    "bold.md": "**a?** b\n" * N,
    "heads.md": "# a?\nb\n" * (N // 2),
    "blank.md": "\n" * N,
    "deep.md": "".join(" " * (2 * i) + "- a\n" for i in range(600)),
    "long.md": "a " * 200_000,
    "nul.md": "\x00# a?\n\x00",
    "asked.md": "# " + "Q: " * 500_000 + "?\nx",
}


def _of(path: Path) -> DataFile:
    return DataFile(path, path.name, "all", path.suffix[1:], "")


@pytest.mark.parametrize("name", TEXTS)
def test_texts_that_want_to_take_forever_do_not(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(TEXTS[name], "utf-8")
    before = time.process_time()
    with suppress(DataError):
        rows = list(read_rows(_of(path)))
        assert all(isinstance(row, RawRow | BadRow | Dropped) for row in rows)
    with suppress(DataError):
        blocks = read_document(_of(path)).all_blocks
        list(passages_of(blocks, source="x"))
        guidelines_in(blocks, source="x")
    assert time.process_time() - before < 3 * MOST_SECONDS


@pytest.mark.parametrize("name", ["a.md", "a.html"])
def test_what_is_longer_than_any_document_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("<p>\n" * (MAX_LINES + 1))
    with pytest.raises(DataError, match=r"50,001 (lines|tags)"):
        read_document(_of(path))
    path.write_bytes(b"a" * (5 << 20))
    with pytest.raises(DataError, match="more than 4 MiB"):
        read_document(_of(path))


def test_scripts_frames_and_addresses_of_a_page_stay_what_they_are(tmp_path: Path) -> None:
    page = (
        "<h3>How?</h3><p>So <a href='javascript:alert(1)'>here</a> <a href='data:text/html,x'>there</a>"
        "<script>document.write('no')</script><iframe src='http://127.0.0.1:9/x'>frame</iframe>"
        "<img src='http://127.0.0.1:9/y'><style>p{}</style><object data=z>object</object>"
    )
    path = tmp_path / "a.html"
    path.write_text(page)
    rows = list(read_rows(_of(path)))
    assert [row.fields["answer"] for row in rows if isinstance(row, RawRow)] == ["So here there"]
    assert [row.what for row in rows if isinstance(row, Dropped)] == [
        "frames and films",
        "pictures",
        "frames and films",
    ]


def _docx(changes: dict[str, bytes], *, base: bytes | None = None) -> bytes:
    """A document of Word with parts put in the place of its own."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(base or faq.docx())) as archive,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as changed,
    ):
        for part in archive.namelist():
            changed.writestr(part, changes.pop(part, None) or archive.read(part))
        for part, content in changes.items():
            changed.writestr(part, content)
    return out.getvalue()


LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
)
BODY = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body>'
W_PART = "word/document.xml"


def _relations(extra: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(faq.docx())) as archive:
        return archive.read("word/_rels/document.xml.rels").replace(b"</Relationships>", extra)


OUTSIDE = (
    b'<Relationship Id="x1" TargetMode="External" Target="http://127.0.0.1:9/t.dotm" Type="http://schemas.'
    b'openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/></Relationships>'
)
WORD = {
    "bomb": lambda: _docx({"word/media/a.bin": b"\x00" * (257 << 20)}),
    "large text": lambda: _docx({W_PART: BODY % (b" " * (40 << 20)) + b"</w:document>"}),
    "laughs": lambda: _docx(
        {W_PART: LAUGHS + b"]>" + BODY % b"<w:p><w:r><w:t>&j;</w:t></w:r></w:p>" + b"</w:document>"}
    ),
    "entity": lambda: _docx(
        {
            W_PART: b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
            + BODY % b"<w:p><w:r><w:t>&a;</w:t></w:r></w:p>"
            + b"</w:document>"
        }
    ),
    "deep": lambda: _docx({W_PART: BODY % (b"<w:sdt>" * 100_000)}),
    "outside": lambda: _docx({"word/_rels/document.xml.rels": _relations(OUTSIDE)}),
    "empty": lambda: b"",
    "no zip": lambda: b"PK\x03\x04 and no more",
    "old": lambda: b"\xd0\xcf\x11\xe0" + b"\x00" * 600,
}


def _pdf(objects: list[bytes], *, trailer: bytes = b"") -> bytes:
    """A PDF of some objects, the first its catalog."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Root 1 0 R/Size %d%s>>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        trailer,
        start,
    )
    return bytes(out)


def _page(content: bytes) -> list[bytes]:
    return [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 600 800]>>",
        b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]


def _pages_of_nothing(num: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % (3 + i) for i in range(num))
    pages = [b"<</Type/Page/Parent 2 0 R>>"] * num
    tree = b"<</Type/Pages/Kids[%s]/Count %d/MediaBox[0 0 9 9]>>" % (kids, num)
    return _pdf([b"<</Type/Catalog/Pages 2 0 R>>", tree, *pages])


TEXT = (
    b"BT /F 12 Tf 50 700 Td (How long?) Tj 0 -40 Td (Six weeks.) Tj "
    b"0 -40 Td (How much?) Tj 0 -40 Td (A lot.) Tj ET"
)
SCRIPTED = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.launchURL\\('http://127.0.0.1:9'\\))>>/Names<<"
SCRIPTED += b"/EmbeddedFiles<</Names[(a)9 0 R]>>/JavaScript<</Names[]>>>>>>"
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
BOX = b"BT /F 3 Tf %d %d Td (a) Tj ET\n"
MANY = b"".join(BOX % (x * 7, y * 9) for x in range(85) for y in range(85))
PRINTED = {
    "nothing": lambda: _pages_of_nothing(1_000),
    "many pages": lambda: _pages_of_nothing(2_100),
    "loop": lambda: _pdf([CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R 2 0 R]/Count 3>>"]),
    "cut": lambda: faq.pdf_reportlab()[:5_000],
    "locked": lambda: _locked(),
    "pickled map": lambda: _pdf(
        [*_page(TEXT)[:4], b"<</Type/Font/Subtype/Type0/Encoding/#2Ftmp#2Fevil/DescendantFonts[6 0 R]>>",
         b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(..)/Ordering(..)>>>>"]
    ),
    "empty": lambda: b"",
}  # fmt: skip


def _locked() -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption("secret", strength=128))
    canvas.drawString(50, 700, "How?")
    canvas.save()
    return buffer.getvalue()


HOSTILE = {
    **{f"{key}.docx": one for key, one in WORD.items()},
    **{f"{key}.pdf": one for key, one in PRINTED.items()},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_time_with_an_error_that_names_them(name: str, tmp_path: Path) -> None:
    path = tmp_path / name.replace(" ", "_")
    path.write_bytes(HOSTILE[name]())
    before = time.monotonic()
    if name == "outside.docx":
        rows = [row for row in read_rows(_of(path)) if isinstance(row, RawRow)]
        assert len(rows) == len(faq.entries())
    else:
        with pytest.raises(DataError) as caught:
            list(read_rows(_of(path)))
        assert caught.value.where == path.name
    allowed = WAITS * seconds_for(path.stat().st_size)
    assert time.monotonic() - before < allowed, "on a busy machine"


def test_a_document_that_takes_more_than_its_seconds_is_ended(monkeypatch) -> None:
    assert [seconds_for(num) for num in (0, 100_000, 1 << 30)] == [5, 10, 120]
    monkeypatch.setattr("sartor.data.apart.seconds_for", lambda num_bytes: 2)
    with pytest.raises(DataError, match="takes longer to read than the 2 seconds"):
        read_apart("pdf", _pdf(_page(MANY)), name="a.pdf")


def test_scripts_and_attached_files_of_a_pdf_are_counted_and_left(
    tmp_path: Path, monkeypatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("something was fetched")

    data = _pdf([SCRIPTED, *_page(TEXT)[1:]])
    monkeypatch.setattr(socket.socket, "connect", refuse)
    told = told_of("pdf", data)
    assert [left[0] for left in told["left_out"]] == ["scripts", "attached files", "actions"]
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    rows = [row.fields for row in read_rows(_of(path)) if isinstance(row, RawRow)]
    assert [(row["question"], row["answer"]) for row in rows] == [
        ("How long?", "Six weeks."),
        ("How much?", "A lot."),
    ]
    outside = told_of("docx", WORD["outside"]())
    assert "refused" not in outside


def test_macros_are_counted_and_entities_are_not_resolved() -> None:
    assert "root:" not in str(told_of("docx", WORD["entity"]()))
    assert len(str(told_of("docx", WORD["laughs"]()))) < 10_000


def _mutated(data: bytes, seed: int) -> bytes:
    draw = random.Random(seed)
    found = bytearray(data)
    for _ in range(draw.randint(1, 8)):
        at = draw.randrange(len(found))
        piece = draw.choice(
            [
                b"\x00",
                b"\xff" * 4,
                b"<",
                b">>",
                b"stream",
                b"9" * 30,
                bytes([draw.randrange(256)]),
                b"",
            ]
        )
        found[at : at + draw.randint(0, 40)] = piece
    return bytes(found)


def _small_docx() -> bytes:
    """Parts mutated inside the archive too: outside it hardly a change survives the checksums."""
    import docx

    document = docx.Document()
    document.add_heading("How long?", 1)
    document.add_paragraph("Six weeks.", style="List Bullet")
    document.add_table(2, 2).cell(0, 0).text = "a"
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _mutated_docx(seed: int) -> bytes:
    base = _small_docx()
    if seed % 4 == 0:
        return _mutated(base, seed)
    with zipfile.ZipFile(io.BytesIO(base)) as archive:
        part = ("word/document.xml", "word/styles.xml", "word/numbering.xml")[seed % 3]
        return _docx({part: _mutated(archive.read(part), seed)}, base=base)


PDF = _pdf(_page(TEXT))
TEXT_SEEDS = (
    faq.html_microdata()[:6_000],
    faq.html_json_ld()[:6_000],
    faq.markdown()[:3_000],
    faq.html_dl()[:4_000],
)
FUZZED: dict[str, Callable[[int], bytes]] = {
    "docx": _mutated_docx,
    "pdf": lambda seed: _mutated(PDF if seed % 2 else PRINTED_FAQ(), seed),
}


def PRINTED_FAQ(cache: list[bytes] = []) -> bytes:  # noqa: B006, N802
    if not cache:
        cache.append(faq.pdf_reportlab())
    return cache[0]


def _fuzz_binary(form: str, num: int) -> None:
    for seed in range(num):
        before = time.process_time()
        told = told_of(form, FUZZED[form](seed))
        assert {"refused", "blocks"} & told.keys()
        assert time.process_time() - before < 4 * MOST_SECONDS, seed


def _fuzz_text(num: int) -> None:
    for seed in range(num):
        data = _mutated(TEXT_SEEDS[seed % 4].encode(), seed)
        text = data.decode("utf-8", "surrogateescape")
        for read in (html_document, markdown_document):
            found: Document = read(text)
            asked_in(found.all_blocks)
            for passage in passages_of(found.all_blocks, source="x"):
                passage.text.encode()
            for rule in guidelines_in(found.all_blocks, source="x").rules:
                rule.text.encode()


@pytest.mark.parametrize("form", FUZZED)
def test_damaged_documents_are_read_or_refused(form: str) -> None:
    _fuzz_binary(form, NUM_BINARIES)


def test_damaged_texts_are_read() -> None:
    _fuzz_text(NUM_TEXTS)
