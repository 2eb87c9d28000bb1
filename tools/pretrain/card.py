"""The model card: figures and licences read from what the recipe wrote, nothing typed in."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from tools.pretrain.evaluate import CHANCE_OF_LABEL
from tools.pretrain.models import CONTEXT, SIZES, model_folder
from tools.pretrain.sources import KINDS, LEFT_OUT, SOURCES
from tools.pretrain.streams import SHARE_OF_KIND
from tools.pretrain.train import Recipe

FRONT_MATTER = """---
license: apache-2.0
language: [en, es]
library_name: transformers
pipeline_tag: text-generation
tags: [sartor, small-language-model]
---
"""


def write_card(folder: Path, name: str) -> Path:
    """Write the README.md of OUT/models/sartor-SIZE.

    Args:
        folder: With the audit, the training's log and the evaluation.
        name: Of the size.
    """
    place = folder / name
    audit = json.loads((folder / "corpus" / "audit.json").read_text("utf-8"))
    evaluation = json.loads((place / "evaluation.json").read_text("utf-8"))
    log = [json.loads(line) for line in (place / "log.jsonl").read_text("utf-8").splitlines()]
    parts = [
        FRONT_MATTER + f"# sartor-{name}",
        summary(name, evaluation, log),
        "## Bits per byte on held-out documents",
        bits_table(evaluation),
        "![Bits per byte while training](curves.svg)",
        "## Answers to held-out prompts",
        probes_table(evaluation),
        "## What it has read",
        corpus_table(audit, folder, log[-1]["tokens"]),
        licence_table(audit),
        "Left out on purpose:\n\n"
        + "\n".join(f"- {what}: {why}." for what, why in LEFT_OUT.items()),
        "## What it has not read",
        overlap_text(audit, name),
        overlap_table(audit),
        "## Personal data",
        personal_text(audit),
        "## Limits",
        LIMITS,
    ]
    card = model_folder(folder, name) / "README.md"
    card.write_text("\n\n".join(parts) + "\n", "utf-8")
    curves = place / "curves.svg"
    (card.parent / curves.name).write_bytes(curves.read_bytes())
    return card


LIMITS = """
- It writes plausible sentences, not facts: a model of this size knows next to nothing. Adapt it to a task
  and measure it.
- English, and Spanish in short sentences. Novels of 1839 to 1930 bring the views of their time.
- Dialogue is what customers wrote to service desks for a study; agents' turns are few.
- Training rows of multidogo, dstc9_faq, tatoeba and office_support were read with their answers: results
  on these sets are not those of a model that sees them for the first time.
