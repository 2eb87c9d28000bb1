"""A trial that loads its base only when it has to learn, answer or hand over something."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sartor.core.candidate import Answers, Fitted, State
from sartor.engines.training import TuneFit


class LazyFit:
    """Implements `core.protocols.Fit`.

    Args:
        begin: Loads the base and makes the training; told whether it starts anew, or from a stored state.
    """

    def __init__(self, begin: Callable[[bool], TuneFit]) -> None:
        self._begin = begin
        self._fit: TuneFit | None = None

    def advance(self, epochs: float) -> None:
        self._ready().advance(epochs)

    def answers(self, texts: Sequence[str]) -> Answers:
        return self._ready().answers(texts)

    def state(self) -> State:
        return self._ready().state()

    def restore(self, state: State) -> None:
        self._fit = self._begin(False)
        self._fit.restore(state)

    def fitted(self) -> Fitted:
        return self._ready().fitted()

    def _ready(self) -> TuneFit:
        if self._fit is None:
            self._fit = self._begin(True)
        return self._fit
