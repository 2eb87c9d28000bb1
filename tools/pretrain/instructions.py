"""Short chats for the second stage, so that prompts without and with a few examples mean something.

Made from training rows of the same permissive sources by rule, no other model's words in them: questions
and answers, replies that rest on a fact, problems and their resolutions, translations, choices among labels
with none or some examples, fields to pick out, and plain exercises (repeat, capitals, first word).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from tools.pretrain.sources import is_office_test, read_rows
from tools.pretrain.tokenizer import ASSISTANT, BOS, END_OF_TURN, PAD, SYSTEM, USER

ROLE_TOKENS = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT}
MOST_ANSWER_CHARACTERS = 600
MOST_QUESTION_CHARACTERS = 700
NUM_TRANSLATIONS = 30_000
NUM_EXERCISES = 8_000
NUM_CHOICES = 20_000
NUM_FIELDS = 8_000
UNTRAINED = -1
"""Target of a token that nothing is learned from."""


@dataclass(frozen=True)
class Chat:
    """Turns in order: role and words."""

    source: str
    turns: tuple[tuple[str, str], ...]

    def text(self) -> str:
        """All words, for counting and for the search of overlaps."""
        return "\n".join(words for _, words in self.turns)


def chats(data: Path) -> Iterator[Chat]:
    """All chats, the same every time."""
    rng = random.Random(0)
    yield from answers_to_questions(data / "dstc9_faq", rng)
    yield from replies_on_facts(data / "dstc9_faq")
    yield from resolutions(data / "office_support")
    yield from translations(data / "tatoeba_en_es", rng)
    yield from choices(data / "multidogo", rng)
    yield from fields(data / "multidogo", rng)
    yield from exercises(data / "tatoeba_en_es", rng)


def answers_to_questions(folder: Path, rng: random.Random) -> Iterator[Chat]:
    """A question about a business, alone or with its facts at hand."""
    rows = read_rows(folder / "knowledge_train.jsonl.gz")
    for (_, entity), group in groupby(rows, key=lambda row: (row["domain"], str(row["entity"]))):
        faqs = list(group)
        for faq in faqs:
            known = rng.sample(faqs, min(len(faqs), 3))
            known = known if faq in known else [faq, *known[1:]]
            rng.shuffle(known)
            facts = " ".join(f"{k['question']} {k['answer']}" for k in known)
            system = (
                f"You answer for {entity}. {facts}"
                if rng.random() < 0.6
                else f"You answer for {entity}."
            )
            turns = (("system", system), ("user", faq["question"]), ("assistant", faq["answer"]))
            yield Chat("dstc9_faq", turns)


def replies_on_facts(folder: Path) -> Iterator[Chat]:
    """What people of a service desk wrote, the fact before them."""
    for row in read_rows(folder / "responses_val.jsonl.gz"):
        system = f"Answer the customer with this fact: {row['fact']}"
        turns = (("system", system), ("user", row["question"]), ("assistant", row["response"]))
        yield Chat("dstc9_faq", turns)


def resolutions(folder: Path) -> Iterator[Chat]:
    """A problem in the words of a support article, and what solves it."""
    for row in read_rows(folder / "qa.jsonl.gz"):
        if is_office_test(row) or not row["resolution"]:
            continue
        problem = clipped(row["symptoms"] or row["title"], MOST_QUESTION_CHARACTERS)
        answer = clipped(row["resolution"], MOST_ANSWER_CHARACTERS)
        yield Chat("office_articles", (("user", problem), ("assistant", answer)))
        if row["description"]:
            summary = (("user", f"Summarise: {problem}"), ("assistant", row["title"]))
            yield Chat("office_articles", summary)


def translations(folder: Path, rng: random.Random) -> Iterator[Chat]:
    """One sentence into the other language, some after a few examples."""
    rows = list(read_rows(folder / "train.jsonl.gz"))
    rng.shuffle(rows)
    for number, row in enumerate(rows[:NUM_TRANSLATIONS]):
        source, target = ("en", "es") if number % 2 else ("es", "en")
        language = {"en": "English", "es": "Spanish"}[target]
        wording = rng.choice(
            (f"Translate to {language}:", f"Say in {language}:", f"{language}, please:")
        )
        turns: list[tuple[str, str]] = []
        for shot in rng.sample(rows, rng.choice((0, 0, 0, 2))):
            turns += [("user", f"{wording} {shot[source]}"), ("assistant", shot[target])]
        turns += [("user", f"{wording} {row[source]}"), ("assistant", row[target])]
        yield Chat("tatoeba", tuple(turns))


def choices(folder: Path, rng: random.Random) -> Iterator[Chat]:
    """Which of these labels? Domains of a service desk, or letters that only the examples explain."""
    by_domain: dict[str, list[str]] = {}
    for row in read_rows(folder / "train.jsonl.gz"):
        if len(row["text"].split()) >= 4:
            by_domain.setdefault(row["domain"], []).append(row["text"])
    domains = sorted(by_domain)
    for _ in range(NUM_CHOICES):
        asked = rng.sample(domains, rng.choice((2, 3, 4)))
        has_letters = rng.random() < 0.4
        name = dict(zip(asked, "ABCD" if has_letters else asked, strict=False))
        labels = ", ".join(name.values())
        num_shots = rng.choice((2, 3)) if has_letters else rng.choice((0, 0, 1, 2))
        shots = [
            (domain, rng.choice(by_domain[domain])) for domain in asked for _ in range(num_shots)
        ]
        rng.shuffle(shots)
        truth = rng.choice(asked)
        lines = [f"Text: {text}\nLabel: {name[domain]}" for domain, text in shots]
        lines.append(f"Text: {rng.choice(by_domain[truth])}\nLabel:")
        prompt = f"Choose one label: {labels}.\n" + "\n".join(lines)
        yield Chat("multidogo", (("user", prompt), ("assistant", name[truth])))


def fields(folder: Path, rng: random.Random) -> Iterator[Chat]:
    """Fields of a message as JSON."""
    rows = [row for row in read_rows(folder / "train.jsonl.gz") if row["slots"]]
    rng.shuffle(rows)
    for row in rows[:NUM_FIELDS]:
        found = {slot["slot"]: slot["value"] for slot in row["slots"]}
        prompt = f"Give {', '.join(found)} as JSON: {row['text']}"
        yield Chat(
            "multidogo", (("user", prompt), ("assistant", json.dumps(found, ensure_ascii=False)))
        )


def exercises(folder: Path, rng: random.Random) -> Iterator[Chat]:
    """Plain things to do with a sentence."""
    rows = list(read_rows(folder / "train.jsonl.gz"))
    for row in rng.sample(rows, NUM_EXERCISES):
        words = row["en"].split()
        wording, answer = rng.choice(
            (
                ("Repeat:", row["en"]),
                ("Write in capitals:", row["en"].upper()),
                ("First word of:", words[0]),
                ("Last word of:", words[-1]),
                ("How many words:", str(len(words))),
                ("English or Spanish?", "English"),
            )
        )
        text = row["en"]
        if wording == "English or Spanish?" and rng.random() < 0.5:
            text, answer = row["es"], "Spanish"
        yield Chat("tatoeba", (("user", f"{wording} {text}"), ("assistant", answer)))


@dataclass(frozen=True)
class Instructions:
    """Chats as tokens, with what is learned from each."""

    tokens: Sequence[np.ndarray]
    targets: Sequence[np.ndarray]
    """The next token where it belongs to an assistant's turn or ends it, else `UNTRAINED`."""
    pad_id: int

    @classmethod
    def of(cls, folder: Path, tokenizer: Tokenizer) -> Instructions:
        """From FOLDER/corpus/chats.jsonl."""
        encoded = []
        with (folder / "corpus" / "chats.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                encoded.append(encode_chat(tokenizer, json.loads(line)["turns"]))
        tokens, targets = zip(*encoded, strict=True)
        return cls(tokens, targets, tokenizer.token_to_id(PAD))

    def batch(
        self, step: int, *, batch_size: int, length: int, seed: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Tokens and targets (B, T) int64: whole chats one after the other, the rest padding."""
        rng = np.random.default_rng([seed, step, 2])
        tokens = np.full((batch_size, length), self.pad_id, dtype=np.int64)
        targets = np.full((batch_size, length), UNTRAINED, dtype=np.int64)
        for row in range(batch_size):
            filled = 0
            while filled < length:
                chosen = int(rng.integers(len(self.tokens)))
                size = len(self.tokens[chosen])
                if filled and filled + size > length:
                    break
                size = min(size, length - filled)
                tokens[row, filled : filled + size] = self.tokens[chosen][:size]
                targets[row, filled : filled + size] = self.targets[chosen][:size]
                filled += size
        return tokens, targets


def encode_chat(
    tokenizer: Tokenizer, turns: Sequence[Sequence[str]]
) -> tuple[np.ndarray, np.ndarray]:
    """What the chat template writes, and the targets of each token; both (T,)."""
    ids, learned = [tokenizer.token_to_id(BOS)], [False]
    end = tokenizer.token_to_id(END_OF_TURN)
    for role, words in turns:
        spoken = tokenizer.encode(words.strip()).ids
        ids += [tokenizer.token_to_id(ROLE_TOKENS[role]), *spoken, end]
        learned += [False, *[role == "assistant"] * (len(spoken) + 1)]
    tokens = np.array(ids, dtype=np.int64)
    following = np.where(np.array(learned), tokens, UNTRAINED)
    return tokens[:-1], following[1:]


def clipped(text: str, most: int) -> str:
    """Whole sentences or lines from the start."""
    if len(text) <= most:
        return text
    cut = max(text.rfind(mark, 0, most) for mark in (". ", "\n", "! ", "? "))
    return text[: cut + 1].strip() if cut > 0 else text[:most].rsplit(" ", 1)[0]


def as_row(chat: Chat) -> dict[str, Any]:
    """For corpus/chats.jsonl."""
    return {"source": chat.source, "turns": [list(turn) for turn in chat.turns]}
