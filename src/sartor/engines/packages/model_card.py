"""The model card: metadata that the Hub reads, and a page that a person reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sartor.core.goal import OutputKind
from sartor.engines.packages.card import (
    API_PROMPT,
    HEADED_FAMILIES,
    LOOKED_UP_KINDS,
    TAGGER,
    Manifest,
)
from sartor.engines.packages.extract_scripts import extract_scripts
from sartor.engines.packages.scripts import loading_scripts
from sartor.engines.packages.writer_scripts import writer_scripts

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

HUB_METRICS = {
    "macro_f1": "f1",
    "micro_f1": "f1",
    "weighted_f1": "f1",
    "token_f1": "f1",
    "span_f1": "f1",
    "span_precision": "precision",
    "span_recall": "recall",
    "surface_f1": "f1",
    "field_f1": "f1",
    "field_precision": "precision",
    "field_recall": "recall",
    "spearman": "spearmanr",
    "rouge_l": "rouge",
}
"""Our metric to the Hub's, where the names differ."""
INSTALL = {
    "onnxruntime": "pip install onnxruntime tokenizers numpy",
    "transformers": "pip install torch transformers",
    "peft": "pip install torch transformers peft",
    "sentence-transformers": "pip install sentence-transformers",
    "numpy": "pip install numpy",
    "safetensors": "pip install numpy safetensors",
    "Python": "3.9 or later, nothing to install",
}
ANSWERS = {
    OutputKind.SINGLE: "one of {num} labels for each text",
    OutputKind.MULTI: "any of {num} labels for each text, none included",
    OutputKind.SCORE: "a number for each text",
}
WRITES = {
    "generate": "A model that writes an answer to each text",
    "chat": "A model that writes the next reply of a conversation",
    "translate": "A translator",
}
"""What a package that writes is, by task."""
EXTRACTS = {
    OutputKind.SPANS: "Marks the passages of {num} labels in a text",
    OutputKind.FIELDS: "Takes a record out of a text",
}
"""What a package that extracts does."""


def write_model_card(manifest: Manifest, folder: Path) -> None:
    """Write `README.md`, and a short one for the adapter where there is one."""
    page = f"---\n{_metadata(manifest)}\n---\n\n{_page(manifest)}"
    (folder / "README.md").write_text(page, encoding="utf-8")
    if (folder / "adapter").is_dir():
        (folder / "adapter" / "README.md").write_text(_adapter_page(manifest), encoding="utf-8")


def _metadata(manifest: Manifest) -> str:
    """YAML front matter; nothing that is unknown is claimed."""
    return _card_data(
        manifest,
        library_name=_library(manifest),
        relation=None if manifest.kind in ("prompt", API_PROMPT) else "finetune",
        eval_results=list(_eval_results(manifest)) or None,
        model_name=manifest.card.name,
    )


def _card_data(
    manifest: Manifest, *, library_name: str | None, relation: str | None, **more: Any
) -> str:
    from huggingface_hub import ModelCardData

    base = manifest.base or {}
    licence = str(base.get("licence", "unknown")).lower()
    data = ModelCardData(
        base_model=base.get("hub_id"),
        base_model_relation=relation if base.get("hub_id") else None,
        library_name=library_name,
        pipeline_tag=_pipeline(manifest),
        license=None if licence == "unknown" else licence,
        language=list(manifest.card.languages) or None,
        tags=["sartor"],
        **more,
    )
    return data.to_yaml()


def _pipeline(manifest: Manifest) -> str:
    """The Hub's name of the task; a summary is a text like others."""
    if manifest.output_kind in ANSWERS:
        return "text-classification"
    if manifest.output_kind is OutputKind.SPANS:
        return "token-classification"
    if manifest.is_ruled:
        return "other"
    return "translation" if manifest.task == "translate" else "text-generation"


def _library(manifest: Manifest) -> str | None:
    if manifest.kind in (*LOOKED_UP_KINDS, API_PROMPT) or manifest.is_ruled:
        return None
    if manifest.kind == "tfidf":
        return "onnx"
    return "sentence-transformers" if manifest.is_pooled else "transformers"


