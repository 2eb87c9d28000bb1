"""Spans: by tags, by their places, or by their words; always characters of the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import prepared, write_rows
from written_data import counted, examples, read, wanted

from sartor.core.errors import DataError, GoalError
from sartor.core.goal import Columns, DataFormat, OutputKind
from sartor.data.check import BadRowsError
from sartor.data.spans import _runs, find_words

ANN = {"text": "Ann left Oslo", "spans": [{"start": 0, "end": 3, "label": "person"}]}


def placed(num_rows: int = 8) -> list[dict]:
    """Different texts with one span each."""
    return [
        {"text": f"Ann {at} left", "spans": [{"start": 0, "end": 3, "label": "person"}]}
        for at in range(num_rows)
    ]


def test_tags_become_spans_of_the_joined_tokens(tmp_path):
    rows = [
        {"tokens": ["Ann", "Lee", "left", "Oslo"], "ner_tags": ["B-per", "I-per", "O", "B-loc"]},
        {"tokens": ["Nobody", "left"], "ner_tags": ["O", "O"]},
    ]
    dataset = read(tmp_path, rows, "extract")
    assert dataset.output_kind is OutputKind.SPANS
    assert dataset.labels == ("loc", "per")
    assert examples(dataset) == [
        ("Ann Lee left Oslo", ((0, 7, "per"), (13, 17, "loc"))),
        ("Nobody left", ()),
    ]


def test_the_text_of_its_own_column_is_kept_and_tokens_are_found_in_it(tmp_path):
    rows = [{"text": " Ann-Lee left.", "tokens": ["Ann", "-", "Lee", "left", "."], "tags": None}]
    rows[0]["tags"] = ["B-per", "I-per", "I-per", "O", "O"]
    assert examples(read(tmp_path, rows, "extract")) == [("Ann-Lee left.", ((0, 7, "per"),))]


@pytest.mark.parametrize(
    "spans",
    [
        [{"start": 0, "end": 3, "label": "person"}],
        [{"start_offset": 0, "end_offset": 3, "type": "person", "text": "Ann"}],
        [[0, 3, "person"]],
        [{"value": "ann", "slot": "person"}],
        '[{"start": "0", "end": "3", "label": "person"}]',
    ],
)
def test_every_spelling_of_a_span_says_the_same(tmp_path, spans):
    rows = [{"text": "Ann left Oslo", "entities": spans}]
    assert examples(read(tmp_path, rows, "extract")) == [("Ann left Oslo", ((0, 3, "person"),))]


def test_offsets_follow_the_text_as_it_is_cleaned(tmp_path):
    text = "  Cafe\u0301\r\nby Zoe\u0308 "
    start = text.index("Zoe")
    rows = [{"text": text, "spans": [{"start": start, "end": start + 4, "label": "person"}]}]
    ((cleaned, spans),) = examples(read(tmp_path, rows, "extract"))
    assert cleaned == "Caf\u00e9\nby Zo\u00eb"
    assert [cleaned[first:last] for first, last, _ in spans] == ["Zo\u00eb"]


def test_words_are_found_whole_first_and_never_twice(tmp_path):
    assert find_words("art", "start art art", []) == (6, 9)
    assert find_words("art", "start art art", [(6, 9)]) == (10, 13)
    assert find_words("tar", "start", []) == (1, 4)
    assert find_words("x", "start", []) is None
    rows = [
        {"text": "to Oslo or Oslo", "slots": [{"slot": s, "value": "oslo"} for s in ("a", "b")]}
    ]
    dataset = read(tmp_path, rows, "extract")
    assert examples(dataset)[0][1] == ((3, 7, "a"), (11, 15, "b"))
    assert counted(dataset)["rows with spans found by their words"] == 1


CONLL = "-DOCSTART- O\n\nAnn\tNNP\tB-per\nleft\tVB\tO\n\nOslo\tNNP\tB-loc\n"


@pytest.mark.parametrize("name", ["a.tsv", "a.conll", "a.bio"])
def test_files_of_a_token_a_line_are_read(tmp_path, name):
    (tmp_path / name).write_text(CONLL)
    dataset = prepared(tmp_path, wanted("extract", name))
    assert examples(dataset) == [("Ann left", ((0, 3, "per"),)), ("Oslo", ((0, 4, "loc"),))]
    assert sorted(dataset.train.sources) == [f"{name}:3", f"{name}:6"]


def test_a_line_that_is_no_token_and_tag_is_named(tmp_path):
    (tmp_path / "a.conll").write_text(CONLL + "\nBergen\n\nAnn B-per\n")
    with pytest.raises(BadRowsError) as caught:
        prepared(tmp_path, wanted("extract", "a.conll"))
    (problem,) = caught.value.problems
    assert (problem.place, problem.rule) == ("a.conll:8", "not a tag")


def test_a_table_with_a_header_stays_a_table(tmp_path):
    (tmp_path / "a.tsv").write_text("text\tspans\nAnn left\t[[0, 3, 'p']]\n".replace("'", '""'))
    (tmp_path / "a.tsv").write_text('text\tspans\nAnn left\t"[[0, 3, ""p""]]"\n')
    assert examples(prepared(tmp_path, wanted("extract", "a.tsv"))) == [
        ("Ann left", ((0, 3, "p"),))
    ]


BAD = [
    (
        {"text": "Ann", "spans": [{"start": 0, "end": 4, "label": "p"}]},
        "[0]",
        "span outside",
        "3 char",
    ),
    (
        {"text": "Ann", "spans": [{"start": 2, "end": 2, "label": "p"}]},
        "[0]",
        "span outside",
        "one after",
    ),
    (
        {"text": "Ann", "spans": [{"start": -1, "end": 2, "label": "p"}]},
        "[0]",
        "span outside",
        "one after",
    ),
    (
        {"text": "A B", "spans": [{"start": 1, "end": 2, "label": "p"}]},
        "[0]",
        "span outside",
        "no space",
    ),
    ({"text": "Ann", "spans": [{"start": 0, "label": "p"}]}, "[0]", "not a span", "whole numbers"),
    ({"text": "Ann", "spans": [{"start": 0, "end": 3}]}, "[0]", "not a span", "label"),
    (
        {"text": "Ann", "spans": [{"start": 0, "end": 3, "label": "p", "text": "Bob"}]},
        "[0]",
        "not a span",
        "There stands `Ann`",
    ),
    (
        {"text": "Ann", "spans": [{"label": "p", "value": "Bob"}]},
        "[0]",
        "span outside",
        "as they stand",
    ),
    ({"text": "Ann", "spans": [{"label": "p"}]}, "[0]", "not a span", "Give the span"),
    ({"text": "Ann", "spans": None}, "", "not a span", "an empty one where there are none"),
    ({"text": "Ann"}, "", "missing field", "has no `spans`"),
    (
        {"text": "Ann Lee", "spans": [[0, 7, "p"], [4, 7, "q"]]},
        "",
        "overlapping spans",
        "keep one of the two",
    ),
]


@pytest.mark.parametrize(("row", "path", "rule", "fix"), BAD)
def test_a_bad_span_is_named_with_path_rule_and_fix(tmp_path, row, path, rule, fix):
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, [*placed(), row], "extract")
    (problem,) = caught.value.problems
    assert (problem.place, problem.field) == ("rows.jsonl:9", f"spans{path}")
    assert problem.rule.startswith(rule)
    assert fix in problem.fix


@pytest.mark.parametrize(
    ("row", "field", "fix"),
    [
        ({"tokens": ["Ann", "left"], "tags": ["B-p", "X"]}, "tags[1]", "A tag is `O`"),
        ({"tokens": ["Ann", "left"], "tags": [3, 0]}, "tags[0]", "not its number"),
        ({"tokens": ["Ann", "left"], "tags": ["B-p"]}, "tags", "2 tokens and 1 tags"),
        ({"tokens": ["Ann", "left"], "tags": "B-p"}, "tags", "Write a list of tags"),
    ],
)
def test_a_bad_tag_is_named(tmp_path, row, field, fix):
    rows = [{"tokens": [f"Ann{at}", "left"], "tags": ["B-p", "O"]} for at in range(6)]
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, [*rows, row], "extract")
    (problem,) = caught.value.problems
    assert (problem.place, problem.field, problem.rule) == ("rows.jsonl:7", field, "not a tag")
    assert fix in problem.fix


def test_tokens_that_are_not_in_the_text_are_named(tmp_path):
    rows = [{"text": "Ann left", "tokens": ["Ann", "right"], "tags": ["B-p", "O"]}]
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, rows, "extract")
    (problem,) = caught.value.problems
    assert (problem.field, problem.rule) == ("text", "span outside the text")


def test_labels_of_the_goal_are_the_only_ones(tmp_path):
    rows = [*placed(), {"text": "Ann", "spans": [[0, 3, "persn"]]}]
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, rows, "extract", labels={"person": "a name"})
    (problem,) = caught.value.problems
    assert (problem.rule, problem.fix) == ("unknown label", "Did you mean `person`?")
    dataset = read(tmp_path, placed(), "extract", labels={"person": "a name"})
    assert dataset.descriptions == {"person": "a name"}


def test_two_kinds_of_spans_are_a_question(tmp_path):
    rows = [{**row, "tokens": ["Ann"], "tags": ["B-p"]} for row in placed()]
    with pytest.raises(GoalError) as caught:
        read(tmp_path, rows, "extract")
    assert "`format: tags` or `format: spans`" in caught.value.fix
    dataset = read(tmp_path, rows, "extract", format=DataFormat.SPANS)
    assert examples(dataset)[0] == ("Ann 0 left", ((0, 3, "person"),))
    rows = [{**row, "entities": row["spans"]} for row in placed()]
    with pytest.raises(GoalError, match="by `spans`, or by `entities`"):
        read(tmp_path, rows, "extract")
    read(tmp_path, rows, "extract", columns=Columns(output="spans"))
    with pytest.raises(DataError, match="recognised as spans or a record"):
        read(tmp_path, [{"text": "Ann", "label": "x"}], "extract")


def test_labels_that_only_test_holds_are_not_known(tmp_path):
    write_rows(tmp_path / "train.jsonl", placed())
    write_rows(tmp_path / "test.jsonl", [{"text": "Oslo", "spans": [[0, 4, "place"]]}])
    data = {"train": ("train.jsonl",), "test": ("test.jsonl",)}
    dataset = prepared(tmp_path, wanted("extract", data=data))
    assert dataset.labels == ("person",)
    assert dataset.card.label_counts == {"train": {"person": 8}}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b"]), max_size=12))
def test_runs_of_tags_cover_exactly_what_is_tagged(tags: list[str]):
    """Every tagged token is in one span of its label, and a B- always begins one."""
    runs, num_loose = _runs(tags)
    assert sum(tag[0] == "B" for tag in tags) + num_loose == len(runs)
    covered = {at: label for first, last, label in runs for at in range(first, last + 1)}
    assert covered == {at: tag[2:] for at, tag in enumerate(tags) if tag != "O"}


@pytest.mark.parametrize(
    ("tags", "runs"),
    [
        (["B-a", "E-a", "S-b", "O"], [(0, 1, "a"), (2, 2, "b")]),
        (["B-a", "I-a", "L-a", "U-a"], [(0, 2, "a"), (3, 3, "a")]),
    ],
)
def test_other_tag_schemes_mean_the_same(tags, runs):
    assert _runs(tags) == (runs, 0)
