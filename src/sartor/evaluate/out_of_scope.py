"""Texts that belong to no class: turned away by a score, with or without having seen such texts.

Shape letters: N rows (of one sort), C labels.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm, rankdata

from sartor.core.goal import OutputKind
from sartor.core.score import Estimate
from sartor.evaluate.intervals import exact_share

FORMS = ("max_logit", "energy")


def scope_score(kind: OutputKind, logits: np.ndarray, *, form: str = "max_logit") -> np.ndarray:
    """How much a text looks like one of the classes; higher is more.

    The largest logit (Vaze et al. 2022, arXiv 2110.06207) keeps what softmax divides away: how
    strongly any class speaks at all. The energy (Liu et al. 2020, arXiv 2010.03759) sums over the
    classes; it says nothing of log-probabilities, whose sum is always 1.

    Args:
        kind: single or multi; for a score no text is out of scope.
        logits: (..., C).
        form: `max_logit`, or for single labels `energy`.

    Returns:
        (...) float64.
    """
    assert kind != OutputKind.SCORE, "for a score no text is out of scope"
    assert form in FORMS, form
    logits = np.asarray(logits, dtype=np.float64)
    if form == "energy" and kind == OutputKind.SINGLE:
        return logsumexp(logits, axis=-1)
    return logits.max(axis=-1)


def choose_scope_threshold(
    scores_in: np.ndarray, *, keep_share: float, scores_out: np.ndarray | None = None
) -> float:
    """The score below which a text is turned away.

    Without out-of-scope texts: as high as `keep_share` allows. With them: where the balanced
    accuracy is highest among the thresholds that `keep_share` allows, the lowest of equals.

    Args:
        scores_in: Of texts with a class, from rows the model has not learned from, (N,).
        keep_share: Share of them that must not be turned away, 0 to 1.
        scores_out: Of texts without a class, (N,).

    Returns:
        A text is in scope where its score is at least this.
    """
    sorted_in = np.sort(scores_in)
    most_lost = math.floor((1 - keep_share) * len(sorted_in) + 1e-9)
    allowed = np.unique(sorted_in[: min(most_lost, len(sorted_in) - 1) + 1])
    if scores_out is None or len(scores_out) == 0:
        return float(allowed[-1])
    kept = 1 - np.searchsorted(sorted_in, allowed, side="left") / len(sorted_in)
    rejected = np.searchsorted(np.sort(scores_out), allowed, side="left") / len(scores_out)
    return float(allowed[np.argmax(kept + rejected)])


def recall(scores_out: np.ndarray, threshold: float) -> Estimate:
    """Share of the texts without a class that are turned away."""
    return exact_share(int((scores_out < threshold).sum()), len(scores_out))


def auroc(scores_in: np.ndarray, scores_out: np.ndarray) -> Estimate:
    """Probability that a text with a class scores higher than one without.

    The interval is DeLong's (1988), made on the log-odds so that it stays within 0 to 1. Where
    the two are wholly apart, its variance is 0; the exact interval of as many right answers as
    the smaller side has rows takes its place.

    Args:
        scores_in: Of texts with a class, (N,).
        scores_out: Of texts without, (N,).
    """
    num_in, num_out = len(scores_in), len(scores_out)
    ranks = rankdata(np.concatenate([scores_in, scores_out]))
    wins_in = (ranks[:num_in] - rankdata(scores_in)) / num_out
    wins_out = 1 - (ranks[num_in:] - rankdata(scores_out)) / num_in
    value = float(wins_in.mean())
    num_both = num_in + num_out
    if min(num_in, num_out) < 2 or not 1e-12 < value < 1 - 1e-12:
        num = min(num_in, num_out)
        return exact_share(value * num, num, num_examples=num_both)
    variance = wins_in.var(ddof=1) / num_in + wins_out.var(ddof=1) / num_out
    reach = norm.ppf(0.975) * math.sqrt(variance) / (value * (1 - value))
    centre = math.log(value / (1 - value))
    low, high = (1 / (1 + math.exp(-(centre + side * reach))) for side in (-1, 1))
    return Estimate(value, low, high, num_both, "DeLong on the log-odds")
