"""Bad data is refused with place, problem and fix, before anything is trained."""

from __future__ import annotations

import json

import pytest
from small_data import goal, messages, prepared, two_classes, write_rows

from sartor.core.errors import DataError
from sartor.core.goal import Columns, Constraints, OutOfScope, OutputKind, Preparation
from sartor.data.check import BadRowsError
from sartor.data.row import Problem

GOOD = two_classes()

AS_IT_IS = {"prepare": Preparation(repair=False)}
BAD_ROWS = [
    ({"label": "refund"}, {}, "text", "missing field", "has no `text`"),
    ({"text": "hi", "lable": "refund"}, {}, "label", "missing field", "`lable`"),
    ({"text": " \n ", "label": "refund"}, {}, "text", "empty text", "Write"),
    ({"text": None, "label": "refund"}, {}, "text", "empty text", "Write"),
    ({"text": 17, "label": "refund"}, {}, "text", "not text", "string"),
    ({"text": "hi", "label": ""}, {}, "label", "empty label", "label"),
    ({"text": "hi", "label": None}, {}, "label", "empty label", "label"),
    ({"text": "hi", "label": {"a": 1}}, {}, "label", "not a label", "printable"),
    ({"text": "hi", "label": "a" * 201}, {}, "label", "not a label", "200"),
    ({"text": "a\x00b", "label": "refund"}, AS_IT_IS, "text", "broken character", "NUL"),
    ({"text": "\ud83d half", "label": "refund"}, AS_IT_IS, "text", "broken character", "surrogate"),
    (
        {"text": "hi", "label": "refnd"},
        {"labels": {"refund": "", "delivery": ""}},
        "label",
        "unknown label",
        "Did you mean `refund`?",
    ),
]


@pytest.mark.parametrize(("row", "settings", "field", "rule", "fix"), BAD_ROWS)
def test_a_bad_row_is_named_with_line_field_rule_and_fix(tmp_path, row, settings, field, rule, fix):
    write_rows(tmp_path / "rows.jsonl", [*GOOD[:7], row, *GOOD[7:]])
    with pytest.raises(BadRowsError) as caught:
        prepared(tmp_path, goal(**settings))
    (problem,) = caught.value.problems
    assert (problem.place, problem.field, problem.rule) == ("rows.jsonl:8", field, rule)
    assert fix in problem.fix
    assert "1 of 41 rows" in str(caught.value)
    assert "--skip-bad" in caught.value.fix


def test_all_problems_of_all_files_are_in_one_table(tmp_path):
    write_rows(tmp_path / "a.jsonl", [*GOOD, {"text": "", "label": ""}])
    (tmp_path / "b.csv").write_text("text,label\nok,refund\nonly one cell\n")
    (tmp_path / "c.jsonl").write_text('{"text": "x", "label": "refund"}\n{"broken\n')
    with pytest.raises(BadRowsError) as caught:
        prepared(tmp_path, goal("a.jsonl", "b.csv", "c.jsonl"))
    assert [(p.place, p.rule) for p in caught.value.problems] == [
        ("a.jsonl:41", "empty text"),
        ("a.jsonl:41", "empty label"),
        ("b.csv:3", "ragged row"),
        ("c.jsonl:2", "broken JSON"),
    ]
    assert "3 of 45 rows" in caught.value.problem


def test_the_message_shows_twenty_problems_and_counts_the_rest(tmp_path):
    write_rows(tmp_path / "rows.jsonl", [*GOOD, *messages("", 1_500)])
    with pytest.raises(BadRowsError) as caught:
        prepared(tmp_path, goal())
    assert "1,500 empty label" in caught.value.problem
    assert caught.value.problem.count("rows.jsonl:") == 20
    assert "and 1,480 more" in caught.value.problem
    assert len(caught.value.problems) == 1_000


def test_messages_hide_personal_data(tmp_path):
    bad = {"text": "fine", "label": ["write to jo@x.example", "b"]}
    path = write_rows(tmp_path / "rows.jsonl", [*GOOD, bad])
    path.write_text(path.read_text() + '{"text": "jo@x.example", 07911123456\n')
    with pytest.raises(BadRowsError) as caught:
        prepared(tmp_path, goal(output_kind=OutputKind.SINGLE))
    assert "jo@x.example" not in str(caught.value)
    assert "<EMAIL>" in str(caught.value)
    assert "07911" not in str(caught.value)


def test_skipped_rows_are_counted_and_kept_in_quarantine(tmp_path):
    write_rows(tmp_path / "rows.jsonl", [*GOOD, {"text": "", "label": "refund", "id": 9}])
    dataset = prepared(tmp_path, goal(), skip_bad=True)
    (count,) = [c for c in dataset.card.counts if c.what == "bad rows"]
    assert (count.num_rows, count.examples) == (1, ("rows.jsonl:41",))
    (quarantine,) = (tmp_path / ".artifacts").rglob("quarantine.jsonl")
    kept = json.loads(quarantine.read_text())
    assert (kept["place"], kept["rules"]) == ("rows.jsonl:41", ["empty text"])
    assert json.loads(kept["row"])["id"] == 9


