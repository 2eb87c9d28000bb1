"""Baseline for spans: a linear-chain conditional random field over features of words.

Lafferty et al. 2001; for entities McCallum and Li 2003. It is trained by CRFsuite (Okazaki 2007: L-BFGS,
with OWL-QN where `c1` is above 0). Only numbers are taken from its model, and numpy decodes them: what is
scored in the tournament is what a package can do without CRFsuite.

Shape letters: N inputs, W words, T tags, A features, U features in use.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Dial, Fitted, Job, State
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.protocols import Engine, Fit
from sartor.core.tagging import (
    Place,
    best_path,
    bio_steps,
    num_tags,
    path_log_probability,
    spans_of,
    tags_of,
    words_of,
)
from sartor.tune.at_once import FitAtOnce, WithoutModel
from sartor.tune.crf_features import word_features
from sartor.tune.surfaces import SurfaceCounts, Surfaces

MOST_ITERATIONS = 100
ABSENT_MARGIN = -20.0
"""Score of a tag that the rows do not hold."""
FEATURES_PER_TOKEN = 26
"""Features of a word, about; for the plan only."""
SPARSE_SLOWNESS = 100.0
"""How much longer an operation takes here than in a product of matrices, measured; for the plan only."""


class Crf(WithoutModel):
    name = "crf"
    title = "conditional random field over words"
    does = {None: frozenset({OutputKind.SPANS})}  # noqa: RUF012

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        l1, l2 = "L1 penalty: more leaves fewer features.", "L2 penalty: more holds weights down."
        return (
            Dial("c1", 0.1, l1, low=0.003, high=1.0, is_log=True, least=0.0),
            Dial("c2", 0.1, l2, low=0.003, high=1.0, is_log=True, least=0.0),
            Dial(
                "listed",
                "as a feature",
                "Whether passages marked in other examples count as a feature.",
                choices=("as a feature", "unused"),
            ),
        )

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        num = num_tags(facts.labels)
        tokens = facts.num_fit * facts.mean_tokens
        once = 4.0 * tokens * num * (FEATURES_PER_TOKEN + num)
        return once * MOST_ITERATIONS * SPARSE_SLOWNESS

    def begin(self, job: Job, engine: Engine) -> Fit:
        return FitAtOnce(job, kind="crf", learn=_learned, answer=_answered)


class CrfDecoder:
    """A fitted field that marks texts, by numpy alone.

    Args:
        fitted: Its arrays and facts.
    """

    def __init__(self, fitted: Fitted) -> None:
        names = fitted.arrays["features"].tobytes().decode("utf-8").split("\n")
        self.labels = fitted.labels
        self._number_of = {name: number for number, name in enumerate(names)}
        self._weight_AT = fitted.arrays["weight"].astype(np.float64)
        self._steps_ST = fitted.arrays["steps"] + bio_steps(self._weight_AT.shape[1])
        self._listed = Surfaces.stored(fitted.facts["surfaces"], is_cased=False)

    def answers(self, texts: Sequence[str]) -> Answers:
        """Spans, and the log-probability of their tags over the number of words, NaN without words."""
        logits_N1 = np.full((len(texts), 1), np.nan, dtype=np.float32)
        spans_N = np.empty(len(texts), dtype=object)
        for row, text in enumerate(texts):
            words = words_of(text)
            scores_WT = self._scores(text, words)
            path_W = best_path(scores_WT, self._steps_ST)
            spans_N[row] = spans_of(words, path_W, self.labels)
            if words:
                whole = path_log_probability(path_W, scores_WT, self._steps_ST)
                logits_N1[row] = whole / len(words)
        return Answers(logits_N1, spans_N)

    def _scores(self, text: str, words: Sequence[Place]) -> np.ndarray:
        """Score of each tag at each word, (W, T)."""
        features = word_features(text, words, self._listed.found(text, words))
        scores_WT = np.zeros((len(words), self._weight_AT.shape[1]))
        for at, of_word in enumerate(features):
            known = [self._number_of[name] for name in of_word if name in self._number_of]
            scores_WT[at] = self._weight_AT[known].sum(axis=0)
        return scores_WT


def _answered(fitted: Fitted, texts: Sequence[str]) -> Answers:
    return CrfDecoder(fitted).answers(texts)


def _learned(job: Job) -> State:
    """Weights of features and steps, names of features, listed wordings."""
    counts = SurfaceCounts(job.rows, is_cased=False)
    has_list = job.settings["listed"] == "as a feature"
    sentences: list[tuple[list[list[str]], np.ndarray]] = []
    for row, (text, spans) in enumerate(zip(job.rows.texts, job.rows.targets, strict=True)):
        words = words_of(text)
        marks = counts.found_without(row, text, words) if has_list else []
        tags_W = tags_of(words, spans, job.facts.labels)
        if len(words):
            sentences.append((word_features(text, words, marks), tags_W))
    known = Counter(name for features, _ in sentences for of_word in features for name in of_word)
    names = sorted(known)
    weight_AT, steps_TT = _weights(sentences, names, job)
    used_U = np.flatnonzero(np.abs(weight_AT).sum(axis=1))
    used = [names[number] for number in used_U]
    steps_ST = np.concatenate([np.zeros((1, steps_TT.shape[1])), steps_TT])
    surfaces = counts.surfaces().facts() if has_list else []
    arrays: dict[str, np.ndarray] = {
        "weight": weight_AT[used_U].astype(np.float32),
        "steps": steps_ST.astype(np.float32),
        "features": np.frombuffer("\n".join(used).encode("utf-8"), dtype=np.uint8),
    }
    return State(arrays, {"surfaces": surfaces, "num_features": len(used)})


def _weights(
    sentences: Sequence[tuple[list[list[str]], np.ndarray]], names: Sequence[str], job: Job
) -> tuple[np.ndarray, np.ndarray]:
    """CRFsuite's weights: of features (A, T) and of steps (T, T).

    Features and tags go to it as numbers, so that no text of a user can be mistaken for its own signs.
    """
    import pycrfsuite

    num = num_tags(job.facts.labels)
    number_of = {name: str(number) for number, name in enumerate(names)}
    weight_AT, steps_TT = np.zeros((len(names), num)), np.zeros((num, num))
    if not sentences:
        return weight_AT, steps_TT
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    settings = {name: job.settings[name] for name in ("c1", "c2")}
    trainer.set_params({**settings, "max_iterations": MOST_ITERATIONS})
    for features, tags_W in sentences:
        items = [[number_of[name] for name in of_word] for of_word in features]
        trainer.append(items, [str(tag) for tag in tags_W])
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "model")
        trainer.train(file)
        with pycrfsuite.Tagger().open(file) as tagger:
            found = tagger.info()
    for (name, tag), weight in found.state_features.items():
        weight_AT[int(name), int(tag)] = weight
    for (before, after), weight in found.transitions.items():
        steps_TT[int(before), int(after)] = weight
    absent = sorted(set(range(num)) - {int(tag) for _, tags_W in sentences for tag in tags_W})
    weight_AT[names.index("bias"), absent] = ABSENT_MARGIN
    return weight_AT, steps_TT
