"""Messages without labels: what is read of them, and how the names that people give to intents come back."""

from __future__ import annotations

import json

import pytest

from sartor import findings, flow
from sartor.core.errors import DataError
from sartor.data.check import BadRowsError
from sartor.data.unlabelled import unlabelled_messages
from sartor.intake import read_goal
from sartor.store.workspace import Workspace
from small_runs import Silent
from test_findings import THINGS, Words

NUM_EACH = 40


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    rows = [
        {"message": f"{' '.join(words[at % 3 : at % 3 + 4])} {at}", "conversation": f"c{at}"}
        for words in THINGS.values()
        for at in range(NUM_EACH)
    ]
    _write(tmp_path / "rows.jsonl", rows)
    (tmp_path / "sartor.yaml").write_text("task: classify\ndata: [rows.jsonl]\n")
    monkeypatch.setattr(findings, "encoder_of", lambda goal, folder: type("B", (), {"id": "words"}))
    monkeypatch.setattr("sartor.engines.on_use.EngineOnUse", lambda *_, **__: Words())
    return tmp_path


def _write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def _rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _messages(folder):
    place = Workspace.open(folder)
    return unlabelled_messages(
        read_goal(place, ()), folder, artifacts=place.artifacts, tick=lambda rows: None
    )


def test_what_the_error_names_proposes_intents_for_every_message(workspace):
    with pytest.raises(DataError, match="--intents"):
        flow.gather(workspace, progress=Silent())
    found = flow.propose_intents(workspace, progress=Silent())
    rows = _rows(workspace / "intents.jsonl")
    assert len(rows) == len(found.proposals.intent_N) == 3 * NUM_EACH
    assert {row["intent"] for row in rows} == {one.id for one in found.proposals.intents}
    assert rows[0]["source"] == "rows.jsonl:1"
    assert rows[0]["group"] == "c0"


def test_names_merge_and_drop_and_come_back_as_labels(workspace):
    flow.propose_intents(workspace, progress=Silent())
    path = workspace / "intents.yaml"
    rows = _rows(workspace / "intents.jsonl")
    ids = sorted({row["intent"] for row in rows})
    names = dict.fromkeys(ids[2:], "other things") | {ids[0]: "first", ids[1]: None}
    text = path.read_text("utf-8")
    for line in [line for line in text.splitlines() if line.startswith("  name: ")]:
        id_ = text[: text.index(line)].rsplit("id: ", 1)[1][:4]
        name = "null" if names[id_] is None else names[id_]
        text = text.replace(line, f"  name: {name}", 1)
    path.write_text(text, "utf-8")
    flow.init(workspace, files=[str(workspace / "intents.jsonl")], overwrite=True)
    dataset = flow.gather(workspace, progress=Silent())
    assert set(dataset.labels) == {"first", "other things"}
    counts = {line.what: line for line in dataset.card.counts}
    num_dropped = sum(row["intent"] == ids[1] for row in rows)
    assert counts["rows of labels that are left out"].num_rows == num_dropped
    assert counts["labels that nobody gave"].is_warning
    total = sum(dataset.card.num_examples.values())
    assert total == len(rows) - num_dropped
    path.write_text(text.replace("name: first", "name: renamed"), "utf-8")
    again = flow.gather(workspace, progress=Silent())
    assert set(again.labels) == {"renamed", "other things"}
    assert again.hash != dataset.hash


def test_edited_names_are_never_written_over(workspace):
    flow.propose_intents(workspace, progress=Silent())
    path = workspace / "intents.yaml"
    edited = path.read_text("utf-8").replace("  name: ", "  name: my_", 1)
    path.write_text(edited, "utf-8")
    flow.propose_intents(workspace, progress=Silent())
    assert path.read_text("utf-8") == edited
    rows = _rows(workspace / "rows.jsonl")
    _write(workspace / "rows.jsonl", rows[: 2 * NUM_EACH])
    with pytest.raises(DataError, match="other proposals"):
        flow.propose_intents(workspace, progress=Silent())
    assert path.read_text("utf-8") == edited


def test_a_label_that_is_no_intent_is_a_bad_row(workspace):
    flow.propose_intents(workspace, progress=Silent())
    rows = _rows(workspace / "intents.jsonl")
    _write(workspace / "intents.jsonl", [*rows, {"text": "one more thing", "intent": "i999"}])
    flow.init(workspace, files=[str(workspace / "intents.jsonl")], overwrite=True)
    with pytest.raises(BadRowsError, match="put the entry back"):
        flow.gather(workspace, progress=Silent())


def test_rows_of_hand_labelled_files_say_the_names(workspace):
    flow.propose_intents(workspace, progress=Silent())
    text = (workspace / "intents.yaml").read_text("utf-8")
    name = text.split("  name: ")[1].split("\n")[0]
    _write(workspace / "hand.jsonl", [{"text": f"by hand {at}", "intent": name} for at in range(9)])
    (workspace / "sartor.yaml").write_text(
        "task: classify\ndata: {train: [intents.jsonl], test: [hand.jsonl]}\n"
        "prepare: {intents: intents.yaml}\n"
    )
    dataset = flow.gather(workspace, progress=Silent())
    assert dataset.card.num_examples["test"] == 9
    assert "labels that nobody gave" not in {line.what for line in dataset.card.counts}


def test_labelled_rows_and_rows_of_test_are_left_alone(workspace):
    rows = _rows(workspace / "rows.jsonl")
    for at, row in enumerate(rows):
        row["split"] = "test" if at % 2 else "train"
    rows[0]["message"] = " "
    _write(workspace / "rows.jsonl", rows)
    found = _messages(workspace)
    assert len(found.texts) == len(rows) // 2 - 1
    counts = {line.what: line.num_rows for line in found.counts}
    assert counts["rows of the test split"] == len(rows) // 2
    assert counts["rows without a text"] == 1
    for row in rows:
        row["label"] = "known"
    _write(workspace / "rows.jsonl", rows)
    assert _messages(workspace) is None


def test_a_label_may_be_left_out_by_null(workspace):
    rows = [
        {"text": f"{row['message']}", "label": "spam" if at % 4 == 0 else f"kind{at % 2}"}
        for at, row in enumerate(_rows(workspace / "rows.jsonl"))
    ]
    _write(workspace / "rows.jsonl", rows)
    (workspace / "sartor.yaml").write_text(
        "task: classify\ndata: [rows.jsonl]\nprepare: {label_names: {spam: null, kind0: zero}}\n"
    )
    dataset = flow.gather(workspace, progress=Silent())
    assert set(dataset.labels) == {"zero", "kind1"}
    counts = {line.what: line.num_rows for line in dataset.card.counts}
    assert counts["rows of labels that are left out"] == len(rows) // 4


@pytest.mark.parametrize("content", ["", "intents: 3\n", "intents: [{id: 7, name: x}]\n"])
def test_a_file_that_holds_no_intents_is_refused_in_words(workspace, content):
    flow.propose_intents(workspace, progress=Silent())
    flow.init(workspace, files=[str(workspace / "intents.jsonl")], overwrite=True)
    (workspace / "intents.yaml").write_text(content)
    with pytest.raises(DataError, match=r"intents\.yaml"):
        flow.gather(workspace, progress=Silent())
    (workspace / "intents.yaml").unlink()
    with pytest.raises(DataError, match="is not a file"):
        flow.gather(workspace, progress=Silent())
