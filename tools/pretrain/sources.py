"""The texts that the embedded models learn from, all under permissive terms, as documents by kind.

A document is held out where its hash says so; held-out documents measure bits per byte and are never
learned from.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

KINDS = ("novels", "dialogue", "support", "documentation", "translation")
HELD_OUT_ONE_IN = {
    "novels": 40,
    "dialogue": 20,
    "support": 40,
    "documentation": 40,
    "translation": 80,
}
"""One group in so many; more of the small kinds, so that their bits per byte are not a matter of luck."""
OFFICE_TEST_ONE_IN = 10
WIDEST_WRAPPED_LINE = 90
"""Characters; sources with longer lines have a paragraph on each."""
PERSONAL_SLOTS = {
    "name": "<NAME>",
    "username": "<NAME>",
    "ssn": "<NUMBER>",
    "account_number": "<NUMBER>",
    "target_account_number": "<NUMBER>",
    "account_id": "<NUMBER>",
    "card_number": "<CARD>",
    "policyid": "<NUMBER>",
    "phonenumber": "<PHONE>",
    "phone_number": "<PHONE>",
    "email_address": "<EMAIL>",
    "address": "<ADDRESS>",
    "password": "<PASSWORD>",
}
"""Slots of multidogo that name a person or what belongs to one."""


@dataclass(frozen=True)
class Source:
    """Where texts come from and under what terms."""

    name: str
    kind: str
    licence: str
    attribution: str
    origin: str
    """Repository and commit, or what carries it."""


SOURCES = {
    source.name: source
    for source in (
        Source(
            "novels",
            "novels",
            "public domain",
            "95 English novels, 1839 to 1930, of the 100-novel benchmark corpus",
            "github.com/computationalstylistics/100_english_novels at 143e6018",
        ),
        Source(
            "office_articles",
            "support",
            "CC BY 4.0",
            "Microsoft and contributors, OfficeDocs-Support; trademarks not licensed",
            "github.com/MicrosoftDocs/OfficeDocs-Support at 36878e0e",
        ),
        Source(
            "oss_docs",
            "documentation",
            "Apache-2.0, MIT, BSD-3-Clause",
            "the authors of peft, trl, accelerate, setfit, litgpt, axolotl, datasette, llm, oumi "
            "(Apache-2.0), inspect_ai (MIT), httpx, torchtune (BSD-3-Clause)",
            "the projects' repositories on github.com",
        ),
        Source(
            "multidogo",
            "dialogue",
            "CDLA-Permissive-1.0",
            "Peskov et al. 2019, D19-1460",
            "github.com/awslabs/multi-domain-goal-oriented-dialogues-dataset at baa30639",
        ),
        Source(
            "dstc9_faq",
            "dialogue",
            "Apache-2.0",
            "Kim et al. 2020, arXiv 2006.03533",
            "github.com/alexa/alexa-with-dstc9-track1-dataset at 7ebb4c76",
        ),
        Source(
            "abcd_guidelines",
            "support",
            "MIT",
            "Chen et al. 2021, arXiv 2104.00783",
            "github.com/asappresearch/abcd at 6b8700ce",
        ),
        Source(
            "tatoeba",
            "translation",
            "CC BY 2.0",
            "contributors of tatoeba.org, by way of www.manythings.org/anki",
            "export of 2018-04-07",
        ),
    )
}


LEFT_OUT = {
    "bitext_support": "answers written by a language model; CDLA-Sharing-1.0",
    "llamafactory_demo": "answers written by proprietary models",
    "banking77": "few-shot results on it would not be few-shot for a model that has read its training split",
    "e2e_clean": "CC BY-SA 4.0 asks for the same licence",
    "wnut17": "posts of named people on social media",
    "hh_harmless": "offensive by design; not meant for supervised training",
    "nlupp, ifeval, xstest, bbq, winobias": "measured on as a whole",
    "abcd sample dialogues": "three, with made-up persons in them",
}
"""Sets that are at hand and not read, and why."""


@dataclass(frozen=True)
class Document:
    """One text that belongs together."""

    source: str
    """A name in `SOURCES`."""
    group: str
    """Novel, article, conversation, business or sentence: held out, or learned from, as a whole."""
    units: tuple[str, ...]
    """Lines, paragraphs or pairs: what is taken out, is taken out as a whole unit."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return SOURCES[self.source].kind

    @property
    def text(self) -> str:
        """The running text."""
        return "\n".join(self.units)

    @property
    def is_held_out(self) -> bool:
        """Whether it measures and is not learned from."""
        return is_held_out(self.source, self.group)


