"""Whole runs that extract: from rows to a verdict, a report and a package that answers without Sartor."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sartor import flow
from sartor.results import RunResult
from small_runs import Silent, link_base, write_jsonl

pytestmark = pytest.mark.slow

NAMES = {
    "train": ["Ann", "Bert Sand", "Chloe", "Dov", "Emil", "Fay Oak"],
    "valid": ["Ann", "Bert Sand", "Gus", "Hedda Oak", "Dov", "Ines"],
    "test": ["Chloe", "Emil", "Jan Sand", "Kit", "Fay Oak", "Lou"],
}
NEW_FRAMES = [
    "Utrecht told me {at} times that {name} has it",
    "Hem , {name} here , no coat {at} yet",
]
"""Of the test alone: what nobody has learned."""
FRAMES = [
    "my parcel for {name} is late by {at} days",
    "please return the coat of {name} , order {number}",
    "{name} is happy with coat {at}",
    "where is the courier of {at} days ago",
    "thank you {at} times , {name} , that was great",
    "{name} and my refund of order {number} , write to {name}@hem.example please",
]
SIZES = {"train": 48, "valid": 200, "test": 24}
"""Of these many rows to choose by need no folds."""


def texts(split: str) -> list[tuple[str, str, int]]:
    """Text, name and number of each row."""
    rows = []
    for at in range(SIZES[split]):
        name, number = NAMES[split][at % 6], 1000 + 7 * at + len(split)
        frames = [*FRAMES, *NEW_FRAMES] if split == "test" else FRAMES
        frame = frames[(at // 2) % len(frames)]
        rows.append((frame.format(name=name, number=number, at=at), name, number))
    return rows


def span_row(text: str, name: str, number: int) -> dict[str, Any]:
    found = [(m.start(), m.end(), "name") for m in re.finditer(rf"{name}(?!@)", text)]
    found += [(m.start(), m.end(), "order") for m in re.finditer(rf"\b{number}\b", text)]
    return {"text": text, "spans": [{"start": s, "end": e, "label": of} for s, e, of in found]}


def field_row(text: str, name: str, number: int) -> dict[str, Any]:
    record: dict[str, Any] = {"about": {"name": name}} if name in text else {}
    return {
        "text": text,
        "record": record | ({"order": str(number)} if str(number) in text else {}),
    }


def workspace(folder: Path, row_of: Any, methods: str, *, base: Path | None = None) -> Path:
    for split in SIZES:
        write_jsonl(folder / f"{split}.jsonl", [row_of(*row) for row in texts(split)])
    data = "".join(f"  {split}: [{split}.jsonl]\n" for split in SIZES)
    goal = f"task: extract\ndata:\n{data}methods: [{methods}]\n"
    if base is not None:
        link_base(folder, base)
        goal += "bases: [tiny]\nmax_tokens: 24\n"
    (folder / "sartor.yaml").write_text(goal)
    return folder


def without_sartor(package: Path, asked: list[str]) -> list[Any]:
    """What the first script of the card answers, in a process of its own."""
    [script, *_] = re.findall(
        r"```python\n(.*?)```", (package / "README.md").read_text("utf-8"), flags=re.DOTALL
    )
    script = re.sub(r"^texts = .*$", lambda _: f"texts = {asked!r}", script, flags=re.M)
    script += "\nimport sys\nassert not [m for m in sys.modules if m.startswith('sartor')]"
    done = subprocess.run(
        [sys.executable, "-c", f"{script}\nprint(json.dumps(answers))"],
        capture_output=True,
        text=True,
        check=False,
        cwd=package,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return list(json.loads(done.stdout.splitlines()[-1]))


def document(result: RunResult) -> dict[str, Any]:
    return dict(json.loads((result.folder / "decision.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory, tiny_base_folder: Path) -> tuple[Path, Any]:
    """A run over passages by all three ways, made once."""
    folder = workspace(
        tmp_path_factory.mktemp("spans"),
        span_row,
        "gazetteer, crf, token_head",
        base=tiny_base_folder,
    )
    return folder, flow.run(folder, settings=("seeds=1",), quick=True, progress=Silent())


def test_a_run_over_passages_ends_with_a_verdict_and_a_checked_package(
    marked: tuple[Path, RunResult],
) -> None:
    _, result = marked
    decision = document(result)
    scored = [line for line in reversed(decision["candidates"]) if line["valid"]]
    methods = {line["method"]: line["valid"]["span_f1"]["value"] for line in scored}
    assert set(methods) == {"gazetteer", "crf", "token_head"}
    assert methods["crf"] > methods["gazetteer"], "some names are new"
    assert decision["verdict"] in ("ship", "no_model_needed", "not_yet")
    assert decision["details"]["package_check"] == {"num_texts": 24, "num_different": 0}
    table = {line["label"]: line for line in decision["details"]["labels"]}
    assert set(table) == {"name", "order"}
    assert table["order"]["num_examples"] == sum(
        str(number) in text for text, _, number in texts("test")
    )
    [winner] = [line for line in decision["candidates"] if line["state"] == "winner"]
    assert winner["cost"]["latency_ms_p95"] > 0


def test_predictions_are_passages_and_those_of_the_script(marked: tuple[Path, RunResult]) -> None:
    folder, result = marked
    asked = ["my parcel for Ann is late", "", "Zora is happy with order 1234 of Dov"]
    found = list(flow.predict(folder, asked))
    assert [(p.text, p.label) for p in found[0].passages or ()] == [("Ann", "name")]
    assert found[1].passages == ()
    for text, prediction in zip(asked, found, strict=True):
        for passage in prediction.passages or ():
            assert text[passage.start : passage.end] == passage.text
        assert (prediction.hand_over, prediction.labels, prediction.text) == (False, (), None)
    assert result.package is not None
    by_script = without_sartor(result.package, asked)
    said = [
        [{"start": p.start, "end": p.end, "label": p.label, "text": p.text} for p in f.passages]
        for f in found
        if f.passages is not None
    ]
    assert by_script == said


def test_the_report_marks_what_was_missed_and_shows_no_address(
    marked: tuple[Path, RunResult],
) -> None:
    _, result = marked
    page = result.report.read_text("utf-8")
    assert '<th>Label</th><th data-numeric class="right">Passages</th>' in page
    assert "@hem.example" not in page
    errors = document(result)["details"]["errors"]
    assert errors, "names in new places are missed"
    for error in errors:
        assert error["true"] != error["predicted"]
        for side in ("true", "predicted"):
            for passage in error["passages"][side]:
                words = error["text"][passage["start"] : passage["end"]]
                assert f"{passage['label']}: {words}" in error[side]
                assert words in page


def test_a_run_over_records_ends_with_a_package_that_gives_records(tmp_path: Path) -> None:
    folder = workspace(tmp_path, field_row, "field_rules")
    result = flow.run(folder, settings=("seeds=1",), quick=True, progress=Silent())
    decision = document(result)
    assert decision["details"]["package_check"] == {"num_texts": 24, "num_different": 0}
    assert {line["label"] for line in decision["details"]["labels"]} == {"about.name", "order"}
    assert decision["details"]["keeps_schema"]["value"] == 1.0
    asked = ["Chloe asks for order 1234", "where is it"]
    found = [prediction.record for prediction in flow.predict(folder, asked)]
    assert found[0] == {"about": {"name": "Chloe"}, "order": "1234"}
    assert result.package is not None
    assert without_sartor(result.package, asked) == found
    page = result.report.read_text("utf-8")
    assert "Field by field" in page
    assert "about.name" in page
    assert "of the 24 records keep the schema" in page


def test_predict_writes_passages_and_records_as_json(marked: tuple[Path, RunResult]) -> None:
    from sartor.cli.answers import csv_lines, jsonl_lines
    from sartor.core.prediction import Prediction
    from sartor.results import InputRow

    folder, _ = marked
    row = InputRow("a:1", "my parcel for Ann is late", {"id": 7})
    [prediction] = flow.predict(folder, [row.text])
    [line] = jsonl_lines([(row, prediction)])
    written = json.loads(line)
    assert written["spans"] == [{"start": 14, "end": 17, "label": "name", "text": "Ann"}]
    assert written["id"] == 7
    header, cells = csv_lines([(row, prediction)])
    assert header.startswith("place,id,spans,probability,hand_over")
    assert '""label"": ""name""' in cells or '""label"":""name""' in cells
    unread = Prediction((), None, None, None, None, True, "unreadable", False)
    [line] = jsonl_lines([(row, unread)])
    assert json.loads(line)["record"] is None
    assert json.loads(line)["hand_over"] is True
