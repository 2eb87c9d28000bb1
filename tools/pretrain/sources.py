"""The texts that the embedded models learn from, all under permissive terms, as documents by kind.

A document is held out where its hash says so; held-out documents measure bits per byte and are never
learned from.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

KINDS = ("novels", "dialogue", "support", "documentation", "translation")
HELD_OUT_ONE_IN = 50
OFFICE_TEST_ONE_IN = 10


@dataclass(frozen=True)
class Source:
    """Where texts come from and under what terms."""

    name: str
    kind: str
    licence: str
    attribution: str


SOURCES = {
    source.name: source
    for source in (
        Source(
            "novels",
            "novels",
            "public domain",
            "95 English novels, 1839 to 1930, of the 100-novel benchmark corpus",
        ),
        Source(
            "office_articles",
            "support",
            "CC BY 4.0",
            "Microsoft and contributors, OfficeDocs-Support; trademarks not licensed",
        ),
        Source(
            "oss_docs",
            "documentation",
            "Apache-2.0, MIT, BSD-3-Clause",
            "peft, trl, accelerate, setfit, litgpt, axolotl, datasette, llm, oumi, inspect_ai, "
            "httpx, torchtune",
        ),
        Source("multidogo", "dialogue", "CDLA-Permissive-1.0", "Peskov et al. 2019, D19-1460"),
        Source("dstc9_faq", "dialogue", "Apache-2.0", "Kim et al. 2020, arXiv 2006.03533"),
        Source("abcd_guidelines", "support", "MIT", "Chen et al. 2021, arXiv 2104.00783"),
        Source("tatoeba", "translation", "CC BY 2.0", "tatoeba.org, www.manythings.org/anki"),
    )
}


@dataclass(frozen=True)
class Document:
    """One text that belongs together."""

    source: str
    """A name in `SOURCES`."""
    place: str
    """File and row, conversation or title: the same document has the same place every time."""
    text: str

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return SOURCES[self.source].kind

    @property
    def is_held_out(self) -> bool:
        """Whether it measures and is not learned from."""
        return one_in(HELD_OUT_ONE_IN, self.source, self.place)


def documents(data: Path) -> Iterator[Document]:
    """Every document of every source, before anything is taken out.

    Args:
        data: The folder with the data sets.
    """
    yield from novels(data / "pretrain" / "novels")
    yield from office_articles(data / "pretrain" / "office_support", data / "office_support")
    yield from oss_docs(data / "pretrain" / "oss_docs")
    yield from multidogo(data / "multidogo")
    yield from dstc9_faq(data / "dstc9_faq")
    yield from abcd_guidelines(data / "abcd_guidelines")
    yield from tatoeba(data / "tatoeba_en_es")


def novels(folder: Path) -> Iterator[Document]:
    """Chapters of about 20,000 characters, cut between paragraphs."""
    for file in sorted(folder.glob("*.jsonl.xz")):
        for row in read_rows(file):
            parts = [line.strip() for line in row["text"].splitlines() if line.strip()]
            for number, part in enumerate(pieces(parts, size=20_000)):
                yield Document("novels", f"{row['title']} {number}", "\n".join(part))


def office_articles(folder: Path, pairs: Path) -> Iterator[Document]:
    """Support articles, without those whose question and answer are a test row."""
    measured = {row["path"] for row in read_rows(pairs / "qa.jsonl.gz") if is_office_test(row)}
    for row in read_rows(folder / "articles.jsonl.xz"):
        if not any(str(row["source"]).endswith(path) for path in measured):
            yield Document("office_articles", row["source"], f"{row['title']}\n\n{row['text']}")


def is_office_test(row: dict[str, Any]) -> bool:
    """The test split of office_support: a tenth of the articles, by the hash of their path."""
    return one_in(OFFICE_TEST_ONE_IN, "office_support", row["path"])


def oss_docs(folder: Path) -> Iterator[Document]:
    """Documentation pages."""
    for row in read_rows(folder / "docs.jsonl.xz"):
        yield Document("oss_docs", f"{row['repo']}/{row['path']}", row["text"])


def multidogo(folder: Path) -> Iterator[Document]:
    """What a customer says in one conversation, a line a turn; the training split alone."""
    rows = read_rows(folder / "train.jsonl.gz")
    for conversation, turns in groupby(rows, key=lambda row: row["conv"]):
        lines = [turn["text"].strip() for turn in turns if turn["text"].strip()]
        yield Document("multidogo", conversation, "\n".join(lines))


def dstc9_faq(folder: Path) -> Iterator[Document]:
    """Questions and answers of one business, and replies that rest on a fact; no test row."""
    rows = read_rows(folder / "knowledge_train.jsonl.gz")
    for entity, faqs in groupby(rows, key=lambda row: (row["domain"], str(row["entity"]))):
        lines = [f"{faq['question']}\n{faq['answer']}" for faq in faqs]
        yield Document("dstc9_faq", " ".join(entity), "\n".join(lines))
    for number, row in enumerate(read_rows(folder / "responses_val.jsonl.gz")):
        text = f"{row['question']}\n{row['response']}"
        yield Document("dstc9_faq", f"response {number}", text)


def abcd_guidelines(folder: Path) -> Iterator[Document]:
    """Procedures of a shop's customer service."""
    for row in read_rows(folder / "guidelines.jsonl.gz"):
        steps = [line for action in row["actions"] for line in (action["text"], *action["subtext"])]
        head = f"{row['flow']}: {row['subflow']}"
        yield Document("abcd_guidelines", head, "\n".join([head, *row["instructions"], *steps]))


