"""Small tasks of every kind, with tiny models, for `bench.resume`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.document import write_rows

SPLITS = {"train": 240, "valid": 60, "test": 30}
CONTEXT = 512
NAMES = ("Ann", "Bert Sand", "Chloe", "Dov", "Emil", "Fay Oak")
FRAMES = (
    "my parcel for {name} is late by {at} days",
    "please return the coat of {name} , order {number}",
    "{name} is happy with coat {at}",
    "where is the courier of {at} days ago",
)
NOUNS = {"coat": "abrigo", "hat": "sombrero", "dog": "perro", "book": "libro", "bread": "pan"}
KINDS = {"old": "viejo", "red": "rojo", "good": "bueno", "dear": "caro", "new": "nuevo"}
SENTENCES = (("I see the {}.", "Veo el {}."), ("I want the {} now.", "Quiero el {} ahora."))


def labelled(split: str, num: int) -> list[dict[str, Any]]:
    """Messages of three topics."""
    from tests.small_runs import messages

    return messages(num // 3, signal=0.6, seed=list(SPLITS).index(split))


def answered(split: str, num: int) -> list[dict[str, Any]]:
    """Questions with a short answer each."""
    places = ("attic", "cellar", "hall", "kitchen", "porch")
    return [
        {"prompt": f"Where is {split} coat {at}?", "completion": f"In the {places[at % 5]}."}
        for at in range(num)
    ]


def translated(split: str, num: int) -> list[dict[str, Any]]:
    """Sentences of few words in two languages, numbered so that all differ."""
    rows = []
    for at in range(num):
        kind, noun = list(KINDS)[at % 5], list(NOUNS)[(at // 5) % 5]
        en, es = SENTENCES[(at // 25) % 2]
        number = f" {split} {at}"
        rows.append(
            {
                "en": en.format(f"{kind} {noun}") + number,
                "es": es.format(f"{NOUNS[noun]} {KINDS[kind]}") + number,
            }
        )
    return rows


def with_spans(split: str, num: int) -> list[dict[str, Any]]:
    """Messages with the names and order numbers in them."""
    rows = []
    for text, name, number in _orders(split, num):
        found = [(m.start(), m.end(), "name") for m in re.finditer(name, text)]
        found += [(m.start(), m.end(), "order") for m in re.finditer(rf"\b{number}\b", text)]
        spans = [{"start": start, "end": end, "label": label} for start, end, label in found]
        rows.append({"text": text, "spans": spans})
    return rows


def with_records(split: str, num: int) -> list[dict[str, Any]]:
    """The same as records."""
    rows = []
    for text, name, number in _orders(split, num):
        record = {"name": name} if name in text else {}
        record |= {"order": str(number)} if str(number) in text else {}
        rows.append({"text": text, "record": record})
    return rows


def _orders(split: str, num: int) -> list[tuple[str, str, int]]:
    rows = []
    for at in range(num):
        name, number = NAMES[at % len(NAMES)], 1000 + 7 * at + len(split)
        frame = FRAMES[(at // 2) % len(FRAMES)]
        rows.append((f"{split} : {frame.format(name=name, number=number, at=at)}", name, number))
    return rows


TASKS: dict[str, tuple[Callable[[str, int], list[dict[str, Any]]], str]] = {
    "labels-encoder": (labelled, "task: classify\nbases: [./encoder]\nmax_tokens: 24"),
    "labels-decoder": (labelled, f"task: classify\nbases: [./decoder]\nmax_tokens: {CONTEXT}"),
    "texts": (answered, f"task: generate\nbases: [./decoder, ./t5]\nmax_tokens: {CONTEXT}"),
    "translations": (
        translated,
        "task: translate\nlanguages: {from: English, to: Spanish}\nmethods: [copy, phrases]",
    ),
    "spans": (with_spans, "task: extract\nbases: [./encoder]\nmax_tokens: 24"),
    "records": (
        with_records,
        f"task: extract\nbases: [./decoder]\nmax_tokens: {CONTEXT}\n"
        "methods: [field_rules, few_shot, lora]",
    ),
}
"""Name to the rows of a split, and the goal. Of tasks that name no methods all take part that can."""
HOURS = 1000
"""So much that the budget leaves nobody out."""


def write_task(name: str, workspace: Path, bases: Path) -> None:
    """A workspace with rows, goal and bases, its rows prepared."""
    from bench.kills import Nobody
    from sartor import flow

    rows_of, goal = TASKS[name]
    workspace.mkdir()
    for split, num in SPLITS.items():
        write_rows(workspace / f"{split}.jsonl", rows_of(split, num))
    for base in bases.iterdir():
        (workspace / base.name).symlink_to(base, target_is_directory=True)
    splits = ", ".join(f"{split}: [{split}.jsonl]" for split in SPLITS)
    text = f"{goal}\ndata: {{{splits}}}\nbudget: {{hours: {HOURS}}}\n"
    (workspace / "sartor.yaml").write_text(text, "utf-8")
    flow.gather(workspace, progress=Nobody())


def write_bases(folder: Path) -> None:
    """An encoder, a decoder and an encoder-decoder of two layers and random weights."""
    from tests.engines.writer_folders import writer
    from tests.small_runs import write_tiny_base

    write_tiny_base(folder / "encoder")
    writer("llama", folder / "decoder", max_position_embeddings=CONTEXT)
    writer("t5", folder / "t5")
