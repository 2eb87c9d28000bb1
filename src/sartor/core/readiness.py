"""What prepared data is good for, and what it looks like: for people to read before anything is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sartor.core.lesson import Finding
from sartor.core.score import Estimate


@dataclass(frozen=True)
class Readiness:
    """A judgement in words, and the figures it rests on."""

    state: str
    """`good`, `look` or `wrong`, as the worst of the findings."""
    headline: str
    """In a sentence."""
    findings: tuple[Finding, ...]
    """What speaks for and against, the worst first."""
    num_known: int
    """Rows of train and valid."""
    num_test: int
    """Rows held back for the test."""
    num_labels: int
    """0 where there are none."""
    nouns: str = "labels"
    """What labels are called, after their column: `intents`, `categories`."""
    thin_labels: dict[str, int] = field(default_factory=dict)
    """Label to its rows in train and valid, of those with fewer than five; the rarest first."""
    near_ninety: Estimate | None = None
    """What a test of this size can say of a share of 0.9; None without test rows."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Histogram:
    """How many rows have a length."""

    title: str
    """`Words of a text`."""
    width: int
    """Lengths in one bin; the first bin begins at 0."""
    counts: tuple[int, ...]
    """Rows by bin."""
    num_longer: int
    """Rows beyond the last bin."""
    median: int
    longest: int


@dataclass(frozen=True)
class TokenLengths:
    """How long rows are in the tokens of one base model."""

    base: str
    """Its id."""
    problem: str = ""
    """Why nothing was counted; empty where something was."""
    num_rows: int = 0
    """Rows that were counted."""
    most_tokens: int = 0
    """What is read of a row: `max_tokens`, or the context of the base where that is shorter."""
    quantiles: dict[str, int] = field(default_factory=dict)
    """`p50`, `p95` and `max`."""
    num_over: int = 0
    """Rows with more than `most_tokens`."""


@dataclass(frozen=True)
class LanguageRows:
    """A language among the rows that were looked at."""

    name: str
    """In English; empty where the language could not be decided."""
    share: Estimate


@dataclass(frozen=True)
class LanguageMix:
    """The languages of a sample of the rows."""

    num_looked_at: int
    num_rows: int
    """Rows that the sample was drawn from."""
    rows: tuple[LanguageRows, ...]
    """The most frequent first; undecided ones last."""


@dataclass(frozen=True)
class GroupValue:
    """The rows with one value of a column that the user named."""

    value: str
    """Cleared of personal data and cut; empty where the column is empty."""
    num_rows: dict[str, int]
    """By split, without the test's."""
    share: Estimate
    """Of the rows of train and valid."""
    label: str = ""
    """The label whose share differs most from that in the other rows; empty where that may be chance."""
    here: float = 0.0
    """Its share among these rows, 0 to 1."""
    elsewhere: float = 0.0
    """Its share among all others, 0 to 1."""
    p_value: float = 1.0
    """Of a difference in the mix of labels by chance (chi-squared), after Holm's correction."""


@dataclass(frozen=True)
class GroupTable:
    """Whom the rows stand for, by one column."""

    column: str
    values: tuple[GroupValue, ...]
    """The most frequent first."""
    num_more: int = 0
    """Values that are not listed."""


@dataclass(frozen=True)
class DataFacts:
    """What the page about the data shows beside its card."""

    readiness: Readiness
    histograms: tuple[Histogram, ...] = ()
    tokens: tuple[TokenLengths, ...] = ()
    languages: LanguageMix | None = None