def is_held_out(source: str, group: str) -> bool:
    """Whether a group of a source measures; chats ask too, so that they repeat nothing that is held out."""
    return one_in(HELD_OUT_ONE_IN[SOURCES[source].kind], source, group)


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
    """Chapters of about 20,000 characters, cut between paragraphs; whole novels are held out."""
    for file in sorted(folder.glob("*.jsonl.xz")):
        for row in read_rows(file):
            group = f"{row['author']} {row['title']}"
            for part in pieces(paragraphs(row["text"]), size=20_000):
                yield Document("novels", group, tuple(part))


def paragraphs(text: str) -> list[str]:
    """Paragraphs on one line each, also where the source breaks lines at a fixed width.

    A line that falls short of the width ends its paragraph; so does an empty line or an indent.
    """
    lines = text.splitlines()
    lengths = sorted(len(line) for line in lines if line.strip())
    width = lengths[int(len(lengths) * 0.95)] if lengths else 0
    is_wrapped = width <= WIDEST_WRAPPED_LINE
    found: list[str] = []
    goes_on = False
    for line in lines:
        if goes_on and line.strip() and not line.startswith((" ", "\t")):
            found[-1] += " " + line.strip()
        elif line.strip():
            found.append(line.strip())
        goes_on = is_wrapped and len(line.rstrip()) >= 0.75 * width
    return found


def office_articles(folder: Path, pairs: Path) -> Iterator[Document]:
    """Support articles, without those whose question and answer are a test row."""
    measured = {row["path"] for row in read_rows(pairs / "qa.jsonl.gz") if is_office_test(row)}
    for row in read_rows(folder / "articles.jsonl.xz"):
        if row["source"] not in measured:
            lines = without_twin_title(row["title"], row["text"].splitlines())
            yield Document("office_articles", row["source"], (row["title"], "", *lines))


def without_twin_title(title: str, lines: list[str]) -> list[str]:
    """Many articles repeat their title as the first heading."""
    return [line for line in lines if line.strip("# *").strip() != title.strip()]


def is_office_test(row: dict[str, Any]) -> bool:
    """The test split of office_support: a tenth of the articles, by the hash of their path."""
    return one_in(OFFICE_TEST_ONE_IN, "office_support", row["path"])


def oss_docs(folder: Path) -> Iterator[Document]:
    """Documentation pages."""
    for row in read_rows(folder / "docs.jsonl.xz"):
        yield Document("oss_docs", f"{row['repo']}/{row['path']}", tuple(row["text"].splitlines()))


def multidogo(folder: Path) -> Iterator[Document]:
    """What a customer says in one conversation, a line a turn; the training split alone."""
    rows = read_rows(folder / "train.jsonl.gz")
    for conversation, turns in groupby(rows, key=lambda row: row["conv"]):
        lines = tuple(without_personal_slots(turn) for turn in turns if turn["text"].strip())
        yield Document("multidogo", conversation, lines)


