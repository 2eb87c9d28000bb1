"""Candidates, their settings, and what they become when they have learned.

Shape letters: N rows, C labels (1 for a score).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.dataset import Split, TaskFacts
from sartor.core.endpoint import Asked
from sartor.core.hashing import content_hash


@dataclass(frozen=True)
class Dial:
    """One hyperparameter: what may be asked, and what is asked by default."""

    name: str
    """The field's standard term: `learning_rate`, `rank`, ..."""
    default: Any
    """Tried first."""
    doc: str
    """Unit and effect, one sentence."""
    choices: tuple[Any, ...] = ()
    """Allowed values, where it is a choice."""
    low: float | None = None
    """Lower end, where it is a range."""
    high: float | None = None
    """Upper end, where it is a range."""
    is_log: bool = False
    """Whether the range is searched on a log scale."""
    second: Any = None
    """Tried next, with all else at its default; None: the search proposes."""
    least: float | None = None
    """Smallest number that may be pinned; None: any above 0."""
    most: float | None = None
    """Largest number that may be pinned; None: no limit."""
    is_covered: bool = False
    """Whether each of its choices is tried at least once, with all else at its default, before the search
    proposes."""
    is_of_answers: bool = False
    """Whether it changes only how answers are written. It is then searched last, on what was learned with the
    best other settings, and leaves its default only for a choice that is shown to be better."""

    def refusal(self, value: Any) -> str | None:
        """Why a pinned value is impossible, or None where it is fine.

        A pinned number may lie outside what is searched, as long as it means something.
        """
        if isinstance(self.default, bool | str):
            is_known = any(type(c) is type(value) and c == value for c in self.choices)
            known = ", ".join(str(choice) for choice in self.choices)
            return None if is_known else f"is not one of {known}"
        return self._refusal_of_number(value)

    def _refusal_of_number(self, value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "is not a number"
        if isinstance(value, float) and not math.isfinite(value):
            return "is not a finite number"
        if isinstance(self.default, int) and not isinstance(value, int):
            return "is not a whole number"
        if self.least is None and value <= 0:
            return "is not above 0"
        if self.least is not None and value < self.least:
            return f"is below {self.least:g}"
        if self.most is not None and value > self.most:
            return f"is above {self.most:g}"
        return None


@dataclass(frozen=True)
class Candidate:
    """Base model x method x hyperparameters."""

    method: str
    """Name of the method in the registry of `tune`."""
    base: str | None
    """Id of the base model; None for baselines without one."""
    settings: Mapping[str, Any]
    """Every hyperparameter, none left implicit."""

    @property
    def id(self) -> str:
        """Readable and unique: `head/minilm-l6/3fa2c1`."""
        digest = content_hash([self.method, self.base, dict(self.settings)])[:6]
        return "/".join([self.method, *([self.base.split("/")[-1]] if self.base else []), digest])


@dataclass(frozen=True)
class Job:
    """What a method gets to learn from."""

    facts: TaskFacts
    settings: Mapping[str, Any]
    base: BaseModel | None
    rows: Split
    """Rows to learn from: never a row that the fit is scored on."""
    seed: int


@dataclass(frozen=True)
class State:
    """Arrays and JSON-like facts: the one form in which anything learned is stored."""

    arrays: dict[str, np.ndarray]
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """What a candidate says to N inputs."""

    logits_NC: np.ndarray
    """Where the answer is decided from them: logits (N, C) float32, for a score the prediction itself (N, 1).
    Else the mean log-probability of a token that was written, (N, 1); NaN where it has none."""
    written_N: np.ndarray | None = None
    """Texts, spans or fields, one each, (N,) object; None where the answer is decided from the logits."""
    asked: Asked | None = None
    """What they took where an API gave them; None where no API did."""


@dataclass(frozen=True)
class Fitted:
    """A candidate that has learned, in a form that can be stored, scored and packaged."""

    kind: str
    """`tfidf` (also the majority class), `pooled_head`, `class_head` or `adapter`; `tagger`, `crf` or
    `gazetteer`; `field_rules`; `nearest_answer`, `phrases`, `prompt`, `api_prompt`, `writer` or
    `writer_adapter`."""
    base: BaseModel | None
    labels: tuple[str, ...]
    arrays: dict[str, np.ndarray]
    """What was learned; for `class_head` with frozen layers only the trained tensors."""
    facts: dict[str, Any]
    """All else that scoring needs (pooling, rank, vocabulary, ...), JSON-like."""
