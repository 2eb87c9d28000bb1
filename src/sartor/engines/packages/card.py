"""What a package says of itself: `sartor.json`, read by serving and by people's programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from sartor.core.candidate import Fitted
from sartor.core.errors import PackageError
from sartor.core.goal import OutputKind
from sartor.core.score import Estimate

SCHEMA = 1
CARD_FILE = "sartor.json"
ONNX_FILE = "model.onnx"


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
    seed: int = 0
    """Seed of the training that made these weights."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Library to the version that made it."""


@dataclass(frozen=True)
class Manifest:
    """All of `sartor.json`: the card, and what the weights themselves determine."""

    kind: str
    """`tfidf`, `pooled_head`, `class_head` or `adapter`."""
    output_kind: OutputKind
    labels: tuple[str, ...]
    """Label of each logit; empty for a score."""
    max_tokens: int | None
    """Longest text; the rest is cut off. None where the tokenizer files say it."""
    pad_id: int
    """Token id that fills up shorter texts of a batch."""
    thresholds: tuple[float, ...] | None
    """Probability from which each label is given (several labels per text); None: 0.5 for all."""
    base: Mapping[str, Any] | None
    """`id`, `hub_id`, `family`, `licence` and `fingerprint` of the base model."""
    pooling: str | None
    """How a text's vector is made where the output layer is ours; None or `native` where it is
    the family's own."""
    card: PackageCard

    @property
    def is_pooled(self) -> bool:
        """Whether the native form is a sentence-transformers folder."""
        return self.pooling not in (None, "native")

    @property
    def output_names(self) -> tuple[str, ...]:
        """A name for each logit: the labels, or `score`."""
        return self.labels or ("score",)


def manifest_of(fitted: Fitted, card: PackageCard, *, pad_id: int) -> Manifest:
    """The manifest of a winner that is about to be written."""
    base, facts = fitted.base, fitted.facts
    thresholds = facts.get("thresholds")
    return Manifest(
        kind=fitted.kind,
        output_kind=OutputKind(facts["output_kind"]),
        labels=tuple(fitted.labels),
        max_tokens=None if base is None else max_tokens_of(fitted),
        pad_id=pad_id,
        thresholds=None if thresholds is None else tuple(float(value) for value in thresholds),
        base=None
        if base is None
        else {
            "id": base.id,
            "hub_id": base.hub_id,
            "family": base.family,
            "licence": base.licence,
            "fingerprint": base.fingerprint,
        },
        pooling=facts.get("pooling"),
        card=card,
    )


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
    except (OSError, ValueError) as error:
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
    path.write_text(text + "\n", encoding="utf-8")


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
    )
