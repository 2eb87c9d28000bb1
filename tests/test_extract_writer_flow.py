"""Whole runs that extract with a model that writes JSON: few-shot and LoRA of a tiny decoder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from jsonschema import validate

from sartor import flow
from small_runs import Silent, write_jsonl
from test_extract_flow import field_row, span_row, texts

sys.path.append(str(Path(__file__).parent / "engines"))
pytestmark = pytest.mark.slow
NUM_ROWS = {"train": 24, "valid": 200, "test": 12}
SETTINGS = ("seeds=1", "max_tokens=256")
LORA = "lora: {batch_size: 8, learning_rate: 1e-2}"
ALL = (
    "methods=[field_rules,gazetteer,few_shot,lora]",
    f"settings={{few_shot: {{shots: 1}}, {LORA}}}",
)
ALONE = ("methods=[lora]", f"settings={{{LORA}}}")


def workspace(folder: Path, row_of) -> Path:
    from writer_folders import writer

    for split, num_rows in NUM_ROWS.items():
        write_jsonl(folder / f"{split}.jsonl", [row_of(*row) for row in texts(split)[:num_rows]])
    splits = "".join(f"  {name}: [{name}.jsonl]\n" for name in NUM_ROWS)
    (folder / "sartor.yaml").write_text(f"task: extract\ndata:\n{splits}bases: [./tiny]\n")
    writer("llama", folder / "tiny", num_tokens=300)
    return folder


@pytest.mark.parametrize(
    ("row_of", "baseline"), [(field_row, "field_rules"), (span_row, "gazetteer")]
)
def test_a_writer_takes_part_and_what_it_writes_keeps_the_form(tmp_path, row_of, baseline) -> None:
    folder = workspace(tmp_path, row_of)
    result = flow.run(folder, settings=(*SETTINGS, *ALL), quick=True, progress=Silent())
    decision = json.loads((result.folder / "decision.json").read_text("utf-8"))
    assert {c["method"] for c in decision["candidates"]} == {baseline, "few_shot", "lora"}
    scored = {c["method"] for c in decision["candidates"] if c["test"] is not None}
    assert scored == {baseline, "few_shot", "lora"}
    assert decision["details"].get("keeps_schema", {"value": 1.0})["value"] == 1.0
    assert result.report.is_file()


def test_a_tuned_writer_is_packed_and_gives_records_of_the_schema(tmp_path) -> None:
    folder = workspace(tmp_path, field_row)
    result = flow.run(folder, settings=(*SETTINGS, *ALONE), quick=True, progress=Silent())
    assert result.package is not None
    schema = json.loads((result.package / "sartor.json").read_text("utf-8"))["answer_schema"]
    said = flow.predict(folder, ["please return the coat of Gus , order 1042", "hello", ""])
    for prediction in said:
        validate(prediction.record, schema)
