"""Who answers customers: as the goal says, or whoever answers most threads of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sartor.core.errors import DataError
from sartor.data.mail_index import NOBODY, MailIndex, domain_of

_LEAST_ANSWERED = 3
_CLEAR_SHARE = 2 / 3
_SHARED = """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com
    me.com mac.com aol.com proton.me protonmail.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de
    freenet.de posteo.de mailbox.org hotmail.de outlook.de yahoo.de orange.fr free.fr laposte.net
    wanadoo.fr sfr.fr hotmail.fr yahoo.fr ziggo.nl kpnmail.nl hotmail.nl home.nl telenet.be
    hotmail.es yahoo.es telefonica.net telia.com hotmail.se live.se bredband.net libero.it mail.ru
    yandex.ru qq.com 163.com zoho.com fastmail.com btinternet.com comcast.net
"""
_FREE_MAIL = frozenset(_SHARED.split())
"""Domains of which many people are: there an address says who answers, and its domain nothing."""


@dataclass(frozen=True)
class Agents:
    """Those whose mails are answers."""

    entries: tuple[str, ...]
    """Addresses, domains with an `@` in front, or display names."""
    is_agent: tuple[bool, ...]
    """By number of the address."""
    note: str = ""
    """How they were guessed; empty where the goal names them."""


def agents_of(index: MailIndex, entries: Sequence[str]) -> Agents:
    """Those that the goal names, or a guess.

    Raises:
        DataError: Nobody of those named wrote or got a mail, or nobody clearly answers most threads.
    """
    if not entries:
        return _guessed(index)
    agents = Agents(tuple(entries), _marks(index, entries))
    if not any(agents.is_agent):
        raise DataError(
            where="sartor.yaml > agents",
            problem=f"nobody named there wrote or got a mail in {index.name}.",
            fix=f"Most mails come from {', '.join(_candidates(index))}.",
        )
    return agents


def _marks(index: MailIndex, entries: Sequence[str]) -> tuple[bool, ...]:
    """Whether each address is an agent's, by itself, its domain or the name that stands beside it."""
    wanted = [" ".join(entry.casefold().split()) for entry in entries]
    domains = tuple(entry.lstrip("*") for entry in wanted if entry.lstrip("*").startswith("@"))
    subdomains = tuple(f".{entry[1:]}" for entry in domains)
    exact = frozenset(wanted)
    return tuple(
        number != NOBODY
        and (
            address in exact
            or address.endswith(domains)
            or domain_of(address).endswith(subdomains)
            or " ".join(index.names.get(number, "").casefold().split()) in exact
        )
        for number, address in enumerate(index.addresses)
    )


def _guessed(index: MailIndex) -> Agents:
    answered = Counter(_side(index.addresses[number]) for number in _first_answers(index))
    num_threads = sum(answered.values())
    if num_threads:
        side, count = answered.most_common(1)[0]
        if num_threads >= _LEAST_ANSWERED and count >= _CLEAR_SHARE * num_threads:
            note = (
                f"`agents` is not set: mails from `{side}` count as answers, which answered {count:,} of "
                f"{num_threads:,} threads first."
            )
            return Agents((side,), _marks(index, (side,)), note)
    raise DataError(
        where=index.name,
        problem="does not show who answers customers.",
        fix="Name them in sartor.yaml, `agents: [ADDRESS or @DOMAIN]` (`--agents` of `sartor init`); "
        f"most mails come from {', '.join(_candidates(index))}.",
    )


def _first_answers(index: MailIndex) -> Iterator[int]:
    """For each mail that opens a thread and was answered by somebody else: who did so first.

    Where references are broken, a reply to the sender with the same subject counts as one.
    """
    opened: dict[tuple[int, int], int] = {}
    answered: dict[int, tuple[tuple[int, int], int]] = {}
    for mail in index.personal():
        if not index.references(mail) and not index.is_reply[mail]:
            opened.setdefault((index.subject[mail], index.sender[mail]), mail)
    for mail in index.personal():
        root = _root(index, mail, opened)
        if root is None or _side_of(index, root) == _side_of(index, mail):
            continue
        when = (index.time[mail], mail)
        if root not in answered or when < answered[root][0]:
            answered[root] = when, index.sender[mail]
    return (sender for _, sender in answered.values())


def _root(index: MailIndex, mail: int, opened: dict[tuple[int, int], int]) -> int | None:
    for reference in index.references(mail):
        root = index.by_id.get(reference)
        if root is not None and root != mail and not index.kinds[root]:
            return root
    if not index.is_reply[mail]:
        return None
    keys = ((index.subject[mail], to) for to in index.recipients(mail))
    return next((opened[key] for key in keys if key in opened), None)


def _side(address: str) -> str:
    """A company's domain, or the address itself where many people share the domain."""
    domain = domain_of(address)
    return address if domain in _FREE_MAIL else f"@{domain}"


def _side_of(index: MailIndex, mail: int) -> str:
    return _side(index.addresses[index.sender[mail]])


def _candidates(index: MailIndex) -> list[str]:
    """The five that wrote most; domains where they may be a company's."""
    counts = Counter(
        _side_of(index, mail) for mail in index.personal() if index.sender[mail] != NOBODY
    )
    return [side for side, _ in counts.most_common(5)] or ["nobody"]
