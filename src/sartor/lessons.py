"""What each base model would learn from the data, shown and checked before it learns.

For `sartor data` and for the report of a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sartor.core.conversation import turns_of
from sartor.core.errors import BaseModelError, DataError
from sartor.core.lesson import GOOD, LOOK, Finding, LessonsOfBase
from sartor.core.words import count, counted

if TYPE_CHECKING:
    from sartor.core.base_model import BaseModel
    from sartor.core.dataset import Dataset, Split, TaskFacts
    from sartor.core.goal import Goal
    from sartor.core.prompt import Prompt

LESSONS = "lessons.json"
"""In a run's folder."""


def lessons_of_data(goal: Goal, dataset: Dataset, folder: Path) -> tuple[LessonsOfBase, ...]:
    """What the rows teach each base of the goal; one that is not at hand is named with the cause.

    Nothing is fetched. Empty where the goal trains no model that writes.
    """
    from sartor.decide.choosing import choosing_of
    from sartor.decide.task_facts import facts_of

    found = list(_bases_at_hand(goal, dataset, folder))
    if not found:
        return ()
    try:
        facts = facts_of(goal, dataset, choosing_of(dataset, seed=goal.seed))
    except DataError as error:  # too few rows to choose by
        names = [base.base if isinstance(base, LessonsOfBase) else base.id for base in found]
        return tuple(LessonsOfBase(name, problem=f"{error.problem} {error.fix}") for name in names)
    return tuple(
        base if isinstance(base, LessonsOfBase) else _lessons(base, dataset, facts)
        for base in found
        if isinstance(base, LessonsOfBase) or _is_tuned(goal, dataset, base)
    )


def lessons_of_run(
    goal: Goal, dataset: Dataset, facts: TaskFacts, bases: Sequence[BaseModel]
) -> tuple[LessonsOfBase, ...]:
    """The same for the bases of a run."""
    return tuple(_lessons(base, dataset, facts) for base in bases if _is_tuned(goal, dataset, base))


def _bases_at_hand(
    goal: Goal, dataset: Dataset, folder: Path
) -> Iterator[BaseModel | LessonsOfBase]:
    """Bases of the goal, or a line for one that is not there; to classify, which encoders do too, no line."""
    from sartor.base.resolve import resolve, there_by_default
    from sartor.core.base_model import WRITERS

    names = goal.bases or (there_by_default(WRITERS) if dataset.task != "classify" else ())
    for name in names:
        try:
            yield resolve(name, offline=True, relative_to=folder)
        except BaseModelError as error:
            if dataset.task != "classify":
                yield LessonsOfBase(name, problem=f"{error.problem} {error.fix}")


def _is_tuned(goal: Goal, dataset: Dataset, base: BaseModel) -> bool:
    """Whether some method of the goal trains this base to write what the task asks for."""
    from sartor.tune.registry import load_methods

    return base.is_writer and any(
        method.family == "tuned"
        and dataset.output_kind in method.does.get(base.architecture, frozenset())
        for method in load_methods(goal.methods)
    )


def _lessons(base: BaseModel, dataset: Dataset, facts: TaskFacts) -> LessonsOfBase:
    from sartor.data.personal import mask_personal_data
    from sartor.engines.lesson_check import check_lessons
    from sartor.serve.recall import asked_of_tuned

    def served(texts: Sequence[str]) -> list[Prompt]:
        return asked_of_tuned({"is_conversation": facts.is_conversation}, texts)

    return check_lessons(base, dataset.train, facts, served=served, mask=mask_personal_data)


def with_memory(
    lessons: Sequence[LessonsOfBase],
    folders: Mapping[str, Path],
    test: Split | None,
    *,
    is_conversation: bool,
) -> tuple[LessonsOfBase, ...]:
    """The lessons, and of each base that tells what it was pretrained on, whether test rows are among it.

    Args:
        lessons: Of the bases.
        folders: Base id to folder.
        test: The test rows, opened; None where there are none.
        is_conversation: Whether its texts are conversations.
    """
    if test is None:
        return tuple(lessons)
    asked = [
        tuple(turn.content for turn in turns_of(text)) if is_conversation else (text,)
        for text in test.texts
    ]
    found = ((one, _memory(folders[one.base], asked)) for one in lessons)
    return tuple(
        replace(one, findings=(*one.findings, memory)) if memory else one for one, memory in found
    )


def _memory(folder: Path, asked: Sequence[tuple[str, ...]]) -> Finding | None:
    """Whether test rows stand in the pretraining text; None where the folder does not tell."""
    from sartor.base.pretraining import filter_beside, is_in_pretraining

    shipped = filter_beside(folder)
    if shipped is None:
        return None
    num_read = sum(any(is_in_pretraining(text, shipped) for text in texts) for texts in asked)
    if not num_read:
        return Finding(GOOD, "No test row is known from its pretraining, by runs of eight words.")
    rows = f"{count(num_read)} of {counted(len(asked), 'test row')}"
    words = f"{rows} may stand in its pretraining text: what it scores there may be memory."
    return Finding(LOOK, words)
