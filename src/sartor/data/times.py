"""Times as exports spell them, in one spelling: ISO 8601, in UTC where a zone is known."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

_MILLISECONDS_FROM = 1e11
"""Numbers from here on are milliseconds: as seconds they would be the year 5138."""
_MOST_CHARACTERS = 40


def utc_time(value: Any) -> str:
    """A time as an export gives it.

    Args:
        value: ISO 8601 with or without a zone, or seconds or milliseconds since 1970, also as text.

    Returns:
        `2026-03-02T09:14:00Z`, without the `Z` where no zone is known; empty where it is no time.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    if isinstance(value, str):
        text = value.strip()[:_MOST_CHARACTERS]
        seconds = _number(text)
        return _iso(text) if seconds is None else _since_1970(seconds)
    return _since_1970(value)


def spelled(moment: datetime) -> str:
    """A moment in the one spelling."""
    if moment.tzinfo is None:
        return moment.isoformat(timespec="seconds")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def seconds_of(time: str) -> float | None:
    """A time in the one spelling as a number to sort by; None where it is empty."""
    moment = datetime.fromisoformat(time).replace(tzinfo=UTC) if time else None
    return moment.timestamp() if moment else None


def _number(text: str) -> float | None:
    try:
        return float(text) if text.replace(".", "", 1).isdecimal() and len(text) > 8 else None
    except ValueError:
        return None


def _since_1970(seconds: float) -> str:
    try:
        if not math.isfinite(seconds):
            return ""
        seconds = seconds / 1000 if abs(seconds) >= _MILLISECONDS_FROM else seconds
        return spelled(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError):
        return ""


def _iso(text: str) -> str:
    text = text.removesuffix(" UTC")
    try:
        return spelled(datetime.fromisoformat(text if len(text) > 8 else ""))
    except (ValueError, OverflowError):
        return ""
