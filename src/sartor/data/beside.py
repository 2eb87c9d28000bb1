"""What a goal brings beside its rows: documents that answers may draw on, and guidelines for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sartor.core.dataset import Count
from sartor.core.goal import Goal
from sartor.core.guidelines import Guidelines
from sartor.data.documents import Passages, passage_counts, read_passages
from sartor.data.guidelines import guideline_counts, read_guidelines


@dataclass(frozen=True)
class Beside:
    """What a goal brings beside its rows."""

    passages: Passages
    guidelines: Guidelines | None

    def parts(self) -> list[Any]:
        """What a hash has to hold of it; without any a dataset is what it was."""
        rules = [self.guidelines.as_dict()] if self.guidelines else []
        return [*([list(self.passages.texts)] if self.passages.all else []), *rules]

    def facts(self) -> dict[str, Any]:
        """What is stored of it."""
        facts: dict[str, Any] = {}
        if self.passages.all:
            facts["passages"] = list(self.passages.texts)
            facts["passage_places"] = list(self.passages.places)
        if self.guidelines is not None:
            facts["guidelines"] = self.guidelines.as_dict()
        return facts

    def counts(self, goal: Goal) -> list[Count]:
        """What the card says of it."""
        return [*passage_counts(goal.documents, self.passages), *guideline_counts(self.guidelines)]


def read_beside(goal: Goal, folder: Path) -> Beside:
    """Passages and rules.

    Args:
        goal: Names the files.
        folder: The workspace.

    Raises:
        DataError: A file is absent or cannot be read.
    """
    guidelines = None
    if goal.guidelines is not None:
        guidelines = read_guidelines(folder / goal.guidelines, name=goal.guidelines)
    return Beside(read_passages(goal.documents, folder=folder), guidelines)
