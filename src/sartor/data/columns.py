"""Which column holds what: named by the user, or recognised by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sartor.core.errors import DataError, did_you_mean
from sartor.core.goal import Columns
from sartor.data.personal import excerpt

ROLES = ("input", "output", "group", "time", "split")

KNOWN_NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "input": (
        (
            *("text", "input", "prompt", "message", "body", "utterance", "query", "question"),
            *("sentence", "content", "instruction", "texts", "inputs"),
        ),
        ("messages",),
        ("description", "comment", "review", "document", "subject", "title"),
    ),
    "output": (
        (
            *("label", "labels", "intent", "intents", "category", "categories", "class"),
            *("classes", "queue", "topic", "topics", "sentiment"),
        ),
        ("output", "answer", "score", "rating", "stars", "target", "tag", "tags"),
    ),
    "group": (
        ("group",),
        (
            *("conversation", "conversation_id", "conv", "conv_id", "customer", "customer_id"),
            *("group_id", "thread", "thread_id", "dialogue_id", "dialog_id"),
            *("session_id", "ticket_id", "user_id"),
        ),
    ),
    "time": (("time",), ("sent_at",), ("received_at",), ("created_at",), ("timestamp",), ("date",)),
    "split": (("split",),),
}
"""Role to names by tier: a name of an earlier tier wins; two of one tier are a question."""


@dataclass(frozen=True)
class ChosenColumns:
    """The columns that are used."""

    names: dict[str, str]
    """Role to column, the roles that are filled."""
    origins: dict[str, str]
    """Role to `given` or `recognised`."""


def choose_columns(there: Sequence[str], *, given: Columns, where: str) -> ChosenColumns:
    """Fill the roles: what the user named, then what is recognised.

    Args:
        there: The columns of the data.
        given: Names from `columns:`.
        where: The file, for messages.

    Raises:
        DataError: A named column is absent, a needed one is not recognised, or two could be meant.
    """
    names = {role: name for role in ROLES if (name := getattr(given, role)) is not None}
    for role, name in names.items():
        refuse_absent(name, role=role, there=there, where=where)
    origins = dict.fromkeys(names, "given")
    for role in ROLES:
        free = [name for name in there if name not in names.values()]
        if role not in names and (found := recognise(role, free, where=where)) is not None:
            names[role], origins[role] = found, "recognised"
    for role in ("input", "output"):
        if role not in names:
            raise not_recognised(role, there=there, where=where)
    return ChosenColumns(names, origins)


def recognise(
    role: str,
    there: Iterable[str],
    *,
    where: str,
    known: Mapping[str, tuple[tuple[str, ...], ...]] = KNOWN_NAMES,
) -> str | None:
    """The column of a role by its name, or None where no name is known.

    Args:
        role: One of `ROLES`.
        there: Columns that may be meant.
        where: The file, for messages.
        known: Role to names by tier.

    Raises:
        DataError: Two columns are equally plausible.
    """
    for tier in known[role]:
        found = [name for name in there if _plain(name) in tier]
        if len(found) > 1:
            raise DataError(
                where=where,
                problem=f"{' and '.join(f'`{name}`' for name in found)} could each be "
                f"the {role} column.",
                fix=f"Add `columns: {{{role}: {found[0]}}}` (or `{found[1]}`) to sartor.yaml.",
            )
        if found:
            return found[0]
    return None


def _plain(name: str) -> str:
    """`Customer ID` and `customerId` are `customer_id`."""
    with_breaks = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s\-.]+", "_", with_breaks).lower()


def refuse_absent(name: str, *, role: str, there: Sequence[str], where: str) -> None:
    """A column that the user named has to be there.

    Raises:
        DataError: It is not.
    """
    if name not in there:
        raise DataError(
            where=f"{where} > columns.{role}",
            problem=f"there is no column `{name}`; the columns are {listed_columns(there)}.",
            fix=did_you_mean(name, there),
        )


def not_recognised(
    role: str, *, there: Sequence[str], where: str, what: str | None = None
) -> DataError:
    """What to raise where no column is known to hold the text or its answer."""
    what = what or {"input": "the text", "output": "the label"}[role]
    fix = f"Add `columns: {{{role}: NAME}}` to sartor.yaml."
    if what == "the label":
        fix += " If nobody has labelled them yet, `sartor data DIR --intents` proposes labels."
    return DataError(
        where=where,
        problem=f"no column was recognised as {what}; the columns are {listed_columns(there)}.",
        fix=fix,
    )


def listed_columns(there: Sequence[str]) -> str:
    """The columns for a message: the first thirty."""
    shown = ", ".join(f"`{excerpt(name)}`" for name in there[:30])
    return f"{shown} and {len(there) - 30} more" if len(there) > 30 else shown or "none"