def tatoeba(folder: Path) -> Iterator[Document]:
    """Sentence pairs, English and Spanish, the training split alone."""
    for number, row in enumerate(read_rows(folder / "train.jsonl.gz")):
        yield Document("tatoeba", str(number), f"{row['en']}\n{row['es']}")


def measured_texts(data: Path) -> Iterator[tuple[str, str]]:
    """Everything that tests and benchmarks measure on: name of the set, and a text of it."""
    for name, columns in MEASURED.items():
        for row in read_rows(data / f"{name}.jsonl.gz"):
            if name == "office_support/qa" and not is_office_test(row):
                continue
            for column in columns:
                if isinstance(row.get(column), str) and row[column].strip():
                    yield name, row[column]


MEASURED = {
    "banking77/test": ("text",),
    "nlupp/banking": ("text",),
    "nlupp/hotels": ("text",),
    "multidogo/dev": ("text",),
    "multidogo/test": ("text",),
    "dstc9_faq/responses_test": ("question", "response"),
    "office_support/qa": ("title", "symptoms", "resolution"),
    "bitext_support/responses_4k": ("instruction", "response"),
    "bitext_support/templates_6k": ("instruction", "response"),
    "e2e_clean/dev": ("ref",),
    "e2e_clean/test": ("ref",),
    "tatoeba_en_es/dev": ("en", "es"),
    "tatoeba_en_es/test": ("en", "es"),
    "wnut17/dev": ("text",),
    "wnut17/test": ("text",),
}
"""Sets and the columns that are measured on."""


def pieces(lines: list[str], *, size: int) -> Iterator[list[str]]:
    """Lines in runs of about `size` characters."""
    run: list[str] = []
    length = 0
    for line in lines:
        run.append(line)
        length += len(line)
        if length >= size:
            yield run
            run, length = [], 0
    if run:
        yield run


def one_in(number: int, *what: str) -> bool:
    """A fixed draw by hash."""
    digest = hashlib.sha256("\n".join(what).encode()).digest()
    return int.from_bytes(digest[:8], "big") % number == 0


def read_rows(file: Path) -> Iterator[dict[str, Any]]:
    """Rows of a compressed JSONL file."""
    opened = lzma.open if file.suffix == ".xz" else gzip.open
    with opened(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
