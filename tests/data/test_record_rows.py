"""Records: one JSON object a row, or a column for each field, kept to their schema."""

from __future__ import annotations

import pytest
from small_data import prepared, write_rows
from written_data import counted, examples, read, wanted

from sartor.core.errors import DataError
from sartor.core.goal import Columns, OutputKind
from sartor.data.check import BadRowsError

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "stars": {"type": "integer", "maximum": 5}},
    "required": ["name"],
}


def test_an_object_is_a_record_whatever_its_column_is_called(tmp_path):
    rows = [
        {"text": "Alfa, 3 stars", "facts": {"stars": 3, "name": "Alfa"}},
        {"text": "Nothing here", "facts": {}},
    ]
    dataset = read(tmp_path, rows, "extract")
    assert dataset.output_kind is OutputKind.FIELDS
    assert examples(dataset) == [
        ("Alfa, 3 stars", {"name": "Alfa", "stars": 3}),
        ("Nothing here", {}),
    ]
    assert dataset.schema == {
        "type": "object",
        "properties": {"name": {"type": "string"}, "stars": {"type": "integer"}},
        "additionalProperties": False,
    }
    assert dataset.labels == ()


def test_fields_that_only_test_holds_are_not_in_the_schema(tmp_path):
    write_rows(
        tmp_path / "train.jsonl", [{"text": f"Alfa {n}", "facts": {"name": "A"}} for n in "ab"]
    )
    write_rows(tmp_path / "test.jsonl", [{"text": "Beta", "facts": {"stars": 3}}])
    data = {"train": ("train.jsonl",), "test": ("test.jsonl",)}
    dataset = prepared(tmp_path, wanted("extract", data=data))
    assert list(dataset.schema["properties"]) == ["name"]
    assert list(dataset.test.open("a test").targets) == [{"stars": 3}]


def test_a_string_may_hold_the_object(tmp_path):
    rows = [{"prompt": "Alfa", "completion": '{"name": "Alfa"}'}]
    assert examples(read(tmp_path, rows, "extract")) == [("Alfa", {"name": "Alfa"})]


def test_columns_named_in_the_schema_are_the_fields_in_its_types(tmp_path):
    (tmp_path / "a.csv").write_text("text,name,stars,id\nAlfa has 3,Alfa,3,1\nBeta,Beta,,2\n")
    dataset = prepared(tmp_path, wanted("extract", "a.csv", schema=SCHEMA))
    assert examples(dataset) == [
        ("Alfa has 3", {"name": "Alfa", "stars": 3}),
        ("Beta", {"name": "Beta"}),
    ]
    assert dataset.schema == SCHEMA
    notes = {c.what: c.note for c in dataset.card.counts}
    assert notes["columns of the record"].endswith("are read from `name`, `stars`.")
    assert notes["columns not used"] == "Nothing was read from `id`."


def test_where_no_column_holds_a_record_a_schema_is_asked_for(tmp_path):
    with pytest.raises(DataError, match="recognised as spans or a record") as caught:
        read(tmp_path, [{"text": "Alfa", "name": "Alfa"}], "extract")
    assert "`schema` whose fields are columns" in caught.value.fix


BAD = [
    ({"name": 3}, "facts.name", "against the schema", "is not of type 'string'"),
    ({"name": "a", "stars": 9}, "facts.stars", "against the schema", "maximum"),
    ({"stars": 2}, "facts", "against the schema", "'name' is a required property"),
    ([1], "facts", "not a record", "JSON object"),
    (None, "facts", "not a record", "JSON object"),
    ('{"name"', "facts", "broken JSON", "valid JSON"),
    ('{"name": "a", "stars": NaN}', "facts", "broken JSON", "NaN"),
]


@pytest.mark.parametrize(("record", "field", "rule", "fix"), BAD)
def test_a_bad_record_is_named_with_path_rule_and_fix(tmp_path, record, field, rule, fix):
    good = [{"text": f"Alfa {at}", "facts": {"name": "Alfa"}} for at in range(6)]
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, [*good, {"text": "x", "facts": record}], "extract", schema=SCHEMA)
    (problem,) = caught.value.problems
    assert (problem.place, problem.field, problem.rule) == ("rows.jsonl:7", field, rule)
    assert fix in problem.fix


def test_contradicting_records_are_counted_and_kept(tmp_path):
    rows = [{"text": f"Alfa {at}", "facts": {"name": "Alfa"}} for at in range(6)]
    rows.append({"text": "Alfa 0", "facts": {"name": "Beta"}})
    rows.append({"text": "Alfa 1", "facts": {"name": "Alfa"}})
    dataset = read(tmp_path, rows, "extract", columns=Columns(output="facts"))
    counts = counted(dataset)
    assert counts.get("answers that contradict", 0) + counts.get("exact duplicates", 0) >= 1
    assert "label conflicts" not in counts
