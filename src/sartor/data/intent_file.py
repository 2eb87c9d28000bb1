"""`intents.yaml`: proposed intents as a file that people edit, and read back.

Two intents of one name are merged; `name: null` drops one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from sartor.core.errors import DataError, did_you_mean
from sartor.data.intents import Intent, Proposals, is_thin
from sartor.data.personal import excerpt

FILE = "intents.yaml"
LABELLED_FILE = "intents.jsonl"
"""The messages with the ids of their intents, ready to be learned from."""
MAX_FILE_CHARACTERS = 1_000_000
_DEEPEST = 8
_KEYS = ("id", "name", "words", "examples", "messages")
_HEAD = """\
# Proposed intents. Change a name to rename an intent, give two the same name to merge them,
# write `name: null` to drop one. `id` says which messages are meant and stays as it is;
# words, examples and messages are for reading only.
"""
_THIN = "# Thin, too few messages to learn and to test: {}.\n"


@dataclass(frozen=True)
class NamedIntents:
    """What people made of the proposals."""

    name_of: dict[str, str | None]
    """Id to name; None is dropped."""

    def labels(self, proposals: Proposals) -> list[str | None]:
        """The label of each message; None where its intent was dropped or it has none."""
        names = [self.name_of[one.id] for one in proposals.intents]
        return [names[at] if at >= 0 else None for at in proposals.intent_N.tolist()]


def intents_yaml(intents: Sequence[Intent]) -> str:
    """The file's text."""
    entries = [
        {
            "id": one.id,
            "name": one.name,
            "words": list(one.words),
            "examples": list(one.examples),
            "messages": one.num_messages,
        }
        for one in intents
    ]
    thin = ", ".join(one.id for one in intents if is_thin(one))
    body = yaml.safe_dump(
        {"intents": entries},
        sort_keys=False,
        allow_unicode=True,
        width=100,
        default_flow_style=None,
    )
    return _HEAD + (_THIN.format(thin) if thin else "") + body


def read_intents(text: str, *, where: str, known_ids: Sequence[str] | None = None) -> NamedIntents:
    """Names as people left them.

    Args:
        text: Of the file.
        where: The file, for messages.
        known_ids: Ids of the proposals that it was written from; None: any.

    Raises:
        DataError: It is no YAML of this form, an id is unknown, absent or there twice, or a name is no text.
    """
    entries = _entries(text, where)
    name_of: dict[str, str | None] = {}
    for number, entry in enumerate(entries, 1):
        id_, name = _entry(entry, f"{where} > intents > {number}", known_ids)
        if id_ in name_of:
            raise DataError(
                where=f"{where} > intents > {number}",
                problem=f"the id `{id_}` stands in the file twice.",
                fix="Delete one of the two entries.",
            )
        name_of[id_] = name
    if known_ids is None:
        return NamedIntents(name_of)
    if missing := [id_ for id_ in known_ids if id_ not in name_of]:
        raise DataError(
            where=f"{where} > intents",
            problem=f"`{missing[0]}` is missing{f', with {len(missing) - 1} more' * (len(missing) > 1)}.",
            fix="Put the entry back; to drop an intent, keep its id and write `name: null`.",
        )
    return NamedIntents({id_: name_of[id_] for id_ in known_ids})


def is_written_from(text: str, proposals: Proposals, *, where: str) -> bool:
    """Whether a file was written from these proposals: its words for reading are theirs.

    Ids are numbers, so those of other messages' proposals would name the wrong ones.

    Raises:
        DataError: It is no YAML of this form.
    """
    said = {
        str(entry.get("id")): entry.get("words")
        for entry in _entries(text, where)
        if isinstance(entry, Mapping)
    }
    return said == {one.id: list(one.words) for one in proposals.intents}


def _entries(text: str, where: str) -> list[Any]:
    if len(text) > MAX_FILE_CHARACTERS:
        raise DataError(
            where=where,
            problem=f"has {len(text):,} characters; at most {MAX_FILE_CHARACTERS:,} are read.",
            fix="Is it the right file? Propose the intents again.",
        )
    try:
        _refuse_traps(text, where)
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}, line {mark.line + 1}" if mark else where
        problem = excerpt(getattr(error, "problem", None) or str(error))
        raise DataError(
            where=place,
            problem=f"is not YAML: {problem}.",
            fix="Put names with special characters in quotes, and keep the indentation.",
        ) from None
    if not isinstance(content, Mapping) or not isinstance(content.get("intents"), list):
        raise DataError(
            where=where,
            problem="does not begin with a list called `intents`.",
            fix="Start with `intents:` and an entry `- id: i001` for each.",
        )
    return list(content["intents"])


def _refuse_traps(text: str, where: str) -> None:
    """A few anchors can unfold to more than any memory holds, and deep nesting is read in quadratic time."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        mark = event.start_mark
        line = f"{where}, line {mark.line + 1}" if mark else where
        if depth > _DEEPEST:
            raise DataError(
                where=line,
                problem=f"is nested more than {_DEEPEST} deep.",
                fix="Put names that begin with a bracket in quotes.",
            )
        if isinstance(event, yaml.AliasEvent):
            raise DataError(
                where=line,
                problem=f"refers to an anchor (`*{excerpt(event.anchor)}`).",
                fix="Write the value out, or put a name that begins with `*` in quotes.",
            )


def _entry(entry: object, where: str, known_ids: Sequence[str] | None) -> tuple[str, str | None]:
    if not isinstance(entry, Mapping) or "id" not in entry or "name" not in entry:
        raise DataError(
            where=where,
            problem=f"`{excerpt(entry)}` is no intent: it needs an `id` and a `name`.",
            fix="Write `- id: i001` and below it `name: a_name`, or `name: null` to drop it.",
        )
    if unknown := sorted(str(key) for key in entry if key not in _KEYS):
        raise DataError(
            where=f"{where} > {excerpt(unknown[0])}",
            problem=f"`{excerpt(unknown[0])}` is not known here.",
            fix=did_you_mean(unknown[0], _KEYS),
        )
    id_, name = entry["id"], entry["name"]
    if not isinstance(id_, str) or (known_ids is not None and id_ not in known_ids):
        raise DataError(
            where=f"{where} > id",
            problem=f"`{excerpt(id_)}` is the id of no proposal.",
            fix="Ids stay as they were; change the name instead.",
        )
    if name is not None and (not isinstance(name, str) or not name.strip()):
        raise DataError(
            where=f"{where} > name",
            problem=f"`{excerpt(name)}` is no name: a text is needed.",
            fix="Put it in quotes, or write `null` to drop the intent.",
        )
    return str(id_), name.strip() if isinstance(name, str) else None
