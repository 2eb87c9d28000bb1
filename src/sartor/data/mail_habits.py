"""What each writer has below their mails, learned from a sample before the texts are read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sartor.data.mail_agents import Agents
from sartor.data.mail_body import body_of
from sartor.data.mail_index import MailIndex, domain_of
from sartor.data.mail_quotes import without_quotes
from sartor.data.mail_signatures import Repeated, repeated_lines

MAX_WRITERS = 2_000
"""Those who wrote most; of the others no habits are learned."""
SAMPLED_MAILS = 16
SAMPLED_BYTES = 1 << 18
_NOTHING: tuple[Repeated, Repeated] = (frozenset(), frozenset())


class Habits:
    """By writer: an address, or the whole company where it is an agent's."""

    def __init__(self, index: MailIndex, agents: Agents) -> None:
        self._index, self._agents = index, agents
        self._repeated = {
            writer: repeated_lines(self._lines(mail) for mail in mails)
            for writer, mails in self._sample().items()
        }

    def repeated(self, mail: int) -> tuple[Repeated, Repeated]:
        """What stands below several and below most mails of the one who wrote this."""
        return self._repeated.get(self._writer(mail), _NOTHING)

    def names(self, mail: int) -> Sequence[str]:
        """What the writer of a mail is called: the display name, and the address up to its `@`."""
        sender = self._index.sender[mail]
        before_at = self._index.addresses[sender].partition("@")[0]
        parts = before_at.replace(".", " ").replace("_", " ").replace("-", " ")
        return (self._index.names.get(sender, ""), parts)

    def _sample(self) -> dict[str, list[int]]:
        """The first mails of those who wrote at least two."""
        counts: dict[str, int] = defaultdict(int)
        for mail in self._index.personal():
            counts[self._writer(mail)] += 1
        most = sorted((writer for writer in counts if counts[writer] > 1), key=lambda w: -counts[w])
        sample: dict[str, list[int]] = {writer: [] for writer in most[:MAX_WRITERS]}
        for mail in self._index.personal():
            mails = sample.get(self._writer(mail))
            if mails is not None and len(mails) < SAMPLED_MAILS:
                mails.append(mail)
        return sample

    def _lines(self, mail: int) -> list[str]:
        text = body_of(self._index.content(mail, SAMPLED_BYTES)).text
        return without_quotes(text).split("\n")

    def _writer(self, mail: int) -> str:
        sender = self._index.sender[mail]
        address = self._index.addresses[sender]
        return f"@{domain_of(address)}" if self._agents.is_agent[sender] else address
