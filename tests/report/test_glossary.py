"""Every metric of a report is explained, and so is what an answer is made of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import estimate, score
from written_samples import replies

from sartor.core.decision import Decision
from sartor.core.goal import OutputKind
from sartor.core.metric import DEFAULT_METRIC, METRICS, metrics_for
from sartor.report.glossary import ANSWERS, glossary


def decision_of(kind: OutputKind) -> Decision:
    decision, *_ = score()
    valid = {metric.name: estimate(0.5, 100) for metric in metrics_for(kind)}
    candidates = tuple(replace(c, valid=valid, test=None) for c in decision.candidates)
    return replace(decision, metric=DEFAULT_METRIC[kind], candidates=candidates)


@pytest.mark.parametrize("kind", list(OutputKind))
def test_every_metric_of_the_kind_is_explained_by_its_title(kind: OutputKind) -> None:
    meanings = {term.lower(): meaning for term, meaning in glossary(decision_of(kind))}
    for metric in metrics_for(kind):
        assert meanings[metric.title.lower()] == metric.doc


@pytest.mark.parametrize("kind", list(OutputKind))
def test_what_an_answer_is_made_of_is_explained_for_its_kind_only(kind: OutputKind) -> None:
    terms = {term for term, _ in glossary(decision_of(kind))}
    explained = {other for other, words in ANSWERS.items() if terms >= {term for term, _ in words}}
    assert explained == ({kind} & set(ANSWERS))


def test_no_two_metrics_have_one_title_and_every_one_is_a_sentence() -> None:
    titles = [metric.title for metric in METRICS.values()]
    assert len(set(titles)) == len(titles)
    assert all(metric.doc[0].isupper() and metric.doc.endswith(".") for metric in METRICS.values())


def test_metrics_that_were_measured_on_test_alone_are_explained_too() -> None:
    terms = {term for term, _ in glossary(replies()[0])}
    assert {"Relevance", "Bits per byte", "Retrieval", "Reference"} <= terms
    assert "Head" not in terms, "nobody puts an output layer on a writer"
