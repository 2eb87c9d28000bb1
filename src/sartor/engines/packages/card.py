"""What a package says of itself: `sartor.json`, read by serving and by people's programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Fitted
from sartor.core.errors import PackageError
from sartor.core.goal import OutputKind
from sartor.core.score import Estimate

SCHEMA = 1
CARD_FILE = "sartor.json"
ONNX_FILE = "model.onnx"
API_PROMPT = "api_prompt"
"""A package that asks an API and holds no model."""
WRITTEN_KINDS = frozenset(
    {"writer", "writer_adapter", "prompt", API_PROMPT, "nearest_answer", "phrases"}
)
"""Packages that write their answers."""
LOOKED_UP_KINDS = frozenset({"nearest_answer", "phrases"})
"""Those of them in which no model takes part."""
RULE_KINDS = frozenset({"crf", "gazetteer", "field_rules"})
"""Packages that extract without a language model, by the code that learned them."""
TAGGER = "tagger"
"""A package that marks spans with ONNX. All other kinds score labels with it."""
HEADED_FAMILIES = frozenset({"modernbert"})
"""Families whose token classifiers have a layer of their own between trunk and output: ours has none, so
that its parts lie side by side."""


@dataclass(frozen=True)
class PackageCard:
    """What is known of a winner beyond its weights. Built by whoever decided."""

    name: str
    """What the model is called: the workspace's or the task's name."""
    description: str
    """What the task is, in the user's words; may be empty."""
    method: str
    """Name of the method that made it."""
    method_title: str
    """The method for people."""
    settings: Mapping[str, Any]
    """Every hyperparameter."""
    dataset_hash: str
    """Content hash of the data it was made and measured on."""
    num_examples: Mapping[str, int]
    """Rows by split."""
    metrics: Mapping[str, Estimate] = field(default_factory=dict)
    """Metric to its estimate on `test`; empty where there was none."""
    calibrator: Mapping[str, Any] | None = None
    """How logits become calibrated confidence, JSON-like; applied by who serves."""
    automation_threshold: float | None = None
    """Least calibrated confidence at which it answers alone; None: never set."""
    scope_threshold: float | None = None
    """Least scope score of a text that belongs to some class; None: never set."""
    verdict: str = ""
    """The decision's sentence about it."""
    limits: tuple[str, ...] = ()
    """What it must not be trusted with, a sentence each."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes of the texts; empty where unknown."""
    reading: Mapping[str, Any] = field(default_factory=dict)
    """How messages were treated that it learned from, and are before it gets them; applied by who serves."""
    seed: int = 0
    """Seed of the training that made these weights."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Library to the version that made it."""


@dataclass(frozen=True)
class Manifest:
    """All of `sartor.json`: the card, and what the weights themselves determine."""

    kind: str
    """`tfidf`, `pooled_head`, `class_head` or `adapter`; `TAGGER`; one of `RULE_KINDS` or of
    `WRITTEN_KINDS`."""
    output_kind: OutputKind
    labels: tuple[str, ...]
    """Label of each logit; empty for a score."""
    max_tokens: int | None
    """Longest text, of writers with its answer; the rest is cut off. None where the tokenizer files
    say it."""
    pad_id: int
    """Token id that fills up shorter texts of a batch."""
    thresholds: tuple[float, ...] | None
    """Probability from which each label is given (several labels per text); None: 0.5 for all."""
    base: Mapping[str, Any] | None
    """`id`, `hub_id`, `family`, `architecture`, `licence` and `fingerprint` of the base model."""
    pooling: str | None
    """How a text's vector is made where the output layer is ours; None or `native` where it is
    the family's own."""
    card: PackageCard
    task: str = "classify"
    """What it was made for, as the goal names it: `classify`, `generate`, `chat`, ..."""
    instruction: str = ""
    """What stands in the prompt besides the input; empty where the model has learned what to do."""
    max_answer_tokens: int = 0
    """Longest answer that is written; 0 where nothing is."""
    decoding: Mapping[str, Any] = field(default_factory=dict)
    """What departs from the likeliest token each time: `temperature`, `top_p`, `repetition_penalty`."""
    stop_ids: tuple[int, ...] = ()
    """Tokens that end an answer."""
    is_conversation: bool = False
    """Whether an input is a conversation, as a JSON list of messages."""
    answer_schema: Mapping[str, Any] | None = None
    """JSON Schema to which a writer's answers are held; None where they are free."""

    @property
    def is_written(self) -> bool:
        """Whether a writer answers, or examples in its place; a writer may also rate the names of labels."""
        return self.kind in WRITTEN_KINDS

    @property
    def is_ruled(self) -> bool:
        """Whether it extracts without a language model."""
        return self.kind in RULE_KINDS

    @property
    def scores_labels(self) -> bool:
        """Whether it is an ONNX model with an output for each label."""
        return not self.is_written and not self.is_ruled and self.kind != TAGGER

    @property
    def is_pooled(self) -> bool:
        """Whether the native form is a sentence-transformers folder."""
        return self.pooling not in (None, "native")

    @property
    def output_names(self) -> tuple[str, ...]:
        """A name for each logit: the labels, or `score`."""
        return self.labels or ("score",)


