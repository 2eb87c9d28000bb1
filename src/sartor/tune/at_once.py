"""What methods without epochs share, above all the baselines: they learn at once, or look things up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Dial, Fitted, Job, State
from sartor.core.dataset import TaskFacts


class AtOnce:
    """A method that repeats nothing."""

    def epochs(self, settings: Mapping[str, Any], facts: TaskFacts) -> tuple[float, ...]:
        return (0,)


class WithoutModel(AtOnce):
    """A baseline: no language model takes part."""

    depth = 0
    family = "baseline"
    needs_base = False
    uses_seed = False
    operations_per_token: float
    """Of learning from one; for the plan only."""

    def dials(self, facts: TaskFacts, base: BaseModel | None) -> tuple[Dial, ...]:
        """None, unless there is something to set."""
        return ()

    def train_flops(
        self, settings: Mapping[str, Any], facts: TaskFacts, base: BaseModel | None
    ) -> float:
        return self.operations_per_token * facts.mean_tokens * facts.num_fit


class FitAtOnce:
    """A baseline learning: all of it on the first `advance`.

    Args:
        job: Rows and settings.
        kind: Of what is stored, by `Fitted`'s name for it.
        learn: Makes the state from the job.
        answer: What the stored form says to some texts.
    """

    def __init__(
        self,
        job: Job,
        *,
        kind: str,
        learn: Callable[[Job], State],
        answer: Callable[[Fitted, Sequence[str]], Answers],
    ) -> None:
        self.job = job
        self.kind = kind
        self._learn = learn
        self._answer = answer
        self._state: State | None = None

    def advance(self, epochs: float) -> None:
        """Learn, unless that is done already."""
        if self._state is None:
            self._state = self._learn(self.job)

    def answers(self, texts: Sequence[str]) -> Answers:
        return self._answer(self.fitted(), texts)

    def state(self) -> State:
        assert self._state is not None, "advance before asking for the state"
        return self._state

    def restore(self, state: State) -> None:
        self._state = state

    def fitted(self) -> Fitted:
        """What was learned, with the task that it was learned for."""
        about, state = self.job.facts, self.state()
        facts = {"task": about.task, "output_kind": str(about.output_kind), **state.facts}
        return Fitted(self.kind, None, about.labels, state.arrays, facts)


class FitByLookup:
    """Learns nothing ahead: what it needs of the rows of its job, it makes when it is first asked."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def advance(self, epochs: float) -> None:
        """Nothing: the rows are at hand."""

    def state(self) -> State:
        return State({}, {"rows": self.job.rows.fingerprint()})

    def restore(self, state: State) -> None:
        """Nothing: the rows are at hand."""
