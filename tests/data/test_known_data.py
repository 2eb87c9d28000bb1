"""Facts that others have published about real sets."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_data import goal, prepared

from sartor.core.goal import Columns, OutputKind

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = [
    pytest.mark.needs_shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent"),
]


def test_banking77_has_six_test_texts_and_four_copies_in_train(tmp_path):
    data = {name: (str(DATA / "banking77" / f"{name}.jsonl.gz"),) for name in ("train", "test")}
    dataset = prepared(tmp_path, goal(data=data))
    counts = {count.what: count.num_rows for count in dataset.card.counts}
    assert counts["exact duplicates"] == 4
    assert counts["test texts in train"] == 6 + 1  # one with a space more
    near = next(c for c in dataset.card.counts if c.what == "test rows near training rows")
    assert 0.15 < near.num_rows / 3_080 < 0.3
    assert near.is_warning
    assert len(dataset.labels) == 77
    assert len(dataset.train) + len(dataset.valid) == 10_003 - 4
    assert dataset.test.num_examples == 3_080


def test_nlupp_has_several_labels_per_text(tmp_path):
    dataset = prepared(tmp_path, goal(str(DATA / "nlupp" / "banking.jsonl.gz")))
    assert dataset.output_kind is OutputKind.MULTI
    assert len(dataset.labels) == 48
    assert dataset.train.targets.any(axis=0).all()


def test_multidogo_conversations_never_straddle(tmp_path):
    files = str(DATA / "multidogo" / "dev.jsonl.gz")
    dataset = prepared(tmp_path, goal(files, columns=Columns(group="conv")), skip_bad=True)
    counts = {count.what: count.num_rows for count in dataset.card.counts}
    assert counts["bad rows"] == 7
    tested = dataset.test.open("a test")
    assert not set(dataset.development.groups) & set(tested.groups)
    assert len(tested) == pytest.approx(0.2 * 11_578, rel=0.05)
