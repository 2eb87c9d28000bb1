"""How the rows of a task whose answers are written are spelled: the format, by its keys, and columns.

What the user names wins. Two formats that fit equally well are a question, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sartor.core.errors import GoalError
from sartor.core.goal import DataFormat, Goal, OutputKind
from sartor.data.columns import recognise, refuse_absent
from sartor.data.personal import excerpt
from sartor.data.row import RawRow
from sartor.data.split_names import SPLIT_WORDS


class Remark(NamedTuple):
    """A line of the data card about columns."""

    what: str
    note: str


@dataclass(frozen=True)
class Layout:
    """How the rows are read."""

    kind: OutputKind
    format: DataFormat
    columns: dict[str, str]
    """Role to column. Beside those of `core.goal.Columns`: `rejected`, `label`, `instruction`,
    `system`, `history`, `tools`, `tokens`, `text`."""
    origins: dict[str, str]
    """Role to `given` or `recognised`."""
    note: str
    """The rule that decided, one sentence."""
    is_given: bool
    """Whether the user named the format."""
    languages: dict[str, str] = field(default_factory=dict)
    """To translate: the names of the languages, `from` and `to`."""
    instruction: str = ""
    """A system turn that is equal in all rows; only where texts, not conversations, are the input."""
    remarks: tuple[Remark, ...] = ()
    """What a person should know about the columns."""
    field_columns: tuple[str, ...] = ()
    """Of records: columns that hold one field each; empty where one column holds the record."""


def with_shared_roles(
    columns: dict[str, str],
    origins: dict[str, str],
    rows: Sequence[RawRow],
    there: Sequence[str],
    goal: Goal,
    *,
    where: str,
) -> tuple[dict[str, str], tuple[Remark, ...]]:
    """Add the columns that every format may have: group, time, split. `origins` grows with them."""
    remarks: list[Remark] = []
    found = dict(columns)
    for role in ("group", "time", "split"):
        name = getattr(goal.columns, role)
        if name is not None:
            refuse_absent(name, role=role, there=there, where=where)
            found[role], origins[role] = name, "given"
            continue
        free = [one for one in there if one not in found.values()]
        name = recognise(role, free, where=where)
        if role == "split" and name is not None and not _is_split(name, rows):
            note = f"`{name}` does not say train and valid or test, and was not used."
            remarks.append(Remark("columns not used", note))
        elif name is not None:
            found[role], origins[role] = name, "recognised"
    return found, tuple(remarks)


def unused(there: Sequence[str], columns: Mapping[str, str]) -> tuple[Remark, ...]:
    """Columns that nothing is read from, as a remark; none where there are none."""
    names = [name for name in there if name not in columns.values()]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    listed = ", ".join(f"`{excerpt(name)}`" for name in names[:10])
    note = f"Nothing was read from {listed}{more}."
    return (Remark("columns not used", note),) if names else ()


def question(
    where: str, first: str, second: str, *, setting: str, words: Sequence[str]
) -> GoalError:
    """Two readings are equally possible: the one clear question."""
    choices = " or ".join(f"`{setting}: {word}`" for word in words)
    return GoalError(
        where=where,
        problem=f"the rows can be read in two ways: by {first}, or by {second}.",
        fix=f"Add {choices} to sartor.yaml.",
    )


def _is_split(name: str, rows: Sequence[RawRow]) -> bool:
    said = {str(row.fields.get(name)).strip().lower() for row in rows}
    return len(said) > 1 and bool(said & SPLIT_WORDS.keys())
