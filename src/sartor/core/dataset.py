"""The data a run works on: splits, folds and the sealed test set.

Shape letters: N rows, C labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sartor.core.goal import OutputKind
from sartor.core.guidelines import Guidelines
from sartor.core.hashing import content_hash
from sartor.core.readiness import GroupTable
from sartor.core.words import readable_label


@dataclass(frozen=True)
class Split:
    """Rows of one split, column by column."""

    texts: Sequence[str]
    """The inputs, length N; of a chat each is a conversation in the form of `core.conversation`."""
    targets: np.ndarray
    """single: label index (N,) int64; multi: (N, C) bool; score: (N,) float64; text: answers that count
    as right, (N,) object of tuples of strings, the first to be learned; spans: (N,) object of tuples of
    `(start, end, label)`; fields: (N,) object of JSON-like mappings."""
    groups: np.ndarray
    """Rows with equal numbers belong together, (N,) int64."""
    sources: Sequence[str]
    """Where each row came from, `file:line`, length N."""
    rejected: Sequence[tuple[str, ...]] = ()
    """Answers known to be worse, a tuple for each row; empty as a whole where none are known."""

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: np.ndarray) -> Split:
        """The given rows, in the given order."""
        return Split(
            texts=[self.texts[int(row)] for row in rows],
            targets=self.targets[rows],
            groups=self.groups[rows],
            sources=[self.sources[int(row)] for row in rows],
            rejected=[self.rejected[int(row)] for row in rows] if len(self.rejected) else (),
        )

    def plus(self, other: Split) -> Split:
        """These rows and then the other's."""
        return Split(
            texts=[*self.texts, *other.texts],
            targets=np.concatenate([self.targets, other.targets]),
            groups=np.concatenate([self.groups, other.groups]),
            sources=[*self.sources, *other.sources],
            rejected=_joined_rejected(self, other),
        )

    def fingerprint(self) -> str:
        """Content hash of texts and targets."""
        targets = self.targets.tolist() if self.targets.dtype == object else self.targets
        return content_hash(list(self.texts), targets)


def _joined_rejected(first: Split, second: Split) -> Sequence[tuple[str, ...]]:
    if not len(first.rejected) and not len(second.rejected):
        return ()
    parts = (
        split.rejected if len(split.rejected) else [()] * len(split) for split in (first, second)
    )
    return [answers for part in parts for answers in part]


class SealedSplit:
    """The test set: its size is known, its rows are not, until it is opened with a reason.

    Every opening is counted by the ledger that made it (law 1).
    """

    def __init__(
        self, *, num_examples: int, fingerprint: str, unseal: Callable[[str], Split]
    ) -> None:
        self.num_examples = num_examples
        self.fingerprint = fingerprint
        self._unseal = unseal

    def open(self, reason: str) -> Split:
        """The rows. Writes the look into the ledger first.

        Args:
            reason: Who looks and why, for example ``"report of run 1f2e"``.
        """
        return self._unseal(reason)


@dataclass(frozen=True)
class Count:
    """A counted line of the data card: nothing is dropped or changed in silence."""

    what: str
    """Short name, for example `exact duplicates`."""
    num_rows: int
    """Rows concerned."""
    note: str
    """What was done with them and why, one sentence."""
    examples: tuple[str, ...] = ()
    """Up to three places or excerpts."""
    is_warning: bool = False
    """Whether results cannot be trusted as long as it stands; then it is advice of the run too."""


@dataclass(frozen=True)
class DataCard:
    """What the data is, and what was done to it."""

    files: tuple[str, ...]
    """Files read."""
    columns: dict[str, str]
    """Role (input, output, group, time, split) to the column used."""
    origins: dict[str, str]
    """Role to `given` or `recognised`."""
    num_examples: dict[str, int]
    """Rows by split."""
    label_counts: dict[str, dict[str, int]]
    """Split to label to rows; empty for scores. The test split's counts are kept out."""
    length_words: dict[str, float]
    """Quantiles of the texts' length in words: `p50`, `p95`, `max`."""
    counts: tuple[Count, ...]
    """Everything dropped, moved, cut or found doubtful."""
    split_rule: str
    """How rows were split, one sentence."""
    answer_words: dict[str, float] = field(default_factory=dict)
    """Quantiles of the answers' length in words; empty unless answers are written."""
    num_turns: dict[str, float] = field(default_factory=dict)
    """Quantiles of the turns before an answer; empty unless the task is a chat."""
    num_answers: dict[str, float] = field(default_factory=dict)
    """Quantiles of the different right answers of an input; empty unless answers are written."""
    languages: dict[str, str] = field(default_factory=dict)
    """To translate: the names of the languages, `from` and `to`."""
    num_read: int = 0
    """Rows that the files hold, bad ones included; 0 where nobody counted them."""
    groups: tuple[GroupTable, ...] = ()
    """Whom the rows stand for, by the columns that the user named."""


