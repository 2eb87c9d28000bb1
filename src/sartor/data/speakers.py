"""Who asks and who answers: by the names that the user gave, or by words that say a role.

Where neither tells, the one clear question is asked; a role is never guessed from who speaks first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from sartor.core.errors import DataError, did_you_mean
from sartor.data.personal import excerpt


class Side(StrEnum):
    """On which side of a conversation somebody stands."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    """Answers too, and is marked: what a bot says is seldom what a house wants to sound like."""
    SYSTEM = "system"
    """The program itself: `Ann joined`."""


WORDS: dict[Side, frozenset[str]] = {
    Side.CUSTOMER: frozenset(
        {
            *("customer", "customers", "user", "client", "visitor", "requester", "guest", "caller"),
            *("buyer", "shopper", "lead", "contact", "enduser", "consumer", "human", "inbound"),
            *("incoming", "kunde", "kundin", "nutzer", "nutzerin", "besucher", "besucherin"),
            *("anrufer", "anruferin", "cliente", "clienta", "usuario", "usuaria", "visitante"),
            *("utilisateur", "utilisatrice", "visiteur", "visiteuse", "klant", "gebruiker"),
            *("bezoeker", "kund", "användare", "besökare"),
        }
    ),
    Side.AGENT: frozenset(
        {
            *("agent", "agents", "support", "operator", "advisor", "adviser", "assistant", "staff"),
            *("representative", "rep", "csr", "helpdesk", "admin", "employee", "service", "team"),
            *("outbound", "outgoing", "mitarbeiter", "mitarbeiterin", "berater", "beraterin"),
            *("kundenservice", "kundendienst", "kundenbetreuung", "kundenberater", "agente"),
            *("kundenberaterin", "conseiller", "conseillère", "opérateur", "opératrice"),
            *("assistance", "asesor", "asesora", "operador", "operadora", "soporte", "asistente"),
            *("medewerker", "klantenservice", "adviseur", "handläggare", "kundtjänst"),
            *("medarbetare", "rådgivare", "supporten"),
        }
    ),
    Side.BOT: frozenset({"bot", "chatbot", "voicebot", "autoresponder", "robot"}),
    Side.SYSTEM: frozenset({"system", "sistema", "système", "systeem"}),
}
"""What people call the two sides, in English, German, French, Spanish, Dutch and Swedish."""
_MOST_UNKNOWN = 1_000
_LISTED = 8
_WORD = re.compile(r"[^\W_]+")
_MOST_NAME_CHARACTERS = 200
_REMEMBERED_NAMES = 4_096
"""The same few names stand before all messages."""


def plain_name(name: str) -> str:
    """A name as it is compared: case, outer spaces and invisible marks do not count."""
    return _plain_name(name[:_MOST_NAME_CHARACTERS])


def side_by_word(name: str) -> Side | None:
    """The side that a name says: `Support Bot`, `Kundin 12`; None where it says none.

    A bot is one whatever else it is called, and `customer service` is no customer.
    """
    return _side_by_word(name[:_MOST_NAME_CHARACTERS])


@lru_cache(_REMEMBERED_NAMES)
def _plain_name(name: str) -> str:
    visible = "".join(one for one in name if one.isprintable())
    return " ".join(visible.casefold().split())


@lru_cache(_REMEMBERED_NAMES)
def _side_by_word(name: str) -> Side | None:
    words = set(_WORD.findall(_plain_name(name)))
    for side in (Side.BOT, Side.AGENT, Side.CUSTOMER):
        if words & WORDS[side]:
            return side
    return Side.SYSTEM if words and words <= WORDS[Side.SYSTEM] else None


@dataclass(frozen=True)
class Cast:
    """Who stands on which side, settled for a whole file."""

    agents: frozenset[str]
    """Plain names of those who answer, as the user gave them."""
    rest: Side
    """Side of names that nothing is known of."""

    def side(self, *names: str) -> Side:
        """The side of somebody who may be known by several names: an id, an address."""
        words = next(filter(None, map(side_by_word, names)), None)
        if any(plain_name(name) in self.agents for name in names):
            return Side.BOT if words is Side.BOT else Side.AGENT
        if words in (Side.BOT, Side.SYSTEM):
            return words
        return Side.CUSTOMER if self.agents else words or self.rest


@dataclass
class Census:
    """The speakers of a file, counted before anything is made of them."""

    agents: Sequence[str] = ()
    """As the user gave them: `DataFile.agents`."""
    _sides: set[Side] = field(default_factory=set)
    _unknown: Counter[str] = field(default_factory=Counter)
    _found_agents: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._named = frozenset(map(plain_name, self.agents))

    def add(self, *names: str) -> None:
        """One more message of somebody."""
        known = {plain_name(name) for name in names} & self._named
        self._found_agents |= known
        side = next(filter(None, map(side_by_word, names)), None)
        if side or known:
            self._sides.add(side or Side.AGENT)
        elif names[-1] in self._unknown or len(self._unknown) < _MOST_UNKNOWN:
            self._unknown[names[-1][:_MOST_NAME_CHARACTERS]] += 1

    @property
    def has_both_sides(self) -> bool:
        """Whether somebody is known to ask and somebody to answer."""
        return Side.CUSTOMER in self._sides and bool(self._sides & {Side.AGENT, Side.BOT})

    def cast(self, *, where: str) -> Cast:
        """Who answers.

        Raises:
            DataError: Nothing tells, or those who are named never speak.
        """
        if self._named:
            if not self._found_agents and len(self._unknown) > 1 and Side.BOT not in self._sides:
                raise self._nobody_named(where)
            return Cast(self._named, Side.CUSTOMER)
        if not self._unknown:
            return Cast(frozenset(), Side.CUSTOMER)
        if self.has_both_sides or not self._sides - {Side.SYSTEM}:
            raise self.question(where)
        is_asked = Side.CUSTOMER in self._sides
        return Cast(frozenset(), Side.AGENT if is_asked else Side.CUSTOMER)

    def question(self, where: str) -> DataError:
        """What to raise where nothing tells who answers."""
        return DataError(
            where=where,
            problem=f"does not say who answers. Its speakers: {self._listed()}.",
            fix="Name those who answer under `agents` in sartor.yaml, as they are written here.",
        )

    def _nobody_named(self, where: str) -> DataError:
        near = did_you_mean(str(self.agents[0]), [excerpt(name) for name in self._most_frequent()])
        return DataError(
            where=where,
            problem=f"holds no message of those named under `agents`. Its speakers: {self._listed()}.",
            fix=near,
        )

    def _most_frequent(self) -> list[str]:
        return [name for name, _ in self._unknown.most_common(_LISTED)]

    def _listed(self) -> str:
        more = len(self._unknown) - _LISTED
        shown = ", ".join(
            f"`{excerpt(name)}` ({self._unknown[name]:,})" for name in self._most_frequent()
        )
        return f"{shown} and {more:,} more" if more > 0 else shown