def test_nothing_is_stored_when_data_is_refused(tmp_path):
    write_rows(tmp_path / "rows.jsonl", [*GOOD, {"text": "", "label": "refund"}])
    with pytest.raises(BadRowsError):
        prepared(tmp_path, goal())
    assert not [path for path in (tmp_path / ".artifacts").rglob("*") if path.is_file()]


def test_only_bad_rows_are_refused_even_where_they_may_be_skipped(tmp_path):
    write_rows(tmp_path / "rows.jsonl", messages("", 3))
    with pytest.raises(BadRowsError, match="3 of 3 rows"):
        prepared(tmp_path, goal(), skip_bad=True)


def test_a_file_of_broken_lines_only_lists_them(tmp_path):
    (tmp_path / "rows.jsonl").write_text("{\n{\n")
    with pytest.raises(BadRowsError) as caught:
        prepared(tmp_path, goal())
    assert [problem.place for problem in caught.value.problems] == ["rows.jsonl:1", "rows.jsonl:2"]


def _splits(**rows):
    return {f"{split}.jsonl": content for split, content in rows.items()}


SPLIT_DATA = {split: (f"{split}.jsonl",) for split in ("train", "test")}

REFUSALS = [
    ({"rows.jsonl": []}, {}, "rows.jsonl", "has no rows", "Add examples"),
    ({"rows.jsonl": messages("a", 9)}, {}, "rows.jsonl", "one class only: `a`", "second class"),
    (
        {"rows.jsonl": [*GOOD, {"text": "x", "label": "odd"}]},
        {},
        "rows.jsonl:41",
        "class `odd` has one example",
        "--skip-bad",
    ),
    (
        {"rows.jsonl": [*GOOD, *[{"text": "x", "label": "odd"}] * 3]},
        {},
        "rows.jsonl:41",
        "class `odd` has one example",
        "--skip-bad",
    ),
    (
        _splits(train=GOOD, test=[*GOOD[:3], *messages("refunds", 2)]),
        {"data": SPLIT_DATA},
        "test.jsonl:4",
        "class `refunds` stands in test and not in train",
        "`refund`",
    ),
    (
        _splits(train=GOOD, valid=messages("odd", 3)),
        {"data": {"train": ("train.jsonl",), "valid": ("valid.jsonl",)}},
        "valid.jsonl:1",
        "class `odd` stands in valid and not in train",
        "Add examples",
    ),
    (
        {"rows.jsonl": [{"text": f"t{n}", "label": 1.5} for n in range(9)]},
        {},
        "rows.jsonl",
        "every row has the score 1.5",
        "other scores",
    ),
    ({"rows.jsonl": GOOD}, {"data": {"all": ("row.jsonl",)}}, "row.jsonl", "not exist", "`rows"),
    ({"rows.jsonl": GOOD}, {"data": {"all": ("x/*.csv",)}}, "x/*.csv", "no file matches", "Check"),
    ({"rows.jsonl": GOOD}, {"data": {"all": ("empty",)}}, "empty", "no data file", ".parquet"),
    ({"rows.txt": GOOD}, {"data": {"all": ("rows.txt",)}}, "rows.txt", "ends in `.txt`", ".csv"),
    (
        {},
        {"data": {"all": ("https://x.example/a.csv",)}, "constraints": Constraints(offline=True)},
        "https://x.example/a.csv",
        "may not be fetched (offline), and there is no copy",
        "Run once without",
    ),
    ({}, {"data": {"all": ("gopher://x/a.csv",)}}, "gopher", "unknown kind", "Known"),
    (
        {},
        {"data": {"all": ("owner/name",)}},
        "owner/name",
        "does not exist",
        "hf://datasets/owner/name",
    ),
    ({"a.csv#b.jsonl": GOOD[:3]}, {"data": {"all": ("a.csv#b",)}}, "a.csv#b", "does not exist", ""),
    ({"a.jsonl": GOOD}, {"data": {"all": ("a.jsonl#b",)}}, "a.jsonl#b", "no sheets", "Remove `#b`"),
    ({"a.xls": GOOD}, {"data": {"all": ("a.xls",)}}, "a.xls", "before 2007", "save it as `.xlsx`"),
    (
        {"rows.jsonl": GOOD},
        {"data": {"train": ("rows.jsonl",), "test": ("./rows.jsonl",)}},
        "./rows.jsonl",
        "stands twice in `train` and `test`",
        "once",
    ),
    (  # labels of test must not make the labels of train look like several per text
        _splits(train=GOOD, test=messages("refund|delivery", 9)),
        {"data": SPLIT_DATA},
        "test.jsonl:1",
        "class `refund|delivery` stands in test and not in train",
        "Add examples",
    ),
    (
        _splits(train=GOOD, test=[]),
        {"data": SPLIT_DATA},
        "test.jsonl",
        "has no rows",
        "Add examples",
    ),
    ({"t.jsonl": GOOD}, {"data": {"test": ("t.jsonl",)}}, "sartor.yaml", "learn from", "train:"),
    (
        {"a.jsonl": GOOD, "b.jsonl": [{"txt": "hi", "label": "refund"}]},
        {"data": {"all": ("a.jsonl", "b.jsonl")}},
        "b.jsonl",
        "has no column `text`",
        "`txt`",
    ),
    (
        {"rows.jsonl": GOOD},
        {"columns": Columns(output="lable")},
        "rows.jsonl > columns.output",
        "no column `lable`",
        "`label`",
    ),
    (
        _splits(train=GOOD, test=GOOD[:2]),
        {"data": SPLIT_DATA, "columns": Columns(split="label")},
        "sartor.yaml > columns.split",
        "splits already",
        "Remove",
    ),
    (
        {"rows.jsonl": GOOD},
        {"out_of_scope": OutOfScope(label="refnd")},
        "sartor.yaml > out_of_scope.label",
        "no row has the label `refnd`",
        "`refund`",
    ),
    (
        {"rows.jsonl": [{**row, "split": "test"} for row in GOOD]},
        {},
        "rows.jsonl",
        "no usable row belongs to train",
        "train",
    ),
    (
        {
            "rows.jsonl": [
                {"text": f"{n}", "label": n if n >= 2_000 else n % 5} for n in range(2_100)
            ]
        },
        {},
        "rows.jsonl",
        "105 different numbers",
        "output_kind",
    ),
]


