"""Near-duplicates among the rows: what they join, what they leak, where they contradict.

Rows to report on take no part in what is found among the others (law 1): not in the words that count as
usual, and not in families. Texts that are equal are looked at once. Shape letters: N rows, R some of them,
T different texts (those of known rows first, then those of the user's test), P pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import overload

import numpy as np

from sartor.core.dataset import Count
from sartor.core.goal import CLASSIFIED, NearDuplicates
from sartor.data.near_duplicates import Digests, Families, digests
from sartor.data.personal import excerpt
from sartor.data.processes import ALONE, Processes
from sartor.data.rows import DROPPED, SCOPE_TEST, TEST, TRAIN, VALID, Rows

FAMILY_SHARE = 0.02
LEAST_BOUND, MOST_BOUND = 10, 1_000
"""A family holds no more than this share of the texts, within these bounds."""
WARNING_SHARE = 0.05
"""Of test rows that were nearly learned, from which the score of a test is not to be trusted."""


class _Different(Sequence[str]):
    """Each text once."""

    def __init__(self, texts: Sequence[str], row_T: np.ndarray) -> None:
        self._texts, self._row_T = texts, row_T

    def __len__(self) -> int:
        return len(self._row_T)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[text] for text in range(*at.indices(len(self)))]
        if at >= len(self):
            raise IndexError(at)
        return self._texts[int(self._row_T[at])]


@dataclass(frozen=True)
class NearRows:
    """What was found among the rows; equal texts share a number."""

    rows: Rows
    text_N: np.ndarray
    """Number of each row's text; -1 for rows that take no part."""
    row_T: np.ndarray
    """The first row with each text."""
    num_known: int
    """Texts of rows that are no test of the user's; they are numbered first."""
    texts: Sequence[str]
    """The inputs, in the order of `rows`."""
    found: Digests
    setting: NearDuplicates

    @cached_property
    def _joined(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Family of each text, (T,); pairs of known texts, (P, 2); families that reached the bound."""
        families, pairs = self._families(np.arange(self.num_known))
        of_tests, _ = self._families(np.arange(self.num_known, len(self.row_T)))
        first_T = np.concatenate(
            [families.firsts()[: self.num_known], of_tests.firsts()[self.num_known :]]
        )
        return first_T, pairs, families.num_full

    def _families(self, text_R: np.ndarray) -> tuple[Families, np.ndarray]:
        most = int(np.clip(FAMILY_SHARE * len(text_R), LEAST_BOUND, MOST_BOUND))
        families = Families(len(self.row_T), most=most)
        pairs = [np.empty((0, 2), np.int64)]
        for pair_P2, _ in self.found.among(
            text_R, threshold=self.setting.threshold, is_open=families.may_join
        ):
            families.join(pair_P2)
            pairs.append(pair_P2)
        return families, np.concatenate(pairs)

    @cached_property
    def family_keys(self) -> np.ndarray:
        """Text key of the first text of each row's family; its own where it has none or takes no part."""
        first_T = self._joined[0]
        key_T = self.rows.text_key_N[self.row_T][first_T]
        return np.where(self.text_N >= 0, key_T[self.text_N], self.rows.text_key_N)

    def drop(self, part_N: np.ndarray) -> tuple[np.ndarray, list[Count]]:
        """Rows of train that nearly repeat an earlier one: counted, and dropped where the goal says so.

        Only what has the same label or answer is one of these. Rows of one group belong together and stay.
        """
        rows, pair_P2 = self.rows, self._pairs_within(part_N, (TRAIN,))
        keys_P2 = (rows.answer_key_N if rows.is_written else rows.label_key_N)[pair_P2]
        pair_P2 = pair_P2[keys_P2[:, 0] == keys_P2[:, 1]]
        repeats_N = np.zeros(len(rows), bool)
        for first, second in pair_P2.tolist():
            repeats_N[second] |= not repeats_N[first]
        if not repeats_N.any():
            return part_N, []
        is_out = self.setting.in_train == "drop"
        done = "dropped, as `prepare.near_duplicates` says" if is_out else "kept"
        what = "answer" if rows.is_written else "label"
        note = (
            "They say what an earlier row says in nearly the same words, with the same "
            f"{what}; they were {done}."
        )
        num_rows = int(repeats_N.sum())
        count = Count("near-duplicates in train", num_rows, note, self._shown(pair_P2))
        return np.where(repeats_N & is_out, DROPPED, part_N).astype(np.int8), [count]

    def conflicts(self, part_N: np.ndarray) -> list[Count]:
        """Near-duplicates with different labels among the rows to learn and choose from."""
        if self.rows.kind not in CLASSIFIED:
            return []  # other words have other answers, spans and values
        pair_P2 = self._pairs_within(part_N, (TRAIN, VALID))
        keys = self.rows.label_key_N[pair_P2]
        differing_P2 = pair_P2[keys[:, 0] != keys[:, 1]]
        if not len(differing_P2):
            return []
        note = (
            "Texts in nearly the same words carry different labels; they were kept, and somebody "
            "should look at them."
        )
        num_rows = len(np.unique(differing_P2))
        return [Count("near-duplicates in conflict", num_rows, note, self._shown(differing_P2))]

    def leaks(self, part_N: np.ndarray, *, by_user: Sequence[int], is_split: bool) -> list[Count]:
        """Rows of valid and test that nearly repeat a row to learn from: kept, and said aloud.

        Args:
            part_N: Finished parts.
            by_user: Parts that the user drew.
            is_split: Whether families were kept on one side in the other parts.
        """
        counts = []
        for part, learned in ((VALID, (TRAIN,)), (TEST, (TRAIN, VALID))):
            if (part in by_user or not is_split) and (part_N == part).any():
                counts += self._leak(part_N, part, learned, is_by_user=part in by_user)
        return counts

    def bounded(self) -> list[Count]:
        """Families that were not allowed to grow."""
        if not self._joined[2]:
            return []
        note = "So many families of near-duplicates reached their largest size and were cut there."
        return [Count("bounded families", self._joined[2], note)]

    def _leak(
        self, part_N: np.ndarray, part: int, learned: tuple[int, ...], *, is_by_user: bool
    ) -> list[Count]:
        here_R = np.flatnonzero(part_N == part)
        there_R = np.flatnonzero(np.isin(part_N, learned))
        is_equal_R = np.isin(self.rows.text_key_N[here_R], self.rows.text_key_N[there_R])
        twin_T = self._twins(
            np.unique(self.text_N[there_R]), np.unique(self.text_N[here_R[~is_equal_R]])
        )
        near_R = here_R[(twin_T[self.text_N[here_R]] >= 0) & ~is_equal_R]
        num_rows, num_equal = len(near_R) + int(is_equal_R.sum()), int(is_equal_R.sum())
        is_warning = is_by_user and num_rows >= WARNING_SHARE * len(here_R)
        if not len(near_R) and not is_warning:
            return []
        name, of = ("test", "train or valid") if part == TEST else ("valid", "train")
        note = (
            f"{num_rows:,} of {len(here_R):,} {name} rows ({num_rows / len(here_R):.0%}) say what "
            f"a row of {of} says, in the same or nearly the same words"
        )
        note += f" ({num_equal:,} to the letter)" if num_equal else ""
        note += _consequence(name, is_by_user=is_by_user, is_warning=is_warning)
        twins = zip(near_R[:3], self.row_T[twin_T[self.text_N[near_R[:3]]]], strict=True)
        examples = tuple(f"{self.rows.place(a)} ~ {self.rows.place(b)}" for a, b in twins)
        return [Count(f"{name} rows near training rows", num_rows, note, examples, is_warning)]

    def _twins(self, learned_R: np.ndarray, text_R: np.ndarray) -> np.ndarray:
        """A learned text that is nearly each text, (T,); -1 where none was found."""
        twin_T = np.full(len(self.row_T), -1, np.int64)
        for pair_P2, _ in self.found.across(
            learned_R,
            text_R,
            threshold=self.setting.threshold,
            is_open=lambda pair_P2: twin_T[pair_P2[:, 1]] < 0,
        ):
            twin_T[pair_P2[::-1, 1]] = pair_P2[::-1, 0]
        return twin_T

    def _pairs_within(self, part_N: np.ndarray, parts: tuple[int, ...]) -> np.ndarray:
        """Pairs of rows of some parts that share no group, the earlier row first, in order."""
        pair_P2 = np.sort(self.row_T[self._joined[1]], axis=1)
        is_here_P = np.isin(part_N[pair_P2], parts).all(axis=1)
        group_key_P2 = self.rows.group_key_N[pair_P2]
        is_of_group_P = (group_key_P2[:, 0] == group_key_P2[:, 1]) & (group_key_P2[:, 0] != 0)
        pair_P2 = pair_P2[is_here_P & ~is_of_group_P]
        return pair_P2[np.lexsort((pair_P2[:, 0], pair_P2[:, 1]))]

    def _shown(self, pair_P2: np.ndarray) -> tuple[str, ...]:
        """The first pairs, with the beginnings of their texts; never of a test row."""
        return tuple(
            " ~ ".join(f"{self.rows.place(row)} {excerpt(self._text(row))}" for row in pair)
            for pair in pair_P2[:3].tolist()
        )

    def _text(self, row: int) -> str:
        return self.texts[int(self.row_T[self.text_N[row]])]


def near_rows(
    rows: Rows,
    part_N: np.ndarray,
    texts: Sequence[str],
    *,
    has_test: bool,
    setting: NearDuplicates,
    folder: Path,
    processes: Processes = ALONE,
) -> NearRows:
    """Read the texts and make ready to compare them.

    Args:
        rows: All rows.
        part_N: Where each belongs so far; what is dropped takes no part.
        texts: All inputs, in the order of `rows`.
        has_test: Whether the user drew a test; its rows stay apart.
        setting: What the goal says.
        folder: Where digests lie for a while.
        processes: Where texts are digested and compared.
    """
    is_test_N = np.isin(part_N, (TEST, SCOPE_TEST)) & has_test
    text_N = np.full(len(rows), -1, np.int64)
    firsts: list[np.ndarray] = []
    for is_used_N in (~is_test_N & (part_N != DROPPED), is_test_N):
        used_R = np.flatnonzero(is_used_N)
        _, first, key_R = np.unique(rows.text_key_N[used_R], return_index=True, return_inverse=True)
        rank = np.empty(len(first), np.int64)
        rank[np.argsort(first)] = np.arange(len(first))
        text_N[used_R] = rank[key_R] + sum(map(len, firsts))
        firsts.append(used_R[np.sort(first)])
    row_T, num_known = np.concatenate(firsts), len(firsts[0])
    different = _Different(texts, row_T)
    found = digests(different, num_counted=num_known, folder=folder, processes=processes)
    return NearRows(rows, text_N, row_T, num_known, texts, found, setting)


def _consequence(name: str, *, is_by_user: bool, is_warning: bool) -> str:
    if not is_by_user:
        return "; families or groups that chain too many rows were not kept on one side."
    if not is_warning:
        return ", by your splits; all were kept."
    what = "the score on this test" if name == "test" else "what is chosen by them"
    return (
        f", by your splits: {what} promises too much. Name all files in one list under `data`, and "
        "splits are drawn that keep such rows on one side."
    )