def manifest_of(
    fitted: Fitted, card: PackageCard, *, pad_id: int, stop_ids: tuple[int, ...] = ()
) -> Manifest:
    """The manifest of a winner that is about to be written."""
    base, facts = fitted.base, fitted.facts
    thresholds = facts.get("thresholds")
    max_tokens = None if base is None else max_tokens_of(fitted)
    if fitted.kind == "nearest_answer":
        max_tokens = int(facts["max_tokens"])
    task = facts.get("task", "classify")
    return Manifest(
        kind=fitted.kind,
        output_kind=OutputKind(facts["output_kind"]),
        labels=tuple(fitted.labels),
        max_tokens=max_tokens,
        pad_id=pad_id,
        thresholds=None if thresholds is None else tuple(float(value) for value in thresholds),
        base=None if base is None else _reference(base),
        pooling=facts.get("pooling"),
        card=card,
        task=task,
        instruction=facts.get("instruction", ""),
        max_answer_tokens=int(facts.get("max_answer_tokens", 0)),
        decoding=dict(facts.get("decoding", {})),
        stop_ids=stop_ids,
        is_conversation=task == "chat",
        answer_schema=facts.get("schema"),
    )


def _reference(base: BaseModel) -> dict[str, Any]:
    return {
        "id": public_name(base),
        "hub_id": base.hub_id,
        "family": base.family,
        "architecture": base.architecture,
        "licence": base.licence,
        "fingerprint": base.fingerprint,
    }


def public_name(base: BaseModel) -> str:
    """The base's id for others; of a local folder its name alone, for a path says nothing elsewhere."""
    return Path(base.id).name if base.source == "local" else base.id


def max_tokens_of(fitted: Fitted) -> int:
    """Longest text in tokens: what was asked for, as far as the base's positions reach."""
    assert fitted.base is not None
    return min(int(fitted.facts["max_tokens"]), fitted.base.context_tokens)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write `sartor.json`, the same bytes for the same content."""
    document = asdict(manifest)
    card = document.pop("card")
    write_json({"schema": SCHEMA, **document, **card}, folder / CARD_FILE)


def read_manifest(folder: Path) -> Manifest:
    """Read `sartor.json`.

    Raises:
        PackageError: It is absent, broken or of another schema.
    """
    path = folder / CARD_FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PackageError(
            where=str(path),
            problem=f"cannot be read as a package's description ({error}).",
            fix="Name a folder that `sartor run` has written.",
        ) from error
    _check_schema(document, path)
    try:
        return _manifest_from(document)
    except (KeyError, TypeError, ValueError) as error:
        raise PackageError(
            where=str(path),
            problem=f"lacks or misstates {error}.",
            fix="Copy the whole package again from where it was written.",
        ) from error


def write_json(document: Any, path: Path) -> None:
    """Indented JSON with sorted keys, so that equal content gives equal bytes."""
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, default=_plain)
    # Half an emoji, which UTF-8 cannot hold, is spelled as JSON spells it.
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def _plain(value: Any) -> Any:
    """numpy scalars and mappings as JSON knows them."""
    return value.item() if hasattr(value, "item") else dict(value)


def _check_schema(document: Any, path: Path) -> None:
    found = document.get("schema") if isinstance(document, dict) else None
    if found != SCHEMA:
        raise PackageError(
            where=str(path),
            problem=f"has schema {found!r}, this version reads {SCHEMA}.",
            fix="Use the version of Sartor that wrote it.",
        )


def _manifest_from(document: dict[str, Any]) -> Manifest:
    card = {f.name: document[f.name] for f in fields(PackageCard) if f.name in document}
    card["metrics"] = {name: Estimate(**value) for name, value in card["metrics"].items()}
    card |= {name: tuple(card[name]) for name in ("limits", "languages")}
    thresholds = document["thresholds"]
    return Manifest(
        kind=document["kind"],
        output_kind=OutputKind(document["output_kind"]),
        labels=tuple(document["labels"]),
        max_tokens=document["max_tokens"],
        pad_id=document["pad_id"],
        thresholds=None if thresholds is None else tuple(thresholds),
        base=document["base"],
        pooling=document["pooling"],
        card=PackageCard(**card),
        task=document.get("task", "classify"),
        instruction=document.get("instruction", ""),
        max_answer_tokens=document.get("max_answer_tokens", 0),
        decoding=_decoding(document.get("decoding", {})),
        stop_ids=tuple(document.get("stop_ids", ())),
        is_conversation=document.get("is_conversation", False),
        answer_schema=document.get("answer_schema"),
    )


def _decoding(given: Mapping[str, Any]) -> dict[str, float]:
    """Only what serving knows; ValueError for anything else."""
    known = {"temperature", "top_p", "repetition_penalty"}
    if set(given) - known:
        raise ValueError(f"decoding {sorted(set(given) - known)}")
    return {name: float(value) for name, value in given.items()}
