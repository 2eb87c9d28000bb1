"""A conversation while it is read: what is said is cleaned, what is left out is counted, sizes are capped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sartor.data.correspondence import Conversation, Utterance, row_of
from sartor.data.html_text import MAX_HTML_CHARACTERS, num_images, text_of_html
from sartor.data.personal import excerpt
from sartor.data.row import MAX_FIELD_CHARACTERS, TOO_LONG, BadRow, Dropped, Problem, RawRow
from sartor.data.speakers import Side
from sartor.data.times import seconds_of

MAX_MESSAGES = 20_000
"""More messages than this are not one conversation: another column says which they belong to."""
PAUSE_SECONDS = 24 * 3600
"""Where nothing marks the end of a matter: what a customer writes after an answer and a day of silence is
a new one."""
IMAGES = "images"
ATTACHMENTS = "attachments"
NOTES = {
    IMAGES: "Pictures in messages are not read; the text around them is.",
    ATTACHMENTS: "Files that were sent with messages are not read.",
    "internal notes": "Notes that customers never saw are not learned.",
    "system lines": "What the program wrote itself (joins, changes, notices) is no message.",
    "messages of bots": "Messages of other programs in the channel are nobody's question or answer.",
    "deleted messages": "Messages that were taken back hold no text.",
    "messages without text": "Nothing was left of them: they held pictures, files or spaces only.",
    "empty conversations": "None of their messages holds a text.",
    "conversations that nobody asked in": "Only the company wrote; there is no question in them.",
    "other records": "Groups, organisations and what else an export lists are no conversations.",
    "messages that the export lacks": "The export says that there were more messages than it holds.",
    "lines before the first speaker": "Titles and remarks before anybody speaks belong to nobody.",
    "values of other columns": "A conversation keeps a hundred values of a column, none of them very long.",
    "files without a speaker column": "No column says who wrote what: all is taken as the customer's.",
    "ends of very long messages": f"HTML beyond {MAX_HTML_CHARACTERS:,} characters is not read.",
}
"""What is left out of conversations, and why: the same words for every format."""

_MARKDOWN_IMAGE = re.compile(r"!\[[^\[\]\n]{0,500}\]\([^()\s]{0,2000}\)")
_MARKS = dict.fromkeys(
    map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)


def without_marks(text: str) -> str:
    """Without the invisible marks that steer the direction of writing."""
    return text.translate(_MARKS)


@dataclass
class Exchange:
    """One conversation of a file."""

    id: str
    source: str
    """The file as the user named it."""
    line: int
    """Where it begins, from 1."""
    customer: str = ""
    subject: str = ""
    tags: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    is_joint: bool = False
    """Whether several customers ask in it; then it is nobody's."""
    _utterances: list[Utterance] = field(default_factory=list)
    _bots: list[int] = field(default_factory=list)
    _dropped: list[Dropped] = field(default_factory=list)
    _num_characters: int = 0
    _num_messages: int = 0

    def say(self, text: str, side: Side, *, time: str = "", line: int | None = None) -> None:
        """One more message; pictures are taken out of it, and one that holds nothing else is counted."""
        line = self.line if line is None else line
        text, num_pictures = _MARKDOWN_IMAGE.subn("", text)
        self.leave_out(IMAGES, line, times=num_pictures)
        text = without_marks(text).strip()
        if side is Side.SYSTEM:
            self.leave_out("system lines", line)
        elif not text:
            self.leave_out("messages without text", line)
        elif self._has_room(text):
            if side is Side.BOT:
                self._bots.append(len(self._utterances))
            self._utterances.append(Utterance(text, side is not Side.CUSTOMER, time))

    def say_html(self, html: str, side: Side, *, time: str = "", line: int | None = None) -> None:
        """One more message, as HTML."""
        where = self.line if line is None else line
        self.leave_out(IMAGES, where, times=num_images(html))
        if len(html) > MAX_HTML_CHARACTERS:
            self.leave_out("ends of very long messages", where)
        self.say(text_of_html(html), side, time=time, line=line)

    def leave_out(self, what: str, line: int | None = None, *, times: int = 1) -> None:
        """Count something that is not read; `what` is one of `NOTES`."""
        room = MAX_MESSAGES - len(self._dropped)
        one = left_out(self.source, self.line if line is None else line, what)
        self._dropped += [one] * min(times, room)

    def asked_by(self, customer: str) -> None:
        """Somebody asks; the conversation is a customer's where no other one asks in it too."""
        self.is_joint = self.is_joint or self.customer not in ("", customer)
        self.customer = "" if self.is_joint else customer

    def is_over(self, side: Side, time: str) -> bool:
        """Whether a message that comes now is a new matter: asked a day after the last answer."""
        last = self._utterances[-1] if self._utterances else None
        if last is None or not last.is_answer or side is not Side.CUSTOMER:
            return False
        before, now = seconds_of(last.time), seconds_of(time)
        return before is not None and now is not None and now - before > PAUSE_SECONDS

    def finished(self) -> Iterator[RawRow | BadRow | Dropped]:
        """What was left out, then the conversation as a row."""
        yield from self._dropped
        if self._num_characters > MAX_FIELD_CHARACTERS or self._num_messages > MAX_MESSAGES:
            yield self._too_long()
        elif not self._utterances:
            yield left_out(self.source, self.line, "empty conversations")
        elif all(one.is_answer for one in self._utterances):
            yield left_out(self.source, self.line, "conversations that nobody asked in")
        else:
            yield row_of(self._conversation(), self.source)

    def _has_room(self, text: str) -> bool:
        self._num_characters += len(text)
        self._num_messages += 1
        return self._num_characters <= MAX_FIELD_CHARACTERS and self._num_messages <= MAX_MESSAGES

    def _too_long(self) -> BadRow:
        fix = (
            f"It has more than {MAX_MESSAGES:,} messages or {MAX_FIELD_CHARACTERS:,} characters; "
            "see whether they belong together."
        )
        first = self._utterances[0].text if self._utterances else ""
        place = f"{self.source}:{self.line}"
        return BadRow((Problem(place, "", TOO_LONG, excerpt(first), fix),), raw=first)

    def _conversation(self) -> Conversation:
        bots = {"bot_messages": self._bots} if self._bots else {}
        return Conversation(
            id=self.id,
            utterances=tuple(self._utterances),
            line=self.line,
            customer=self.customer,
            subject=self.subject,
            tags=self.tags,
            fields=tuple({**self.fields, **bots}.items()),
        )


def left_out(source: str, line: int, what: str) -> Dropped:
    """Something that is not read, in the words of `NOTES`."""
    return Dropped(source, line, what, NOTES[what])


def scalars(source: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Those of the fields that hold a text, a number or a truth."""
    return {
        name: source[name]
        for name in names
        if isinstance(source.get(name), str | int | float) and source[name] != ""
    }


def text_in(value: Any) -> str:
    """A text, or an id as a text; empty where it is neither."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def mapping_in(value: Any) -> Mapping[str, Any]:
    """An object; an empty one where it is none."""
    return value if isinstance(value, Mapping) else {}


def mappings_in(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none where it is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def texts_in(value: Any) -> tuple[str, ...]:
    """The texts of a list; none where it is no list."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
