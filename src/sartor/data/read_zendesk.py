"""Tickets of Zendesk: its JSON exports and what its API gives, each ticket a conversation.

Read are tickets with their `comments`, tickets alone (`description` is their first comment), the audits and
events of the incremental exports, and comments that name their ticket; as a page, an array or JSON Lines.
Who answers is told by the roles of the users, in the same file or in one beside it.
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
    texts_in,
)
from sartor.data.message_spool import MessageSpool, Spooled
from sartor.data.personal import excerpt
from sartor.data.read_json import first_items, read_items
from sartor.data.row import NOT_MESSAGES, BadRow, Dropped, Problem, RawRow, raw_json
from sartor.data.times import seconds_of, utc_time
from sartor.data.zendesk_people import LISTS, People, is_user

_BODIES = ("body", "plain_body", "html_body")
_KEPT = ("status", "priority", "type")
_MOST_CUSTOM_FIELDS = 100
_BEFORE_COMMENTS = -1e18
_PROGRAM = "-1"
"""Author of what Zendesk writes itself."""


def read_zendesk(file: DataFile) -> Iterator[RawRow | BadRow | Dropped]:
    """A row for each ticket.

    Raises:
        DataError: The JSON is broken, or it is not clear who answers.
    """
    people = People(file)
    with MessageSpool(where=file.name) as spool:
        for item in read_items(file, lists=LISTS):
            if isinstance(item, BadRow):
                yield item
                continue
            value = mapping_in(item.value)
            if _is_ticket(value) and "comments" in value:
                yield from _whole(value, people, file, line=item.number)
            elif not _put_aside(value, spool, line=item.number) and not is_user(value):
                yield left_out(file.name, item.number, "other records")
        for parts in spool.conversations():
            yield from _gathered(parts, people, file)


def is_zendesk(file: DataFile) -> bool:
    """Whether the first items are tickets, audits or comments of Zendesk."""
    return any(
        (_is_ticket(item) and ({"comments", "assignee_id", "submitter_id"} & item.keys()))
        or _events(item)
        or _is_comment(item)
        for item in first_items(file, lists=LISTS)
    )


def is_zendesk_users(file: DataFile) -> bool:
    """Whether a file lists users of Zendesk and nothing else."""
    roles = [is_user(item) for item in first_items(file, lists=LISTS)]
    return bool(roles) and all(roles)


def _is_ticket(item: Mapping[str, Any]) -> bool:
    return "id" in item and ("requester_id" in item or "requester" in item)


def _is_comment(item: Mapping[str, Any]) -> bool:
    return {"ticket_id", "author_id"} <= item.keys() and any(body in item for body in _BODIES)


def _events(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The events of an audit or of a ticket event; none where it is neither."""
    is_audit = "ticket_id" in item
    return mappings_in(item.get("events", item.get("child_events"))) if is_audit else []


def _put_aside(item: Mapping[str, Any], spool: MessageSpool, *, line: int) -> bool:
    """What belongs to a ticket that is spread over several items; False where it does not."""
    if _is_ticket(item):
        ticket = {"ticket": {key: value for key, value in item.items() if key != "comments"}}
        spool.add(text_in(item["id"]), ticket, line=line, place=_BEFORE_COMMENTS)
        return True
    name = text_in(item.get("ticket_id"))
    if _is_comment(item):
        spool.add(name, {"comment": dict(item)}, line=line, place=_place(item))
        return True
    for event in _events(item):
        if event.get("type", event.get("event_type")) == "Comment" or _is_comment(
            {**item, **event}
        ):
            author = item.get("author_id", item.get("updater_id"))
            comment = {"author_id": author, **event, "ticket_id": name}
            comment.setdefault("created_at", item.get("created_at"))
            spool.add(name, {"comment": comment}, line=line, place=_place(comment))
        elif event.get("type", event.get("event_type")) == "Create":
            created = _created(event)
            spool.add(name, {"ticket": {"id": name, **created}}, line=line, place=_BEFORE_COMMENTS)
    return "events" in item or "child_events" in item


def _created(event: Mapping[str, Any]) -> dict[str, Any]:
    """What an event says of a new ticket: `field_name` and `value`, or the field itself."""
    if "field_name" in event:
        return {text_in(event["field_name"]): event.get("value")}
    return {key: value for key, value in event.items() if key not in ("id", "type", "via")}


