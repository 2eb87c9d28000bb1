"""Lines that systems add are found; what agents say stays."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sartor
from sartor.data.boilerplate import Boilerplate, CommonLine, find_boilerplate
from sartor.data.common_lines import CommonLines, line_key

REPLIES = Path(sartor.__file__).parent / "examples" / "hem" / "replies.jsonl"
SURVEY = "Please rate our service: https://acme.example/rate/{}"
TICKET = "Your ticket number is {}."
LEGAL = ["--------", "Acme Ltd, 12 Mill Lane, London. Registered in England no. 1234567."]


def answers() -> list[str]:
    rows = [json.loads(line) for line in REPLIES.read_text(encoding="utf-8").splitlines()]
    return [
        turn["content"] for row in rows for turn in row["messages"] if turn["role"] == "assistant"
    ]


def with_footers(texts: list[str]) -> list[str]:
    """A ticket number above a half of them, a survey below a third, a legal footer below each eighth."""
    drawn = random.Random(3)
    around = []
    for text in texts:
        above = [TICKET.format(drawn.randint(10_000, 99_999)), ""] if drawn.random() < 0.5 else []
        below = ["", SURVEY.format(drawn.randint(1, 9_999))] if drawn.random() < 0.35 else []
        below += ["", *LEGAL] if drawn.random() < 0.14 else []
        around.append("\n".join([*above, text, *below]))
    return around


def found_in(texts: list[str], **least: float) -> Boilerplate:
    counted = CommonLines()
    for text in texts:
        counted.add(text)
    return find_boilerplate(counted, **least)


def test_nothing_is_found_where_nothing_was_added():
    assert found_in(answers()).lines == ()
    assert found_in(answers(), min_share=0.02, min_answers=10).lines == ()


def test_added_lines_are_found_and_answers_come_back_as_they_were():
    texts = answers()
    around = with_footers(texts)
    boilerplate = found_in(around)
    keys = {line_key(line.text) for line in boilerplate.lines}
    assert keys == {line_key(SURVEY.format(1)), line_key(TICKET.format(1)), *map(line_key, LEGAL)}
    stripped = [boilerplate.strip(text).text for text in around]
    assert stripped == [text.strip() for text in texts]


def test_greetings_closings_and_names_stay():
    boilerplate = found_in(with_footers(answers()))
    text = f"Hi Anna,\n\nIt leaves on Friday.\n\nWarm regards,\nMira at Hem & Co.\n\n{SURVEY.format(7)}"
    assert boilerplate.strip(text).text == text.rpartition("\n\n")[0]


def test_an_answer_of_nothing_else_stays_whole():
    boilerplate = found_in(with_footers(answers()))
    for text in (TICKET.format(12_345), f"Hello,\n\n{TICKET.format(12_345)}\n\nMira"):
        assert boilerplate.strip(text) == (text, ())


def test_a_line_inside_an_answer_stays():
    boilerplate = found_in(with_footers(answers()))
    text = f"I looked it up.\n{TICKET.format(12_345)}\nPlease quote it on the phone."
    assert boilerplate.strip(text) == (text, ())


def test_questions_stay_however_often_they_are_asked():
    asked = [f"{text}\n\nCould you send me your order number?" for text in answers()]
    assert found_in(asked).lines == ()


def test_one_template_sent_to_many_is_no_boilerplate():
    sent = [f"Hello {n},\n\nReturns are free.\nSend them to our shop.\n\nMira" for n in range(300)]
    assert found_in(sent).lines == ()


def test_only_what_was_named_is_removed():
    chosen = Boilerplate((CommonLine(SURVEY.format(4_711), 0, 0.0, 0.0, 0),))
    text = f"{TICKET.format(12_345)}\n\nIt is here.\n\n{SURVEY.format(1)}"
    assert chosen.strip(text).removed == (SURVEY.format(1),)


def test_the_order_of_answers_does_not_matter():
    around = with_footers(answers())
    shuffled = around[:]
    random.Random(1).shuffle(shuffled)
    assert found_in(around) == found_in(shuffled)


def test_counts_in_little_memory_are_short_by_no_more_than_stated():
    texts = with_footers(answers())
    exact, small = CommonLines(), CommonLines(num_counters=500)
    for text in texts:
        exact.add(text)
        small.add(text)
    num_lines = sum(len({line_key(line) for line in text.split("\n")} - {""}) for text in texts)
    assert 0 < small.most_missed <= 2 * num_lines / 500
    for text in texts[:50]:
        for line in text.split("\n"):
            missed = exact.most_answers(line_key(line)) - small.most_answers(line_key(line))
            assert 0 <= missed <= small.most_missed


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["", "Hi,", "one two three four five six", "Ticket 1", "Bye", "Mira", "x?", "see 5."]
        )
    )
)
def test_stripping_takes_lines_and_changes_none(lines):
    boilerplate = Boilerplate(
        tuple(CommonLine(text, 9, 0.5, 1.0, 9) for text in ("Ticket 9", "see 1."))
    )
    stripped = boilerplate.strip("\n".join(lines))
    left = [line for line in stripped.text.split("\n") if line]
    assert sorted([*left, *stripped.removed]) == sorted(line for line in lines if line)


@pytest.mark.parametrize(
    "piece", ["a", "1", "a1", "a@", "@", "[", "{{", "<A", "https://", "- ", "regards ", "!", "?!"]
)
def test_time_grows_linearly(piece):
    start = time.perf_counter()
    found_in([piece * (200_000 // len(piece)), f"{piece * 300}\n" * 50])
    assert time.perf_counter() - start < 5
