"""What the shipped model does on `test`, label by label and row by row, for people to read.

Shape letters: N test rows, C labels, R seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sartor.core.dataset import Split
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.decide.extracted_errors import extracted_details
from sartor.decide.finals import Tested
from sartor.decide.measured import tested_of
from sartor.decide.side_by_side import side_by_side, what_retrieval_changed
from sartor.decide.tournament import Outcome, seed_for
from sartor.decide.worst_answers import NUM_SHOWN, worst_answers
from sartor.evaluate.details import confusions, instructive_errors, label_table
from sartor.evaluate.intervals import estimate
from sartor.evaluate.text_metrics import signature

Mask = Callable[[str], str]
"""Replaces personal data in a text that is shown."""


def shown_details(outcome: Outcome, mask: Mask) -> dict[str, Any]:
    """Tables and rows of the kind of output; empty without a test set."""
    tested, test, facts = tested_of(outcome, outcome.winner), outcome.test, outcome.draw.facts
    kind = outcome.draw.dataset.output_kind
    if tested is None or test is None:
        return {}
    decided_N = tested.decided_RN[0]
    if kind is OutputKind.SCORE:
        return {"errors": _worst_scores(test, decided_N, mask)}
    if kind in CLASSIFIED:
        return _of_labels(outcome, test, tested, mask)
    if kind in (OutputKind.SPANS, OutputKind.FIELDS):
        return extracted_details(test, decided_N, facts=facts, mask=mask)
    errors = worst_answers(test, decided_N, facts=facts, mask=mask)
    return {"errors": errors, **_of_texts(outcome, test, mask)}


def _worst_scores(test: Split, decided_N: np.ndarray, mask: Mask) -> list[dict[str, Any]]:
    worst = np.argsort(-np.abs(decided_N - test.targets), kind="stable")[:NUM_SHOWN]
    return [
        {
            "text": mask(test.texts[int(row)]),
            "source": test.sources[int(row)],
            "true": float(test.targets[row]),
            "predicted": float(decided_N[row]),
            "confidence": None,
        }
        for row in worst
    ]


def _of_labels(outcome: Outcome, test: Split, tested: Tested, mask: Mask) -> dict[str, Any]:
    """Figures of each label, labels taken for one another, and the errors that teach most."""
    targets, decided_N = test.targets, tested.decided_RN[0]
    labels = outcome.draw.dataset.labels
    assert outcome.confidence.calibrator is not None
    confidence_N = outcome.confidence.calibrator.confidence(tested.logits_RNC[0])
    return {
        "labels": label_table(targets, decided_N, labels),
        "confusions": [
            {**line, "example": mask(test.texts[line["example"]])}
            for line in confusions(targets, decided_N, labels)
        ],
        "errors": [
            {
                "text": mask(test.texts[line["row"]]),
                "source": test.sources[line["row"]],
                **{key: line[key] for key in ("true", "predicted", "confidence")},
            }
            for line in instructive_errors(targets, decided_N, labels, confidence=confidence_N)
        ],
    }


def _of_texts(outcome: Outcome, test: Split, mask: Mask) -> dict[str, Any]:
    """What is shown of texts: answers side by side, the references' own figures, what retrieval did."""
    shipped = {t.finalist.result.candidate.id: t.decided_RN[0] for t in outcome.tested}
    seed = seed_for(outcome.draw.goal, "side by side")
    retrieval = _retrieval(outcome, test)
    examples = side_by_side(
        test,
        shipped,
        facts=outcome.draw.facts,
        mask=mask,
        seed=seed,
        retrieval=retrieval,
    )
    found = {
        "side_by_side": examples,
        "references": _references(outcome, test),
        "signatures": {name: signature(name, test.targets) for name in ("bleu", "chrf")},
    }
    return {**found, **({"retrieval": retrieval} if retrieval else {})}


def _retrieval(outcome: Outcome, test: Split) -> dict[str, Any] | None:
    """Retrieval beside zero-shot on the same base; None where one of them is no finalist."""
    by_method = {t.finalist.result.candidate.method: t for t in outcome.tested}
    told, untold = by_method.get("retrieval"), by_method.get("zero_shot")
    if told is None or untold is None:
        return None
    told_by, untold_by = told.finalist.result.candidate, untold.finalist.result.candidate
    if told_by.base != untold_by.base:
        return None
    changed = what_retrieval_changed(
        outcome.draw.rule.metric.name,
        test,
        with_RN=told.decided_RN,
        without_RN=untold.decided_RN,
        facts=outcome.draw.facts,
        seed=seed_for(outcome.draw.goal, "comparison"),
    )
    return {"with": told_by.id, "without": untold_by.id, **changed}


def _references(outcome: Outcome, test: Split) -> dict[str, Any]:
    """What metrics that read the answer alone say of the references: how people wrote."""
    first_RN = np.empty((1, len(test)), dtype=object)
    first_RN[0, :] = [references[0] for references in test.targets]
    seed = seed_for(outcome.draw.goal, "test")
    found = {
        "repetition": estimate(
            "repetition", test.targets, first_RN, groups=test.groups, num_labels=1, seed=seed
        )
    }
    if outcome.readers is not None:
        found |= outcome.readers.estimates(test.targets, first_RN, groups=test.groups, seed=seed)
        found.pop("relevance", None)
    return {name: one.as_dict() for name, one in found.items()}