def _place(comment: Mapping[str, Any]) -> float:
    return seconds_of(utc_time(comment.get("created_at"))) or 0


def _whole(
    ticket: Mapping[str, Any], people: People, file: DataFile, *, line: int
) -> Iterator[RawRow | BadRow | Dropped]:
    """A ticket that brings its comments."""
    comments = ticket["comments"]
    if not isinstance(comments, list) or not all(isinstance(one, Mapping) for one in comments):
        fix = "Write the comments of a ticket as a list of objects."
        problem = Problem(f"{file.name}:{line}", "comments", NOT_MESSAGES, excerpt(comments), fix)
        yield BadRow((problem,), raw_json(ticket))
        return
    yield from _told(ticket, ((line, one) for one in comments), people, file, line=line)


def _gathered(
    parts: Iterator[Spooled], people: People, file: DataFile
) -> Iterator[RawRow | BadRow | Dropped]:
    """A ticket from its parts: what says something of the ticket comes first, then its comments."""
    ticket: dict[str, Any] = {}
    first: Spooled | None = None
    for part in parts:
        if "comment" in part.fields:
            first = part
            break
        ticket, line = {**ticket, **part.fields["ticket"]}, part.line
    if first is None:
        asked = {**ticket, "body": ticket.get("description"), "author_id": _requester(ticket)}
        yield from _told(ticket, iter([(line, asked)]), people, file, line=line)
        return
    rest = ((part.line, part.fields["comment"]) for part in parts if "comment" in part.fields)
    ticket.setdefault("id", first.fields["comment"].get("ticket_id"))

    def comments() -> Iterator[tuple[int, Mapping[str, Any]]]:
        yield first.line, first.fields["comment"]
        yield from rest

    yield from _told(ticket, comments(), people, file, line=first.line)


def _told(
    ticket: Mapping[str, Any],
    comments: Iterator[tuple[int, Mapping[str, Any]]],
    people: People,
    file: DataFile,
    *,
    line: int,
) -> Iterator[RawRow | BadRow | Dropped]:
    requester, assignee = _requester(ticket), _person(ticket, "assignee")
    exchange = Exchange(
        id=text_in(ticket.get("id")) or f"{file.name}:{line}",
        source=file.name,
        line=line,
        customer=requester,
        subject=text_in(ticket.get("subject")) or text_in(ticket.get("raw_subject")),
        tags=texts_in(ticket.get("tags")),
        fields=_fields(ticket),
    )
    for at, comment in comments:
        author = text_in(comment.get("author_id")) or _person(comment, "author")
        if comment.get("public") is False:
            exchange.leave_out("internal notes", at)
        elif author == _PROGRAM:
            exchange.leave_out("system lines", at)
        else:
            where = f"{file.name}:{at}"
            side = people.side(author, requester=requester, assignee=assignee, where=where)
            _say(exchange, comment, side, line=at)
    yield from exchange.finished()


def _say(exchange: Exchange, comment: Mapping[str, Any], side: Any, *, line: int) -> None:
    exchange.leave_out(ATTACHMENTS, line, times=len(mappings_in(comment.get("attachments"))))
    time = utc_time(comment.get("created_at"))
    text = next((body for key in _BODIES[:2] if (body := text_in(comment.get(key)).strip())), "")
    if text:
        exchange.say(text, side, time=time, line=line)
    else:
        exchange.say_html(text_in(comment.get("html_body")), side, time=time, line=line)


def _requester(ticket: Mapping[str, Any]) -> str:
    return _person(ticket, "requester")


def _person(item: Mapping[str, Any], role: str) -> str:
    """The id of somebody: as `requester_id`, or in an object `requester`."""
    return text_in(item.get(f"{role}_id")) or text_in(mapping_in(item.get(role)).get("id"))


def _fields(ticket: Mapping[str, Any]) -> dict[str, Any]:
    """What a ticket says of itself that may be a label."""
    channel = text_in(mapping_in(ticket.get("via")).get("channel"))
    custom = {
        f"custom_{text_in(one.get('id'))}": one.get("value")
        for one in mappings_in(ticket.get("custom_fields"))[:_MOST_CUSTOM_FIELDS]
    }
    return {
        **scalars(ticket, _KEPT),
        **({"channel": channel} if channel else {}),
        **scalars(custom, custom),
    }
