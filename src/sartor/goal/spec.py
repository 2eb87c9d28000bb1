"""What `sartor.yaml` may say. The text under each setting is its help everywhere.

Shapes, types and ranges stand here; what depends on several settings at once, or on the methods
that are installed, is in `meaning`.
"""

from __future__ import annotations

import math
import re
import warnings
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
)
from pydantic_core import PydanticCustomError

from sartor.core.metric import METRICS, Better
from sartor.goal.tree import resolve

HOURS_IN_A_YEAR = 8760.0


def _list_of_one(value: Any) -> Any:
    """A lone text where names are wanted is a list of one, and so is a lone query."""
    return [value] if isinstance(value, str) or is_query(value) else value


def _list_of_mappings(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


def is_query(value: Any) -> bool:
    """Whether a mapping is an entry that asks a database, and not files by split."""
    return isinstance(value, dict) and bool({"sql", "query"} & value.keys())


def _hours(value: Any) -> Any:
    """`90m` and `1h30m` are durations, in hours; anything else is left to the number check."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(?:([\d.]{1,9})\s*h)?\s*(?:([\d.]{1,9})\s*m(?:in)?)?\s*", value)
    if not found or not any(found.groups()):
        return value
    hours, minutes = (float(part) if _is_number(part) else math.nan for part in found.groups("0"))
    return hours + minutes / 60


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d*)?|\.\d+", text) is not None


def _whole(value: Any) -> Any:
    """`1e5` and `200_000` are whole numbers too."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d+(\.\d*)?[eE]\+?\d\s*", value):
        number = float(value)
        return int(number) if number.is_integer() else value
    return value


def _setting(value: Any) -> Any:
    """A hyperparameter: a number, a word or true/false; the method checks its range."""
    if not isinstance(value, str):
        raise PydanticCustomError("scalar_type", "wants one value")
    resolved = resolve(value)
    if isinstance(resolved, float) and not math.isfinite(resolved):
        raise PydanticCustomError("finite_number", "is too large")
    return resolved


def _files_by_split(value: Any) -> Any:
    if not isinstance(value, str | list | dict):
        raise PydanticCustomError("files", "wants files")
    return value if isinstance(value, dict) and not is_query(value) else {"all": value}


def _descriptions(value: Any) -> Any:
    """Labels as a list have no descriptions; an empty description is none."""
    if isinstance(value, dict):
        return {name: "" if text is None else text for name, text in value.items()}
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise PydanticCustomError("label_item", "wants names")
    return dict.fromkeys(value, "")


def _marks(value: Any) -> Any:
    """A plain number is a least value, or a greatest one where less is better."""
    if not isinstance(value, dict):
        return value
    return {
        name: {_side(name): mark} if mark is None or isinstance(mark, str) else mark
        for name, mark in value.items()
    }


def _record_schema(value: Any) -> Any:
    """A file or a schema; what it says is looked at in `record_schema`."""
    if value is None or isinstance(value, dict) or (isinstance(value, str) and value.strip()):
        return value
    raise PydanticCustomError("record_schema", "wants a schema")


