"""Mails as threads: by what they refer to, else by subject and customer.

After JWZ's threading (https://www.jwz.org/doc/threading.html), with a customer to each thread: two who answer
the same newsletter have nothing to do with each other.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from sartor.data.mail_index import NO_TIME, NOBODY, MailIndex

REPLY_WINDOW_SECONDS = 60 * 86_400
"""How long after a mail one with `Re:` and its subject is taken for an answer, without references."""
ANSWER_WINDOW_SECONDS = 30 * 86_400
"""The same for mails from agents that have neither references nor `Re:`."""


class MailThreads:
    """Which mails belong together, and in what order."""

    def __init__(self, index: MailIndex, is_agent: Sequence[bool]) -> None:
        self._index = index
        self._is_agent = is_agent
        self._root = array("q", range(len(index)))
        self._parent = array("q", [-1]) * len(index)
        self._absent: dict[tuple[int, int], int] = {}
        for mail in index.personal():
            self._join_references(mail)
        self._absent.clear()
        self._join_subjects()

    def __iter__(self) -> Iterator[list[int]]:
        """Each thread in order; the thread with the first mail first."""
        mails_M = np.fromiter(self._index.personal(), dtype=np.int64)
        roots_M = np.array([self._find(mail) for mail in mails_M], dtype=np.int64)
        if not mails_M.size:
            return
        order_M = np.argsort(roots_M, kind="stable")
        starts = np.flatnonzero(np.diff(roots_M[order_M], prepend=-1))
        for mails in sorted(np.split(mails_M[order_M], starts[1:]), key=lambda some: int(some[0])):
            yield self._ordered(mails.tolist())

    def customer(self, mail: int) -> int:
        """Who wrote it and is no agent, or the first such one it went to; nobody in mails between agents."""
        sender = self._index.sender[mail]
        if sender != NOBODY and not self._is_agent[sender]:
            return sender
        others = (to for to in self._index.recipients(mail) if not self._is_agent[to])
        return next(others, NOBODY)

    def is_answer(self, mail: int) -> bool:
        """Whether an agent wrote it."""
        return self._is_agent[self._index.sender[mail]]

    def _join_references(self, mail: int) -> None:
        customer = self.customer(mail)
        for reference in self._index.references(mail):
            other = self._index.by_id.get(reference)
            if other == mail:
                continue
            if other is None or not self._may_follow(customer, other):
                self._join(mail, self._absent.setdefault((reference, customer), mail))
            else:
                self._join(mail, other)
                self._parent[mail] = other

    def _may_follow(self, customer: int, other: int) -> bool:
        """Whether a mail of this customer goes on with that one.

        What agents send to many begins no thread that the many share.
        """
        index = self._index
        if index.kinds[other]:
            return False
        if not self.is_answer(other) or index.references(other) or customer == NOBODY:
            return True
        to = [number for number in index.recipients(other) if not self._is_agent[number]]
        return customer in to or len(to) == 1

    def _join_subjects(self) -> None:
        """Mails whose references are lost, with the latest mail of that subject and customer."""
        latest: dict[tuple[int, int], int] = {}
        for mail in sorted(self._index.personal(), key=self._when):
            key = (self._index.subject[mail], self.customer(mail))
            if 0 in key:
                continue
            before = latest.get(key)
            if before is not None and self._parent[mail] < 0 and self._answers(mail, before):
                self._join(mail, before)
                self._parent[mail] = before
            latest[key] = mail

    def _answers(self, mail: int, before: int) -> bool:
        """Whether a mail without a known parent may answer an earlier one of its subject."""
        index = self._index
        window = 0
        if index.is_reply[mail]:
            window = REPLY_WINDOW_SECONDS
        elif self.is_answer(mail) and not index.references(mail):
            window = ANSWER_WINDOW_SECONDS
        if NO_TIME in (index.time[mail], index.time[before]):
            return window > 0
        return 0 <= index.time[mail] - index.time[before] < window

    def _when(self, mail: int) -> tuple[int, int]:
        """By time; without one, after all that have it."""
        time = self._index.time[mail]
        return (time if time != NO_TIME else 2**62, mail)

    def _join(self, mail: int, other: int) -> None:
        low, high = sorted((self._find(mail), self._find(other)))
        self._root[high] = low

    def _find(self, mail: int) -> int:
        while self._root[mail] != mail:
            self._root[mail] = self._root[self._root[mail]]
            mail = self._root[mail]
        return int(mail)

    def _ordered(self, mails: list[int]) -> list[int]:
        """A mail after the one it answers, else by time; without a time, when its parent was written."""
        answers: dict[int, list[int]] = {}
        here = set(mails)
        for mail in mails:
            answers.setdefault(self._parent[mail] if self._parent[mail] in here else -1, []).append(
                mail
            )
        waiting = [(self._sent(mail, 0), mail) for mail in answers.get(-1, ())]
        heapq.heapify(waiting)
        done: dict[int, None] = {}
        while waiting:
            time, mail = heapq.heappop(waiting)
            done[mail] = None
            for answer in answers.get(mail, ()):
                heapq.heappush(waiting, (self._sent(answer, time), answer))
        return [*done, *(mail for mail in mails if mail not in done)]  # what refers in a circle

    def _sent(self, mail: int, time: int) -> int:
        own = self._index.time[mail]
        return own if own != NO_TIME else time
