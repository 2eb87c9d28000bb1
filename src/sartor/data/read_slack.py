"""Exports of Slack: a zip archive, or the folder it was unpacked to.

`users.json` says who is who; each channel is a folder with one file a day. A thread is a conversation. What
stands outside threads follows one another in its channel, and a new matter begins after an answer and a day
of silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sartor.core.errors import DataError
from sartor.data.archive import Archive, Member, open_archive
from sartor.data.byte_stream import DataFile
from sartor.data.exchange import ATTACHMENTS, Exchange, left_out, mapping_in, mappings_in, text_in
from sartor.data.json_stream import array_items
from sartor.data.message_spool import MessageSpool, Spooled
from sartor.data.row import BadRow, Dropped, RawRow
from sartor.data.slack_text import plain_slack
from sartor.data.speakers import Cast, Census, Side
from sartor.data.times import utc_time

USERS = "users.json"
CHANNEL_LISTS = ("channels.json", "groups.json", "dms.json", "mpims.json")
MAX_USERS = 500_000
_DELETED = "tombstone"
_KEPT_SUBTYPES = frozenset({"", "thread_broadcast", "me_message", "file_share", "reply_broadcast"})


def read_slack(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """A row for each thread, and for each stretch of talk outside of threads.

    Raises:
        DataError: The export is damaged, unsafe, or does not say who answers.
    """
    archive = open_archive(file.path, file.name)
    try:
        with MessageSpool(where=file.name) as spool:
            reading = _Reading(file, archive, spool)
            yield from reading.gather()
            cast = reading.census.cast(where=file.name)
            for messages in spool.conversations():
                yield from _conversations(messages, reading, cast)
    finally:
        archive.close()


def is_slack(file: DataFile) -> bool:
    """Whether an archive or a folder holds a list of users and one of channels."""
    if file.path.is_dir():
        return is_slack_folder(file.path)
    try:
        archive = open_archive(file.path, file.name)
    except DataError:
        return False
    names = {member.name for member in archive.members()}
    archive.close()
    return _root(names) is not None


def is_slack_folder(path: Path) -> bool:
    """Whether a folder is an unpacked export."""
    return (path / USERS).is_file() and any((path / name).is_file() for name in CHANNEL_LISTS)


def _root(names: set[str]) -> str | None:
    """The folder in the archive that holds the lists: mostly the archive itself."""
    for name in sorted(names, key=len):
        root = name.removesuffix(USERS)
        if name.endswith(USERS) and any(root + other in names for other in CHANNEL_LISTS):
            return root
    return None


@dataclass
class _Reading:
    """One pass over an export: users, then all messages into the spool."""

    file: DataFile
    archive: Archive
    spool: MessageSpool
    users: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Id of a user to its names, the one that is shown last."""

    def __post_init__(self) -> None:
        self.census = Census(self.file.agents)

    def gather(self) -> Iterator[Dropped]:
        """Put every message aside; what is none is left out, counted."""
        members = {member.name: member for member in self.archive.members()}
        root = _root(set(members))
        if root is None:
            problem = f"holds no `{USERS}` with a list of channels."
            raise DataError(where=self.file.name, problem=problem, fix="Export it from Slack anew.")
        for user in self._items(members[root + USERS]):
            self._learn(mapping_in(user))
        for name, member in members.items():
            channel, _, day = name.removeprefix(root).rpartition("/")
            if name.startswith(root) and channel and "/" not in channel and day.endswith(".json"):
                yield from self._day(member, channel)

    def names(self, user: str) -> tuple[str, ...]:
        """All names of a user: the id, then what is known."""
        return (user, *self.users.get(user, ()))

    def _items(self, member: Member) -> Iterator[Any]:
        with self.archive.open(member) as stream:
            yield from array_items(stream, name=f"{self.file.name}/{member.name}")

    def _learn(self, user: Mapping[str, Any]) -> None:
        profile = mapping_in(user.get("profile"))
        shown = [text_in(profile.get(key)) for key in ("email", "real_name", "display_name")]
        names = [text_in(user.get("name")), text_in(user.get("real_name")), *shown]
        self.users[text_in(user.get("id"))] = tuple(name[:200] for name in names if name)
        if len(self.users) > MAX_USERS:
            problem = f"`{USERS}` lists more than {MAX_USERS:,} users."
            raise DataError(where=self.file.name, problem=problem, fix="Export it from Slack anew.")

    def _day(self, member: Member, channel: str) -> Iterator[Dropped]:
        source = f"{self.file.name}/{member.name}"
        for number, item in enumerate(self._items(member), start=1):
            message = mapping_in(item)
            if what := _left_out(message):
                yield left_out(source, number, what)
                continue
            self.census.add(*self.names(text_in(message.get("user"))))
            place = _seconds(message)
            thread = text_in(message.get("thread_ts"))
            fields = {
                "channel": channel,
                "thread": thread,
                "source": source,
                "ts": place,
                "user": text_in(message.get("user")),
                "text": text_in(message.get("text")),
                "files": len(mappings_in(message.get("files"))),
            }
            self.spool.add(f"{channel}\n{thread}", fields, line=number, place=place)


def _left_out(message: Mapping[str, Any]) -> str:
    """What a message is counted as; empty where it is read."""
    subtype = text_in(message.get("subtype"))
    if subtype == _DELETED:
        return "deleted messages"
    if subtype == "bot_message" or ("bot_id" in message and "user" not in message):
        return "messages of bots"
    if message.get("bot_profile") or message.get("bot_id"):
        return "messages of bots"
    is_message = message.get("type", "message") == "message" and "user" in message
    return "" if is_message and subtype in _KEPT_SUBTYPES else "system lines"


def _seconds(message: Mapping[str, Any]) -> float:
    try:
        return float(text_in(message.get("ts"))[:30])
    except ValueError:
        return 0.0


def _conversations(
    messages: Iterator[Spooled], reading: _Reading, cast: Cast
) -> Iterator[RawRow | BadRow | Dropped]:
    """A thread as it is; what stands outside of threads, parted where a matter is over."""
    exchange: Exchange | None = None
    for message in messages:
        said = message.fields
        side = cast.side(*reading.names(said["user"]))
        time = utc_time(said["ts"]) if said["ts"] else ""
        if exchange is None or (not said["thread"] and exchange.is_over(side, time)):
            if exchange is not None:
                yield from exchange.finished()
            exchange = _begun(message)
        exchange.leave_out(ATTACHMENTS, message.line, times=said["files"])
        text = plain_slack(said["text"], lambda user: reading.names(user)[-1])
        exchange.say(text, side, time=time, line=message.line)
        if side is Side.CUSTOMER:
            exchange.asked_by(said["user"])
    if exchange is not None:
        yield from exchange.finished()


def _begun(message: Spooled) -> Exchange:
    said = message.fields
    return Exchange(
        id=f"{said['channel']} {said['thread'] or said['ts']}",
        source=said["source"],
        line=message.line,
        fields={"channel": said["channel"]},
    )