def without_personal_slots(turn: dict[str, Any]) -> str:
    """A turn with the annotated names, numbers and addresses replaced."""
    text = turn["text"].strip()
    for slot in sorted(turn["slots"], key=lambda slot: -len(slot["value"])):
        if slot["slot"] in PERSONAL_SLOTS:
            place = PERSONAL_SLOTS[slot["slot"]]
            text = re.sub(rf"(?<!\w){re.escape(slot['value'])}(?!\w)", lambda _, p=place: p, text)
    return text


def dstc9_faq(folder: Path) -> Iterator[Document]:
    """Questions and answers of one business, and replies that rest on a fact; no test row."""
    rows = read_rows(folder / "knowledge_train.jsonl.gz")
    for entity, faqs in groupby(rows, key=lambda row: str(row["entity"])):
        pairs = tuple(f"{faq['question']}\n{faq['answer']}" for faq in faqs)
        yield Document("dstc9_faq", entity, pairs)
    for row in read_rows(folder / "responses_val.jsonl.gz"):
        yield Document("dstc9_faq", str(row["entity"]), (f"{row['question']}\n{row['response']}",))


def abcd_guidelines(folder: Path) -> Iterator[Document]:
    """Procedures of a shop's customer service."""
    for row in read_rows(folder / "guidelines.jsonl.gz"):
        steps = [line for action in row["actions"] for line in (action["text"], *action["subtext"])]
        head = f"{row['flow']}: {row['subflow']}"
        yield Document("abcd_guidelines", head, (head, *row["instructions"], *steps))


def tatoeba(folder: Path) -> Iterator[Document]:
    """Sentence pairs, either language first, the training split alone."""
    for row in read_rows(folder / "train.jsonl.gz"):
        pair = (row["en"], row["es"])
        is_turned = one_in(2, "turned", *pair)
        yield Document("tatoeba", row["en"], ("\n".join(reversed(pair) if is_turned else pair),))


def measured_texts(data: Path, hem: Path) -> Iterator[tuple[str, str]]:
    """Everything that tests and benchmarks measure on: name of the set, and a text of it.

    Args:
        data: The folder with the data sets.
        hem: The folder of the bundled example.
    """
    for name, columns in MEASURED.items():
        for row in read_rows(data / f"{name}.jsonl.gz"):
            if name == "office_support/qa" and not is_office_test(row):
                continue
            for column in columns:
                if isinstance(row.get(column), str) and row[column].strip():
                    yield name, row[column]
    with (hem / "messages.csv").open(encoding="utf-8", newline="") as file:
        yield from (("hem/messages", row["message"]) for row in csv.DictReader(file))
    with (hem / "replies.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            for turn in json.loads(line)["messages"]:
                yield "hem/replies", turn["content"]


MEASURED = {
    "banking77/test": ("text",),
    "nlupp/banking": ("text",),
    "nlupp/hotels": ("text",),
    "multidogo/dev": ("text",),
    "multidogo/test": ("text",),
    "dstc9_faq/responses_test": ("question", "fact", "response"),
    "office_support/qa": ("title", "description", "symptoms", "cause", "resolution"),
    "bitext_support/responses_4k": ("instruction", "response"),
    "bitext_support/templates_6k": ("instruction", "response"),
    "e2e_clean/dev": ("ref",),
    "e2e_clean/test": ("ref",),
    "tatoeba_en_es/dev": ("en", "es"),
    "tatoeba_en_es/test": ("en", "es"),
    "wnut17/dev": ("text",),
    "wnut17/test": ("text",),
    "hh_harmless/test": ("prompt", "chosen", "rejected"),
    "ifeval/test": ("prompt",),
    "xstest/prompts": ("prompt",),
    "bbq/age": ("context", "question"),
    "bbq/disability_status": ("context", "question"),
    "bbq/nationality": ("context", "question"),
    "bbq/physical_appearance": ("context", "question"),
    "bbq/religion": ("context", "question"),
    "bbq/sexual_orientation": ("context", "question"),
    "winobias/all": ("text",),
}
"""Sets and the columns that are measured on; of sets without a split, and of dev splits, all rows."""


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
