"""What is measured on is found in running text, and gone from what the cleaner lets through."""

from __future__ import annotations

import pytest
from tools.pretrain.corpus import Cleaner
from tools.pretrain.overlap import Measured, count_overlap
from tools.pretrain.sources import Document, paragraphs

TEST_ROW = "my parcel says delivered but the porter has not seen it since monday"
SHORT_ROW = "can i bring my own buttons"
MEASURED = [("shop/test", TEST_ROW), ("shop/test", SHORT_ROW), ("shop/test", "thanks a lot")]


@pytest.fixture
def cleaner() -> Cleaner:
    return Cleaner(Measured(MEASURED))


def clean_text(cleaner: Cleaner, *units: str, source: str = "oss_docs") -> str:
    found = list(cleaner.clean([Document(source, "a group", units)]))
    return found[0].text if found else ""


def test_a_run_over_the_border_of_two_lines_is_found(cleaner: Cleaner) -> None:
    lines = (
        "We were told: my parcel says delivered but",
        "the porter has not seen it, odd.",
        "Bye for now",
    )
    assert count_overlap(["\n".join(lines)], MEASURED) == {"shop/test": 4}
    assert clean_text(cleaner, *lines) == "Bye for now"


def test_taking_a_line_out_does_not_bring_a_run_together(cleaner: Cleaner) -> None:
    lines = (
        "my parcel says delivered but",
        SHORT_ROW,
        "the porter has not seen it",
        "The rest stays.",
    )
    text = clean_text(cleaner, *lines)
    assert count_overlap([text], MEASURED) == {}
    assert "The rest stays." in text


def test_seven_words_in_a_row_are_no_run(cleaner: Cleaner) -> None:
    line = "He said that my parcel says delivered but the post is slow."
    assert clean_text(cleaner, line) == line


def test_a_short_measured_text_is_found_inside_a_line(cleaner: Cleaner) -> None:
    assert (
        clean_text(cleaner, "Hello, can I bring my own buttons?", "The rest stays.")
        == "The rest stays."
    )


def test_of_a_sentence_pair_nothing_stays_when_one_side_is_measured(cleaner: Cleaner) -> None:
    assert clean_text(cleaner, "Thanks a lot!\nMuchas gracias.", source="tatoeba") == ""


def test_mail_addresses_and_telephone_numbers_are_replaced(cleaner: Cleaner) -> None:
    text = clean_text(cleaner, "Write to ann.lee@example.org or call 020 7946 0018, she answers.")
    assert "<EMAIL>" in text
    assert "<PHONE>" in text
    assert "7946" not in text


def test_two_counts_of_the_same_overlap_agree() -> None:
    texts = [
        f"{TEST_ROW} and {SHORT_ROW}",
        f"so {SHORT_ROW}",
        "nothing of the kind stands in here at all",
    ]
    measured = Measured(MEASURED)
    found = [bool(count_overlap([text], MEASURED)) for text in texts]
    assert [measured.is_in(text) for text in texts] == found == [True, True, False]


def test_lines_of_a_fixed_width_become_paragraphs() -> None:
    wrapped = "a" * 60 + "\n" + "b" * 58 + "\n" + "c" * 20 + "\n" + "d" * 60 + "\n\n" + "e" * 60
    assert paragraphs(wrapped) == [
        f"{'a' * 60} {'b' * 58} {'c' * 20}",
        "d" * 60,
        "e" * 60,
    ]
    long_lines = "x" * 300 + "\n" + "y" * 300
    assert paragraphs(long_lines) == ["x" * 300, "y" * 300]