def _side(metric: str) -> str:
    known = METRICS.get(metric)
    return "at_most" if known is not None and known.better is Better.LOWER else "at_least"


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Key = Annotated[str, StringConstraints(pattern=r"^\S(.{0,198}\S)?$")]
Names = Annotated[tuple[Text, ...], BeforeValidator(_list_of_one)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Whole = Annotated[int, BeforeValidator(_whole)]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Setting = Annotated[int | float | bool | str, BeforeValidator(_setting)]


class Spec(BaseModel):
    """What all parts of the goal share: they never change, and know all their keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        defer_build=True,  # a third of the time that importing this room takes
    )


class QuerySpec(Spec):
    """Rows of a database; the same as the address, a `#` and the query in one text."""

    sql: Text = Field(examples=["sqlite:///shop.db"])
    """Address of the database, as SQLAlchemy reads it; passwords as `${NAME}` of the environment."""
    query: Text = Field(examples=["SELECT body AS text, queue AS label FROM mails"])
    """One SELECT, or the name of a table."""


def _entry(value: Any) -> Any:
    """Everything behind this spec reads one text."""
    return f"{value.sql}#{value.query}" if isinstance(value, QuerySpec) else value


def _sort_of_entry(value: Any) -> str:
    return QUERY_ENTRY if isinstance(value, dict | QuerySpec) else FILE_ENTRY


FILE_ENTRY, QUERY_ENTRY = "a file", "a query"
"""The two sorts of entries under `data`; the names stand in the places of their errors."""
Entry = Annotated[
    Annotated[Text, Tag(FILE_ENTRY)] | Annotated[QuerySpec, Tag(QUERY_ENTRY)],
    Discriminator(_sort_of_entry),
    AfterValidator(_entry),
]
Files = Annotated[tuple[Entry, ...], BeforeValidator(_list_of_one), Field(min_length=1)]


class DataSpec(Spec):
    """Files by split. A plain list instead means: Sartor splits."""

    all: Files | None = Field(default=None, examples=["[messages.csv]"])
    """Files that Sartor splits itself; the same as a plain list."""
    train: Files | None = Field(default=None, examples=["[train.csv]"])
    """Files to learn from."""
    valid: Files | None = Field(default=None, examples=["[valid.csv]"])
    """Files that choose between candidates; taken from `train` where absent."""
    test: Files | None = Field(default=None, examples=["[test.csv]"])
    """Files opened once, to report; taken from `train` where absent."""


class ColumnsSpec(Spec):
    """Which column holds what; left out: it is recognised."""

    input: Text | None = Field(default=None, examples=["text"])
    """Column with the text, or with the messages of a conversation."""
    output: Text | None = Field(default=None, examples=["label"])
    """Column with the label, the labels, the score, the answer, the spans or the record."""
    group: Text | None = Field(default=None, examples=["customer_id"])
    """Column whose equal values stay on one side of a split, such as customer or conversation."""
    time: Text | None = Field(default=None, examples=["sent_at"])
    """Column with the time of the message, ISO 8601."""
    split: Text | None = Field(default=None, examples=["split"])
    """Column that says `train`, `valid` or `test`."""
    annotators: Names = Field(default=(), examples=["[anna, ben, cleo]"])
    """Columns of several people who labelled the same texts, in place of `output`: most of them decide."""


class TargetSpec(Spec):
    """A mark on one metric."""

    at_least: Number | None = Field(default=None, examples=["0.9"])
    """Lowest value that meets the mark, where more is better."""
    at_most: Number | None = Field(default=None, examples=["0.5"])
    """Highest value that meets the mark, where less is better."""


class BudgetSpec(Spec):
    """What a run may spend."""

    hours: Annotated[float, BeforeValidator(_hours)] = Field(
        default=1.0, gt=0, le=HOURS_IN_A_YEAR, allow_inf_nan=False, examples=["1.5", "90m", "1h30m"]
    )
    """Wall-clock hours, also `90m` or `1h30m`; planned work is cut to it, visibly."""
    usd: Number | None = Field(default=None, ge=0, examples=["5"])
    """Money that a run may spend on `apis`, in US dollars; nothing is paid for without it."""


class TokenPricesSpec(Spec):
    """What tokens of an API cost, in US dollars a million."""

    input: Number = Field(ge=0, examples=["0.15"])
    """Of what is read."""
    output: Number = Field(ge=0, examples=["0.6"])
    """Of what is written."""


class ApiSpec(Spec):
    """A model that is asked over the network, by the chat completions of OpenAI."""

    name: Text = Field(examples=["gpt-x"])
    """What it is called here."""
    url: Text = Field(examples=["https://host/v1"])
    """Its address, without `/chat/completions`."""
    model: Text = Field(examples=["some-model"])
    """What its provider calls it."""
    key: Text | None = Field(default=None, examples=["API_KEY"])
    """Environment variable that holds the key; the key itself never stands in a file."""
    prices: TokenPricesSpec | None = Field(default=None, examples=["{input: 0.15, output: 0.6}"])
    """USD a million tokens; left out: as in `api_prices.yaml` or the list that comes with Sartor."""
    request: dict[Key, Setting | None] = Field(
        default_factory=dict, examples=["{max_tokens: null, max_completion_tokens: 400}"]
    )
    """What each request says besides or otherwise; `null` takes a part of it away."""
    concurrency: Whole = Field(default=4, ge=1, le=64, examples=["4"])
    """Most requests at a time."""
    timeout_seconds: Number = Field(default=60.0, gt=0, le=3600, examples=["60"])
    """Longest wait for one answer."""
    attempts: Whole = Field(default=6, ge=1, le=20, examples=["6"])
    """How often a request is sent before its endpoint counts as gone."""


class ConstraintsSpec(Spec):
    """What the winner must satisfy, whatever its quality."""

    licence: Literal["commercial", "internal", "research"] | None = Field(
        default=None, examples=["commercial"]
    )
    """Use that the base model's licence must allow: `commercial`, `internal` or `research`."""
    accept_licence: Names = Field(default=(), examples=["[sentence-transformers/all-MiniLM-L6-v2]"])
    """Bases that take part whatever their licence says; the decision records it."""
    latency_ms_p95: Number | None = Field(default=None, gt=0, examples=["200"])
    """Longest 95th-percentile answer time of one message, in milliseconds."""
    memory_gb: Number | None = Field(default=None, gt=0, examples=["16"])
    """Memory the served model may take, in GiB."""
    offline: bool = Field(default=False, examples=["true"])
    """Whether nothing may be fetched from a hub; `HF_HUB_OFFLINE=1` sets it too."""


class AutomationSpec(Spec):
    """What the winner may answer alone."""

    precision: Share = Field(default=0.95, examples=["0.95"])
    """Share of the messages answered alone that must be right, 0 to 1."""


class OutOfScopeSpec(Spec):
    """How texts that belong to no class are turned away."""

    label: Text | None = Field(default=None, examples=["out_of_scope"])
    """Label that marks such texts in the data, where there are some."""
    keep_share: Share = Field(default=0.95, examples=["0.95"])
    """Share of the texts that do belong which must not be turned away, 0 to 1."""


class NearDuplicatesSpec(Spec):
    """Texts that say the same in nearly the same words."""

    threshold: Annotated[float, Field(ge=0.6, le=1, allow_inf_nan=False)] = Field(
        default=0.8, examples=["0.8"]
    )
    """Share of letters that two texts have in common, 0.6 to 1, from which they are near-duplicates."""
    in_train: Literal["keep", "drop"] = Field(default="keep", examples=["drop"])
    """Whether rows of train that nearly repeat another with the same label stay: `keep` or `drop`."""


class PrepareSpec(Spec):
    """How rows are made ready."""

    near_duplicates: NearDuplicatesSpec = Field(
        default_factory=NearDuplicatesSpec, examples=["{in_train: drop}"]
    )
    """Texts in nearly the same words: from which likeness on, and whether train keeps them."""
    repair: bool = Field(default=True, examples=["false"])
    """Whether wrong characters, leftover HTML and odd white space are put right."""
    languages: Names = Field(default=(), examples=["[en, de]"])
    """Languages whose rows are kept, as codes; rows that are surely in others are left out."""
    personal_data: Literal["replace", "report", "keep"] | None = Field(
        default=None, examples=["replace"]
    )
    """What is done to addresses, phone and account numbers; left out: replaced in answers, else reported."""
    personal_key: Text | None = Field(default=None, examples=["personal.key"])
    """A private file to keep what was replaced; without it there is no way back."""
    boilerplate: Names = Field(default=(), examples=['["Rate us: <url>"]'])
    """Lines that your system puts around texts, to take away; numbers and capitals do not count."""
    label_names: dict[Key, Text | None] = Field(
        default_factory=dict, examples=["{Refunds: refund, spam: null}"]
    )
    """Labels as the data spells them, and what is meant by them; `null` leaves their rows out."""
    intents: Text | None = Field(default=None, examples=["intents.yaml"])
    """The file with the names of intents that `sartor data --intents` proposed, and you edited."""
    split_by: Literal["random", "time"] = Field(default="random", examples=["time"])
    """How open splits are drawn: `random`, or `time`: what began last is held out."""
    groups: Names = Field(default=(), examples=["[customer_type, region]"])
    """Columns whose values are counted by split on the page about the data; nothing is learned from them."""


with warnings.catch_warnings():
    # pydantic still carries a `schema` method from its first version, which nobody calls here.
    warnings.filterwarnings("ignore", message='Field name "schema"')

    class TaskSpec(Spec):
        """What has to be done, and where the examples are."""

        task: Literal["classify", "generate", "chat", "translate", "extract"] = Field(
            examples=["classify"]
        )
        """What the model has to do: `classify`, `generate`, `chat`, `translate` or `extract`."""
        data: Annotated[DataSpec, BeforeValidator(_files_by_split)] = Field(
            examples=["[messages.csv]"]
        )
        """Files, folders or addresses, as a list, or by split: `{train: [...], test: [...]}`."""
        description: str = Field(default="", examples=["Which queue a support message belongs to."])
        """What the task is, in your words."""
        columns: ColumnsSpec = Field(
            default_factory=ColumnsSpec, examples=["{input: text, output: label}"]
        )
        """Which column holds what; left out: it is recognised."""
        format: (
            Literal["chat", "sharegpt", "alpaca", "prompt_completion", "pairs"]
            | Literal["preference", "kto", "tags", "spans", "fields"]
            | Literal["zendesk", "intercom", "slack", "transcript", "message_log"]
            | Literal["whatsapp", "whatsapp_day_first", "whatsapp_month_first"]
            | None
        ) = Field(default=None, examples=["chat"])
        """How rows are spelled (`chat`, `pairs`) or what files are (`slack`); left out: recognised."""
        languages: dict[Key, Text] = Field(
            default_factory=dict, examples=["{from: English, to: Spanish}"]
        )
        """To translate: the two languages by name; left out: the names of the columns say them."""
        output_kind: Literal["single", "multi", "score", "text", "spans", "fields"] | None = Field(
            default=None, examples=["single"]
        )
        """To classify: `single` label, `multi` or `score`; to extract: `spans` or `fields`."""
        labels: Annotated[dict[Key, str], BeforeValidator(_descriptions)] = Field(
            default_factory=dict, examples=["{refund: wants money back}"]
        )
        """Labels of texts or of spans, best with a description each: `{name: description}`."""
        schema: Annotated[Any, BeforeValidator(_record_schema)] = Field(
            default=None, examples=["record.schema.json"]
        )
        """To extract records: their JSON Schema, written out here or as a file."""
        agents: Names = Field(default=(), examples=["[support@hem.example]"])
        """Who answers in mail and chats: addresses, `@domain` or names; left out: guessed, and said."""
        documents: Names = Field(default=(), examples=["[faq.md, guidelines.md]"])
        """What answers may draw on, such as an FAQ as text, HTML, DOCX or PDF; passages are looked up."""
        guidelines: Text | None = Field(default=None, examples=["guidelines.md"])
        """How answers should sound and what they may say, as rules: text, HTML, DOCX or PDF."""


class GoalSpec(TaskSpec):
    """What good means: the whole of `sartor.yaml`."""

    targets: Annotated[dict[str, TargetSpec], BeforeValidator(_marks)] = Field(
        default_factory=dict, examples=["{macro_f1: 0.9}"]
    )
    """Marks to meet on `test`; the first metric picks the winner."""
    tolerance: Number = Field(default=0.01, ge=0, examples=["0.01"])
    """How much worse than the best a cheaper winner may be, in units of the first metric."""
    budget: BudgetSpec = Field(default_factory=BudgetSpec, examples=["{hours: 1}"])
    """What a run may spend."""
    constraints: ConstraintsSpec = Field(
        default_factory=ConstraintsSpec, examples=["{licence: commercial}"]
    )
    """What the winner must satisfy, whatever its quality."""
    bases: Names = Field(default=(), examples=["[sentence-transformers/all-MiniLM-L6-v2]"])
    """Base models to try: hub ids or local folders; empty: the embedded ones."""
    apis: Annotated[tuple[ApiSpec, ...], BeforeValidator(_list_of_mappings)] = Field(
        default=(),
        examples=['[{name: gpt-x, url: "https://host/v1", model: m, key: API_KEY}]'],
    )
    """Models to ask over the network, untuned; rows are sent there. See README."""
    methods: Names = Field(default=(), examples=["[head, lora, full]"])
    """Methods to try; empty: all."""
    settings: dict[Key, dict[Key, Setting]] = Field(
        default_factory=dict, examples=["{lora: {learning_rate: 1e-4}}"]
    )
    """Hyperparameters pinned by hand, by method; the rest is searched."""
    automation: AutomationSpec = Field(
        default_factory=AutomationSpec, examples=["{precision: 0.95}"]
    )
    """What the winner may answer alone."""
    out_of_scope: OutOfScopeSpec = Field(
        default_factory=OutOfScopeSpec, examples=["{label: out_of_scope}"]
    )
    """How texts that belong to no class are turned away."""
    prepare: PrepareSpec = Field(
        default_factory=PrepareSpec, examples=["{near_duplicates: {in_train: drop}}"]
    )
    """How rows are made ready."""
    max_tokens: Whole = Field(default=256, ge=8, le=131_072, examples=["256"])
    """Longest text in tokens; the rest is cut off and counted; 1024 unless texts are classified."""
    max_examples: Whole = Field(default=200_000, ge=1, le=1_000_000_000, examples=["200000"])
    """Most rows a run uses; the rest is left out by a fixed draw and counted."""
    seed: Whole = Field(default=0, ge=0, le=2**31 - 1, examples=["0"])
    """Seed of every draw; the same seed gives the same run."""
    seeds: Whole = Field(default=3, ge=1, le=20, examples=["3"])
    """Retrainings of each finalist, each with a seed of its own."""


ONLY_FOR: dict[str, frozenset[str]] = {
    "labels": frozenset({"classify", "extract"}),
    "automation": frozenset({"classify"}),
    "out_of_scope": frozenset({"classify"}),
    "languages": frozenset({"translate"}),
    "schema": frozenset({"extract"}),
    "documents": frozenset({"chat", "generate"}),
    "guidelines": frozenset({"chat", "generate", "translate"}),
    "prepare.boilerplate": frozenset({"classify", "chat", "generate", "translate"}),
    "prepare.label_names": frozenset({"classify"}),
    "prepare.intents": frozenset({"classify"}),
}
"""Settings, by their dotted path, that have an effect for some tasks only; the others have one for all."""
NOT_BUILT_SETTINGS = ("judge", "prices")
"""Settings that have a name and no effect yet: refused, because nothing may be ignored."""


def subspec(field_name: str, *, of: type[Spec] = GoalSpec) -> type[Spec] | None:
    """The spec of a setting that has settings of its own, such as `budget`; None where it has none.

    Args:
        field_name: The setting.
        of: The spec that it stands in.
    """
    annotation = of.model_fields[field_name].annotation
    parts = get_args(annotation)
    for found in parts if type(None) in parts else (annotation,):
        if isinstance(found, type) and issubclass(found, Spec):
            return found
    return None
