"""Chats exported from WhatsApp as text: `.txt` of Android and iOS, also in the zip archive with its media.

A file is a chat with one customer or a group; a new conversation begins after an answer and a day of silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice

from sartor.core.errors import DataError, GoalError
from sartor.data.archive import Member, open_archive
from sartor.data.byte_stream import (
    Blocks,
    ByteStream,
    DataFile,
    Line,
    encoding_guess,
    physical_lines,
)
from sartor.data.exchange import ATTACHMENTS, Exchange, left_out, without_marks
from sartor.data.personal import excerpt
from sartor.data.row import (
    MAX_FIELD_CHARACTERS,
    NOT_UTF8,
    TOO_LONG,
    BadRow,
    Dropped,
    Problem,
    RawRow,
)
from sartor.data.speakers import Cast, Census, Side
from sartor.data.times import spelled
from sartor.data.whatsapp_lines import (
    DateOrders,
    Written,
    first_line,
    left_out_as,
    moment,
    without_edit_mark,
)

_LOOKED_AT_LINES = 50
_FEWEST_MESSAGES = 2


def read_whatsapp(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """A row for each conversation of a chat; the order of its dates is recognised.

    Raises:
        DataError: It is not clear who answers.
        GoalError: Its dates can be read in two ways.
    """
    yield from _read(file, order=None)


def read_whatsapp_day_first(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """The same where the user says that `12/11/24` is in November."""
    yield from _read(file, order="day")


def read_whatsapp_month_first(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """The same where the user says that `12/11/24` is in December."""
    yield from _read(file, order="month")


def is_whatsapp(file: DataFile) -> bool:
    """Whether the first lines begin messages, with stamps as WhatsApp writes them."""
    try:
        with _text_of(file) as stream:
            head = list(islice(physical_lines(stream, name=file.name), _LOOKED_AT_LINES))
    except DataError:
        return False
    begun = [first_line((line.data or b"").decode("utf-8", "replace")) for line in head]
    num_said = sum(one is not None and bool(one.speaker) for one in begun)
    is_first = next(
        (one is not None for one, line in zip(begun, head, strict=True) if line.data), False
    )
    return is_first and num_said >= min(_FEWEST_MESSAGES, len(head))


@contextmanager
def _text_of(file: DataFile) -> Iterator[Blocks]:
    """The chat itself, which in an archive stands beside its pictures."""
    with ExitStack() as stack:
        if file.path.suffix.lower() != ".zip":
            yield stack.enter_context(ByteStream(file))
            return
        archive = open_archive(file.path, file.name)
        stack.callback(archive.close)
        yield stack.enter_context(archive.open(_chat(archive.members(), file)))


def _chat(members: tuple[Member, ...], file: DataFile) -> Member:
    texts = [member for member in members if member.name.lower().endswith(".txt")]
    if len(texts) != 1:
        problem = f"holds {len(texts):,} texts; an exported chat holds one."
        raise DataError(where=file.name, problem=problem, fix="Name each chat by itself.")
    return texts[0]


def _read(file: DataFile, *, order: str | None) -> Iterator[RawRow | BadRow | Dropped]:
    census, orders = Census(file.agents), DateOrders()
    for message in _messages(file):
        if isinstance(message, _Message):
            orders.add(message.written.stamp)
            if message.written.speaker and not left_out_as(message.text):
                census.add(message.written.speaker)
    settled = order or _order(orders, file)
    cast = census.cast(where=file.name)
    chat = _Chat(file, cast, settled)
    for found in _messages(file):
        if not isinstance(found, _Message):
            yield found
        elif (before := chat.take(found)) is not None:
            yield from before.finished()
    if chat.exchange is not None:
        yield from chat.exchange.finished()


def _order(orders: DateOrders, file: DataFile) -> str:
    left = orders.settled()
    if len(left) > 1:
        raise GoalError(
            where=file.name,
            problem="every date of it can be read in two ways: 12/11 is in November or in December.",
            fix="Add `format: whatsapp_day_first` or `format: whatsapp_month_first` to sartor.yaml.",
        )
    if not left:
        problem = "its dates cannot be read in one way."
        raise DataError(where=file.name, problem=problem, fix="Export the chat anew, in one piece.")
    return left[0]


@dataclass
class _Message:
    """A message and the lines that go on with it."""

    line: int
    written: Written
    lines: list[str] = field(default_factory=list)
    num_characters: int = 0

    @property
    def text(self) -> str:
        return "\n".join([self.written.text, *self.lines])

    def go_on(self, text: str) -> None:
        self.num_characters += len(text) + 1
        if self.num_characters <= MAX_FIELD_CHARACTERS:
            self.lines.append(text)


def _messages(file: DataFile) -> Iterator[_Message | BadRow | Dropped]:
    message: _Message | None = None
    with _text_of(file) as stream:
        for line in physical_lines(stream, name=file.name):
            text = _decoded(line)
            if text is None:
                yield _bad(line, file)
            elif (written := first_line(text)) is not None:
                if message is not None:
                    yield from _whole(message, file)
                message = _Message(line.number, written)
            elif message is not None:
                message.go_on(text)
            elif without_marks(text).strip():
                yield left_out(file.name, line.number, "system lines")
    if message is not None:
        yield from _whole(message, file)


def _decoded(line: Line) -> str | None:
    try:
        return None if line.data is None else line.data.decode("utf-8").rstrip("\r")
    except UnicodeDecodeError:
        return None


def _whole(message: _Message, file: DataFile) -> Iterator[_Message | BadRow]:
    if message.num_characters <= MAX_FIELD_CHARACTERS:
        yield message
        return
    fix = f"The message is longer than {MAX_FIELD_CHARACTERS:,} characters; shorten it."
    place = f"{file.name}:{message.line}"
    yield BadRow((Problem(place, "", TOO_LONG, excerpt(message.written.text), fix),), raw="")


def _bad(line: Line, file: DataFile) -> BadRow:
    place = f"{file.name}:{line.number}"
    if line.data is None:
        return BadRow(
            (Problem(place, "", TOO_LONG, "", "The line is too long; shorten it."),), raw=""
        )
    shown = line.data.decode("utf-8", "replace")
    fix = "Save the file as UTF-8."
    try:
        line.data.decode("utf-8")
    except UnicodeDecodeError as error:
        fix = encoding_guess(error, offset=line.offset)
    return BadRow((Problem(place, "", NOT_UTF8, excerpt(shown), fix),), raw=shown)


@dataclass
class _Chat:
    """Messages become conversations, one open at a time."""

    file: DataFile
    cast: Cast
    order: str
    exchange: Exchange | None = None

    def take(self, message: _Message) -> Exchange | None:
        """Add a message; the conversation before it, where it begins a new one."""
        stamp, speaker, _ = message.written
        when = moment(stamp, self.order)
        time = spelled(when) if when else ""
        side = self.cast.side(speaker) if speaker else Side.SYSTEM
        before = None
        if self.exchange is None or self.exchange.is_over(side, time):
            before, self.exchange = self.exchange, self._begun(message)
        self._say(message, side, time)
        return before

    def _begun(self, message: _Message) -> Exchange:
        name = f"{self.file.name}:{message.line}"
        return Exchange(id=name, source=self.file.name, line=message.line)

    def _say(self, message: _Message, side: Side, time: str) -> None:
        assert self.exchange is not None
        if what := "system lines" if side is Side.SYSTEM else left_out_as(message.text):
            self.exchange.leave_out(what, message.line)
            return
        text = without_edit_mark(message.text)
        first, _, rest = text.partition("\n")
        if left_out_as(first) == ATTACHMENTS and rest:
            self.exchange.leave_out(ATTACHMENTS, message.line)
            text = rest
        if side is Side.CUSTOMER:
            self.exchange.asked_by(message.written.speaker)
        self.exchange.say(text, side, time=time, line=message.line)