def _eval_results(manifest: Manifest) -> Iterable[EvalResult]:
    """Test metrics for the Hub's model-index. The data is the user's own and has no Hub name."""
    from huggingface_hub import EvalResult

    for name, estimate in manifest.card.metrics.items():
        yield EvalResult(
            task_type=_pipeline(manifest),
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
    source = f"based on `{base['hub_id'] or base['id']}`" if base else "without a language model"
    lines = [
        f"{_what(manifest)}: {_one_line(card.method_title)}, {source}.",
        card.description.strip(),
        card.verdict.strip(),
    ]
    if manifest.labels:
        names = ", ".join(f"`{_code(label)}`" for label in manifest.labels)
        lines.append(f"Labels: {names}.")
    return "\n\n".join(line for line in lines if line)


def _what(manifest: Manifest) -> str:
    if manifest.output_kind in EXTRACTS:
        return EXTRACTS[manifest.output_kind].format(num=len(manifest.labels))
    if manifest.output_kind not in ANSWERS:
        return WRITES.get(manifest.task, "A model that writes")
    answer = ANSWERS[manifest.output_kind].format(num=len(manifest.labels))
    return f"A text classifier that gives {answer}"


def _scripts(manifest: Manifest) -> dict[str, str]:
    """Library to the script that loads the package with it."""
    if manifest.is_written:
        return writer_scripts(manifest)
    return loading_scripts(manifest) if manifest.scores_labels else extract_scripts(manifest)


def _usage(manifest: Manifest) -> str:
    parts = ["Run in this folder; only what is installed here is needed."]
    if manifest.kind == "prompt":
        parts = [
            "The folder holds a prompt and no weights: they are those of the base. Examples and "
            "passages that go with an input are looked up by Sartor; the script then shows one prompt."
        ]
    if manifest.kind == API_PROMPT:
        parts = [
            "The folder holds a prompt and no model: an API is asked, which costs money and sends it every "
            "message. The key is in no file; it is read from the environment variable that `prompt.json` "
            "names under `endpoint`. Examples and passages that go with an input are looked up by Sartor; "
            "the script then shows one prompt."
        ]
    for library, script in _scripts(manifest).items():
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
    if manifest.is_written:
        yield from _limits_of_writing(manifest)
    elif manifest.scores_labels and manifest.max_tokens:
        yield f"It reads the first {manifest.max_tokens} tokens of a text and nothing after them."
    if manifest.output_kind in EXTRACTS:
        yield from _limits_of_extracting(manifest)
    if manifest.scores_labels and manifest.output_kind is not OutputKind.SCORE:
        calibrated = (
            "`calibrator` in `sartor.json` makes them so" if manifest.card.calibrator else ""
        )
        yield "Its raw outputs are not calibrated probabilities" + (
            f"; {calibrated}." if calibrated else "."
        )
    if manifest.card.reading.get("replaces_personal_data"):
        yield (
            "It learned from texts in which personal data was replaced by placeholders such as `<PHONE_1>`. "
            "Sartor does the same to every message and puts the values back into the answer; the scripts do "
            "not, so that an answer of theirs may hold a placeholder."
        )
    if not manifest.card.languages:
        yield "Which languages it understands has not been established."


def _limits_of_writing(manifest: Manifest) -> Iterable[str]:
    """What holds of every package that writes."""
    if manifest.kind == "nearest_answer":
        yield "It repeats an answer that was once given to the most similar input, and writes no other."
        return
    if manifest.kind == "phrases":
        yield "It puts words and phrases that it has seen in the order of the text, and knows no grammar."
        return
    if manifest.kind == API_PROMPT:
        yield from _limits_of_asking(manifest)
        return
    yield (
        f"Prompt and answer together have at most {manifest.max_tokens} tokens, an answer at most "
        f"{manifest.max_answer_tokens}. Of a prompt that is too long Sartor leaves out the oldest turns, "
        "then the end of the last one; other programs may not."
    )
    if manifest.output_kind in ANSWERS:
        yield (
            "It was measured by how probable it finds the name of each label; a script that lets it write "
            "one may give another."
        )
        return
    if manifest.output_kind in EXTRACTS:
        return
    if manifest.decoding:
        told = ", ".join(f"{name} {value:g}" for name, value in sorted(manifest.decoding.items()))
        yield f"It was measured with {told}; another way of decoding was not shown to be better."
    else:
        yield (
            "It was measured with the likeliest token each time; no other way of decoding was shown to "
            "be better."
        )
    yield (
        "Whether a single answer is right, nothing says: what it writes can be wrong, however well it "
        "reads."
    )


def _limits_of_asking(manifest: Manifest) -> Iterable[str]:
    """What holds of a package behind which stands an API."""
    yield (
        "Messages leave the machine. Whoever runs the API may change the model, its price and its terms, or "
        "end it: what was measured then no longer holds, and nothing here would notice."
    )
    yield (
        "It cannot be tuned, exported, run offline or served without its API, and says no probability of its "
        "own; an answer comes as a whole, not word by word."
    )
    if manifest.output_kind in ANSWERS:
        yield (
            "The model is asked to name one label. An answer that is none of their names is handed over to a "
            "person; the confidence of the others is how often such answers were right."
        )
    elif manifest.output_kind not in EXTRACTS:
        yield (
            "Whether a single answer is right, nothing says: what it writes can be wrong, however well it "
            "reads."
        )


def _limits_of_extracting(manifest: Manifest) -> Iterable[str]:
    """What holds of every package that extracts, by how it does."""
    if manifest.kind == API_PROMPT:
        yield "Sartor reads the JSON in an answer and keeps it where it keeps the schema in `sartor.json`."
    elif manifest.is_written:
        yield (
            "Sartor holds what it writes to the JSON Schema in `sartor.json` and reads the answer from it. "
            "The scripts let it write freely, so that an answer of theirs may differ or be no JSON."
        )
    elif manifest.kind == TAGGER:
        yield (
            f"A text of more than {manifest.max_tokens} tokens is read in windows that overlap by a quarter; "
            "a single word of more is cut. The scripts do the same."
        )
        if (manifest.base or {}).get("family") not in HEADED_FAMILIES:
            yield (
                "The `pipeline` of transformers loads it as well, but decides about each token alone and "
                "cuts long texts: that was not measured."
            )
    elif manifest.output_kind is OutputKind.SPANS and manifest.kind != "crf":
        yield "It marks wordings that it has seen, and no other."
    elif manifest.output_kind is OutputKind.FIELDS:
        yield "It gives values that it has seen, and what has their form, and no other."
    yield "Whether a single answer is right, nothing says."


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
    scripts = _scripts(manifest)
    text = "The LoRA adapter alone, as PEFT reads it; the folder above holds it merged."
    if "peft" in scripts:
        text += f" Run in the folder above:\n\n```python\n{scripts['peft']}```"
    elif manifest.kind == TAGGER:
        text += " It sits in the bare trunk; the output layer is in the model above."
    else:
        text += " It sits in the bare trunk; the output layer is in the `Dense` folder above."
    return f"---\n{metadata}\n---\n\n# Adapter of {_one_line(manifest.card.name)}\n\n{text}\n"


def _one_line(text: str) -> str:
    """A user's text where a line break would break the page."""
    return " ".join(text.split())


def _code(text: str) -> str:
    """A user's text between backticks."""
    return _one_line(text).replace("`", "'")
