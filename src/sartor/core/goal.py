"""What good means: the checked form of `sartor.yaml` that every step reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sartor.core.endpoint import Endpoint


class OutputKind(StrEnum):
    """What the output column holds."""

    SINGLE = "single"
    """One label per text."""
    MULTI = "multi"
    """Any number of labels per text, none included."""
    SCORE = "score"
    """A number per text."""
    TEXT = "text"
    """A text: an answer, a summary, a translation, the next reply of a conversation."""
    SPANS = "spans"
    """Labelled stretches of the input, each from one character to another."""
    FIELDS = "fields"
    """Named values taken from the input, as one JSON object."""


class DataFormat(StrEnum):
    """How rows are spelled, where answers are written or cut out of the input."""

    CHAT = "chat"
    """`messages`, each with `role` and `content`: the chat format of OpenAI."""
    SHAREGPT = "sharegpt"
    """`conversations`, each turn with `from` and `value`."""
    ALPACA = "alpaca"
    """`instruction`, `input` and `output`, also `system` and `history`."""
    PROMPT_COMPLETION = "prompt_completion"
    """`prompt` and `completion`, as texts or as messages."""
    PAIRS = "pairs"
    """Two columns: a text and its answer."""
    PREFERENCE = "preference"
    """A better and a worse answer: `chosen`, `rejected`, and mostly a `prompt`."""
    KTO = "kto"
    """An answer and whether it is wanted: `completion` or `messages`, and `label`."""
    TAGS = "tags"
    """`tokens` and their `tags` in the BIO scheme, or a file of `token TAB tag` lines."""
    SPANS = "spans"
    """A text and a list of its `spans`, each with `start`, `end` and `label`."""
    FIELDS = "fields"
    """A text and a record: one JSON object, or a column for each of its fields."""
    ZENDESK = "zendesk"
    """Tickets of Zendesk with their comments: JSON or JSON Lines."""
    INTERCOM = "intercom"
    """Conversations of Intercom with their parts: JSON or JSON Lines."""
    SLACK = "slack"
    """An export of Slack: a zip archive or its folder."""
    WHATSAPP = "whatsapp"
    """A chat exported from WhatsApp as text; the order of its dates is recognised."""
    WHATSAPP_DAY_FIRST = "whatsapp_day_first"
    """The same; 12/11 is in November."""
    WHATSAPP_MONTH_FIRST = "whatsapp_month_first"
    """The same; 12/11 is in December."""
    TRANSCRIPT = "transcript"
    """Lines of `speaker: text`."""
    MESSAGE_LOG = "message_log"
    """One message a row, with its conversation and who wrote it."""


FILE_FORMATS = frozenset(
    {
        *(DataFormat.ZENDESK, DataFormat.INTERCOM, DataFormat.SLACK, DataFormat.WHATSAPP),
        *(DataFormat.WHATSAPP_DAY_FIRST, DataFormat.WHATSAPP_MONTH_FIRST),
        *(DataFormat.TRANSCRIPT, DataFormat.MESSAGE_LOG),
    }
)
"""Formats of whole files: what is read from them are conversations, spelled as `chat`."""
_EXTRACTED_FORMATS = frozenset({DataFormat.TAGS, DataFormat.SPANS, DataFormat.FIELDS})
_WRITTEN_FORMATS = frozenset(DataFormat) - _EXTRACTED_FORMATS
TASK_FORMATS: dict[str, frozenset[DataFormat]] = {
    "classify": FILE_FORMATS,
    "generate": _WRITTEN_FORMATS,
    "chat": _WRITTEN_FORMATS,
    "translate": _WRITTEN_FORMATS - FILE_FORMATS,
    "extract": _EXTRACTED_FORMATS,
}
"""Task to the formats that can hold its rows; to classify, rows of other files have columns."""
TASK_KINDS: dict[str, frozenset[OutputKind]] = {
    "classify": frozenset({OutputKind.SINGLE, OutputKind.MULTI, OutputKind.SCORE}),
    "generate": frozenset({OutputKind.TEXT}),
    "chat": frozenset({OutputKind.TEXT}),
    "translate": frozenset({OutputKind.TEXT}),
    "extract": frozenset({OutputKind.SPANS, OutputKind.FIELDS}),
}
"""Task to what its output column may hold."""
CLASSIFIED = TASK_KINDS["classify"]
"""What is decided from one row of logits; everything else is written or cut out of the input."""


@dataclass(frozen=True)
class Target:
    """A mark that a metric has to meet on `test`."""

    metric: str
    """Name of the metric, for example `macro_f1`."""
    at_least: float | None = None
    """Lowest value that meets the mark; None where less is better."""
    at_most: float | None = None
    """Highest value that meets the mark; None where more is better."""

    def is_met_by(self, value: float) -> bool:
        """Whether a value on `test` meets the mark."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


@dataclass(frozen=True)
class Budget:
    """What a run may spend."""

    hours: float = 1.0
    """Wall-clock hours; planned work is cut to it, visibly."""
    usd: float | None = None
    """Money that a run may spend on APIs; without it nothing is paid for."""


@dataclass(frozen=True)
class Constraints:
    """What the winner must satisfy, whatever its quality."""

    licence: str | None = None
    """Use that licences must allow: `commercial`, `internal` or `research`; None: not checked."""
    accept_licence: tuple[str, ...] = ()
    """Bases that take part whatever their licences say; the decision records them."""
    latency_ms_p95: float | None = None
    """Longest 95th-percentile answer time of one message, in milliseconds."""
    memory_gb: float | None = None
    """Memory the served model may take, in GiB."""
    offline: bool = False
    """Whether nothing may be fetched from a hub."""


