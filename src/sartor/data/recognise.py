"""Which reader a file needs, where its ending does not say it: by what stands in it, or by the goal.

A table may hold tagged tokens, JSON an export of tickets, a text a chat. What the user names in `format`
wins; a file that could be two things is a question, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from sartor.core.errors import DataError, GoalError
from sartor.core.goal import FILE_FORMATS, DataFormat, Goal, OutputKind
from sartor.data.annotators import CONSENSUS
from sartor.data.byte_stream import Annotators, DataFile
from sartor.data.readers import CHATS, CORRESPONDENCE, LOOKED_INTO

_JSON = ("json", "jsonl", "ndjson")
_TABLES = ("csv", "tsv", "parquet")
_TALKS = ("classify", "chat", "generate")


@dataclass(frozen=True)
class Kind:
    """Something that a file may be beside what its ending says."""

    reader: str
    """Its name among the readers."""
    format: DataFormat
    """What it is called in sartor.yaml."""
    endings: tuple[str, ...]
    tasks: tuple[str, ...]
    test: str
    """`module:function` that looks into the file, imported on use."""
    words: str
    """For questions: what it would be read as."""

    def holds(self, file: DataFile) -> bool:
        """Whether the file looks like it."""
        module, _, name = self.test.partition(":")
        return bool(getattr(import_module(f"sartor.data.{module}"), name)(file))


KINDS = (
    Kind(
        reader="conll",
        format=DataFormat.TAGS,
        endings=("csv", "tsv"),
        tasks=("extract",),
        test="read_conll:is_tagged",
        words="tagged tokens",
    ),
    Kind(
        reader="zendesk",
        format=DataFormat.ZENDESK,
        endings=_JSON,
        tasks=_TALKS,
        test="read_zendesk:is_zendesk",
        words="tickets of Zendesk",
    ),
    Kind(
        reader="intercom",
        format=DataFormat.INTERCOM,
        endings=_JSON,
        tasks=_TALKS,
        test="read_intercom:is_intercom",
        words="conversations of Intercom",
    ),
    Kind(
        reader="slack",
        format=DataFormat.SLACK,
        endings=("zip", "folder"),
        tasks=_TALKS,
        test="read_slack:is_slack",
        words="an export of Slack",
    ),
    Kind(
        reader="whatsapp",
        format=DataFormat.WHATSAPP,
        endings=("txt", "zip"),
        tasks=_TALKS,
        test="read_whatsapp:is_whatsapp",
        words="a chat of WhatsApp",
    ),
    Kind(
        reader="transcript",
        format=DataFormat.TRANSCRIPT,
        endings=("txt",),
        tasks=_TALKS,
        test="read_transcript:is_transcript",
        words="a transcript",
    ),
    Kind(
        reader="message_log",
        format=DataFormat.MESSAGE_LOG,
        endings=(*_JSON, *_TABLES),
        tasks=_TALKS,
        test="read_message_log:is_message_log",
        words="a log with one message a row",
    ),
)
_NAMED_ONLY = {
    DataFormat.WHATSAPP_DAY_FIRST: "whatsapp",
    DataFormat.WHATSAPP_MONTH_FIRST: "whatsapp",
}
"""Formats that nothing in a file can show, and the kind that they are one of."""
_ROWS = (None, DataFormat.CHAT)
"""What a goal says of rows that conversations are read as."""


def to_learn_from(files: Sequence[DataFile], goal: Goal) -> tuple[DataFile, ...]:
    """The files of a goal with the readers they need, told who answers and what is learned.

    Raises:
        GoalError: A file could be two things.
        DataError: A file that only its content could explain is nothing that is known; or the goal says who
            answers, and nothing is correspondence.
    """
    found = _recognised_files(files, goal, is_for_answers=goal.task in ("chat", "generate"))
    if goal.agents and not any(file.format in CORRESPONDENCE for file in found):
        raise DataError(
            where="sartor.yaml > agents",
            problem="says who answers, but no file of `data` is mail or a chat.",
            fix="Remove it.",
        )
    return found


def to_answer(file: DataFile, goal: Goal) -> DataFile:
    """A file of new messages with the reader it needs; raises as `to_learn_from` does."""
    return _recognised_files([file], goal, is_for_answers=False)[0]


def annotators_of(goal: Goal) -> Annotators | None:
    """Who labelled the rows, where the goal names several."""
    if not goal.columns.annotators:
        return None
    return Annotators(goal.columns.annotators, rate_numbers=goal.output_kind is OutputKind.SCORE)


def spelled_goal(goal: Goal) -> Goal:
    """The goal for rows as they are once files are read: conversations are chats, annotators agreed."""
    if goal.columns.annotators:
        goal = replace(goal, columns=replace(goal.columns, output=CONSENSUS))
    if goal.format not in FILE_FORMATS:
        return goal
    return replace(goal, format=None if goal.task == "classify" else DataFormat.CHAT)


def is_known_inside(path: Path, form: tuple[str, str]) -> bool:
    """Whether a text or an archive in a folder of data is one that can be read."""
    file = DataFile(path, path.name, "all", *form)
    return any(file.format in kind.endings and kind.holds(file) for kind in KINDS)


def _recognised_files(
    files: Sequence[DataFile], goal: Goal, *, is_for_answers: bool
) -> tuple[DataFile, ...]:
    """A list of users goes with the tickets beside it."""
    annotators = annotators_of(goal) if goal.task == "classify" else None
    told = [
        replace(file, agents=goal.agents, is_for_answers=is_for_answers, annotators=annotators)
        for file in files
    ]
    found = tuple(_recognised(file, goal) for file in told)
    return _with_users(found) if any(file.format == "zendesk" for file in found) else found


def _recognised(file: DataFile, goal: Goal) -> DataFile:
    kinds = [kind for kind in KINDS if file.format in kind.endings and goal.task in kind.tasks]
    if goal.format in FILE_FORMATS:
        return _as_named(file, kinds, goal.format)
    fitting = [kind for kind in kinds if _may_be(kind, goal) and kind.holds(file)]
    if len(fitting) > 1:
        raise _question(file, fitting)
    if fitting:
        return replace(file, format=fitting[0].reader)
    if file.format in LOOKED_INTO:
        raise _unknown(file, kinds)
    return file


def _may_be(kind: Kind, goal: Goal) -> bool:
    """A table with labels to classify has a text a row: it is a log only if the goal says so."""
    if kind.reader in CHATS:
        is_labelled = kind.reader == "message_log" and goal.task == "classify"
        return goal.format in _ROWS and not is_labelled
    return goal.format in (None, kind.format)


def _as_named(file: DataFile, kinds: Sequence[Kind], named: DataFormat) -> DataFile:
    reader = _NAMED_ONLY.get(named, str(named))
    if any(kind.reader == reader for kind in kinds):
        return replace(file, format=str(named))
    if file.format in LOOKED_INTO:
        raise _unknown(file, kinds)
    return file


def _with_users(files: Sequence[DataFile]) -> tuple[DataFile, ...]:
    from sartor.data.read_zendesk import is_zendesk_users

    users = tuple(
        file for file in files if file.format in ("zendesk", *_JSON) and is_zendesk_users(file)
    )
    return tuple(
        replace(file, companions=users) if file.format == "zendesk" else file
        for file in files
        if file not in users
    )


def _question(file: DataFile, kinds: Sequence[Kind]) -> GoalError:
    choices = " or ".join(f"`format: {kind.format}`" for kind in kinds)
    read_as = " or as ".join(kind.words for kind in kinds)
    return GoalError(
        where=file.name,
        problem=f"can be read as {read_as}.",
        fix=f"Add {choices} to sartor.yaml.",
    )


def _unknown(file: DataFile, kinds: Sequence[Kind]) -> DataError:
    known = " or ".join(kind.words for kind in KINDS if file.format in kind.endings)
    fits = f" Where it is one nevertheless, add `format: {kinds[0].format}`." if kinds else ""
    return DataError(
        where=file.name,
        problem=f"ends in `.{file.format}`, and does not look like {known}.",
        fix=f"Save its rows as .csv or .jsonl.{fits}",
    )
