"""Documents become passages: what is one, what is refused, and what the card and the hash say of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_data import chat, read

from sartor.core.errors import DataError
from sartor.data.documents import PASSAGE_WORDS, passages_of, read_passages
from sartor.data.markdown_blocks import markdown_document

FAQ = """# Opening hours

We are open from nine to six.
On Sundays we are closed.

Between Christmas and New Year we sew no new orders.

## Payment ##

- by card
- by invoice, write to sewing@example.org
"""


def passages_in(text: str) -> list[str]:
    blocks = markdown_document(text).blocks
    return [passage.text for passage in passages_of(blocks, source="faq.md")]


def test_a_passage_is_what_stands_under_one_heading() -> None:
    assert passages_in(FAQ) == [
        "Opening hours: We are open from nine to six. On Sundays we are closed. Between Christmas and New "
        "Year we sew no new orders.",
        "Payment: - by card - by invoice, write to sewing@example.org",
    ]
    assert passages_in("no heading\n\nat all") == ["no heading at all"]
    assert passages_in("# only a heading\n\n#hashtag, no heading") == [
        "only a heading: #hashtag, no heading"
    ]


def test_long_paragraphs_are_cut_between_sentences_and_no_word_is_lost() -> None:
    sentences = [f"Sentence {i} has some more words in it." for i in range(40)]
    endless = " ".join(f"w{i}" for i in range(200))
    found = passages_in(f"# H\n\n{' '.join(sentences)}\n\n{endless}")
    assert all(len(passage.removeprefix("H: ").split()) <= PASSAGE_WORDS for passage in found)
    assert all(passage.startswith("H: ") for passage in found)
    words = " ".join(passage.removeprefix("H: ") for passage in found)
    assert words == f"{' '.join(sentences)} {endless}"
    assert sum(passage.endswith("it.") for passage in found) >= 3


def test_folders_are_read_in_order_and_equal_passages_once(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "b.txt").write_text("Second.")
    (tmp_path / "docs" / "a.md").write_bytes("\ufeffFirst.".encode())
    (tmp_path / "docs" / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "c.md").write_text("Second.\n\n# Heading\nThird.")
    found = read_passages(("docs", "c.md"), folder=tmp_path)
    assert found.texts == ("First.", "Second.", "Heading: Third.")
    assert found.places == ("docs/a.md:1", "docs/b.txt:1", "c.md:4")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("absent.md", None, "does not exist"),
        ("faq.pdf", b"%PDF", "damaged"),
        ("faq.odt", b"PK", "no document"),
        ("latin.txt", "Gr\u00fc\u00dfe".encode("latin-1"), "no UTF-8"),
        ("empty.md", b"# \n\n", "holds no text"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(
    name: str, content: bytes | None, problem: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=problem) as caught:
        read_passages((name,), folder=tmp_path)
    assert name in str(caught.value)


def test_a_dataset_holds_its_passages_counts_them_and_is_another_with_others(
    tmp_path: Path,
) -> None:
    rows = [chat(f"Question {i}?", f"Answer {i}.") for i in range(30)]
    (tmp_path / "faq.md").write_text(FAQ)
    plain = read(tmp_path, rows, "chat")
    told = read(tmp_path, rows, "chat", documents=("faq.md",))
    assert plain.passages == ()
    assert told.passages == tuple(passages_in(FAQ))
    assert told.card is not None
    counts = {count.what: count for count in told.card.counts}
    assert counts["passages of documents"].num_rows == 2
    personal = counts["personal data in documents"]
    assert personal.num_rows == 1
    assert "sewing@example.org" not in str(personal)
    (tmp_path / "faq.md").write_text(FAQ.replace("six", "seven"))
    changed = read(tmp_path, rows, "chat", documents=("faq.md",))
    assert len({plain.hash, told.hash, changed.hash}) == 3
    assert changed.train.fingerprint() == told.train.fingerprint()
