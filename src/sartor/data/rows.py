"""What memory holds of the rows while they are prepared: numbers, no text.

About 50 bytes a row, so that millions fit; the texts wait in a file on disk.
Shape letters: N rows, E label entries of all rows, L labels.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sartor.core.goal import CLASSIFIED, OutputKind

TRAIN, VALID, TEST, SCOPE_VALID, SCOPE_TEST, REJECTED, DROPPED = range(7)
PART_NAMES = ("train", "valid", "test", "out_of_scope_valid", "out_of_scope_test", "rejected")
"""Name of each part, which is also the name of its file."""


@dataclass(frozen=True)
class Rows:
    """All checked rows, column by column, in the order of the files."""

    kind: OutputKind
    label_names: tuple[str, ...]
    """Sorted, so that an index does not depend on the order of rows."""
    label_E: np.ndarray
    """Label indices of all rows, one row's after the other's, int32."""
    label_end_N: np.ndarray
    """Where each row's labels end in `label_E`, int64."""
    label_key_N: np.ndarray
    """Equal for rows with equal labels or score; where answers are written, for those that are equal
    to the letter, input and answer. uint64."""
    score_N: np.ndarray
    """float64; 0 unless the kind is score."""
    text_key_N: np.ndarray
    """Hash of the case-folded text with white space collapsed, uint64."""
    group_key_N: np.ndarray
    """Hash of the group column, uint64; 0 where a row stands alone."""
    num_words_N: np.ndarray
    """int32."""
    file_N: np.ndarray
    """Index into `file_names`, int32."""
    line_N: np.ndarray
    """Line from 1, int64."""
    given_part_N: np.ndarray
    """TRAIN, VALID or TEST as the user has it; TRAIN where Sartor splits. int8."""
    file_names: tuple[str, ...]
    time_N: np.ndarray
    """When each was written, seconds since 1970, float64; NaN where no column says it."""
    exact_key_N: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Hash of the input to the letter, uint64; empty where texts are classified, as all below."""
    answer_key_N: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Hash of the answer to the letter, uint64."""
    answer_words_N: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Words of the answer, int32; 0 where it is no text."""
    num_turns_N: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Turns of the input, int32."""

    def __len__(self) -> int:
        return len(self.text_key_N)

    @property
    def is_written(self) -> bool:
        """Whether answers are written or cut out of the input, and not decided from labels."""
        return self.kind not in CLASSIFIED

    def place(self, row: int) -> str:
        """Where a person finds a row: `messages.csv:17`."""
        return f"{self.file_names[self.file_N[row]]}:{self.line_N[row]}"

    def places(self, rows: np.ndarray, *, at_most: int = 3) -> tuple[str, ...]:
        """The first few places."""
        return tuple(self.place(int(row)) for row in rows[:at_most])

    def num_labels_per_row(self) -> np.ndarray:
        """How many labels each row has."""
        return np.diff(self.label_end_N, prepend=0)

    def entry_rows(self) -> np.ndarray:
        """The row that each label entry belongs to."""
        return np.repeat(np.arange(len(self)), self.num_labels_per_row())

    def has_label(self, label: int) -> np.ndarray:
        """Which rows have a label."""
        has_N = np.zeros(len(self), bool)
        has_N[self.entry_rows()[self.label_E == label]] = True
        return has_N

    def label_counts(self, is_counted_N: np.ndarray) -> np.ndarray:
        """Rows of each label among the given ones, (L,)."""
        labels = self.label_E[is_counted_N[self.entry_rows()]]
        return np.bincount(labels, minlength=len(self.label_names))

    def without_labels(self, is_removed_L: np.ndarray) -> Rows:
        """The same rows, with some labels taken off and the others renumbered."""
        keep_E = ~is_removed_L[self.label_E]
        num_kept_N = np.bincount(self.entry_rows()[keep_E], minlength=len(self))
        new_index_L = np.cumsum(~is_removed_L) - 1
        kept = zip(self.label_names, is_removed_L, strict=True)
        return replace(
            self,
            label_names=tuple(name for name, is_removed in kept if not is_removed),
            label_E=new_index_L[self.label_E[keep_E]].astype(np.int32),
            label_end_N=np.cumsum(num_kept_N),
        )


