"""Who goes on to short runs, on evidence before training."""

from __future__ import annotations

import pytest

from sartor.core.errors import GoalError
from sartor.decide.shortlist import BaseEvidence, shortlist, static_order


def bases(*values: dict[str, float]) -> list[BaseEvidence]:
    return [BaseEvidence(f"base {place}", found) for place, found in enumerate(values)]


def test_nobody_is_left_out_on_zero_shot_alone() -> None:
    listed = shortlist(bases(*({"zero-shot": k / 10, "few-shot": k / 9} for k in range(6))), most=2)
    assert all(one.is_kept for one in listed)
    assert "nothing but zero- or few-shot" in listed[-1].because


def test_who_is_weak_in_other_evidence_is_left_out_with_it() -> None:
    found = bases(*({"size": 8 + k, "LogME": k / 10, "zero-shot": 0.5} for k in range(6)))
    listed = shortlist(found, most=3)
    assert [one.base for one in listed if one.is_kept] == ["base 5", "base 4", "base 3"]
    assert listed[-1].because.startswith(
        "left out, 5 bases before it: size 8 (rank 6 of 6), LogME 0"
    )


def test_a_weak_zero_shot_does_not_leave_out_who_separates_well() -> None:
    found = bases(
        {"LogME": 0.9, "H-score": 9, "zero-shot": 0.1},
        {"LogME": 0.5, "H-score": 5, "zero-shot": 0.8},
        {"LogME": 0.1, "H-score": 1, "zero-shot": 0.9},
    )
    kept = {one.base for one in shortlist(found, most=1) if one.is_kept}
    assert "base 0" in kept
    assert "base 2" not in kept


def test_encoders_and_decoders_stand_in_one_list() -> None:
    encoder = {"size": 7.5, "LogME": 0.9, "H-score": 8}
    decoder = {"size": 9.5, "LogME": 0.4, "H-score": 3, "zero-shot": 0.6, "bits per byte": 0.9}
    listed = shortlist(bases(encoder, decoder), most=1)
    assert [one.base for one in listed] == ["base 0", "base 1"]


def test_fewer_bits_are_better() -> None:
    listed = shortlist(bases({"bits per byte": 1.4}, {"bits per byte": 0.8}), most=2)
    assert listed[0].base == "base 1"


def test_the_static_order_ignores_what_was_seen() -> None:
    found = bases({"size": 9, "LogME": 0.1}, {"size": 8, "LogME": 0.9})
    assert static_order(found) == ["base 0", "base 1"]


def test_bad_evidence_is_named() -> None:
    with pytest.raises(GoalError, match="Did you mean `LogME`"):
        shortlist(bases({"logme": 1.0}), most=1)
    with pytest.raises(GoalError, match="twice"):
        shortlist([*bases({}), *bases({})], most=1)
    with pytest.raises(GoalError, match="Keep 1"):
        shortlist(bases({}), most=0)
