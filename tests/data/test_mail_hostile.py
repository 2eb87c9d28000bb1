"""Whatever stands in a mailbox: rows, counted lines or a DataError, in little time and memory."""

from __future__ import annotations

import random
import resource
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import mail_other_styles
import mail_styles
import pytest
from fuzz import NUM_TEXTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mail_box import ANSWERED, ASKED, changed, mail_file, mbox, read, read_mails, said
from mail_writing import as_mbox

from sartor.core.errors import DataError
from sartor.data.html_text import text_of_html
from sartor.data.mail_body import body_of
from sartor.data.mail_headers import envelope_of, subject_key
from sartor.data.mail_quotes import quote_mask
from sartor.data.mail_signatures import signature_mask
from sartor.data.readers import read_rows
from sartor.data.row import BadRow, Dropped, RawRow

pytestmark = pytest.mark.slow

MOST_SECONDS = 5.0
MOST_BYTES = 2**30
MEGABYTES = 8 * 2**20


def _parts(num_parts: int, body: str = "x") -> str:
    return "".join(f"--b\n\n{body}\n" for _ in range(num_parts))


def _nested(depth: int) -> str:
    return "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth)
    )


def _with_body(body: str, **headers: str) -> str:
    return changed(ASKED, **headers).partition("\n\n")[0] + "\n\n" + body


def _long_header(name: str, value: str) -> str:
    return changed(ASKED, **{name: value})