class GrowingRows:
    """Collects rows one by one in compact arrays."""

    def __init__(self, *, kind: OutputKind, file_names: tuple[str, ...]) -> None:
        self.kind = kind
        self.file_names = file_names
        self.label_index: dict[str, int] = {}
        """Label to its provisional index, by first occurrence."""
        self._label_E, self._label_end_N = array("i"), array("q")
        self._label_key_N, self._score_N = array("Q"), array("d")
        self._text_key_N, self._group_key_N = array("Q"), array("Q")
        self._num_words_N, self._line_N = array("i"), array("q")
        self._file_N, self._part_N, self._time_N = array("i"), array("b"), array("d")
        self._exact_key_N, self._answer_key_N = array("Q"), array("Q")
        self._answer_words_N, self._num_turns_N = array("i"), array("i")

    def __len__(self) -> int:
        return len(self._line_N)

    def add_place(self, *, file: int, line: int, part: int, time: float) -> None:
        """Where the next row stands, where the user put it, and when it was written."""
        self._file_N.append(file)
        self._line_N.append(line)
        self._part_N.append(part)
        self._time_N.append(time)

    def has_part(self, part: int) -> bool:
        """Whether any row belongs to a part."""
        return part in self._part_N

    def add_keys(self, *, text_key: int, group_key: int, num_words: int) -> None:
        """What the next row is compared by."""
        self._text_key_N.append(text_key)
        self._group_key_N.append(group_key)
        self._num_words_N.append(num_words)

    def add_target(self, *, labels: tuple[str, ...], score: float) -> None:
        """What the next row is to be answered with."""
        index = self.label_index
        codes = [index.setdefault(label, len(index)) for label in labels]
        self._label_E.extend(codes)
        self._label_end_N.append(len(self._label_E))
        self._score_N.append(score)
        # The hash of numbers is the same in every process, unlike that of strings.
        self._label_key_N.append(hash((score, *sorted(codes))) & 0xFFFF_FFFF_FFFF_FFFF)

    def add_answer(
        self,
        *,
        exact_key: int,
        pair_key: int,
        answer_key: int,
        labels: tuple[str, ...],
        num_words: int,
        num_turns: int,
    ) -> None:
        """What the next row is to be answered with, where that is written or cut out.

        Args:
            exact_key: Hash of the input to the letter.
            pair_key: Hash of input and answer to the letter.
            answer_key: Hash of the answer to the letter.
            labels: Labels of its spans.
            num_words: Words of the answer.
            num_turns: Turns of the input.
        """
        self.add_target(labels=labels, score=0.0)
        self._label_key_N[-1] = pair_key
        self._exact_key_N.append(exact_key)
        self._answer_key_N.append(answer_key)
        self._answer_words_N.append(num_words)
        self._num_turns_N.append(num_turns)

    def finished(self) -> Rows:
        """The rows as numpy arrays, labels sorted by name."""
        names = sorted(self.label_index)
        final_L = np.zeros(len(names), np.int32)
        for position, name in enumerate(names):
            final_L[self.label_index[name]] = position
        return Rows(
            kind=self.kind,
            label_names=tuple(names),
            label_E=final_L[_viewed(self._label_E, np.int32)],
            label_end_N=_viewed(self._label_end_N, np.int64),
            label_key_N=_viewed(self._label_key_N, np.uint64),
            score_N=_viewed(self._score_N, np.float64),
            text_key_N=_viewed(self._text_key_N, np.uint64),
            group_key_N=_viewed(self._group_key_N, np.uint64),
            num_words_N=_viewed(self._num_words_N, np.int32),
            file_N=_viewed(self._file_N, np.int32),
            line_N=_viewed(self._line_N, np.int64),
            given_part_N=_viewed(self._part_N, np.int8),
            file_names=self.file_names,
            time_N=_viewed(self._time_N, np.float64),
            exact_key_N=_viewed(self._exact_key_N, np.uint64),
            answer_key_N=_viewed(self._answer_key_N, np.uint64),
            answer_words_N=_viewed(self._answer_words_N, np.int32),
            num_turns_N=_viewed(self._num_turns_N, np.int32),
        )


def _viewed(values: array[Any], dtype: type[np.generic]) -> np.ndarray:
    """The same memory as a numpy array: a copy would double what millions of rows take."""
    return np.frombuffer(values, dtype) if len(values) else np.empty(0, dtype)