@pytest.mark.parametrize(("files", "settings", "where", "problem", "fix"), REFUSALS)
def test_data_that_cannot_be_used_is_refused(tmp_path, files, settings, where, problem, fix):
    (tmp_path / "empty").mkdir()
    for name, rows in files.items():
        write_rows(tmp_path / name, rows)
    with pytest.raises(DataError) as caught:
        prepared(tmp_path, goal(**settings))
    assert caught.value.where.startswith(where)
    assert problem in caught.value.problem
    assert fix in caught.value.fix


def test_an_unknown_split_word_is_named(tmp_path):
    rows = [{**row, "split": "train"} for row in GOOD]
    rows[4]["split"] = "tset"
    write_rows(tmp_path / "rows.jsonl", rows)
    with pytest.raises(BadRowsError) as caught:
        prepared(tmp_path, goal())
    assert caught.value.problems == (
        Problem("rows.jsonl:5", "split", "unknown split", "tset", "Did you mean `test`?"),
    )


@pytest.mark.parametrize("value", ["n/a", float("nan"), [1.0], True, "12,5"])
def test_a_score_that_is_no_number_is_named(tmp_path, value):
    rows = [{"text": f"text {n}", "score": n / 10} for n in range(30)]
    write_rows(tmp_path / "rows.jsonl", [*rows, {"text": "x", "score": value}])
    with pytest.raises(BadRowsError) as caught:
        prepared(tmp_path, goal(output_kind=OutputKind.SCORE))
    assert [(p.place, p.rule) for p in caught.value.problems] == [("rows.jsonl:31", "not a number")]


def test_skip_bad_drops_a_class_with_one_example_and_counts_it(tmp_path):
    write_rows(tmp_path / "rows.jsonl", [*GOOD, {"text": "x", "label": "odd"}])
    dataset = prepared(tmp_path, goal(), skip_bad=True)
    assert dataset.labels == ("delivery", "refund")
    (count,) = [c for c in dataset.card.counts if c.what == "classes with one example"]
    assert (count.num_rows, count.examples) == (1, ("rows.jsonl:41",))
    assert "odd" in count.note


def test_skip_bad_takes_test_rows_of_unknown_classes_out(tmp_path):
    write_rows(tmp_path / "train.jsonl", GOOD)
    test = [*messages("refund", 2, start=90), *messages("odd", 2)]
    write_rows(tmp_path / "test.jsonl", test)
    dataset = prepared(tmp_path, goal(data=SPLIT_DATA), skip_bad=True)
    assert dataset.test.num_examples == 2
    assert "classes that train lacks" in {count.what for count in dataset.card.counts}


def test_a_multi_label_row_without_labels_is_fine_but_not_without_the_field(tmp_path):
    rows = [{"text": f"t{n}", "intents": [["a"], ["a", "b"], []][n % 3]} for n in range(60)]
    write_rows(tmp_path / "rows.jsonl", [*rows, {"text": "x"}, {"text": "y", "intents": ["a", ""]}])
    with pytest.raises(BadRowsError) as caught:
        prepared(tmp_path, goal())
    assert [(p.place, p.rule) for p in caught.value.problems] == [
        ("rows.jsonl:61", "missing field"),
        ("rows.jsonl:62", "empty label"),
    ]
