"""Conversations of Intercom: its JSON export and what its API gives.

`source` is the first message, `conversation_parts` the others; bodies are HTML, and the type of an author
says on which side it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sartor.data.byte_stream import DataFile
from sartor.data.exchange import (
    ATTACHMENTS,
    Exchange,
    left_out,
    mapping_in,
    mappings_in,
    scalars,
    text_in,
)
from sartor.data.html_text import text_of_html
from sartor.data.personal import excerpt
from sartor.data.read_json import first_items, read_items
from sartor.data.row import NOT_MESSAGES, UNKNOWN_ROLE, BadRow, Dropped, Problem, RawRow, raw_json
from sartor.data.speakers import Side, plain_name
from sartor.data.times import utc_time

LISTS = frozenset({"conversations", "data"})
"""Keys of a page whose arrays hold conversations."""
_SIDES = {
    **dict.fromkeys(("user", "lead", "contact", "visitor"), Side.CUSTOMER),
    **dict.fromkeys(("admin", "team", "teammate"), Side.AGENT),
    "bot": Side.BOT,
}
_SAID = frozenset({"comment", "open", "close", "quick_reply", "conversation"})
"""Kinds of parts that both sides see; where they hold no text, they are events."""


def read_intercom(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """A row for each conversation.

    Raises:
        DataError: The JSON is broken.
    """
    agents = frozenset(map(plain_name, file.agents))
    for item in read_items(file, lists=LISTS):
        if isinstance(item, BadRow):
            yield item
            continue
        value = mapping_in(item.value)
        if not _is_conversation(value):
            yield left_out(file.name, item.number, "other records")
        elif (trouble := _trouble(value)) is not None:
            field, rule, shown, fix = trouble
            problem = Problem(f"{file.name}:{item.number}", field, rule, excerpt(shown), fix)
            yield BadRow((problem,), raw_json(value))
        else:
            yield from _exchange(value, agents, file.name, line=item.number).finished()


def is_intercom(file: DataFile) -> bool:
    """Whether the first items are conversations of Intercom."""
    return any(map(_is_conversation, first_items(file, lists=LISTS)))


def _is_conversation(item: Mapping[str, Any]) -> bool:
    is_begun = "source" in item or "conversation_message" in item
    return "id" in item and is_begun and "conversation_parts" in item


def _messages(item: Mapping[str, Any]) -> list[Any]:
    """The first message and the parts, as they stand; the older API names the first one otherwise."""
    parts = item["conversation_parts"]
    listed = parts.get("conversation_parts") if isinstance(parts, Mapping) else parts
    first = {"part_type": "conversation", "created_at": item.get("created_at")}
    begun = item.get("source") or item.get("conversation_message")
    return [{**mapping_in(begun), **first}, *(listed if isinstance(listed, list) else [None])]


def _trouble(item: Mapping[str, Any]) -> tuple[str, str, Any, str] | None:
    """What is wrong with a conversation: field, rule, value and fix of the first thing."""
    for at, part in enumerate(_messages(item)):
        where = f"conversation_parts[{at - 1}]" if at else "source"
        if not isinstance(part, Mapping):
            fix = "Export the conversation with its parts, each as an object."
            return where, NOT_MESSAGES, part, fix
        kind = text_in(mapping_in(part.get("author")).get("type"))
        if text_in(part.get("body")) and kind not in _SIDES:
            fix = "Write the type of the author: `user`, `lead`, `admin` or `bot`."
            return f"{where}.author.type", UNKNOWN_ROLE, kind, fix
    return None


def _exchange(
    item: Mapping[str, Any], agents: frozenset[str], source: str, *, line: int
) -> Exchange:
    messages = _messages(item)
    exchange = Exchange(
        id=text_in(item["id"]),
        source=source,
        line=line,
        customer=_customer(item, messages),
        subject=_subject(item),
        tags=_tags(item),
        fields=scalars(item, ("state", "priority")),
    )
    for part in messages:
        _say(exchange, part, agents)
    total = mapping_in(item["conversation_parts"]).get("total_count")
    num_absent = total - len(messages) + 1 if isinstance(total, int) else 0
    exchange.leave_out("messages that the export lacks", times=max(0, num_absent))
    return exchange


def _say(exchange: Exchange, part: Mapping[str, Any], agents: frozenset[str]) -> None:
    body, kind = text_in(part.get("body")), text_in(part.get("part_type"))
    exchange.leave_out(ATTACHMENTS, times=len(mappings_in(part.get("attachments"))))
    if part.get("redacted") is True:
        exchange.leave_out("deleted messages")
    elif "note" in kind:
        exchange.leave_out("internal notes")
    elif not body or kind not in _SAID:
        exchange.leave_out("system lines" if kind != "conversation" else "messages without text")
    else:
        author = mapping_in(part.get("author"))
        exchange.say_html(body, _side(author, agents), time=utc_time(part.get("created_at")))


def _side(author: Mapping[str, Any], agents: frozenset[str]) -> Side:
    """By the type; somebody named under `agents` answers, though Intercom takes them for a user."""
    side = _SIDES[text_in(author.get("type"))]
    names = {plain_name(text_in(author.get(key))) for key in ("id", "name", "email")}
    return Side.AGENT if side is Side.CUSTOMER and names & agents else side


def _customer(item: Mapping[str, Any], messages: list[Any]) -> str:
    """The id of the contact, else of the first author who is one."""
    for key in ("contacts", "customers"):
        listed = item.get(key)
        contacts = mappings_in(
            mapping_in(listed).get(key) if isinstance(listed, Mapping) else listed
        )
        if contacts:
            return text_in(contacts[0].get("id"))
    authors = [mapping_in(item.get("user")), *(mapping_in(one.get("author")) for one in messages)]
    asking = (one for one in authors if _SIDES.get(text_in(one.get("type"))) is Side.CUSTOMER)
    return next((text_in(one.get("id")) for one in asking), "")


def _subject(item: Mapping[str, Any]) -> str:
    begun = mapping_in(item.get("source") or item.get("conversation_message"))
    return text_of_html(text_in(item.get("title")) or text_in(begun.get("subject")))


def _tags(item: Mapping[str, Any]) -> tuple[str, ...]:
    listed = item.get("tags")
    tags = mappings_in(mapping_in(listed).get("tags") if isinstance(listed, Mapping) else listed)
    return tuple(name for tag in tags if (name := text_in(tag.get("name"))))
