"""Plain transcripts: lines of `speaker: text`, several conversations in a file.

Conversations are parted by lines such as `---` and headings where there are any, else by the longer blank
stretches, else by blank lines, provided that these do not stand between all messages. A new one begins only
with a speaker: a paragraph after a blank line belongs to what was said before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from sartor.core.errors import DataError
from sartor.data.byte_stream import ByteStream, DataFile, encoding_guess, physical_lines
from sartor.data.exchange import Exchange, left_out
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
from sartor.data.speakers import Cast, Census, Side, plain_name, side_by_word
from sartor.data.times import utc_time
from sartor.data.transcript_lines import Opening, is_mark, opening
from sartor.data.whatsapp_lines import first_line

_LOOKED_AT_LINES = 200
_FEWEST_SPOKEN_SHARE = 0.5
_MOST_UNMARKED_SHARE = 0.1


def read_transcript(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """A row for each conversation.

    Raises:
        DataError: It is not clear who answers.
    """
    survey = _surveyed(file)
    census = survey.marked if survey.is_marked else survey.census
    cast = census.cast(where=file.name)
    talk = _Talk(file.name, cast, survey.parting, survey.is_marked)
    for number, line in _lines(file):
        if isinstance(line, BadRow):
            yield line
        else:
            yield from talk.take(number, line)
    yield from talk.end()


def is_transcript(file: DataFile) -> bool:
    """Whether most of the first lines are spoken, by two speakers at least; stamped ones are WhatsApp's."""
    try:
        with ByteStream(file) as stream:
            head = list(islice(physical_lines(stream, name=file.name), _LOOKED_AT_LINES))
    except DataError:
        return False
    texts = [(line.data or b"").decode("utf-8", "replace") for line in head]
    texts = [text for text in texts if text.strip() and not is_mark(text)]
    if any(first_line(text) for text in texts[:2]):
        return False
    spoken = [found for text in texts if (found := opening(text)) is not None]
    speakers = [plain_name(one.speaker) for one in spoken]
    is_talk = len(set(speakers)) < len(speakers) or any(map(side_by_word, speakers))
    return is_talk and len(set(speakers)) > 1 and len(spoken) >= _FEWEST_SPOKEN_SHARE * len(texts)


@dataclass
class _Survey:
    """What the first pass finds: the speakers, and what parts the conversations."""

    census: Census
    marked: Census = field(default_factory=Census)
    """Only those speakers whose names are words for a side."""
    num_marks: int = 0
    num_wide_gaps: int = 0
    is_talk_within_gaps: bool = False
    """Whether two messages stand together without a blank line between them."""
    _num_spoken: int = 0
    _num_unmarked: int = 0
    _num_blank: int = 0
    _is_begun: bool = False

    def add(self, line: str) -> None:
        if not line.strip():
            self._num_blank += 1
            return
        self.num_marks += is_mark(line)
        if (said := opening(line)) is not None:
            self._count(said.speaker)
            self.num_wide_gaps += self._is_begun and self._num_blank > 1
            self.is_talk_within_gaps |= self._is_begun and not self._num_blank
            self._is_begun = True
        self._num_blank = 0

    def _count(self, speaker: str) -> None:
        self.census.add(speaker)
        self._num_spoken += 1
        if side_by_word(speaker) is None:
            self._num_unmarked += 1
        else:
            self.marked.add(speaker)

    @property
    def is_marked(self) -> bool:
        """Whether words mark both sides, so that the few other names are no speakers: `Order number: 12`."""
        is_rare = self._num_unmarked <= max(1, _MOST_UNMARKED_SHARE * self._num_spoken)
        return not self.census.agents and self.marked.has_both_sides and is_rare

    @property
    def parting(self) -> int | None:
        """Blank lines that part conversations; None where marks do, or nothing does."""
        if self.num_marks:
            return None
        if self.num_wide_gaps:
            return 2
        return 1 if self.is_talk_within_gaps else None


def _surveyed(file: DataFile) -> _Survey:
    survey = _Survey(Census(file.agents))
    for _, line in _lines(file):
        if isinstance(line, str):
            survey.add(line)
    return survey


def _lines(file: DataFile) -> Iterator[tuple[int, str | BadRow]]:
    with ByteStream(file) as stream:
        for line in physical_lines(stream, name=file.name):
            place = f"{file.name}:{line.number}"
            if line.data is None:
                problem = Problem(place, "", TOO_LONG, "", "The line is too long; shorten it.")
                yield line.number, BadRow((problem,), raw="")
                continue
            try:
                yield line.number, line.data.decode("utf-8")
            except UnicodeDecodeError as error:
                shown = line.data.decode("utf-8", "replace")
                fix = encoding_guess(error, offset=line.offset)
                yield (
                    line.number,
                    BadRow((Problem(place, "", NOT_UTF8, excerpt(shown), fix),), raw=shown),
                )


@dataclass
class _Talk:
    """Lines become conversations, one open at a time."""

    source: str
    cast: Cast
    parting: int | None
    is_marked: bool
    _exchange: Exchange | None = None
    _num_blank: int = 0
    _said: tuple[Opening, int] | None = None
    _lines: list[str] = field(default_factory=list)
    _num_characters: int = 0
    _asker: str = ""
    """Who asked first in the conversation that is open."""

    def take(self, number: int, line: str) -> Iterator[RawRow | BadRow | Dropped]:
        """The next line, and the conversation that it ends."""
        said = opening(line)
        if self.parting is None and is_mark(line):
            yield from self.end()
        elif not line.strip():
            self._num_blank += 1
            self._go_on("")
        elif said is not None and self._is_speaker(said):
            if self.parting is not None and self._num_blank >= self.parting:
                yield from self.end()
            self._begin(said, number)
        elif self._said is None:
            yield left_out(self.source, number, "lines before the first speaker")
        else:
            self._go_on(line.strip())
        self._num_blank = self._num_blank if not line.strip() else 0

    def end(self) -> Iterator[RawRow | BadRow | Dropped]:
        """The conversation that is open."""
        self._close_message()
        exchange, self._exchange, self._asker = self._exchange, None, ""
        if exchange is not None:
            yield from exchange.finished()

    def _begin(self, said: Opening, number: int) -> None:
        self._close_message()
        if self._exchange is None:
            self._exchange = Exchange(f"{self.source}:{number}", self.source, number)
        self._said, self._lines, self._num_characters = (said, number), [said.text], 0
        if not self._asker and self.cast.side(said.speaker) is Side.CUSTOMER:
            self._asker = said.speaker

    def _go_on(self, text: str) -> None:
        self._num_characters += len(text) + 1
        if self._said is not None and self._num_characters <= MAX_FIELD_CHARACTERS + 1:
            self._lines.append(text)

    def _close_message(self) -> None:
        if self._said is None or self._exchange is None:
            return
        said, number = self._said
        side = self.cast.side(said.speaker)
        if side is Side.CUSTOMER and side_by_word(said.speaker) is None:
            self._exchange.asked_by(said.speaker)
        text = "\n".join(self._lines)
        self._exchange.say(text, side, time=utc_time(said.stamp), line=number)
        self._said, self._lines = None, []

    def _is_speaker(self, said: Opening) -> bool:
        """Whether it is somebody, and not `Order number: 12` in what somebody says.

        Where customers are known by no more than not being agents, a conversation has one of them.
        """
        if side_by_word(said.speaker) is not None:
            return True
        if self.is_marked:
            return False
        is_customer = self.cast.agents and self.cast.side(said.speaker) is Side.CUSTOMER
        return not is_customer or self._asker in ("", said.speaker)
