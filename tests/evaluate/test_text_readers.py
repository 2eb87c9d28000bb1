"""Relevance and bits per byte: what they see, against values worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sartor.core.goal import OutputKind
from sartor.core.metric import METRICS, metrics_for
from sartor.evaluate.kneser_ney import KneserNey
from sartor.evaluate.text_readers import BETWEEN, ORDER, TextReaders

KNOWN = [f"We have {n} {c} coats in our shop." for n in range(9) for c in ("red", "blue", "green")]
PLANE = {
    "up": (0.0, 2.0),
    "right": (1.0, 0.0),
    "both": (3.0, 3.0),
    "down": (0.0, -1.0),
    " ": (1.0, 1.0),
}


def plane(texts: Sequence[str]) -> np.ndarray:
    return np.array([PLANE[text] for text in texts])


def column(values: Sequence) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def measured(
    readers: TextReaders, references: Sequence, answers: Sequence[str]
) -> dict[str, float]:
    targets_N, decided_RN = column(references), column(answers)[None]
    found = readers.estimates(targets_N, decided_RN, groups=np.arange(len(answers)), seed=0)
    assert all(
        e.low <= e.value <= e.high and e.num_examples == len(answers) for e in found.values()
    )
    return {name: estimate.value for name, estimate in found.items()}


def test_relevance_is_the_cosine_with_the_best_reference() -> None:
    readers = TextReaders(KNOWN, embed=plane, seed=0)
    cases = [
        (("up",), "up"),
        (("up", "right"), "both"),
        (("up",), "right"),
        (("up",), "down"),
        (("up",), " "),
    ]
    each = [measured(readers, [refs] * 3, [said] * 3)["relevance"] for refs, said in cases]
    assert each == pytest.approx([1, np.sqrt(0.5), 0, 0, 0], abs=1e-9)
    mean = measured(readers, [refs for refs, _ in cases], [said for _, said in cases])["relevance"]
    assert mean == pytest.approx(np.mean(each))


def test_without_an_encoder_relevance_is_absent_and_not_zero() -> None:
    readers = TextReaders(KNOWN, embed=None, seed=0)
    assert set(measured(readers, [("a",), ("b",)], ["a", "b"])) == {"bits_per_byte"}


def test_bits_per_byte_are_those_of_the_letter_model_each_answer_for_itself() -> None:
    readers = TextReaders(["ab" * 20], embed=None, seed=0)
    alone = [
        measured(readers, [("x",)] * 2, [said] * 2)["bits_per_byte"] for said in ("abab", "qq")
    ]
    both = measured(readers, [("x",)] * 2, ["abab", "qq"])["bits_per_byte"]
    assert both == pytest.approx((4 * alone[0] + 2 * alone[1]) / 6), (
        "of the sums, not a mean of ratios"
    )
    gap = [BETWEEN] * (ORDER - 1)
    model = KneserNey(np.array([*gap, *b"ab" * 20, *gap]), vocabulary=257, order=ORDER)
    assert alone[0] == pytest.approx(model.bits(np.array([*gap, *b"abab"]))[-4:].mean())


def test_spelling_like_the_known_answers_costs_less_than_odd_letters() -> None:
    readers = TextReaders(KNOWN, embed=None, seed=0)

    def cost(answer: str) -> float:
        return measured(readers, [("x",)] * 2, [answer] * 2)["bits_per_byte"]

    assert cost("We have 11 red coats.") < cost("coats red 11 have We .") < cost("xq~vv jjkz#")
    assert cost("") == 0.0
    assert np.isfinite(cost("half a character \ud83d, an emoji 🙂, ¿qué?"))


def test_values_of_each_seed_average_to_the_estimate() -> None:
    readers = TextReaders(KNOWN, embed=plane, seed=0)
    targets_N = column([("up",), ("right",)])
    decided_RN = np.stack([column(["up", "up"]), column(["both", "right"])])
    found = readers.estimates(targets_N, decided_RN, groups=np.arange(2), seed=0)
    for name, values in readers.per_seed(targets_N, decided_RN).items():
        assert len(values) == 2
        assert found[name].value == pytest.approx(np.mean(values)), name


def test_a_text_is_embedded_once_for_all_seeds() -> None:
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> np.ndarray:
        asked.extend(texts)
        return plane(texts)

    TextReaders(KNOWN, embed=embed, seed=0).estimates(
        column([("up",), ("up",)]),
        column(["up", "both"])[None].repeat(3, axis=0),
        groups=np.arange(2),
        seed=0,
    )
    assert sorted(asked) == ["both", "up"]


def test_metrics_that_need_a_reader_neither_pick_nor_are_asked_of_answers_alone() -> None:
    apart = [name for name, metric in METRICS.items() if metric.needs_reader]
    assert set(apart) == {"relevance", "bits_per_byte"}
    assert not any(METRICS[name].picks for name in apart)
    assert not set(apart) & {metric.name for metric in metrics_for(OutputKind.TEXT)}
