"""The model card: metadata that the Hub reads, and a page that a person reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sartor.core.goal import OutputKind
from sartor.engines.packages.card import Manifest
from sartor.engines.packages.scripts import loading_scripts

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

HUB_METRICS = {"macro_f1": "f1", "micro_f1": "f1", "weighted_f1": "f1", "spearman": "spearmanr"}
"""Our metric to the Hub's, where the names differ."""
INSTALL = {
    "onnxruntime": "pip install onnxruntime tokenizers numpy",
    "transformers": "pip install torch transformers",
    "peft": "pip install torch transformers peft",
    "sentence-transformers": "pip install sentence-transformers",
}
ANSWERS = {
    OutputKind.SINGLE: "one of {num} labels for each text",
    OutputKind.MULTI: "any of {num} labels for each text, none included",
    OutputKind.SCORE: "a number for each text",
}


def write_model_card(manifest: Manifest, folder: Path) -> None:
    """Write `README.md`, and a short one for the adapter where there is one."""
    page = f"---\n{_metadata(manifest)}\n---\n\n{_page(manifest)}"
    (folder / "README.md").write_text(page, encoding="utf-8")
    if manifest.kind == "adapter":
        (folder / "adapter" / "README.md").write_text(_adapter_page(manifest), encoding="utf-8")


def _metadata(manifest: Manifest) -> str:
    """YAML front matter; nothing that is unknown is claimed."""
    return _card_data(
        manifest,
        library_name=_library(manifest),
        relation="finetune",
        eval_results=list(_eval_results(manifest)) or None,
        model_name=manifest.card.name,
    )


def _card_data(manifest: Manifest, *, library_name: str, relation: str, **more: Any) -> str:
    from huggingface_hub import ModelCardData

    base = manifest.base or {}
    licence = str(base.get("licence", "unknown")).lower()
    data = ModelCardData(
        base_model=base.get("hub_id"),
        base_model_relation=relation if base.get("hub_id") else None,
        library_name=library_name,
        pipeline_tag="text-classification",
        license=None if licence == "unknown" else licence,
        language=list(manifest.card.languages) or None,
        tags=["sartor"],
        **more,
    )
    return data.to_yaml()


def _library(manifest: Manifest) -> str:
    if manifest.kind == "tfidf":
        return "onnx"
    return "sentence-transformers" if manifest.is_pooled else "transformers"


def _eval_results(manifest: Manifest) -> Iterable[EvalResult]:
    """Test metrics for the Hub's model-index. The data is the user's own and has no Hub name."""
    from huggingface_hub import EvalResult

    for name, estimate in manifest.card.metrics.items():
        yield EvalResult(
            task_type="text-classification",
            dataset_type="private",
            dataset_name=manifest.card.name,
            dataset_split="test",
            dataset_revision=manifest.card.dataset_hash,
            metric_type=HUB_METRICS.get(name, name),
            metric_name=name,
            metric_value=estimate.value,
        )


def _page(manifest: Manifest) -> str:
    card = manifest.card
    sections = [
        f"# {_one_line(card.name)}",
        _introduction(manifest),
        "## Use",
        _usage(manifest),
        "## Results",
        _results(manifest),
        "## Limits",
        "\n".join(f"- {_one_line(limit)}" for limit in _limits(manifest)),
        "## How it was made",
        _origin(manifest),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _introduction(manifest: Manifest) -> str:
    card, base = manifest.card, manifest.base
    answer = ANSWERS[manifest.output_kind].format(num=len(manifest.labels))
    source = f"based on `{base['hub_id'] or base['id']}`" if base else "without a language model"
    lines = [
        f"A text classifier that gives {answer}: {_one_line(card.method_title)}, {source}.",
        card.description.strip(),
        card.verdict.strip(),
    ]
    if manifest.labels:
        names = ", ".join(f"`{_code(label)}`" for label in manifest.labels)
        lines.append(f"Labels: {names}.")
    return "\n\n".join(line for line in lines if line)


def _usage(manifest: Manifest) -> str:
    parts = ["Run in this folder; only what is installed here is needed."]
    for library, script in loading_scripts(manifest).items():
        parts.append(f"With {library} (`{INSTALL[library]}`):\n\n```python\n{script}```")
    return "\n\n".join(parts)


def _results(manifest: Manifest) -> str:
    """A table with intervals: no number stands without one."""
    if not manifest.card.metrics:
        return "Not measured on a test set: there were too few rows to hold any back."
    lines = [
        "On the held-out test set:",
        "",
        "| metric | value | 95 % interval | texts | interval by |",
        "|---|---|---|---|---|",
    ]
    for name, e in manifest.card.metrics.items():
        lines.append(
            f"| {name} | {e.value:.4f} | {e.low:.4f} to {e.high:.4f} | {e.num_examples} "
            f"| {_one_line(e.method)} |"
        )
    return "\n".join(lines)


def _limits(manifest: Manifest) -> Iterable[str]:
    yield from manifest.card.limits
    yield "It was measured on data like its training data, and is known to work on nothing else."
    if manifest.max_tokens:
        yield f"It reads the first {manifest.max_tokens} tokens of a text and nothing after them."
    if manifest.output_kind is not OutputKind.SCORE:
        calibrated = (
            "`calibrator` in `sartor.json` makes them so" if manifest.card.calibrator else ""
        )
        yield "Its raw outputs are not calibrated probabilities" + (
            f"; {calibrated}." if calibrated else "."
        )
    if not manifest.card.languages:
        yield "Which languages it understands has not been established."


def _origin(manifest: Manifest) -> str:
    card = manifest.card
    rows = ", ".join(f"{num} {split}" for split, num in card.num_examples.items())
    lines = [f"- Method: `{card.method}`, seed {card.seed}"]
    lines += [f"- {_one_line(name)}: `{value}`" for name, value in sorted(card.settings.items())]
    lines.append(f"- Data: `{card.dataset_hash}`" + (f" ({rows})" if rows else ""))
    if manifest.base:
        lines.append(f"- Base model: `{manifest.base['id']}`, licence {manifest.base['licence']}")
    lines += [f"- {name} {version}" for name, version in sorted(card.versions.items())]
    return "\n".join(lines)


def _adapter_page(manifest: Manifest) -> str:
    metadata = _card_data(manifest, library_name="peft", relation="adapter")
    scripts = loading_scripts(manifest)
    text = "The LoRA adapter alone, as PEFT reads it; the folder above holds it merged."
    if "peft" in scripts:
        text += f" Run in the folder above:\n\n```python\n{scripts['peft']}```"
    else:
        text += " It sits in the bare trunk; the output layer is in the `Dense` folder above."
    return f"---\n{metadata}\n---\n\n# Adapter of {_one_line(manifest.card.name)}\n\n{text}\n"


def _one_line(text: str) -> str:
    """A user's text where a line break would break the page."""
    return " ".join(text.split())


def _code(text: str) -> str:
    """A user's text between backticks."""
    return _one_line(text).replace("`", "'")