HOSTILE: dict[str, str | bytes] = {
    "a long line": _with_body("a" * MEGABYTES),
    "On and no end": _with_body("On " + "a " * (MEGABYTES // 2)),
    "On in every line": _with_body("On Monday\n" * (MEGABYTES // 10)),
    "wrote in every line": _with_body("On 3.4.2024 10:11 a wrote:\n\nb\n" * 100_000),
    "From: in every line": _with_body("From: a\n\n" * 200_000),
    "rules in every line": _with_body(
        "_" * 70 + "\n" + "____\n\n" * 300_000 + "From: a\nSent: b\nTo: c\n"
    ),
    "marks": _with_body(">" * MEGABYTES),
    "closings in every line": _with_body("Best regards,\n" * 300_000),
    "dashes in every line": _with_body("x\n" + "-- \n" * 500_000),
    "spaces": _with_body("a" + " " * MEGABYTES + "b"),
    "blank lines": _with_body("a" + "\n" * MEGABYTES + "b"),
    "PS in every line": _with_body("PS: a\n" * 300_000),
    "legal words": _with_body("confidential " * 300_000),
    "From lines": _with_body("\n\nFrom a\nb: c" * 30_000),
    "From on one line": _with_body("From " * (MEGABYTES // 5)),
    "escaped From": _with_body("\n" + ">" * MEGABYTES + "From x"),
    "many parts": _with_body(_parts(500_000), Content_Type="multipart/mixed; boundary=b"),
    "deep parts": _with_body(_nested(3_000), Content_Type="multipart/mixed; boundary=z") + "",
    "a part of headers": _with_body(
        "--b\n" + "a: b\n" * 1_000_000, Content_Type="multipart/mixed; boundary=b"
    ),
    "a boundary of patterns": _with_body(
        "--(a+)+$\n\nx", Content_Type='multipart/mixed; boundary="(a+)+$"'
    ),
    "an endless boundary": _with_body(
        "x", Content_Type='multipart/mixed; boundary="' + "b" * 100_000 + '"'
    ),
    "parameters": _with_body("x", Content_Type='text/plain; a="' + '\\"; b="' * 20_000),
    "numbered parameters": _with_body(
        "x", Content_Type="text/plain; charset*99999999=a; charset*0*=x'y'%"
    ),
    "a name in percents": _with_body(
        "x", Content_Disposition="attachment; filename*=utf-8''%ff%00"
    ),
    "nested comments": _long_header("To", "(" * 50_000 + "a@b.example"),
    "encoded words": _long_header("Subject", "=?utf-8?q?a" * 20_000),
    "an unknown charset": _long_header("Subject", "=?x-nothing?b?////?= =?utf-8?b?a?="),
    "a charset that is none": _with_body("ab", Content_Type="text/plain; charset=unicode_escape"),
    "punycode": _with_body(
        "a" * 300_000 + "-" + "z9" * 100_000, Content_Type="text/plain; charset=punycode"
    ),
    "half a character": _with_body("+2AA-", Content_Type="text/plain; charset=utf-7"),
    "references": _long_header("References", "<a@b> " * 100_000),
    "an endless id": _long_header("message_id", "<" + "a" * 300_000 + ">"),
    "an endless header": "X: y\n" * 1_000_000 + ASKED,
    "a header without end": "X" * MEGABYTES,
    "a far date": _long_header("Date", "Mon, 4 Mar 99999 09:00:00 +9999"),
    "a strange date": _long_header("Date", "0" * 10_000 + ":" * 10_000),
    "HTML that is deep": _with_body("<div>" * 1_000_000 + "x", Content_Type="text/html"),
    "HTML of quotes": _with_body("<blockquote>" * 200_000 + "x", Content_Type="text/html"),
    "HTML of breaks": _with_body("<br>" * 1_000_000, Content_Type="text/html"),
    "HTML of tables": _with_body("<table><tr><td>" * 200_000, Content_Type="text/html"),
    "HTML with entities": _with_body(
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        + "&b;" * 1_000,
        Content_Type="text/html",
    ),
    "HTML that reads files": _with_body(
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><p>&a;</p><iframe src="file:///etc/passwd">',
        Content_Type="text/html",
    ),
    "HTML comments": _with_body("<!--" * 500_000 + "x", Content_Type="text/html"),
    "HTML attributes": _with_body("<p " + "a=b " * 500_000 + ">x", Content_Type="text/html"),
    "HTML of a page": _with_body("<p>Hello</p>" * 600_000, Content_Type="text/html"),
    "base64 that is none": _with_body("=" * MEGABYTES, Content_Transfer_Encoding="base64"),
    "quoted-printable": _with_body(
        "=\n" * (MEGABYTES // 2), Content_Transfer_Encoding="quoted-printable"
    ),
    "flowed": _with_body(
        "a \n" * (MEGABYTES // 3), Content_Type="text/plain; format=flowed; delsp=yes"
    ),
    "NUL bytes": ASKED.encode() + b"x" * 5_000 + b"\x00" * MEGABYTES,
    "bytes": ASKED.encode() + bytes(range(256)) * 10_000,
    "nothing": "",
    "only a blank line": "\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_takes_little_time_and_memory_and_hides_no_other(tmp_path: Path, name: str):
    file = mail_file(
        tmp_path, mbox(changed(ASKED, message_id="<first@x>"), ANSWERED, HOSTILE[name])
    )
    start, bytes_before = time.process_time(), _most_bytes()
    rows = list(read_rows(file))
    assert time.process_time() - start < MOST_SECONDS
    assert _most_bytes() - bytes_before < MOST_BYTES
    assert any(
        isinstance(row, RawRow) and row.fields["text"].startswith("Is the coat warm?")
        for row in rows
    )
    for row in rows:
        assert isinstance(row, RawRow | Dropped)
        str(row).encode()
    assert "root:" not in str(rows)


def _most_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("name", ["a long line", "many parts", "NUL bytes", "nothing", "bytes"])
def test_a_hostile_single_mail_is_read_or_refused(tmp_path: Path, name: str):
    content = HOSTILE[name] if isinstance(HOSTILE[name], bytes) else HOSTILE[name].encode()
    with suppress(DataError):
        read(mail_file(tmp_path, content, name="m.eml"))


def test_a_mail_longer_than_the_cap_is_cut_and_counted(tmp_path: Path):
    long = _with_body("Is it?\n" + "x" * 33 * 2**20)
    rows, dropped = read_mails(tmp_path, long, ANSWERED)
    assert dropped["mails that were cut"] == 1
    assert len(said(rows[0])[0]) <= 400_000


def test_a_thread_without_end_is_cut_and_counted(tmp_path: Path):
    mails = [
        changed(ASKED, message_id=f"<m{n}@x>", In_Reply_To=f"<m{n - 1}@x>").replace(
            "coat", f"coat {n}"
        )
        for n in range(3_000)
    ]
    rows, dropped = read_mails(tmp_path, *mails)
    assert len(said(rows[0])) == 500
    assert dropped["mails of very long threads"] == 2_500


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is no mbox"),
        (b"Hello,\nthis is a text.", "is no mbox"),
        (ASKED.encode(), "is no mbox"),
        (b"PK\x03\x04" + b"x" * 100, "is a zip archive"),
        (mbox(ASKED).decode().encode("utf-16"), "is UTF-16"),
        (b"\x00" * 5_000, "NUL bytes"),
    ],
    ids=["empty", "text", "single mail", "zip", "utf-16", "nul"],
)
def test_what_is_no_mbox_is_refused_in_words(tmp_path: Path, content: bytes, problem: str):
    with pytest.raises(DataError, match=problem):
        read(mail_file(tmp_path, content))


def test_an_mbox_is_cut_at_the_same_places_wherever_a_block_of_it_ends(tmp_path: Path, monkeypatch):
    mails = [changed(ASKED, message_id=f"<m{n}@x>", Subject=f"Coat {n}") for n in range(40)]
    content = mbox(ANSWERED, *mails)
    whole = [
        (row.line, row.fields["conversation"]) for row in read(mail_file(tmp_path, content))[0]
    ]
    monkeypatch.setattr("sartor.data.mail_store._KEPT_BYTES", 700)
    for block_bytes in range(701, 1_100, 7):
        monkeypatch.setattr("sartor.data.mail_store._BLOCK_BYTES", block_bytes)
        again = read(mail_file(tmp_path, content))[0]
        assert [(row.line, row.fields["conversation"]) for row in again] == whole
    assert len(whole) == 40


def test_a_mailbox_of_many_mails_takes_few_hundred_bytes_for_each(tmp_path: Path):
    import tracemalloc
    from contextlib import ExitStack

    from sartor.data.mail_index import MailIndex

    num_mails = 4_000
    mails = [
        changed(ASKED, message_id=f"<m{n}@x>", Subject=f"Coat {n}", from_=f"c{n}@post.example")
        for n in range(num_mails)
    ]
    file = mail_file(tmp_path, mbox(*(mail + "long " * 200 for mail in mails)))
    del mails
    tracemalloc.start()
    with ExitStack() as stack:
        index = MailIndex(file, stack)
        held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(index) == num_mails
    assert held_bytes / num_mails < 700


PIECES = [
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\nFrom x\na: b\n",
    b"\x00",
    b"\xff",
    b"=?utf-8?q?",
    b"?=",
    b"--b\n",
    b"--b--\n",
    b"<",
    b">",
    b"\nContent-Type: multipart/mixed; boundary=b\n",
    b"\nContent-Type: text/html\n",
    b"\nContent-Type: text/plain; charset=utf-7\n",
    b"\nContent-Transfer-Encoding: base64\n",
    b"\nReferences: <t0.0@mail.example>\n",
    b"\nMessage-ID: <t0.0@mail.example>\n",
    b"\nDate: x\n",
    b"\nFrom: support@hem.example\n",
    b"<blockquote>",
    b"wrote:\n",
    b"\n-- \n",
    b"\n> ",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
]
EDITS = st.lists(
    st.tuples(
        st.integers(0, 30_000),
        st.integers(0, 60),
        st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)),
    ),
    max_size=12,
)
SOURCE = as_mbox(mail_styles.inbox(rounds=1)[:24] + mail_other_styles.inbox(rounds=1)[:16])


def _edited(content: bytes, edits) -> bytes:
    for place, num_cut, piece in edits:
        at = place % (len(content) + 1)
        content = content[:at] + piece + content[at + num_cut :]
    return content


def _check(content: bytes, name: str = "m.mbox") -> None:
    with tempfile.TemporaryDirectory() as folder, suppress(DataError):
        for row in read_rows(mail_file(Path(folder), content, name=name)):
            assert isinstance(row, RawRow | BadRow | Dropped)
            str(row).encode()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=EDITS, name=st.sampled_from(["m.mbox", "m.mbox", "m.eml"]))
def test_mutated_mailboxes_raise_nothing_but_data_errors(edits, name):
    _check(_edited(SOURCE, edits), name)


@settings(max_examples=200, deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=300), st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join)
    ),
    text=st.text(max_size=300),
)
def test_every_part_takes_any_bytes(content: bytes, text: str):
    body_of(content).text.encode()
    str(envelope_of(content)).encode()
    text_of_html(text, is_mail=True).encode("utf-8", "replace")
    subject_key(text)
    lines = text.split("\n")
    assert len(quote_mask(lines)) == len(signature_mask(lines, names=(text[:20],))) == len(lines)


def test_thousands_of_mutated_mailboxes_raise_nothing_but_data_errors():
    draw = random.Random(0)
    for _ in range(NUM_TEXTS):
        edits = [
            (draw.randrange(30_000), draw.randrange(60), draw.choice(PIECES))
            for _ in range(draw.randrange(1, 25))
        ]
        _check(_edited(SOURCE, edits))
