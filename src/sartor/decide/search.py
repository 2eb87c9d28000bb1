"""Hyperparameter search: every method's dials, the default first, then what the method names, then Optuna's
proposals.

TPE: Bergstra et al. 2011; Optuna: Akiba et al. 2019, arXiv 1907.10902. With a seed, the same scores give the
same proposals, so a run that is resumed proposes what it had proposed before.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from sartor.core.candidate import Dial
from sartor.core.hashing import canonical_json

MAX_REPEATS = 20
"""Proposals that may repeat a setting before the search is taken as exhausted."""


def default_settings(dials: Sequence[Dial], pinned: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults, with what the user pinned."""
    return {dial.name: pinned.get(dial.name, dial.default) for dial in dials}


def num_combinations(dials: Sequence[Dial], pinned: Mapping[str, Any], *, at_most: int) -> int:
    """Settings that differ, as far as it matters to a plan: a free range has as many as wanted."""
    free = [dial for dial in dials if dial.name not in pinned and not dial.is_of_answers]
    if any(not dial.choices for dial in free):
        return at_most
    return math.prod(len(dial.choices) for dial in free)


def origins_of(dials: Sequence[Dial], pinned: Mapping[str, Any]) -> dict[str, str]:
    """Setting to `given` (pinned by hand), `searched` or `default` (one choice only)."""
    return {
        dial.name: "given"
        if dial.name in pinned
        else "searched"
        if len(dial.choices) != 1
        else "default"
        for dial in dials
    }


class Search:
    """Proposes settings one after the other; told their values, it proposes better ones.

    Args:
        dials: What may be turned.
        pinned: What the user fixed.
        num_settings: Most settings to propose.
        seed: Of the sampler.
        is_higher_better: Which way values are good.
    """

    def __init__(
        self,
        dials: Sequence[Dial],
        pinned: Mapping[str, Any],
        *,
        num_settings: int,
        seed: int,
        is_higher_better: bool,
    ) -> None:
        self.defaults = default_settings(dials, pinned)
        self.free = [
            dial
            for dial in dials
            if dial.name not in pinned and len(dial.choices) != 1 and not dial.is_of_answers
        ]
        self.num_settings = num_settings
        self.seed = seed
        self.is_higher_better = is_higher_better
        self.asked: list[dict[str, Any]] = []
        self._grid = self._whole_grid()
        self._study: Any = None
        self._open: list[Any] = []

    def ask(self) -> dict[str, Any] | None:
        """The next settings, or None when there are no more."""
        if len(self.asked) >= self.num_settings:
            return None
        settings = self._next()
        if settings is not None:
            self.asked.append(settings)
        return settings

    def tell(self, settings: Mapping[str, Any], value: float | None) -> None:
        """What came of settings that were asked for; None where they failed."""
        if self._grid is not None or self._study is None:
            return
        from optuna.trial import TrialState

        trial = self._open[self.asked.index(dict(settings))]
        if value is None:
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, value)

    def _next(self) -> dict[str, Any] | None:
        if self._grid is not None:
            return self._grid[len(self.asked)] if len(self.asked) < len(self._grid) else None
        study = self._study_with_default()
        for _ in range(MAX_REPEATS):
            trial = study.ask(self._distributions())
            settings = {**self.defaults, **{k: tidy(v) for k, v in trial.params.items()}}
            if settings not in self.asked:
                self._open.append(trial)
                return settings
        return None

    def _whole_grid(self) -> list[dict[str, Any]] | None:
        """Every combination, the default first, where they are few enough to try all."""
        if any(not dial.choices for dial in self.free):
            return None
        names = [dial.name for dial in self.free]
        combinations = [
            {**self.defaults, **dict(zip(names, values, strict=True))}
            for values in itertools.product(*(dial.choices for dial in self.free))
        ]
        if len(combinations) > self.num_settings:
            return None
        return sorted(combinations, key=lambda s: (s != self.defaults, canonical_json(s)))

    def _study_with_default(self) -> Any:
        if self._study is None:
            import optuna

            optuna.logging.set_verbosity(optuna.logging.ERROR)
            self._study = optuna.create_study(
                direction="maximize" if self.is_higher_better else "minimize",
                sampler=optuna.samplers.TPESampler(seed=self.seed, n_startup_trials=6),
            )
            default = {dial.name: dial.default for dial in self.free}
            self._study.enqueue_trial(default)
            for dial in self.free:
                for value in _named(dial):
                    self._study.enqueue_trial(default | {dial.name: value})
        return self._study

    def _distributions(self) -> dict[str, Any]:
        from optuna.distributions import CategoricalDistribution, FloatDistribution

        return {
            dial.name: CategoricalDistribution(dial.choices)
            if dial.choices
            else FloatDistribution(float(dial.low or 0), float(dial.high or 1), log=dial.is_log)
            for dial in self.free
        }


def _named(dial: Dial) -> list[Any]:
    """What a dial asks to be tried besides its default."""
    others = [choice for choice in dial.choices if choice != dial.default]
    return others if dial.is_covered else [dial.second] if dial.second is not None else []


def tidy(value: Any) -> Any:
    """A float with three digits: a setting that a person can read, pin and repeat."""
    return float(f"{value:.3g}") if isinstance(value, float) else value
