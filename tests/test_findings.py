"""What an encoder sees ends in review.csv, and what people decide there changes the dataset."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from sartor import findings, flow
from sartor.core.goal import Goal
from sartor.data.decisions import read_decisions, write_review
from small_runs import Silent

THINGS = {
    "refund": ("money", "refund", "paid", "bank", "charge", "cent", "invoice"),
    "delivery": ("parcel", "courier", "late", "address", "door", "tracking", "van"),
    "fit": ("sleeve", "waist", "tight", "length", "shoulder", "collar", "hem"),
}
NUM_FLIPPED = 6


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


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    rows = [
        {"text": " ".join(rng.choice(words, 4)) + f" {number}", "label": label}
        for label, words in THINGS.items()
        for number in range(60)
    ]
    for row in rows[:NUM_FLIPPED]:
        row["label"] = "fit"
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (tmp_path / "sartor.yaml").write_text("task: classify\ndata: [rows.jsonl]\n")
    monkeypatch.setattr(findings, "encoder_of", lambda goal, folder: type("B", (), {"id": "words"}))
    return tmp_path, {row["text"] for row in rows[:NUM_FLIPPED]}


def _find(folder, dataset, **more):
    goal = Goal(task="classify", data={"all": ("rows.jsonl",)})
    return findings.find(goal, dataset, Words(), folder=folder, **more)


def test_flipped_labels_are_listed_and_decisions_about_them_are_read_back(workspace):
    folder, flipped = workspace
    dataset = flow.gather(folder, progress=Silent())
    found = _find(folder, dataset)
    known = flipped & set(dataset.train.texts)
    doubted = {
        row["text"]: row["suggested"] for row in found.review if row["what"] == "label doubt"
    }
    seen = known & doubted.keys()
    assert len(seen) >= len(known) / 2
    assert all(doubted[text] == "refund" for text in seen)
    write_review(folder, findings.listed_once(found.review))
    text = (folder / "review.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        row["decision"] = "relabel" if row["text"] in seen else "keep"
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    (folder / "review.csv").write_text(out.getvalue(), "utf-8")
    assert len(read_decisions(folder).by_key) == len(rows)
    decided = flow.gather(folder, progress=Silent())
    labels = {
        text: decided.labels[label]
        for text, label in zip(decided.train.texts, decided.train.targets, strict=True)
    }
    assert {labels[text] for text in seen & labels.keys()} == {"refund"}
    counts = {count.what: count.num_rows for count in decided.card.counts}
    assert counts["rows relabelled by decision"] == len(seen)
    assert "decisions without a row" not in counts


def test_test_rows_stay_sealed(workspace, monkeypatch):
    folder, _ = workspace
    dataset = flow.gather(folder, progress=Silent())
    monkeypatch.setattr(type(dataset.test), "open", lambda *_: pytest.fail("the test was opened"))
    found = _find(folder, dataset)
    assert found.num_looked_at == found.num_rows == len(dataset.development)


def test_intents_are_proposed_where_asked_for(workspace):
    folder, _ = workspace
    dataset = flow.gather(folder, progress=Silent())
    assert _find(folder, dataset).proposals is None
    proposals = _find(folder, dataset, proposes_intents=True).proposals
    assert 2 <= len(proposals.intents) <= 12
    assert len(proposals.intent_N) == len(dataset.development)


def test_a_row_that_is_found_twice_is_listed_once():
    found = [{"key": "a", "what": "first"}, {"key": "b"}, {"key": "a", "what": "second"}]
    assert findings.listed_once(found) == [{"key": "a", "what": "first"}, {"key": "b"}]
