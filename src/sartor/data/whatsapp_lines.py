"""The lines of a WhatsApp export: stamp, speaker and text, in the forms of Android and iOS.

Dates are written as the phone's region writes them, which the file does not say: `12/11/24` may be November
or December. The order is settled over the whole file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

_SPACES = str.maketrans(dict.fromkeys("\u202f\u00a0\u2009", " "))
_LEFT_TO_RIGHT = "\u200e"
_DATE = r"(?P<a>\d{1,4})(?P<mark>[./-])[ ]?(?P<b>\d{1,2})(?P=mark)[ ]?(?P<c>\d{2,4})\.?"
_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?"
_HALF = r"(?:\s?(?P<half>[AaPp])\.?\s?[Mm]\.?)?"
_STAMP = rf"{_DATE}(?:,|\s+à|\s+om|\s+kl\.?)?\s+{_TIME}{_HALF}"
_ANDROID = re.compile(rf"{_STAMP}\s[-–]\s")
_IPHONE = re.compile(rf"\[{_STAMP}\]\s?")
_SPEAKER = re.compile(r"(?P<name>[^:\n\"“„«]{1,100}):(?: |$)")
_MOST_HEAD_CHARACTERS = 80
_OMITTED = re.compile(r"<[^<>\n]{3,80}>")
_ATTACHED = re.compile(r"\S{1,120}\.\w{2,5} \([^()\n]{4,40}\)")
_EDITED = re.compile(
    r"\s*\u200e?<[^<>\n]{0,60}(?:edited|bearbeitet|modifié|editó|bewerkt|redigera)[^<>\n]{0,20}>$"
)
_MEDIA_WORDS = re.compile(
    r"omitted|weggelassen|ausgeschlossen|absente?s?\b|omis|omitid|weggelaten|utelämna|attached:|anhang:",
    re.IGNORECASE,
)
_DELETED = (
    *("this message was deleted", "you deleted this message", "diese nachricht wurde gelöscht"),
    *(
        "du hast diese nachricht gelöscht",
        "ce message a été supprimé",
        "vous avez supprimé ce message",
    ),
    *("se eliminó este mensaje", "eliminaste este mensaje", "este mensaje fue eliminado"),
    *("dit bericht is verwijderd", "je hebt dit bericht verwijderd", "meddelandet har raderats"),
    *("det här meddelandet togs bort", "du raderade det här meddelandet"),
)


class Stamp(NamedTuple):
    """When a line was written, in the order in which the numbers stand."""

    date: tuple[int, int, int]
    mark: str
    """What stands between the numbers: `.`, `/` or `-`."""
    hour: int
    minute: int
    second: int


class Written(NamedTuple):
    """The first line of a message."""

    stamp: Stamp
    speaker: str
    """Empty where WhatsApp itself wrote it."""
    text: str


def first_line(line: str) -> Written | None:
    """A line that begins a message; None where it goes on with the one before."""
    line = line.lstrip("\u200e\u200f\u202a\ufeff")
    if not line or not (line[0] == "[" or line[0].isdecimal()):
        return None
    head = line[:_MOST_HEAD_CHARACTERS].translate(_SPACES)
    found = _IPHONE.match(head) or _ANDROID.match(head)
    if found is None or (line[0] == "[" and found["second"] is None):
        return None
    stamp = _stamp(found)
    rest = line[found.end() :]
    said = _SPEAKER.match(rest)
    if stamp is None or said is None:
        return Written(stamp, "", rest) if stamp else None
    return Written(
        stamp, said["name"].strip("\u200e\u200f\u202a\u202c ~\u202f"), rest[said.end() :]
    )


def left_out_as(text: str) -> str:
    """What a text is that nobody wrote: `attachments`, `deleted messages`, `system lines`; else empty."""
    shown = text.strip().lstrip("\u200e\u200f")
    if shown.rstrip(".").casefold() in _DELETED:
        return "deleted messages"
    if _OMITTED.fullmatch(shown) or _ATTACHED.fullmatch(shown):
        return "attachments"
    if not text.startswith(_LEFT_TO_RIGHT) or "\n" in shown:
        return ""
    return "attachments" if _MEDIA_WORDS.search(shown) else "system lines"


def without_edit_mark(text: str) -> str:
    """Without what WhatsApp puts behind a message that was changed."""
    start, end = text[:-120], text[-120:]
    return start + _EDITED.sub("", end)


ORDERS = {"day": (2, 1, 0), "month": (2, 0, 1), "year": (0, 1, 2)}
"""What a date begins with, and where its year, month and day stand."""


def moment(stamp: Stamp, order: str) -> datetime | None:
    """The time of a stamp in one order; None where there is no such day."""
    year, month, day = (stamp.date[at] for at in ORDERS[order])
    try:
        full = year + 2000 if year < 100 else year
        return datetime(full, month, day, stamp.hour, stamp.minute, stamp.second)
    except ValueError:
        return None


@dataclass
class DateOrders:
    """Which orders the dates of a file leave open, as its lines go by."""

    possible: list[str] = field(default_factory=lambda: list(ORDERS))
    is_mattering: bool = False
    """Whether some date means two days."""
    _last: dict[str, datetime] = field(default_factory=dict)
    _is_backwards: set[str] = field(default_factory=set)

    def add(self, stamp: Stamp) -> None:
        """One more date: what it cannot be, and whether time would run backwards."""
        self.possible = [order for order in self.possible if _fits(stamp, order)]
        for order in self.possible:
            now = moment(stamp, order)
            assert now is not None
            day = now.replace(hour=0, minute=0, second=0)
            if day < self._last.get(order, day):
                self._is_backwards.add(order)
            self._last[order] = day
        days = {moment(stamp, order) for order in self.possible}
        self.is_mattering = self.is_mattering or len(days) > 1

    def settled(self) -> list[str]:
        """The orders that are left: one, or two that nothing in the file decides between.

        An export is written from first to last, so an order in which time runs backwards is ruled out
        where another one is left in which it does not.
        """
        forwards = [order for order in self.possible if order not in self._is_backwards]
        left = forwards or self.possible
        return left[:1] if not self.is_mattering else left


def _fits(stamp: Stamp, order: str) -> bool:
    """Whether a date may be read in an order: dots and dashes are written by those who put the day first."""
    is_year_first = stamp.date[0] > 31
    if is_year_first != (order == "year"):
        return False
    return moment(stamp, order) is not None and not (order == "month" and stamp.mark in ".-")


def _stamp(found: re.Match[str]) -> Stamp | None:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if found["half"]:
        hour = hour % 12 + 12 * (found["half"].lower() == "p")
    if hour > 23 or minute > 59 or second > 59:
        return None
    date = (int(found["a"]), int(found["b"]), int(found["c"]))
    return Stamp(date, found["mark"], hour, minute, second)
