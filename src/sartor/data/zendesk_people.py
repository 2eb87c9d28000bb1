"""Who is who in an export of Zendesk: by the roles of its users, else by what a ticket says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sartor.core.errors import DataError
from sartor.data.byte_stream import DataFile
from sartor.data.exchange import mapping_in, text_in
from sartor.data.read_json import read_items
from sartor.data.row import BadRow
from sartor.data.speakers import Census, Side, plain_name, side_by_word

LISTS = frozenset(
    {
        *("tickets", "users", "audits", "ticket_audits", "ticket_events", "groups"),
        *("organizations", "results"),
    }
)
"""Keys of a page whose arrays hold items."""
MAX_USERS = 2_000_000
"""Roles of users are held in memory."""
_ROLES = {"end-user": Side.CUSTOMER, "agent": Side.AGENT, "admin": Side.AGENT}


def is_user(item: Mapping[str, Any]) -> bool:
    """Whether an item is a user: somebody with a role."""
    return (
        item.get("role") in tuple(_ROLES) and "id" in item and ("email" in item or "name" in item)
    )


@dataclass
class People:
    """The users of an export and of the files beside it."""

    file: DataFile
    _sides: dict[str, Side] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._agents = frozenset(map(plain_name, self.file.agents))
        for file in (self.file, *self.file.companions):
            self._learn(file)

    def side(self, author: str, *, requester: str, assignee: str, where: str) -> Side:
        """Where the author of a comment stands.

        Raises:
            DataError: Nothing tells.
        """
        if author == requester:
            return Side.CUSTOMER
        if plain_name(author) in self._agents or author == assignee:
            known = self._sides.get(author)
            return Side.BOT if known is Side.BOT else Side.AGENT
        known = self._sides.get(author, Side.CUSTOMER if self._agents else None)
        if known is None:
            raise self._question(author, requester, where)
        return known

    def _learn(self, file: DataFile) -> None:
        for item in read_items(file, lists=LISTS):
            user = mapping_in(item.value) if not isinstance(item, BadRow) else {}
            if is_user(user):
                self._sides[text_in(user["id"])] = self._side_of(user)
            if len(self._sides) > MAX_USERS:
                problem = f"lists more than {MAX_USERS:,} users."
                raise DataError(where=file.name, problem=problem, fix="List those of the tickets.")

    def _side_of(self, user: Mapping[str, Any]) -> Side:
        names = [text_in(user.get(key)) for key in ("id", "name", "email")]
        side = _ROLES[user["role"]]
        if any(plain_name(name) in self._agents for name in names if name):
            side = Side.AGENT
        is_bot = side is Side.AGENT and side_by_word(names[1]) is Side.BOT
        return Side.BOT if is_bot else side

    def _question(self, author: str, requester: str, where: str) -> DataError:
        census = Census()
        census.add(author)
        asked = census.question(where)
        fix = "Export the users too and name that file beside this one, or list ids under `agents`."
        return DataError(where=where, problem=asked.problem, fix=fix)