@dataclass(frozen=True)
class Dataset:
    """Immutable, content-hashed examples with their splits."""

    hash: str
    """Content hash over rows, splits and the settings that made them."""
    output_kind: OutputKind
    """What the output column holds."""
    labels: tuple[str, ...]
    """Label names by index; of spans sorted; empty where there are none."""
    descriptions: dict[str, str]
    """Label to description, where the user wrote one."""
    train: Split
    """Rows to learn from; of texts every pair of input and answer is a row of its own."""
    valid: Split | None
    """Rows to choose by; None where cross-validation over `train` chooses (few rows)."""
    test: SealedSplit | None
    """Rows to report on; None where the user has too few to hold any back."""
    out_of_scope: dict[str, Split] = field(default_factory=dict)
    """Texts of no class by split, `valid` only; the test part is sealed."""
    out_of_scope_test: SealedSplit | None = None
    """Texts of no class to report on."""
    card: DataCard | None = None
    """What was kept, dropped and why."""
    task: str = "classify"
    """The task of the goal that it was prepared for."""
    instruction: str = ""
    """What every text is told first: a system turn that was equal in all rows, and is in no input."""
    languages: dict[str, str] = field(default_factory=dict)
    """To translate: the names of the languages, `from` and `to`."""
    schema: dict[str, Any] | None = None
    """To extract records: the JSON Schema of the goal, or one of the fields that train holds."""
    passages: tuple[str, ...] = ()
    """Pieces of the user's documents, each of which can be read by itself."""
    passage_places: tuple[str, ...] = ()
    """Where each passage was taken from: `faq.md:12`; of a PDF the page, of a DOCX the paragraph."""
    guidelines: Guidelines | None = None
    """The rules of the goal's guidelines; None where it names none."""
    rejected: Split | None = None
    """Inputs of which only a worse answer is known, as tuples in its `rejected`; never scored."""

    @property
    def development(self) -> Split:
        """All rows that choosing may use: train + valid."""
        return self.train if self.valid is None else self.train.plus(self.valid)


@dataclass(frozen=True)
class Fold:
    """One pair of rows to learn from and rows to score, as indices into `development`."""

    name: str
    """`valid`, or `repeat 0 fold 3`."""
    fit_rows: np.ndarray
    score_rows: np.ndarray


CHARACTERS_OF_A_TOKEN = 2.5
"""Fewest that are usual, even for small vocabularies: bounds what is written and what has to fit. Of scripts
that take several bytes a character, bytes."""
PASSAGE_TOKENS = 80.0
"""Of a passage in a prompt; for the plan and the price."""


@dataclass(frozen=True)
class TaskFacts:
    """What a method may know of the task before it sees a row."""

    output_kind: OutputKind
    labels: tuple[str, ...]
    descriptions: dict[str, str]
    num_fit: int
    """Rows to learn from in one fold."""
    smallest_class: int
    """Rows of the rarest label among them."""
    mean_tokens: float
    """Mean length of the texts in tokens (words x 1.3 where no tokenizer is at hand)."""
    max_tokens: int
    task: str = "classify"
    """`classify`, `generate`, `chat`, `translate` or `extract`."""
    instruction: str = ""
    """What has to be done with an input, in a sentence that a model is told."""
    mean_answer_tokens: float = 0.0
    """Mean length of the answers in tokens; 0 where nothing is written."""
    max_answer_tokens: int = 0
    """Longest answer that is written, in tokens; 0 where nothing is written."""
    num_scored: int = 0
    """Rows that are scored in one fold; for the plan."""
    schema: dict[str, Any] | None = None
    """To extract records: the JSON Schema that they keep."""
    passages: tuple[str, ...] = ()
    """Pieces of the user's documents that a prompt may hold."""

    @property
    def is_conversation(self) -> bool:
        """Whether an input is a conversation in the form of `core.conversation`."""
        return self.task == "chat"

    @property
    def num_labels(self) -> int:
        """Outputs a model needs: labels, or 1 for a score."""
        return max(1, len(self.labels))

    @property
    def label_tokens(self) -> int:
        """Tokens of all labels' names with their ends, about: one a word."""
        return sum(len(readable_label(label).split()) + 1 for label in self.labels)

    def tokens_of_request(self, *, num_shots: int = 0, num_passages: int = 0) -> float:
        """Tokens that a writer reads and writes for one input of mean length, about.

        Args:
            num_shots: Examples in the prompt, each with its answer.
            num_passages: Passages of documents in the prompt.
        """
        example_tokens = self.mean_tokens + self.mean_answer_tokens
        passage_tokens = PASSAGE_TOKENS * min(num_passages, len(self.passages))
        return (1 + num_shots) * example_tokens + passage_tokens

    def with_(self, **changes: Any) -> TaskFacts:
        """A changed copy."""
        return replace(self, **changes)
