"""A small contest without torch: rows whose texts tell their label, and a learner of known quality."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Dial, Fitted, Job, State
from sartor.core.dataset import Dataset, SealedSplit, Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.protocols import Engine, Method
from sartor.decide.choosing import Choosing, choosing_of
from sartor.decide.entrant import Entrant
from sartor.decide.plan import Allowance, Purse
from sartor.decide.race import Race
from sartor.decide.search import default_settings
from sartor.decide.standing import Result
from sartor.decide.trials import Trials
from sartor.store.artifacts import DiskArtifacts

RUNGS = (1, 2, 3, 4, 6, 8)


class Drill:
    """A learner whose share of right answers is known: `skill`, reached after `slow` epochs.

    `mood` makes it fail as libraries do: by an exception, or by numbers that are none.
    """

    title = "a drill"
    depth = 3
    needs_base = False
    does = dict.fromkeys((None, "encoder"), frozenset(OutputKind))
    uses_seed = True

    def __init__(self, name: str = "drill", *, family: str = "tuned", rungs: Any = RUNGS) -> None:
        self.name = name
        self.family = family
        self.rungs = rungs
        self.epochs_learned = 0
        self.fits_begun = 0

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        return (
            Dial("skill", 0.7, "Share right in the end.", choices=(0.7, 0.5, 0.6, 0.9)),
            Dial("slow", 2, "Epochs to get there.", choices=(2,)),
            Dial("mood", "fine", "How it ends.", choices=("fine",)),
        )

    def epochs(self, settings: Mapping[str, Any], facts: TaskFacts) -> tuple[int, ...]:
        return tuple(self.rungs)

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        return 1e9 * facts.num_fit

    def begin(self, job: Job, engine: Engine) -> DrillFit:
        self.fits_begun += 1
        return DrillFit(self, job)


class DrillFit:
    """A drill under way."""

    def __init__(self, method: Drill, job: Job) -> None:
        self.method = method
        self.job = job
        self.done = 0

    def advance(self, epochs: int) -> None:
        if self.job.settings["mood"] == "raises" and epochs >= 2:
            raise RuntimeError("out of memory: 16 GiB asked for")
        if self.job.settings["mood"] == "slip":
            raise KeyError("a slip of ours")
        self.method.epochs_learned += max(0, epochs - self.done)
        self.done = max(self.done, epochs)

    def answers(self, texts: Sequence[str]) -> Answers:
        return Answers(self.scores(texts))

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        if self.job.settings["mood"] == "nan":
            return np.full((len(texts), self.job.facts.num_labels), np.nan, dtype=np.float32)
        share_learned = self.done / self.job.settings["slow"] if self.done else 1.0
        quality = self.job.settings["skill"] * min(1.0, share_learned)
        num_labels = self.job.facts.num_labels
        logits_NC = np.zeros((len(texts), num_labels), dtype=np.float32)
        for row, text in enumerate(texts):
            label = int(text.split()[-1])
            is_right = luck(text) < quality
            logits_NC[row, label if is_right else (label + 1) % num_labels] = 3.0
        return logits_NC

    def state(self) -> State:
        return State({"done": np.array([self.done])}, {})

    def restore(self, state: State) -> None:
        self.done = int(state.arrays["done"][0])

    def fitted(self) -> Fitted:
        return Fitted("tfidf", None, self.job.facts.labels, {}, {"done": self.done})


def luck(text: str) -> float:
    """A number in 0 to 1 that belongs to a text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32


def rows(
    num_rows: int,
    *,
    num_labels: int = 3,
    groups: np.ndarray | None = None,
    targets: np.ndarray | None = None,
) -> Split:
    """Texts that end with their label's number."""
    found = np.arange(num_rows) % num_labels if targets is None else targets
    told = found if found.ndim == 1 and found.dtype != bool else np.zeros(num_rows, int)
    return Split(
        texts=[f"message {number} {int(label)}" for number, label in enumerate(told)],
        targets=found,
        groups=np.arange(num_rows) if groups is None else groups,
        sources=[f"rows.jsonl:{number + 1}" for number in range(num_rows)],
    )


