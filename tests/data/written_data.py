"""Small rows for the tests of written and extracted answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from small_data import Row, goal, prepared, write_rows

from sartor.core.conversation import turns_of
from sartor.core.dataset import Dataset
from sartor.core.goal import TASK_KINDS, Goal


def wanted(task: str, *files: str, **changes: Any) -> Goal:
    """A goal as `goal.load` derives it, without a file."""
    kinds = TASK_KINDS[task]
    kind = next(iter(kinds)) if len(kinds) == 1 else None
    return goal(*files, **{"task": task, "output_kind": kind, **changes})


def said(role: str, content: Any, **more: Any) -> Row:
    """A message of the chat format."""
    return {"role": role, "content": content, **more}


def chat(*contents: str, system: str = "", **more: Any) -> Row:
    """A row whose turns alternate, the user first."""
    roles = ("user", "assistant")
    turns = [said(roles[at % 2], content) for at, content in enumerate(contents)]
    return {"messages": [*([said("system", system)] if system else []), *turns], **more}


def read(
    folder: Path, rows: list[Row], task: str, *, skip_bad: bool = False, **changes: Any
) -> Dataset:
    """Rows of one file, prepared."""
    write_rows(folder / "rows.jsonl", rows)
    return prepared(folder, wanted(task, **changes), skip_bad=skip_bad)


def examples(dataset: Dataset) -> list[tuple[str, Any]]:
    """Input and target of every row of every split, in the order of the file."""
    splits = [dataset.train, *([dataset.valid] if dataset.valid else [])]
    if dataset.test is not None:
        splits.append(dataset.test.open("a test of the tests"))
    found = [
        (int(source.rpartition(":")[2]), at, text, target)
        for split in splits
        for at, (source, text, target) in enumerate(
            zip(split.sources, split.texts, split.targets, strict=True)
        )
    ]
    found.sort(key=lambda one: (one[0], len(one[2]), one[1]))
    return [(text, target) for _, _, text, target in found]


def spoken(text: str) -> list[str]:
    """A conversation as `role: content`, calls by their name."""
    return [
        f"{turn.role}: {turn.content}" + "".join(f" -> {call['name']}" for call in turn.tool_calls)
        for turn in turns_of(text)
    ]


def counted(dataset: Dataset) -> dict[str, int]:
    """The counted lines of the card."""
    assert dataset.card is not None
    return {count.what: count.num_rows for count in dataset.card.counts}
