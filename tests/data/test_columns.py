"""Columns and output kinds are recognised, stated, and asked about where two are possible."""

from __future__ import annotations

import pytest

from sartor.core.errors import DataError
from sartor.core.goal import Columns, OutputKind
from sartor.data.columns import choose_columns
from sartor.data.output_kind import as_number, recognise_kind

NAMES = [
    (["text", "label"], {"input": "text", "output": "label"}),
    (
        ["Body", "Queue", "Customer ID"],
        {"input": "Body", "output": "Queue", "group": "Customer ID"},
    ),
    (["conv", "turn", "text", "domain", "intents"], {"input": "text", "output": "intents"}),
    (["message", "intent", "answer"], {"input": "message", "output": "intent"}),
    (["review", "stars"], {"input": "review", "output": "stars"}),
    (["utterance", "class", "split", "sentAt"], {"split": "split", "time": "sentAt"}),
]


@pytest.mark.parametrize(("there", "expected"), NAMES)
def test_columns_are_recognised_by_name(there, expected):
    chosen = choose_columns(there, given=Columns(), where="m.csv")
    assert {role: chosen.names[role] for role in expected} == expected
    assert set(chosen.origins.values()) == {"recognised"}


def test_a_named_column_wins_and_is_not_used_twice():
    given = Columns(input="body", output="text")
    chosen = choose_columns(["text", "body", "label"], given=given, where="m.csv")
    assert chosen.names == {"input": "body", "output": "text"}
    assert chosen.origins == {"input": "given", "output": "given"}


@pytest.mark.parametrize(
    ("there", "given", "problem", "fix"),
    [
        (["text", "label"], Columns(input="txt"), "no column `txt`; the columns are", "`text`"),
        (["intent", "category", "text"], Columns(), "`intent` and `category`", "output: intent"),
        (["text", "message", "label"], Columns(), "`text` and `message`", "columns: {input: text}"),
        (["a", "label"], Columns(), "as the text; the columns are `a`, `label`", "input: NAME"),
        (["text", "b"], Columns(), "as the label", "output: NAME"),
    ],
)
def test_what_cannot_be_recognised_is_asked(there, given, problem, fix):
    with pytest.raises(DataError) as caught:
        choose_columns(there, given=given, where="m.csv")
    assert problem in caught.value.problem
    assert fix in caught.value.fix


KINDS = [
    ([["a"], ["b"], ["a"]], OutputKind.SINGLE, None),
    ([["a"], [], ["a"]], OutputKind.MULTI, None),
    (["a", "b", "c"], OutputKind.SINGLE, None),
    ([["a"], [], ["a", "b"]], OutputKind.MULTI, None),
    (['["a", "b"]', "[]"], OutputKind.MULTI, None),
    (["a|b", "a", "b|c"], OutputKind.MULTI, "|"),
    (["a; b", "b", "a"], OutputKind.MULTI, ";"),
    (["Shirts; coats", "Trousers", "Hats"], OutputKind.SINGLE, None),
    ([1, 2, 3, 2], OutputKind.SINGLE, None),
    (["1", "2", "", None], OutputKind.SINGLE, None),
    (list(range(21)), OutputKind.SCORE, None),
    (list(range(20)), OutputKind.SINGLE, None),
    ([1.0, 2.0], OutputKind.SCORE, None),
    (["1.5", "2"], OutputKind.SCORE, None),
    ([0.1 * n for n in range(19)] + ["n/a"], OutputKind.SCORE, None),
    ([True, False], OutputKind.SINGLE, None),
    (["nan", "inf"], OutputKind.SINGLE, None),
]


@pytest.mark.parametrize(("values", "kind", "separator"), KINDS)
def test_the_output_kind_is_recognised_from_the_values(values, kind, separator):
    reading = recognise_kind(values, given=None)
    assert (reading.kind, reading.separator) == (kind, separator)


def test_a_given_output_kind_wins():
    assert recognise_kind([1, 2], given=OutputKind.SCORE).kind is OutputKind.SCORE
    assert recognise_kind(["a,b"], given=OutputKind.MULTI).separator == ","


def test_whole_numbers_come_with_the_setting_that_changes_their_reading():
    assert "output_kind: score" in recognise_kind([1, 2, 3], given=None).note
    assert "output_kind: single" in recognise_kind(list(range(99)), given=None).note


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "1e999", True, "x", None, 10**400, []]
)
def test_what_is_not_a_finite_number_is_none(value):
    assert as_number(value) is None