def dataset(
    train: Split,
    *,
    valid: Split | None = None,
    test: Split | None = None,
    kind: OutputKind = OutputKind.SINGLE,
    num_labels: int = 3,
) -> Dataset:
    """A dataset in memory."""
    sealed = None
    if test is not None:
        sealed = SealedSplit(num_examples=len(test), fingerprint="t", unseal=lambda reason: test)
    labels = () if kind is OutputKind.SCORE else tuple(f"label {c}" for c in range(num_labels))
    return Dataset("d", kind, labels, {}, train, valid, sealed)


def facts(choosing: Choosing, *, num_labels: int = 3) -> TaskFacts:
    """Of a task with one label a text."""
    labels = tuple(f"label {c}" for c in range(num_labels))
    return TaskFacts(OutputKind.SINGLE, labels, {}, choosing.num_fit, 5, 9.0, 64)


def base_model(num_parameters: int = 22_000_000, *, id: str = "minilm-l6") -> BaseModel:
    """A base model as a value; nothing of it is loaded."""
    return BaseModel(
        id=id,
        hub_id=None,
        folder=Path("nowhere"),
        source="local",
        architecture="encoder",
        family="bert",
        num_parameters=num_parameters,
        num_layers=6,
        width=384,
        vocabulary=0,
        context_tokens=512,
        licence="mit",
        pooling="mean",
        fingerprint=id,
    )


def entrant(
    method: Method, *, of: TaskFacts, base: BaseModel | None = None, **pinned: Any
) -> Entrant:
    """A method with its dials, pinned past every check."""
    dials = method.dials(of, base)
    settings = default_settings(dials, pinned)
    return Entrant(method, base, dials, pinned, method.epochs(settings, of))


def allowance(of: Entrant, *, num_settings: int = 4, first_rung: int = 1) -> Allowance:
    """Settings enough for the whole grid."""
    is_repeated = of.is_repeated
    return Allowance(
        entrant=of,
        num_settings=num_settings,
        first_rung=first_rung if is_repeated else 0,
        planned_epochs=of.rungs[-1],
        max_epochs=of.rungs[-1],
        seeds=1,
        epoch_seconds=2.0,
        final_seconds=3.0,
    )


def trials(folder: Path, choosing: Choosing, *, num_labels: int = 3) -> Trials:
    """On a real disk, without an engine: a drill needs none."""
    return Trials(
        facts=facts(choosing, num_labels=num_labels),
        choosing=choosing,
        engine=None,  # type: ignore[arg-type]
        artifacts=DiskArtifacts(folder),
        data_hash="d",
        seed=0,
    )


def race(
    folder: Path,
    *,
    num_rows: int = 450,
    metric: str = "accuracy",
    seconds: float = 3600.0,
    free_seconds: float = 1e6,
) -> Race:
    """A race over cross-validated rows."""
    choosing = choosing_of(dataset(rows(num_rows)), seed=0)
    return Race(
        trials(folder, choosing),
        choosing,
        metric=metric,
        seed=0,
        purse=Purse((), free_seconds),
        deadline=time.monotonic() + seconds,
    )


def result(
    method: Method,
    decided: np.ndarray,
    *,
    value: float,
    of: TaskFacts,
    base: BaseModel | None = None,
) -> Result:
    """A candidate with the given decisions, one replicate."""
    taking_part = entrant(method, of=of, base=base)
    return Result(
        allowance=allowance(taking_part),
        settings=default_settings(taking_part.dials, {}),
        epochs=0,
        logits_RSC=np.zeros((1, len(decided), of.num_labels), dtype=np.float32),
        decided_RS=decided[None],
        thresholds=None,
        value=value,
        seconds=1.0,
    )
