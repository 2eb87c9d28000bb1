"""Mails as rows, one for each thread: mbox files, single mails, folders of them and Maildirs.

Headers first, for all mails; then the texts, thread by thread. Nothing is fetched, attachments are not read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from sartor.core.errors import DataError
from sartor.data.byte_stream import DataFile
from sartor.data.correspondence import Conversation, Utterance, row_of
from sartor.data.mail_agents import Agents, agents_of
from sartor.data.mail_body import MailBody, body_of
from sartor.data.mail_habits import Habits
from sartor.data.mail_headers import (
    AUTOMATIC,
    BOUNCE,
    BULK,
    decoded_words,
    header_values,
    iso_time,
)
from sartor.data.mail_index import DUPLICATE, NO_TIME, NOBODY, MailIndex
from sartor.data.mail_quotes import without_quotes
from sartor.data.mail_signatures import without_signature
from sartor.data.mail_store import MAX_MAIL_BYTES
from sartor.data.mail_threads import MailThreads
from sartor.data.row import Dropped, RawRow

MAX_THREAD_MAILS = 500
MAX_THREAD_CHARACTERS = 4_000_000

_NOTES = {
    AUTOMATIC: "Sent by machines in answer to a mail (out of office, receipts); not read.",
    BULK: "Sent to many at once; not read.",
    BOUNCE: "Reports of mail servers; not read.",
    DUPLICATE: "The same mail in two folders, or twice in one; read once.",
    "attachments": "Attachments of mails are not read.",
    "mails without a date": "They stand after the mail that they answer.",
    "mails without text of their own": "Nothing was left without quotes and signature; left out.",
    "mails between agents": "No customer wrote or got them; left out.",
    "threads without a customer": "Nobody but agents wrote in them; left out.",
    "threads without an answer": "There is nothing to learn from them for a task that answers; left out.",
    "mails that were cut": "Longer than a person writes; only their beginning was read.",
    "mails of very long threads": f"Of a thread at most {MAX_THREAD_MAILS} mails are read.",
}


def read_mail(file: DataFile) -> Iterator[RawRow | Dropped]:
    """A row for each thread, then what was left out as a whole.

    Raises:
        DataError: A file cannot be read, nobody can be told to be the one who answers, or there is no thread
            with a customer.
    """
    with ExitStack() as stack:
        index = MailIndex(file, stack)
        agents = agents_of(index, file.agents)
        reading = _Reading(file, index, MailThreads(index, agents.is_agent), Habits(index, agents))
        num_rows = 0
        for mails in reading.threads:
            for found in reading.thread(mails):
                num_rows += isinstance(found, RawRow)
                yield found
        if not num_rows:
            raise _no_thread(file, index)
        yield from _left_out(reading, agents, num_rows)


def count_threads(file: DataFile) -> int:
    """How many threads a mailbox holds, before their texts are read."""
    with ExitStack() as stack:
        index = MailIndex(file, stack)
        return sum(1 for _ in MailThreads(index, agents_of(index, file.agents).is_agent))


@dataclass(frozen=True)
class _Reading:
    """A mailbox in the second pass."""

    file: DataFile
    index: MailIndex
    threads: MailThreads
    habits: Habits

    def thread(self, mails: Sequence[int]) -> Iterator[RawRow | Dropped]:
        """The row of a thread, and what was left out of it."""
        utterances: list[Utterance] = []
        labels: dict[str, None] = {}
        num_characters = 0
        for number, mail in enumerate(mails):
            if number >= MAX_THREAD_MAILS or num_characters > MAX_THREAD_CHARACTERS:
                yield self.dropped(mail, "mails of very long threads")
                continue
            if self.threads.customer(mail) == NOBODY and self.threads.is_answer(mail):
                yield self.dropped(mail, "mails between agents")
                continue
            body = body_of(self.index.content(mail, MAX_MAIL_BYTES))
            yield from self._remarks(mail, body)
            text = self._own_text(mail, body)
            if not text:
                yield self.dropped(mail, "mails without text of their own")
                continue
            labels |= dict.fromkeys(body.labels)
            num_characters += len(text)
            utterances.append(Utterance(text, self.threads.is_answer(mail), self._time(mail)))
        yield from self._row(mails, utterances, tuple(labels))

    def dropped(self, mail: int, what: str) -> Dropped:
        """Something left out, at its place."""
        return Dropped(self.file.name, self.index.line(mail), what, _NOTES[what])

    def _row(
        self, mails: Sequence[int], utterances: Sequence[Utterance], labels: tuple[str, ...]
    ) -> Iterator[RawRow | Dropped]:
        if all(one.is_answer for one in utterances):
            if utterances:
                yield self.dropped(mails[0], "threads without a customer")
            return
        if self.file.is_for_answers and not any(one.is_answer for one in utterances):
            yield self.dropped(mails[0], "threads without an answer")
            return
        yield row_of(self._conversation(mails, utterances, labels), self.file.name)

    def _conversation(
        self, mails: Sequence[int], utterances: Sequence[Utterance], labels: tuple[str, ...]
    ) -> Conversation:
        index = self.index
        asking = [mail for mail in mails if not self.threads.is_answer(mail)]
        values = header_values(index.head(mails[0]))
        return Conversation(
            id=decoded_words(values.get("message-id", ""))[:500].strip("<> ")
            or index.place(mails[0]),
            utterances=tuple(utterances),
            line=index.line(mails[0]),
            customer=index.addresses[index.sender[asking[0]]],
            subject=decoded_words(values.get("subject", ""))[:1_000],
            tags=labels,
            fields=(("place", index.place(mails[0])),),
        )

    def _own_text(self, mail: int, body: MailBody) -> str:
        names, repeated = self.habits.names(mail), self.habits.repeated(mail)
        text = without_signature(without_quotes(body.text), names=names, repeated=repeated)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(map(str.rstrip, text.split("\n")))).strip()

    def _remarks(self, mail: int, body: MailBody) -> Iterator[Dropped]:
        yield from (self.dropped(mail, "attachments") for _ in range(body.num_attachments))
        if body.is_cut or self.index.num_bytes(mail) > MAX_MAIL_BYTES:
            yield self.dropped(mail, "mails that were cut")
        if self.index.time[mail] == NO_TIME:
            yield self.dropped(mail, "mails without a date")

    def _time(self, mail: int) -> str:
        seconds = self.index.time[mail]
        return iso_time(seconds) if seconds != NO_TIME else ""


def _left_out(reading: _Reading, agents: Agents, num_threads: int) -> Iterator[Dropped]:
    """What the first pass set aside, and how the agents were guessed: once for each thread."""
    for mail, kind in enumerate(reading.index.kinds):
        if kind:
            yield reading.dropped(mail, kind)
    if agents.note:
        for _ in range(num_threads):
            yield Dropped(reading.file.name, 1, "threads with guessed agents", agents.note)


def _no_thread(file: DataFile, index: MailIndex) -> DataError:
    set_aside = ", ".join(
        f"{count:,} {kind}" for kind, count in Counter(index.kinds).items() if kind
    )
    also = f" ({set_aside})" if set_aside else ""
    what = "that was answered" if file.is_for_answers else "that a customer wrote in"
    return DataError(
        where=file.name,
        problem=f"holds {len(index):,} mails{also}, but no thread {what}.",
        fix="Name those who answer as `agents` in sartor.yaml, and the folder of sent mail under `data` too.",
    )
