"""Baselines without a language model: the majority class, and TF-IDF with a linear classifier.

They answer whether a language model is needed at all, so the second one is built to win where it
can: word and character n-grams together reach on BANKING77 what scikit-learn's best pipeline does.

Shape letters: N rows, C labels (1 for a score), F n-grams.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Dial, Fitted, Job, State
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.hashing import derived_seed
from sartor.core.protocols import Engine, Fit
from sartor.tune.at_once import FitAtOnce, WithoutModel
from sartor.tune.ngrams import ANALYSERS, NgramBlock, learn_block, weighted_counts

ABSENT_MARGIN = -3.0
"""Logit of a label that the rows do not hold: below any margin a fitted one gives (about -1)."""
MAX_SOLVER_PASSES = 3_000
"""Passes of the linear solver; how many it took is stored with the fit."""
GRAMS_PER_TOKEN = 18
"""N-grams of both kinds that one token brings, measured on short messages; for the plan only."""
PLANNED_PASSES = 50
"""Passes that the linear solver usually takes at C = 1; for the plan only."""


class Majority(WithoutModel):
    """Always the most frequent answer: what any candidate has to beat."""

    name = "majority"
    title = "always the most frequent answer"
    does = {None: CLASSIFIED}  # noqa: RUF012

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        """One count for each row."""
        return float(facts.num_fit)

    def begin(self, job: Job, engine: Engine) -> Fit:
        return FitAtOnce(job, kind="tfidf", learn=_learn_majority, answer=_answered)


class TfidfLinear(WithoutModel):
    """Word and character n-grams with a linear classifier (ridge regression for a score).

    For labels: one squared-hinge classifier for each label, as scikit-learn's `LinearSVC`. Its
    margins serve as logits; they rank well, and become probabilities by the calibration that
    every candidate goes through.
    """

    name = "tfidf"
    title = "word and character counts, linear classifier"
    does = {None: CLASSIFIED}  # noqa: RUF012

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        """What is counted and how strongly weights are held down."""
        counted = Dial(
            "ngrams",
            "word+character",
            "What is counted: words and pairs of words, runs of 2 to 5 characters within words, "
            "or both.",
            choices=("word+character", "word", "character"),
        )
        rarest = Dial(
            "min_df", 1, "Fewest texts that must hold an n-gram for it to count.", choices=(1, 2, 3)
        )
        return (counted, rarest, _strength_dial(facts.output_kind))

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        """Two passes over every count, forth and back, for each label and each solver pass."""
        num_counts = facts.num_fit * facts.mean_tokens * GRAMS_PER_TOKEN
        return 4.0 * num_counts * facts.num_labels * PLANNED_PASSES

    def begin(self, job: Job, engine: Engine) -> Fit:
        return FitAtOnce(job, kind="tfidf", learn=_learn_tfidf, answer=_answered)


def _answered(fitted: Fitted, texts: Sequence[str]) -> Answers:
    return Answers(tfidf_scores(fitted, texts))


def tfidf_scores(fitted: Fitted, texts: Sequence[str]) -> np.ndarray:
    """What a fitted baseline says of some texts, computed with numpy alone.

    The reference for the package, whose ONNX graph does the same sums.

    Returns:
        Logits (N, C) float32; for a score the prediction itself.
    """
    bias_C = fitted.arrays["bias"].astype(np.float64)
    logits_NC = np.tile(bias_C, (len(texts), 1))
    for facts in fitted.facts["blocks"]:
        block = NgramBlock.stored(facts, fitted.arrays)
        weight_FC = fitted.arrays[f"{facts['unit']}.weight"]
        logits_NC += weighted_counts(texts, block) @ weight_FC.astype(np.float64)
    return logits_NC.astype(np.float32)


def _strength_dial(kind: OutputKind) -> Dial:
    if kind is OutputKind.SCORE:
        doc = "Ridge penalty: more holds the weights closer to zero."
        return Dial("alpha", 1.0, doc, low=0.03, high=30.0, is_log=True)
    doc = "Weight of the training errors against the size of the weights: less is smoother."
    return Dial("C", 1.0, doc, low=0.05, high=20.0, is_log=True)


def _learn_majority(job: Job) -> State:
    facts = {"output_kind": str(job.facts.output_kind), "blocks": [], "solver_passes": 0}
    return State({"bias": _majority_logits(job.rows, job.facts)}, facts)


def _majority_logits(rows: Split, facts: TaskFacts) -> np.ndarray:
    """Log shares (single), log odds (multi), both with one row added; the mean (score). (C,)"""
    if facts.output_kind is OutputKind.SCORE:
        return np.array([rows.targets.mean()], dtype=np.float32)
    if facts.output_kind is OutputKind.MULTI:
        num_rows_C = rows.targets.sum(axis=0)
        odds_C = (num_rows_C + 0.5) / (len(rows) - num_rows_C + 0.5)
        return np.log(odds_C).astype(np.float32)
    share_C = np.bincount(rows.targets, minlength=facts.num_labels) + 1 / facts.num_labels
    return np.log(share_C / share_C.sum()).astype(np.float32)


def _learn_tfidf(job: Job) -> State:
    """Vocabulary first, then weights for all kinds of n-grams together."""
    from scipy.sparse import hstack

    blocks = [
        learn_block(
            job.rows.texts,
            analyser=ANALYSERS[unit],
            min_df=job.settings["min_df"],
            max_tokens=job.facts.max_tokens,
        )
        for unit in job.settings["ngrams"].split("+")
    ]
    blocks = [block for block in blocks if len(block.idf)]
    if not blocks:
        return _learn_majority(job)
    features_NF = hstack([weighted_counts(job.rows.texts, block) for block in blocks], format="csr")
    weight_FC, bias_C, num_passes = _linear_weights(features_NF, job)
    return _tfidf_state(blocks, weight_FC, bias_C, job=job, num_passes=num_passes)


def _tfidf_state(
    blocks: list[NgramBlock],
    weight_FC: np.ndarray,
    bias_C: np.ndarray,
    *,
    job: Job,
    num_passes: int,
) -> State:
    arrays = {"bias": bias_C.astype(np.float32)}
    start = 0
    for block in blocks:
        stop = start + len(block.idf)
        arrays |= block.arrays()
        arrays[f"{block.analyser.unit}.weight"] = weight_FC[start:stop].astype(np.float32)
        start = stop
    facts = {
        "output_kind": str(job.facts.output_kind),
        "blocks": [block.facts() for block in blocks],
        "solver_passes": num_passes,
        "is_converged": num_passes < MAX_SOLVER_PASSES,
    }
    return State(arrays, facts)


def _linear_weights(features_NF: Any, job: Job) -> tuple[np.ndarray, np.ndarray, int]:
    """Weights (F, C), biases (C,) and the passes that the solver took."""
    targets, num_labels = job.rows.targets, job.facts.num_labels
    seed = derived_seed(job.seed, "tfidf")
    if job.facts.output_kind is OutputKind.SCORE:
        return _ridge(features_NF, targets, alpha=job.settings["alpha"])
    if job.facts.output_kind is OutputKind.MULTI:
        return _each_label(features_NF, targets, strength=job.settings["C"], seed=seed)
    return _one_label(
        features_NF, targets, num_labels=num_labels, strength=job.settings["C"], seed=seed
    )


def _one_label(
    features_NF: Any, targets_N: np.ndarray, *, num_labels: int, strength: float, seed: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Each label against the rest, in one call: several times quicker than one call for each."""
    weight_FC = np.zeros((features_NF.shape[1], num_labels), dtype=np.float32)
    bias_C = np.full(num_labels, ABSENT_MARGIN)
    present = np.unique(targets_N)
    if len(present) == 1:
        bias_C[present] = -ABSENT_MARGIN
        return weight_FC, bias_C, 0
    fitted = _squared_hinge(features_NF, targets_N, strength=strength, seed=seed)
    # With two labels liblinear gives one classifier: the second label's.
    signs = np.array([[-1.0], [1.0]]) if len(present) == 2 else 1.0
    weight_FC[:, present] = (signs * fitted.coef_).T
    bias_C[present] = (signs * fitted.intercept_[:, None]).ravel()
    return weight_FC, bias_C, int(fitted.n_iter_)


