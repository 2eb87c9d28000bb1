"""`data.html` and `insight.html` from rows to file: the same every time, without the test's rows."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import yaml

from sartor import findings, flow
from sartor.core.goal import Goal
from sartor.core.readiness import DataFacts
from sartor.data.intent_file import intents_yaml
from sartor.data.intents import propose_intents
from sartor.pages import facts_of_data, insight_of
from sartor.store.workspace import Workspace
from small_runs import Silent

THINGS = {
    "refund": ("money", "refund", "paid", "bank", "charge", "cent", "invoice"),
    "delivery": ("parcel", "courier", "late", "address", "door", "tracking", "van"),
    "fit": ("sleeve", "waist", "tight", "length", "shoulder", "collar", "hem"),
}
START = datetime(2026, 1, 5, tzinfo=UTC)


class Words:
    """An engine whose features are words: the same for the same words, near for texts that share some."""

    def features(self, base, texts, pooling):
        words = sorted({word for text in texts for word in text.lower().split()})
        place = {word: at for at, word in enumerate(words)}
        found = np.zeros((len(texts), len(words)), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                found[row, place[word]] = 1
        return found


def _rows(num_each=80):
    """Each text has a word of its own, so that it can be found again anywhere; `refund` comes late."""
    draw = np.random.default_rng(0)
    rows = []
    for label, words in THINGS.items():
        for number in range(num_each):
            at = draw.random() ** (0.3 if label == "refund" else 1.0)
            said = " ".join(draw.choice(words, 4))
            rows.append(
                {
                    "text": f"{label}x{number}x please {said}",
                    "label": label,
                    "time": (START + timedelta(days=120 * at)).isoformat(),
                }
            )
    return [rows[at] for at in draw.permutation(len(rows))]


def _workspace(folder, yaml_text="task: classify\ndata: [rows.jsonl]\nbases: [none/such]\n"):
    folder.mkdir(exist_ok=True)
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, _rows())), "utf-8")
    (folder / "sartor.yaml").write_text(yaml_text)
    return folder


def _texts_of_test(folder, dataset):
    known = set(dataset.development.texts)
    return {row["text"] for row in _rows()} - known


def test_both_pages_are_written_and_equal_the_second_time(tmp_path):
    folder = _workspace(tmp_path / "a")
    pages = []
    for _ in range(2):
        dataset = flow.gather(folder, progress=Silent())
        described = flow.describe(folder, dataset)
        seen = flow.insight(folder, dataset, progress=Silent())
        assert described.page == folder / "data.html"
        assert seen.page == folder / "insight.html"
        pages.append((described.page.read_bytes(), seen.page.read_bytes()))
    assert pages[0] == pages[1]
    (rising,) = [t.name for t in seen.insight.trends if t.direction == "rises"]
    assert rising == "refund"


def test_rows_of_the_test_are_on_no_page(tmp_path):
    folder = _workspace(tmp_path / "a")
    dataset = flow.gather(folder, progress=Silent())
    held_back = _texts_of_test(folder, dataset)
    assert len(held_back) == dataset.test.num_examples > 20
    flow.describe(folder, dataset)
    flow.insight(folder, dataset, progress=Silent())
    for name in ("data.html", "insight.html"):
        text = (folder / name).read_text("utf-8")
        assert not [row for row in held_back if row.split()[0] in text]
    text = (folder / "insight.html").read_text("utf-8")
    assert re.search(r"(refund|delivery|fit)x\d+x", text), "messages are quoted, but others"
    assert f"{dataset.test.num_examples} rows held back" in text


def test_a_base_that_is_not_at_hand_is_named_and_nothing_is_fetched(tmp_path):
    folder = _workspace(tmp_path / "a")
    dataset = flow.gather(folder, progress=Silent())
    goal = Goal(task="classify", data={"all": ("rows.jsonl",)}, bases=("none/such",))
    found = facts_of_data(goal, dataset, folder)
    assert isinstance(found, DataFacts)
    assert [one.base for one in found.tokens] == ["none/such"]
    assert found.tokens[0].problem
    assert "not counted" in flow.describe(folder, dataset).page.read_text("utf-8")


@pytest.fixture
def unlabelled(tmp_path, monkeypatch):
    """Answers instead of labels, and an encoder that sees words."""
    monkeypatch.setattr(findings, "encoder_of", lambda goal, folder: type("B", (), {"id": "words"}))
    text = "task: generate\ndata: [rows.jsonl]\ncolumns: {input: text, output: label}\nbases: [none/such]\n"
    folder = _workspace(tmp_path / "b", text)
    dataset = flow.gather(folder, progress=Silent())
    goal = Goal(task="generate", data={"all": ("rows.jsonl",)}, bases=("none/such",))
    return lambda: insight_of(goal, dataset, Words(), Workspace.open(folder)), folder, dataset


def test_messages_without_labels_have_topics_with_the_names_that_people_gave(unlabelled):
    look, folder, dataset = unlabelled
    found = look()
    assert found.things == "topic"
    assert len(found.trends) >= 3
    texts = list(dataset.development.texts)
    proposals = propose_intents(texts, Words().features(None, texts, "mean"))
    written = yaml.safe_load(intents_yaml(proposals.intents))
    for entry in written["intents"]:
        entry["name"] = "money back" if "refund" in entry["words"] else entry["name"]
    (folder / "intents.yaml").write_text(yaml.safe_dump(written))
    named = look()
    assert "money back" in {trend.name for trend in named.trends}
    assert any("Topics are those of intents.yaml" in note for note in named.notes)


def test_names_of_other_messages_are_not_used(unlabelled):
    look, folder, _ = unlabelled
    (folder / "intents.yaml").write_text(
        "intents:\n- {id: i001, name: wrong, words: [other], examples: [], messages: 3}\n"
    )
    found = look()
    assert "wrong" not in {trend.name for trend in found.trends}
    assert any("written from other messages" in note for note in found.notes)
