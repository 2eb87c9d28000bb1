"""How often lines stand in answers, counted in one pass and in bounded memory."""

from __future__ import annotations

import hashlib
import heapq
import re

NUM_COUNTERS = 200_000
"""Lines that are counted at the same time; about 25 MB."""
SAMPLED_ANSWERS = 2_000
"""Different answers that are kept to look at where their lines stand; at most 16 MB of characters."""
SAMPLED_CHARACTERS = 8_000
_LINE_CHARACTERS = 1_000

_MASKED = re.compile(
    r"(?P<url>(?:https?://|www\.)\S{1,1000})|(?P<email>(?<!\S)[^\s@]{1,64}@\S{1,200})"
    r"|(?P<name><[A-Z0-9_]{1,40}>|\{\{[^{}]{1,60}\}\}|\[[^\[\]]{1,40}\])"
    r"|(?P<number>(?<!\S)[^\s\d]{0,40}\d\S{0,60})"
)
_RUN = re.compile(r"([^\w\s])\1{1,200}")


def line_key(line: str) -> str:
    """What equal lines have in common: case, white space, numbers, addresses and placeholders aside.

    Args:
        line: One line of a text; its first 1,000 characters count.

    Returns:
        The line in its plain form; empty for a blank one.
    """
    masked = _MASKED.sub(lambda found: f"<{found.lastgroup}>", line[:_LINE_CHARACTERS])
    return _RUN.sub(r"\1", " ".join(masked.casefold().split()))


class CommonLines:
    """Counts the answers that each line stands in, and keeps a sample of answers.

    Where more lines come than there are counters, all counters are lowered and the least are given up (Misra
    and Gries 1982, in batches): no count is too high, and none too low by more than `most_missed`.
    """

    def __init__(
        self, *, num_counters: int = NUM_COUNTERS, num_sampled: int = SAMPLED_ANSWERS
    ) -> None:
        self.num_answers = 0
        """Answers added."""
        self.most_missed = 0
        """Answers by which a count may be too low; at most 2 x lines added / counters."""
        self._num_counters, self._num_sampled = num_counters, num_sampled
        self._counts: dict[int, int] = {}
        self._sample: list[tuple[int, str]] = []
        """A heap of the different answers with the smallest hashes, the greatest of them on top."""
        self._sampled: set[int] = set()

    def add(self, answer: str) -> None:
        """Count the lines of one more answer."""
        self.num_answers += 1
        for key in dict.fromkeys(map(line_key, answer.split("\n"))):
            if key:
                name = _hashed(key)
                self._counts[name] = self._counts.get(name, 0) + 1
        if len(self._counts) > self._num_counters:
            self._give_up_rare_ones()
        self._sample_one(answer)

    def most_answers(self, key: str) -> int:
        """Answers that hold a line of this plain form; too low by `most_missed` at most."""
        return self._counts.get(_hashed(key), 0)

    def sample(self) -> list[str]:
        """Up to 2,000 different answers, the same whatever the order in which they were added."""
        return [text for _, text in sorted(self._sample, reverse=True)]

    def _give_up_rare_ones(self) -> None:
        counts = sorted(self._counts.values(), reverse=True)
        cut = counts[self._num_counters // 2]
        self._counts = {name: n - cut for name, n in self._counts.items() if n > cut}
        self.most_missed += cut

    def _sample_one(self, answer: str) -> None:
        rank = -_hashed(answer)
        if rank in self._sampled or (self._is_full and rank <= self._sample[0][0]):
            return
        self._sampled.add(rank)
        heapq.heappush(self._sample, (rank, answer[:SAMPLED_CHARACTERS]))
        if len(self._sample) > self._num_sampled:
            self._sampled.remove(heapq.heappop(self._sample)[0])

    @property
    def _is_full(self) -> bool:
        return len(self._sample) >= self._num_sampled


def _hashed(text: str) -> int:
    """The same number in every process, unlike that of `hash`."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8)
    return int.from_bytes(digest.digest(), "little")