""".strip()


def summary(name: str, evaluation: dict[str, Any], log: list[dict[str, Any]]) -> str:
    """What it is, in a paragraph.

    Args:
        name: Of the size.
        evaluation: As it was written.
        log: Lines of the training; the machine may have done other work between some of them.
    """
    size, last = SIZES[name], log[-1]
    paces = [
        (after["seconds"] - before["seconds"]) / (after["step"] - before["step"])
        for before, after in pairwise(log)
        if after["step"] > before["step"]
    ]
    hours = (median(paces) if paces else last["seconds"] / last["step"]) * last["step"] / 3600
    return (
        f"A Llama of {evaluation['num_parameters']:,} parameters: {size.num_layers} layers of width "
        f"{size.width}, {size.num_heads} heads over {size.num_key_value_heads} of keys and values, one "
        "table of embeddings for input and output, a byte-level BPE of 8,192 tokens, "
        f"{CONTEXT} tokens of context. Trained from random weights on {last['tokens']:,} tokens in "
        f"{hours:.1f} hours at the median pace of its steps. Made to be adapted to a task where a small "
        "machine is all there is; the recipe is `tools/pretrain` of Sartor."
    )


def bits_table(evaluation: dict[str, Any]) -> str:
    """Beside the 5-gram model."""
    lines = [
        "| kind | this model | 5-gram, same text | saved | best 5-gram | saved | documents | bytes |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for kind, row in evaluation["bits_per_byte"].items():
        figures = (
            f"{row['model']:.3f} | {row['kneser_ney_from_all_kinds']:.3f} | "
            f"{_saved(row['saved_from_all_kinds'])} | {row['kneser_ney']:.3f} | {_saved(row['saved'])}"
        )
        lines.append(f"| {kind} | {figures} | {row['documents']:,} | {row['bytes']:,} |")
    return "\n".join(lines) + "\n\n" + BASELINE_TEXT


def _saved(found: dict[str, Any]) -> str:
    """What the model needs less than the other, with an interval."""
    low, high = found["interval"]
    return f"{found['share']:.1%} ({low:.1%} to {high:.1%})"


BASELINE_TEXT = """
The 5-gram model has modified Kneser-Ney smoothing and the same tokens. Trained on the same text, it has read
all kinds, novels in full; the best one knows which kind is asked and has read that kind alone where this is
better.
Each document is read from its begin. In the curves a text is read in windows as long as those of training
at that point.
""".strip()


def probes_table(evaluation: dict[str, Any]) -> str:
    """Exact answers, overlap of words, and whether answers end."""
    lines = ["| task | prompts | exact | word F1 | ends by itself |", "|---|---:|---:|---:|---:|"]
    for task, row in evaluation["probes"].items():
        scores = " | ".join(f"{row[name]:.2f}" for name in ("exact", "word_f1", "stops"))
        lines.append(f"| {task} | {row['chats']} | {scores} |")
    chance = f"Guessing a label is right in {CHANCE_OF_LABEL:.2f} of the two choosing tasks."
    return "\n".join(lines) + "\n\n" + chance


def corpus_table(audit: dict[str, Any], folder: Path, num_tokens: int) -> str:
    """Kinds, their sizes, and how often each was read."""
    lines = [
        "| kind | documents | bytes | tokens | share of plain text | times read |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    sizes = json.loads((folder / "tokens" / "sizes.json").read_text("utf-8"))
    recipe = Recipe()
    num_plain_tokens = num_tokens * (1 - recipe.decay_share / 2 * recipe.chat_share)
    for kind in KINDS:
        train, share = audit["kinds"][kind]["train"], SHARE_OF_KIND[kind]
        passes = num_plain_tokens * share / max(1, sizes[kind])
        counts = f"{train['documents']:,} | {train['bytes']:,} | {sizes[kind]:,}"
        lines.append(f"| {kind} | {counts} | {share:.0%} | {passes:.1f} |")
    chats = sum(audit["chats"]["chats_by_task"].values())
    return (
        "\n".join(lines) + f"\n\nHalf of the rows of the last fifth of the steps are {chats:,} "
        "short chats, made by rule from training rows of the same sources; no other model's words are in "
        "them."
    )


def licence_table(audit: dict[str, Any]) -> str:
    """Each source with its terms."""
    sizes = {
        source: size
        for kind in KINDS
        for source, size in audit["kinds"][kind]["train"]["bytes_by_source"].items()
    }
    lines = ["| source | licence | attribution | origin | bytes |", "|---|---|---|---|---:|"]
    for source in SOURCES.values():
        terms = f"{source.licence} | {source.attribution} | {source.origin}"
        lines.append(f"| {source.name} | {terms} | {sizes.get(source.name, 0):,} |")
    changes = "Texts were changed: lines were taken out or joined, signs made plain, personal data replaced."
    return "\n".join([*lines, "", changes])


def overlap_text(audit: dict[str, Any], name: str) -> str:
    """How it was made sure, and how users ask for their own rows."""
    shipped = audit["filter"]
    shares = shipped["train_lines_found_share"].items()
    found = ", ".join(f"{kind} {share:.0%}" for kind, share in shares if share is not None)
    return (
        "Every line that shares a run of eight words (over line borders too), or a whole text of five to "
        "seven words, with a set below was taken out; articles whose question and answer are test rows of "
        "office_support went as a whole. The columns on the right count again, word by word, what is left. "
        "Texts of fewer than five words cannot be told from everyday phrases and are only counted.\n\n"
        f"`pretraining_runs.npz` beside the models' folders ({shipped['bytes']:,} bytes) holds numbers of "
        f"{shipped['runs']:,} runs of "
        "the training text. The report of a run says how many of your test rows it finds; you can ask "
        "for any text:\n\n"
        "```python\n"
        "from sartor.base.pretraining import filter_beside, is_in_pretraining\n"
        "from sartor.base.resolve import resolve\n\n"
        f'shipped = filter_beside(resolve("sartor-{name}", offline=True).folder)\n'
        'is_in_pretraining("a test text of mine ...", shipped)\n'
        "```\n\n"
        f"A run that was not read is found in {shipped['false_positive_share_of_a_run']:.2%} of cases; "
        "every second run of all kinds but novels is remembered, and every 32nd of novels. Of training "
        f"lines of ten words or more it finds these shares: {found}."
    )


def overlap_table(audit: dict[str, Any]) -> str:
    """Set by set."""
    taken = audit["cleaning"]["units_taken_out_for"]
    columns = (
        "measured set",
        "texts",
        "lines taken out for it",
        "left in corpus",
        "left in chats",
        "different texts under five words",
        "of these also a line",
    )
    lines = ["| " + " | ".join(columns) + " |", "|---" + "|---:" * (len(columns) - 1) + "|"]
    for name, row in audit["measured_sets"].items():
        counts = (
            row["texts"],
            taken.get(name, 0),
            row["overlaps_left_in_corpus"],
            row["overlaps_left_in_chats"],
            row["different_texts_under_five_words"],
            row["of_these_also_a_line_in_training"],
        )
        lines.append(f"| {name} | " + " | ".join(f"{count:,}" for count in counts) + " |")
    return "\n".join(lines)


def personal_text(audit: dict[str, Any]) -> str:
    """How many places were replaced, by mark."""
    total: dict[str, int] = {}
    for kind in audit["kinds"].values():
        for mark, count in kind["replaced_personal_data"].items():
            total[mark] = total.get(mark, 0) + count
    marks = ", ".join(f"`{mark}` {count:,}" for mark, count in sorted(total.items()))
    return (
        "Names, addresses and numbers of customers, where the source marks them, and e-mail addresses, "
        "telephone, card and other long numbers everywhere but in the novels were replaced: "
        f"{marks}. Where in doubt a number was replaced: builds of programs and numbers of papers are "
        "among them. Names that no source marks are left."
    )