@dataclass(frozen=True)
class OutOfScope:
    """How texts that belong to no class are turned away."""

    label: str | None = None
    """Label that marks such texts in the data, where the user has some."""
    keep_share: float = 0.95
    """Share of in-scope texts that must not be turned away, 0 to 1."""


@dataclass(frozen=True)
class NearDuplicates:
    """What counts as saying the same in nearly the same words, and what is done with it."""

    threshold: float = 0.8
    """Share of the letters of two texts that stand in both, 0.6 to 1; from it on they are near-duplicates."""
    in_train: str = "keep"
    """`keep` or `drop` rows of train that nearly repeat an earlier one with the same label."""


@dataclass(frozen=True)
class Preparation:
    """What is done to rows before anything is learned from them."""

    near_duplicates: NearDuplicates = field(default_factory=NearDuplicates)
    """Texts that say the same in nearly the same words."""
    repair: bool = True
    """Whether texts that software damaged are put right."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes of the languages whose rows are kept; empty: all."""
    personal_data: str | None = None
    """`replace`, `report` or `keep`; None: replaced where answers to people are learned, else reported."""
    personal_key: str | None = None
    """File that keeps the way back from placeholders, relative to the workspace; None: there is none."""
    boilerplate: tuple[str, ...] = ()
    """Lines that a system puts around texts; they are taken away from both ends."""
    label_names: dict[str, str | None] = field(default_factory=dict)
    """Label as the data spells it to the one that is meant, several may mean one; None: rows are left out."""
    intents: str | None = None
    """File with the names of proposed intents, relative to the workspace; None: labels are no such ids."""
    split_by: str = "random"
    """How splits are drawn that the user leaves open: `random`, or `time`: the newest are held out."""
    groups: tuple[str, ...] = ()
    """Columns whose values are counted by split, to see whom the rows stand for."""


@dataclass(frozen=True)
class Columns:
    """Which column holds what; None means: recognise it."""

    input: str | None = None
    """Column with the text."""
    output: str | None = None
    """Column with the label, labels or score; with the answer, the spans or the record."""
    group: str | None = None
    """Column whose equal values never straddle splits (conversation, customer)."""
    time: str | None = None
    """Column with the time of the message, ISO 8601."""
    split: str | None = None
    """Column that says `train`, `valid` or `test`."""
    annotators: tuple[str, ...] = ()
    """Columns of several people who labelled the same rows; what most of them say is the output."""


@dataclass(frozen=True)
class Goal:
    """The job, checked and complete. Built by `goal.load`."""

    task: str
    """`classify`, `generate`, `chat`, `translate` or `extract`."""
    data: dict[str, tuple[str, ...]]
    """Files by split: `all` when Sartor splits, else `train`, `valid`, `test`."""
    description: str = ""
    """What the task is, in the user's words."""
    columns: Columns = field(default_factory=Columns)
    """Names of columns."""
    labels: dict[str, str] = field(default_factory=dict)
    """Label to its description, where the user wrote some; used by zero-shot. To extract spans:
    what is looked for."""
    output_kind: OutputKind | None = None
    """What the output column holds; None means: recognise it."""
    format: DataFormat | None = None
    """How the rows are spelled, or what the files are; None means: recognise it."""
    languages: dict[str, str] = field(default_factory=dict)
    """To translate: the names of the languages, `from` and `to`; empty means: recognise them."""
    schema: dict[str, Any] | None = None
    """To extract records: the JSON Schema that each of them keeps; None where nobody wrote one."""
    agents: tuple[str, ...] = ()
    """Who answers customers in mail and chats: addresses, domains such as `@hem.example`, or names."""
    documents: tuple[str, ...] = ()
    """Texts that answers may draw on, such as an FAQ: files or folders, relative to the workspace."""
    guidelines: str | None = None
    """How answers should sound and what they may say: a file, relative to the workspace."""
    targets: tuple[Target, ...] = ()
    """Marks to meet on `test`; the first one's metric picks the winner."""
    tolerance: float = 0.01
    """How much worse than the best a cheaper candidate may be, in units of the first metric."""
    budget: Budget = field(default_factory=Budget)
    """What the run may spend."""
    constraints: Constraints = field(default_factory=Constraints)
    """What the winner must satisfy."""
    bases: tuple[str, ...] = ()
    """Base models: hub ids or local folders; empty means: the embedded ones."""
    apis: tuple[Endpoint, ...] = ()
    """Models that are asked over the network, off the shelf, beside the base models."""
    methods: tuple[str, ...] = ()
    """Methods to try; empty means: all."""
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Hyperparameters pinned by hand, by method."""
    automation_precision: float = 0.95
    """Precision that messages answered alone must reach, 0 to 1."""
    out_of_scope: OutOfScope = field(default_factory=OutOfScope)
    """How texts of no class are turned away."""
    prepare: Preparation = field(default_factory=Preparation)
    """How rows are made ready."""
    max_tokens: int = 256
    """Longest text in tokens; the rest is cut off and counted."""
    max_examples: int = 200_000
    """Most rows a run uses; the rest is left out by a fixed draw and counted."""
    seed: int = 0
    """Seed of every draw."""
    seeds: int = 3
    """Retrainings of each finalist on train + valid."""
    origins: dict[str, str] = field(default_factory=dict)
    """Setting (dotted path) to `given`, `derived` or `default`."""
