"""What the report shows of written answers: every metric of every finalist, answers side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sartor.core.decision import CandidateResult, Decision
from sartor.core.goal import OutputKind
from sartor.core.metric import METRICS, Better
from sartor.core.score import Estimate
from sartor.core.words import counted
from sartor.report.leaderboard import is_final, is_winner
from sartor.report.words import measured, metric_name, of_hundred, p_value, signed

SHOWN_METRICS = (
    *("chrf", "bleu", "rouge_l", "token_f1", "exact_match", "relevance"),
    *("length_ratio", "repetition", "well_formed", "bits_per_byte"),
)
"""Closeness to the reference first, then what the answer shows by itself."""


@dataclass(frozen=True)
class Measures:
    """All metrics of all finalists."""

    metrics: list[str]
    lines: list[tuple[CandidateResult, bool, list[Estimate | None]]]
    """Candidate, whether it won, and one estimate a metric."""
    references: list[Estimate | None]
    """The same of the references, for metrics that need none; empty where none was measured."""
    rows: str
    """What was measured: `200 test rows`."""


def is_of_texts(decision: Decision) -> bool:
    """Whether answers are written texts."""
    known = METRICS.get(decision.metric)
    if known is None:
        return False
    names = [name for result in decision.candidates for name in result.valid if name in METRICS]
    kinds = frozenset.intersection(known.kinds, *(METRICS[name].kinds for name in names))
    return kinds == {OutputKind.TEXT}


def measures(decision: Decision) -> Measures | None:
    """None where answers are no texts, or nobody reached the final round."""
    finalists = [result for result in decision.candidates if is_final(result)]
    if not finalists or not is_of_texts(decision):
        return None
    found = [(result, result.test or result.valid) for result in finalists]
    names = [name for name in SHOWN_METRICS if any(name in of for _, of in found)]
    known = {name: Estimate(**value) for name, value in _references(decision).items()}
    chief = found[0][1].get(decision.metric)
    split = "test row" if finalists[0].test else "row that chose"
    return Measures(
        metrics=names,
        lines=[
            (result, is_winner(result, decision), [of.get(name) for name in names])
            for result, of in found
        ],
        references=[known.get(name) for name in names] if known else [],
        rows=counted(chief.num_examples, split) if chief else "",
    )


def better_word(metric: str) -> str:
    """Which way a column is to be read."""
    better = METRICS[metric].better if metric in METRICS else Better.HIGHER
    return {Better.LOWER: "less is better", Better.NEITHER: "no better side"}.get(better, "")


def retrieval_sentence(decision: Decision) -> str:
    """What looking up changed, where it was measured with and without."""
    found = decision.details.get("retrieval")
    if not found:
        return ""
    metric = decision.metric
    ends = f"{signed(found['low'], metric)} to {signed(found['high'], metric)}"
    return (
        "Against zero-shot at its own best format, what is looked up changes the same base by "
        f"{signed(found['difference'], metric)} in {metric_name(metric)} ({ends}, "
        f"{p_value(found['p_value'])}); its answers are closer to the reference on "
        f"{of_hundred(found['better'])} of 100 inputs, and further off on {of_hundred(found['worse'])}."
    )


def examples(decision: Decision) -> list[dict[str, Any]]:
    """Inputs with the finalists' answers, each with the candidate's title and its value in words."""
    titles = {result.candidate: result for result in decision.candidates}
    return [
        {**example, "answers": [_answer(line, titles, decision) for line in example["answers"]]}
        for example in decision.details.get("side_by_side", ())
    ]


def _answer(
    line: Mapping[str, Any], titles: Mapping[str, CandidateResult], decision: Decision
) -> dict[str, Any]:
    result = titles[line["candidate"]]
    return {
        "title": result.title,
        "base": result.base.split("/")[-1] if result.base else "",
        "is_winner": is_winner(result, decision),
        "text": line["text"],
        "value": measured(line["value"], "chrf"),
    }


def _references(decision: Decision) -> Mapping[str, Any]:
    found: Mapping[str, Any] = decision.details.get("references", {})
    return found


def length_rows(card: Any) -> Sequence[tuple[str, Mapping[str, float]]]:
    """Quantiles of the data card by title, those that there are."""
    named = (
        ("Words of a text", card.length_words),
        ("Words of an answer", card.answer_words),
        ("Turns before an answer", card.num_turns),
        ("Right answers of a text", card.num_answers),
    )
    return [(title, quantiles) for title, quantiles in named if quantiles]
