"""From the outcome to the decision: every number with its interval, nothing left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sartor.core.decision import CLOCK_KEYS, decision_from, without_clocks
from sartor.flow import run
from sartor.results import RunResult
from small_runs import SMALL, Silent, decision_document, split_workspace


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, tiny_base_folder: Path) -> RunResult:
    folder = split_workspace(
        tmp_path_factory.mktemp("concluded") / "inbox", base=tiny_base_folder, signal=0.2
    )
    settings = (*SMALL, "methods=[majority,tfidf,few_shot,head]", "seeds=2")
    return run(folder, settings=settings, progress=Silent())


@pytest.fixture(scope="module")
def document(result: RunResult) -> dict[str, Any]:
    return decision_document(result)


def by_method(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["method"]: one for one in document["candidates"] if one["test"]}


def test_the_document_and_the_value_say_the_same(
    result: RunResult, document: dict[str, Any]
) -> None:
    assert decision_from(document) == result.decision
    assert json.loads(json.dumps(result.decision.as_dict())) == document


def test_the_best_of_each_method_has_test_numbers_and_nobody_else(document: dict[str, Any]) -> None:
    finalists = [one["method"] for one in document["candidates"] if one["test"]]
    assert sorted(finalists) == ["few_shot", "head", "majority", "tfidf"]
    for one in document["candidates"]:
        assert (one["test"] is None) is (one["state"] not in ("finalist", "winner"))
        assert (one["stopped_because"] is None) is (one["test"] is not None)


def test_majority_is_right_as_often_as_its_class_occurs(document: dict[str, Any]) -> None:
    """Three equal classes: an oracle without any model."""
    majority = by_method(document)["majority"]
    assert majority["test"]["accuracy"]["value"] == pytest.approx(1 / 3)
    assert majority["valid"]["accuracy"]["value"] == pytest.approx(1 / 3)
    assert majority["test"]["macro_f1"]["value"] == pytest.approx(1 / 6)


def test_a_method_with_a_seed_reports_each_of_them_and_their_mean(document: dict[str, Any]) -> None:
    found = by_method(document)
    assert {method: len(one["test_seeds"]["accuracy"]) for method, one in found.items()} == {
        "majority": 1,
        "tfidf": 1,
        "head": 1,
        "few_shot": 2,
    }
    for one in found.values():
        assert one["test"]["accuracy"]["value"] == pytest.approx(
            np.mean(one["test_seeds"]["accuracy"])
        )


def test_every_interval_holds_its_value_and_its_rows(document: dict[str, Any]) -> None:
    for one in by_method(document).values():
        for part, num_rows in (("valid", 210), ("test", 120)):
            for estimate in one[part].values():
                assert estimate["low"] <= estimate["value"] <= estimate["high"]
                assert estimate["num_examples"] == num_rows
                assert estimate["method"]


def test_the_difference_to_the_winner_is_the_difference_of_the_values(
    document: dict[str, Any],
) -> None:
    found = by_method(document)
    (winner,) = [one for one in found.values() if one["state"] == "winner"]
    for one in found.values():
        if one is not winner:
            difference = one["test"]["accuracy"]["value"] - winner["test"]["accuracy"]["value"]
            versus = one["versus_winner"]
            assert versus["difference"] == pytest.approx(difference)
            assert versus["low"] <= versus["difference"] <= versus["high"]
            assert 0 < versus["p_value"] <= 1


def test_shares_of_the_budget_add_up(document: dict[str, Any]) -> None:
    assert sum(one["share_of_budget"] for one in document["candidates"]) == pytest.approx(1.0)


def test_labels_and_errors_of_the_report_agree_with_the_accuracy(document: dict[str, Any]) -> None:
    """Recall times rows, label by label, are the right rows of the shipped model."""
    labels = document["details"]["labels"]
    right = sum(line["recall"] * line["num_examples"] for line in labels)
    (winner,) = [one for one in document["candidates"] if one["state"] == "winner"]
    assert right / 120 == pytest.approx(winner["test_seeds"]["accuracy"][0])
    assert sum(line["num_examples"] for line in labels) == 120
    wrong = 120 - round(right)
    assert sum(line["num_examples"] for line in document["details"]["confusions"]) <= wrong
    assert all(e["true"] != e["predicted"] for e in document["details"]["errors"])


def test_counts_of_the_data_are_those_of_the_files(document: dict[str, Any]) -> None:
    assert document["data"]["num_examples"] == {"train": 150, "valid": 210, "test": 120}


def test_the_rule_in_the_decision_is_the_one_written_down_before_the_first_trial(
    result: RunResult, document: dict[str, Any]
) -> None:
    rule = json.loads((result.folder / "rule.json").read_text())
    winner = json.loads((result.folder / "winner.json").read_text())
    assert document["rule"] == rule["rule"]
    assert document["winner"]["candidate"] == winner["candidate"]
    times = [
        (result.folder / n).stat().st_mtime_ns
        for n in ("rule.json", "winner.json", "decision.json")
    ]
    assert times == sorted(times)


def test_without_clocks_no_clock_is_left(document: dict[str, Any]) -> None:
    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {k for inner in value.values() for k in keys(inner)}
        return {k for inner in value for k in keys(inner)} if isinstance(value, list) else set()

    assert not keys(without_clocks(document)) & CLOCK_KEYS
    assert "seconds" in keys(document)


def test_only_the_winner_has_a_measured_latency(document: dict[str, Any]) -> None:
    for one in document["candidates"]:
        assert (one["cost"]["latency_ms_p95"] is not None) is (one["state"] == "winner")
    costs = {m: one["cost"]["usd_per_1k_requests"] for m, one in by_method(document).items()}
    assert costs["tfidf"] == costs["majority"]
    assert costs["head"] == costs["few_shot"]
