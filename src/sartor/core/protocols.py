"""What the rooms ask of each other. One screen each, and nothing else crosses a wall.

Shape letters: N rows, C labels (1 for a score), D width of a feature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Dial, Fitted, Job, State
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.leaderboard import CandidateRow
from sartor.core.prompt import Prompt


class Fit(Protocol):
    """A candidate learning on some rows. It can stop at any rung and go on later, to the bit."""

    def advance(self, epochs: float) -> None:
        """Learn until `epochs` passes over the rows are done in all; at once if they are."""

    def answers(self, texts: Sequence[str]) -> Answers:
        """What it says to some inputs."""

    def state(self) -> State:
        """All that is needed to go on later."""

    def restore(self, state: State) -> None:
        """Go on from a stored state."""

    def fitted(self) -> Fitted:
        """What has been learned so far, ready to store and package."""


class Method(Protocol):
    """One way to adapt a base model (or none) to the task. One file each under `tune`.

    One that is for some tasks only, as copying is for translation, names them in `tasks`; one that pays with
    few examples only, the most of them in `most_rows`; one that may be judged after fewer steps than others,
    how many in `steps_before_score`.
    """

    name: str
    """Used in code, flag, file and screen: `head`, `lora`, ..."""
    title: str
    """For people: `frozen trunk, new output layer`."""
    depth: int
    """How deep it changes the model, 0 (no model) to 6 (all weights)."""
    family: str
    """`baseline`, `off_the_shelf` or `tuned`: what a verdict calls it."""
    needs_base: bool
    does: Mapping[str | None, frozenset[OutputKind]]
    """Architecture of the base (None: without one) to the kinds of output it can give with it."""
    uses_seed: bool
    """Whether another seed gives another model; where not, one retraining says all."""

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        """Its hyperparameters for this task and base; fewer for small data."""

    def epochs(self, settings: Mapping[str, Any], facts: TaskFacts) -> tuple[float, ...]:
        """Rungs: epochs at which a trial may be stopped; `(0,)` where nothing is repeated."""

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        """Planned operations of one pass over the rows (of the whole fit if no epochs)."""

    def begin(self, job: Job, engine: Engine) -> Fit:
        """Start to learn; nothing heavy happens before `advance`."""


def is_for(method: Method, task: str) -> bool:
    """Whether a method is meant for a task; one without `tasks` is for all whose kind of output it gives."""
    return task in getattr(method, "tasks", (task,))


class Engine(Protocol):
    """The rooms that hold torch. Steps get one from `flow` and never import it."""

    def features(self, base: BaseModel, texts: Sequence[str], pooling: str) -> np.ndarray:
        """Pooled trunk output (N, D) float32: `mean`, `cls`, `max`, or two joined as `mean+max`.

        One pass over the trunk gives every pooling; texts seen before are not computed again.
        """

    def token_counts(self, base: BaseModel, texts: Sequence[str]) -> np.ndarray:
        """Length of each text in tokens before anything is cut off, (N,) int64."""

    def tune(self, job: Job, *, trains: str) -> Fit:
        """The one training loop; what differs is in the settings.

        Args:
            job: Rows, settings and seed.
            trains: `head`, `last_layers`, `lora`, `all`, or `pairs` for all by pairs of one label.
        """

    def write(
        self,
        base: BaseModel,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int,
        decoding: Mapping[str, Any],
        schema: Mapping[str, Any] | None = None,
        max_tokens: int | None = None,
    ) -> Answers:
        """What a base writes as it is, with mean log-probabilities of its tokens.

        Args:
            base: A decoder or an encoder-decoder.
            prompts: What is asked.
            max_new_tokens: Longest answer.
            decoding: Empty for the likeliest token each time; else `temperature` and `top_p`, of which
                every prompt has draws of its own, or `repetition_penalty`.
            schema: JSON Schema that every answer keeps, whole at the longest too; None: free text.
            max_tokens: Most tokens of a prompt and its answer, within the base's context; None: as many as
                of a text to learn from.
        """

    def choose(
        self,
        base: BaseModel,
        prompts: Sequence[Prompt],
        choices: Sequence[str],
        *,
        max_tokens: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Log-probability of each answer after each prompt, its end included: (N, C), and tokens (C,).

        `max_tokens` as in `write`.
        """

    def linear(
        self,
        features: np.ndarray,
        targets: np.ndarray,
        *,
        facts: TaskFacts,
        inverse_regularisation: float,
    ) -> tuple[np.ndarray, np.ndarray]:
        """A linear output layer on features (N, D): weights (C, D) and biases (C,)."""

    def mlp(self, job: Job, features: np.ndarray) -> list[np.ndarray]:
        """A small MLP on features (N, D): weights and biases, layer by layer."""


class Artifact(Protocol):
    """One finished piece of work on disk."""

    facts: Mapping[str, Any]
    folder: Path

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays, loaded now."""


class Artifacts(Protocol):
    """Finished work, found by what went into it. To resume is to run again."""

    def find(self, kind: str, key: str) -> Artifact | None:
        """The artifact, or None where this work has not been finished."""

    def put(self, kind: str, key: str, state: State) -> Artifact:
        """Store arrays and facts; written aside and renamed, so it is whole or absent."""

    def put_files(self, kind: str, key: str, write: Callable[[Path], None]) -> Artifact:
        """Store what `write` puts into the folder it is given; whole or absent."""

    def drop(self, kind: str, key: str) -> None:
        """Forget an artifact that another one replaces."""


class Progress(Protocol):
    """What a person watches. Never decides anything."""

    def step(self, title: str) -> None:
        """A step of the journey begins."""

    def note(self, line: str) -> None:
        """A line worth keeping on the screen."""

    def candidate(self, row: CandidateRow) -> None:
        """A candidate's line on the leaderboard changed."""

    def spent(self, share: float, seconds_left: float | None) -> None:
        """Share of the planned work done, 0 to 1, and an estimate of the time left."""
