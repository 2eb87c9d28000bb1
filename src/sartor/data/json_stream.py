"""JSON texts of any length, an item at a time: arrays, pages of an export, one value behind the other."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Set
from typing import Any, NamedTuple

from sartor.core.errors import DataError
from sartor.data.byte_stream import (
    MAX_LINE_BYTES,
    UTF8_MARK,
    Blocks,
    encoding_guess,
    refuse_other_formats,
)

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"
MAX_ITEM_BYTES = 8 * 2**20
"""Longest item of an export; as objects in memory it may take thirty times as much."""
MAX_KEYS = 10_000
"""More names than this are no page of an export, and no record of one."""


class Item(NamedTuple):
    """One item of a page."""

    key: str
    """Name of the list that it stands in: `tickets`; empty where it stands in none."""
    number: int
    """From 1, over the whole file."""
    value: Any


def where_broken(error: ValueError | RecursionError) -> str:
    """The column and the reason; numbers of thousands of digits and deep nests have no column."""
    if isinstance(error, json.JSONDecodeError):
        return f"Column {error.colno}: {error.msg}."
    return "Nested too deeply." if isinstance(error, RecursionError) else "A number is too long."


def array_items(stream: Blocks, *, name: str) -> Iterator[Any]:
    """The items of the one array that a file holds."""
    yield from _items_of_array(_Window(stream, name=name), is_alone=True)


def page_items(stream: Blocks, *, name: str, lists: Set[str]) -> Iterator[Item]:
    """Every item of the arrays and pages in a file, and every other value as an item of its own.

    Args:
        stream: At its start.
        name: File name for messages.
        lists: Keys of a page whose arrays hold items: `{"tickets": [...], "users": [...]}`.

    Raises:
        DataError: The JSON is broken.
    """
    window = _Window(stream, name=name, most=MAX_ITEM_BYTES)
    number = 0
    while first := window.next_character():
        window.step_back()
        for key, value in _top_level(window, first, lists):
            number += 1
            yield Item(key, number, value)


def _top_level(window: _Window, first: str, lists: Set[str]) -> Iterator[tuple[str, Any]]:
    if first == "[":
        yield from (("", value) for value in _items_of_array(window, is_alone=False))
    elif first == "{":
        yield from _page(window, lists)
    else:
        yield "", window.value(1)


def _page(window: _Window, lists: Set[str]) -> Iterator[tuple[str, Any]]:
    """An object: the items of its lists, or the object itself where it has none of them."""
    rest: dict[str, Any] = {}
    is_page = False
    start = window.position
    for key, opening in _keys(window):
        if opening == "[" and key in lists:
            is_page = True
            yield from ((key, value) for value in _items_of_array(window, is_alone=False))
            continue
        value = window.value(1)
        if not is_page:
            rest[key] = value
        if not is_page and window.position - start > MAX_ITEM_BYTES:
            raise window.refusal(1, "The object is too long")
    if not is_page:
        yield "", rest


def _keys(window: _Window) -> Iterator[tuple[str, str]]:
    """Each name of an object and what its value begins with, which the caller reads before it goes on."""
    window.next_character()
    if window.next_character() == "}":
        return
    window.step_back()
    for _ in range(MAX_KEYS):
        key = window.value(1)
        if not isinstance(key, str) or window.next_character() != ":":
            raise window.refusal(1, "Expecting a name and ':'")
        opening = window.next_character()
        window.step_back()
        yield key, opening
        separator = window.next_character()
        if separator == "}":
            return
        if separator != ",":
            raise window.refusal(1, "Expecting ',' or '}' behind it")
    raise window.refusal(1, f"The object has more than {MAX_KEYS:,} names")


class _Window:
    """The part of a long JSON text that is being looked at; moves forward, never grows much."""

    def __init__(self, stream: Blocks, *, name: str, most: int = MAX_LINE_BYTES) -> None:
        self._stream = stream
        self._most_characters = most
        self._name = name
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._num_bytes = 0
        self._line = 1
        self._column = 1
        self._is_at_end = False
        self._text = ""
        self._at = 0
        self._num_dropped = 0

    @property
    def position(self) -> int:
        """Characters passed over so far."""
        return self._num_dropped + self._at

    def next_character(self) -> str:
        """The next character that is no space, passed over; empty at the end."""
        while True:
            while self._at < len(self._text):
                character = self._text[self._at]
                if character not in _SPACE:
                    self._at += 1
                    return character
                self._at += 1
            if not self._load_more():
                return ""

    def step_back(self) -> None:
        """Undo one `next_character`."""
        self._at -= 1

    def value(self, row: int) -> Any:
        """The JSON value that starts here.

        A value that ends where the window ends may go on behind it (12|34), and one that cannot
        be read may only be cut off: both are tried again with a window twice as wide, so the work
        stays linear.
        """
        self.next_character()
        self.step_back()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._at > self._most_characters or not self._load_more():
                    raise self._broken(row, self._longer(error)) from error
                continue
            if end < len(self._text) or not self._load_more():
                self._at = end
                return value

    def _longer(self, error: ValueError | RecursionError) -> ValueError | RecursionError:
        """The error, or that nothing is wrong but the length."""
        most = self._most_characters
        if not isinstance(error, json.JSONDecodeError) or error.pos - self._at <= most:
            return error
        return json.JSONDecodeError(f"Longer than {most:,} characters", self._text, self._at)

    def refusal(self, row: int, expected: str) -> DataError:
        """What to raise where something else stands than the array needs."""
        return self._broken(row, json.JSONDecodeError(expected, self._text, self._at))

    def _load_more(self) -> bool:
        """Drop what has been read and at least double the rest. False at the end of the file."""
        if self._is_at_end:
            return False
        dropped = self._text[: self._at]
        self._num_dropped += len(dropped)
        self._count_lines(dropped)
        wanted = 2 * (len(self._text) - self._at)
        parts = [self._text[self._at :]]
        while not self._is_at_end and (block := self._decoded_block()) is not None:
            parts.append(block)
            if sum(map(len, parts)) > wanted:
                break
        self._text, self._at = "".join(parts), 0
        return True

    def _decoded_block(self) -> str | None:
        block = self._stream.read()
        if self._num_bytes == 0:
            refuse_other_formats(block, name=self._name)
            block = block.removeprefix(UTF8_MARK)
        self._is_at_end = not block
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(block, final=self._is_at_end)
        except UnicodeDecodeError as error:
            guess = encoding_guess(error, offset=self._num_bytes - pending)
            raise DataError(where=self._name, problem="is not UTF-8.", fix=guess) from error
        self._num_bytes += len(block)
        return text

    def _count_lines(self, dropped: str) -> None:
        num_lines = dropped.count("\n")
        self._line += num_lines
        behind = len(dropped) - dropped.rfind("\n")
        self._column = behind if num_lines else self._column + len(dropped)

    def _broken(self, row: int, error: ValueError | RecursionError) -> DataError:
        position = error.pos if isinstance(error, json.JSONDecodeError) else self._at
        self._count_lines(self._text[:position])
        reason = error.msg if isinstance(error, json.JSONDecodeError) else where_broken(error)
        return DataError(
            where=f"{self._name}:{self._line}",
            problem=f"row {row} is broken JSON at column {self._column} ({reason.rstrip('.')}); "
            "an array cannot be read beyond that.",
            fix="Repair it, or write one object per line (JSONL), where a bad row stands alone.",
        )


def _items_of_array(window: _Window, *, is_alone: bool) -> Iterator[Any]:
    row = 1
    window.next_character()
    if window.next_character() == "]":
        return
    window.step_back()
    while True:
        yield window.value(row)
        separator = window.next_character()
        if separator == "]":
            break
        if separator != ",":
            raise window.refusal(row, "Expecting ',' or ']' behind it")
        row += 1
    _refuse_more(window, row, is_alone=is_alone)


def _refuse_more(window: _Window, row: int, *, is_alone: bool) -> None:
    if is_alone and window.next_character():
        raise window.refusal(row, "Extra data behind the array")
