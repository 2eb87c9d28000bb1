"""What stands behind a package that writes: the one form in which serving gets it handed in.

Shape letters: N inputs, C labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers
from sartor.core.prompt import Prompt

Choose = Callable[[Sequence[Prompt], Sequence[str]], tuple[np.ndarray, np.ndarray]]
"""Prompts and possible answers to log-probabilities (N, C), in nats, and tokens of each answer (C,)."""


class Asks(Protocol):
    """Whoever asks APIs."""

    def write(
        self,
        base: BaseModel,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int | None = None,
    ) -> Answers:
        """What the model behind an API says; arguments as of `Engine.write`."""


@dataclass(frozen=True)
class Recalled:
    """A model that is asked, or answers that are looked up."""

    base: BaseModel | None = None
    """The model that writes: the package's own folder, or the base that its prompts are for."""
    prompts_of: Callable[[Sequence[str]], list[Prompt]] | None = None
    """Inputs to what the model is asked."""
    answers_of: Callable[[Sequence[str]], Answers] | None = None
    """Inputs to answers, where no model takes part here: an API may."""
    logits_of: Callable[[Sequence[str], Choose], np.ndarray] | None = None
    """Inputs to logits (N, C), where the model rates the names of labels."""
    labels_of: Callable[[Sequence[str]], Answers] | None = None
    """Inputs to answers with logits (N, C), where an API names a label."""


Recall = Callable[[Path, Mapping[str, Any]], Recalled]
"""The folder of a package and its `sartor.json` to what stands behind it. Checks the folder first; raises
PackageError where it cannot be trusted, or its base is missing or another one."""


def no_recall(folder: Path, about: Mapping[str, Any]) -> Recalled:
    """Stands where only packages that score labels themselves are loaded."""
    raise AssertionError(f"{folder} holds a package that writes: it needs `recall`")