def _each_label(
    features_NF: Any, is_label_NC: np.ndarray, *, strength: float, seed: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """One yes-or-no classifier for each label; a label that all or no rows have stays constant."""
    varies_C = is_label_NC.any(axis=0) & ~is_label_NC.all(axis=0)
    weight_FC = np.zeros((features_NF.shape[1], is_label_NC.shape[1]), dtype=np.float32)
    bias_C = np.where(is_label_NC.all(axis=0), -ABSENT_MARGIN, ABSENT_MARGIN)
    num_passes = 0
    for label in np.flatnonzero(varies_C):
        fitted = _squared_hinge(features_NF, is_label_NC[:, label], strength=strength, seed=seed)
        weight_FC[:, label], bias_C[label] = fitted.coef_[0], fitted.intercept_[0]
        num_passes = max(num_passes, int(fitted.n_iter_))
    return weight_FC, bias_C, num_passes


def _squared_hinge(features_NF: Any, targets_N: np.ndarray, *, strength: float, seed: int) -> Any:
    """Dual coordinate descent of liblinear (Hsieh et al., ICML 2008): a fitted `LinearSVC`."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    classifier = LinearSVC(C=strength, dual=True, random_state=seed, max_iter=MAX_SOLVER_PASSES)
    with warnings.catch_warnings():
        # Reported as `is_converged` in the facts instead.
        warnings.simplefilter("ignore", ConvergenceWarning)
        # One row a label is few, not wrong: the data card says so.
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        return classifier.fit(features_NF, targets_N)


def _ridge(
    features_NF: Any, targets_N: np.ndarray, *, alpha: float
) -> tuple[np.ndarray, np.ndarray, int]:
    from sklearn.linear_model import Ridge

    regression = Ridge(alpha=alpha, solver="sparse_cg").fit(features_NF, targets_N)
    num_passes = 0 if regression.n_iter_ is None else int(np.max(regression.n_iter_))
    return regression.coef_[:, None], np.array([regression.intercept_]), num_passes
