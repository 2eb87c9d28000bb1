"""Short chats for the second stage, so that prompts without and with a few examples mean something.

Made by rule from training rows of the same permissive sources, no other model's words in them. No row of a
held-out document takes part, and none that is measured on.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tools.pretrain.sources import (
    PERSONAL_SLOTS,
    is_held_out,
    is_office_test,
    read_rows,
    without_personal_slots,
)
from tools.pretrain.wordings import (
    ANSWER_FROM_FACTS,
    ANSWER_WITH_FACT,
    CAUSE,
    CHOICE_FORMS,
    CHOOSE,
    EXERCISES,
    FIELDS,
    INTENTS,
    LANGUAGES,
    NEXT_TURN,
    NO_DOMAIN,
    PART,
    SUMMARISE,
    TRANSLATE,
    WRITE_FROM_FIELDS,
)

MOST_ANSWER_CHARACTERS = 600
MOST_QUESTION_CHARACTERS = 700
NUM_OF_TASK = {
    "translate": 24_000,
    "choose a domain": 10_000,
    "choose an intent": 10_000,
    "fields": 8_000,
    "from fields": 4_000,
    "next turn": 4_000,
    "exercise": 8_000,
}
"""Chats of a task that is not bounded by its rows."""
MOST_LABELS = 4
"""That a prompt offers."""

_LATER_STEPS = tuple(f"{number}." for number in range(2, 10))
"""How an answer begins whose first steps were taken out."""

Turns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Chat:
    """Turns in order: role and words."""

    source: str
    task: str
    """What the assistant does in it."""
    turns: Turns

    def text(self) -> str:
        """All words, for counting and for the search of overlaps."""
        return "\n".join(words for _, words in self.turns)


@dataclass(frozen=True)
class Rows:
    """Which rows chats are made of."""

    free_part: Callable[[str], str]
    """Takes out of a text the lines that hold what is measured on."""
    is_held_out: bool
    """Rows of held-out documents, to probe what was learned; else all others, to learn from."""

    def has(self, source: str, group: str) -> bool:
        """Whether a document's rows may be used."""
        return is_held_out(source, group) == self.is_held_out

    def is_free(self, text: str) -> bool:
        """Whether nothing in a text is measured on."""
        return _num_lines(self.free_part(text)) == _num_lines(text)


def chats(data: Path, rows: Rows) -> Iterator[Chat]:
    """All chats, the same every time.

    Args:
        data: The folder with the data sets.
        rows: Which of its rows take part.
    """
    rng = random.Random(0)
    yield from answers_to_questions(data / "dstc9_faq", rows, rng)
    yield from replies_on_facts(data / "dstc9_faq", rows, rng)
    yield from support(data / "office_support", rows, rng)
    pairs = sentence_pairs(data / "tatoeba_en_es", rows)
    yield from translations(pairs, rng)
    yield from exercises(pairs, rng)
    conversations = customer_turns(data / "multidogo", rows)
    turns = [turn for conversation in conversations for turn in conversation]
    yield from choices(domains(turns), "choose a domain", rng)
    yield from choices(intents(turns), "choose an intent", rng)
    yield from fields(turns, rng)
    yield from from_fields(turns, rng)
    yield from next_turns(conversations, rng)


def answers_to_questions(folder: Path, rows: Rows, rng: random.Random) -> Iterator[Chat]:
    """A question about a business, its facts at hand among others."""
    free = [
        row
        for row in read_rows(folder / "knowledge_train.jsonl.gz")
        if rows.has("dstc9_faq", str(row["entity"]))
        and rows.is_free(f"{row['question']}\n{row['answer']}")
    ]
    for entity, group in groupby(free, key=lambda row: str(row["entity"])):
        faqs = list(group)
        for faq in faqs:
            others = [other for other in faqs if other is not faq]
            known = [faq, *rng.sample(others, min(len(others), 2))]
            rng.shuffle(known)
            facts = " ".join(other["answer"] for other in known)
            system = rng.choice(ANSWER_FROM_FACTS).format(entity=entity.title(), facts=facts)
            turns = (("system", system), ("user", faq["question"]), ("assistant", faq["answer"]))
            yield Chat("dstc9_faq", "answer", turns)


def replies_on_facts(folder: Path, rows: Rows, rng: random.Random) -> Iterator[Chat]:
    """What people of a service desk wrote, the fact before them."""
    for row in read_rows(folder / "responses_val.jsonl.gz"):
        text = f"{row['question']}\n{row['fact']}\n{row['response']}"
        if rows.has("dstc9_faq", str(row["entity"])) and rows.is_free(text):
            system = rng.choice(ANSWER_WITH_FACT).format(fact=row["fact"])
            question, reply = ("user", row["question"]), ("assistant", row["response"])
            yield Chat("dstc9_faq", "reply", (("system", system), question, reply))


def support(folder: Path, rows: Rows, rng: random.Random) -> Iterator[Chat]:
    """A problem in the words of a support article: what solves it, why it happens, its title."""
    for row in read_rows(folder / "qa.jsonl.gz"):
        if is_office_test(row) or not rows.has("office_articles", row["path"]):
            continue
        problem = rows.free_part(row["symptoms"] or row["title"])
        problem = clipped(problem, MOST_QUESTION_CHARACTERS)
        asked = (
            ("resolve", "{text}", row["resolution"]),
            ("cause", rng.choice(CAUSE), row["cause"]),
            ("summarise", rng.choice(SUMMARISE), row["title"] if row["symptoms"] else ""),
        )
        for task, wording, given in asked:
            answer = clipped(rows.free_part(given or ""), MOST_ANSWER_CHARACTERS)
            if problem and answer and not answer.startswith(_LATER_STEPS):
                prompt = wording.format(text=problem)
                yield Chat("office_articles", task, (("user", prompt), ("assistant", answer)))


def sentence_pairs(folder: Path, rows: Rows) -> list[dict[str, str]]:
    """Pairs with keys `en` and `es`."""
    return [
        row
        for row in read_rows(folder / "train.jsonl.gz")
        if rows.has("tatoeba", row["en"]) and rows.is_free(f"{row['en']}\n{row['es']}")
    ]


def translations(pairs: list[dict[str, str]], rng: random.Random) -> Iterator[Chat]:
    """One sentence into the other language, some after a few examples."""
    for number, row in enumerate(_some(pairs, "translate", rng)):
        source, target = ("en", "es") if number % 2 else ("es", "en")
        wording = rng.choice(TRANSLATE)
        names = {"source": LANGUAGES[source], "target": LANGUAGES[target]}
        turns: list[tuple[str, str]] = []
        for shot in [*rng.sample(pairs, rng.choice((0, 0, 0, 2))), row]:
            prompt = wording.format(text=shot[source], **names)
            turns += [("user", prompt), ("assistant", shot[target])]
        yield Chat("tatoeba", "translate", tuple(turns))


def exercises(pairs: list[dict[str, str]], rng: random.Random) -> Iterator[Chat]:
    """Plain things to do with a sentence."""
    for row in _some(pairs, "exercise", rng):
        language = rng.choice(("en", "en", "es"))
        text = row[language]
        words = text.split()
        answers = {
            "repeat": text,
            "capitals": text.upper(),
            "first": words[0],
            "last": words[-1],
            "count": str(len(words)),
            "language": LANGUAGES[language],
        }
        exercise = rng.choice(sorted(answers))
        prompt = rng.choice(EXERCISES[exercise]).format(text=text)
        yield Chat("tatoeba", "exercise", (("user", prompt), ("assistant", answers[exercise])))


def customer_turns(folder: Path, rows: Rows) -> list[list[dict[str, Any]]]:
    """Turns of each conversation, personal slots replaced, those that may be learned from."""
    found = []
    every = read_rows(folder / "train.jsonl.gz")
    for conversation, turns in groupby(every, key=lambda row: row["conv"]):
        if rows.has("multidogo", conversation):
            masked = [turn | {"text": without_personal_slots(turn)} for turn in turns]
            found.append([turn for turn in masked if turn["text"] and rows.is_free(turn["text"])])
    return found


def domains(turns: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Domain to turns that show it: what a customer wants, or something named."""
    return _by_label(
        (turn["domain"], turn["text"])
        for turn in turns
        if open_slots(turn) or not NO_DOMAIN.issuperset(turn["intents"])
    )


def intents(turns: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Intent in words to turns that have this intent alone."""
    return _by_label(
        (INTENTS[turn["intents"][0]], turn["text"])
        for turn in turns
        if len(turn["intents"]) == 1 and turn["intents"][0] in INTENTS
    )


def choices(by_label: dict[str, list[str]], task: str, rng: random.Random) -> Iterator[Chat]:
    """Which of these labels? By their names, or letters that only the examples explain."""
    if len(by_label) < MOST_LABELS:
        return
    num_texts = sum(map(len, by_label.values()))
    for _ in range(min(NUM_OF_TASK[task], 4 * num_texts)):
        asked = rng.sample(sorted(by_label), rng.choice((2, 3, MOST_LABELS)))
        has_letters = rng.random() < 0.3
        name = dict(zip(asked, "ABCD" if has_letters else asked, strict=False))
        num_shots = rng.choice((2, 3)) if has_letters else rng.choice((0, 0, 1, 2))
        shots = [(label, rng.choice(by_label[label])) for label in asked for _ in range(num_shots)]
        rng.shuffle(shots)
        truth = rng.choice(asked)
        text_word, label_word = rng.choice(CHOICE_FORMS)
        lines = [f"{text_word}: {text}\n{label_word}: {name[label]}" for label, text in shots]
        lines.append(f"{text_word}: {rng.choice(by_label[truth])}\n{label_word}:")
        head = rng.choice(CHOOSE).format(labels=", ".join(name.values()))
        prompt = "\n".join([head, *lines])
        yield Chat("multidogo", task, (("user", prompt), ("assistant", name[truth])))


def fields(turns: list[dict[str, Any]], rng: random.Random) -> Iterator[Chat]:
    """Parts of a message: several as JSON, or one in plain words."""
    for row in _some([turn for turn in turns if open_slots(turn)], "fields", rng):
        found = open_slots(row)
        if len(found) == 1 and rng.random() < 0.6:
            [(slot, answer)] = found.items()
            prompt = rng.choice(PART).format(part=slot, text=row["text"])
        else:
            answer = json.dumps(found, ensure_ascii=False)
            prompt = rng.choice(FIELDS).format(fields=", ".join(found), text=row["text"])
        yield Chat("multidogo", "fields", (("user", prompt), ("assistant", answer)))


def from_fields(turns: list[dict[str, Any]], rng: random.Random) -> Iterator[Chat]:
    """The way back: a message that says what the fields say."""
    says_more = [
        turn
        for turn in turns
        if open_slots(turn) and len(turn["text"].split()) >= 4 and "<" not in turn["text"]
    ]
    for row in _some(says_more, "from fields", rng):
        found = "; ".join(f"{slot}: {value}" for slot, value in open_slots(row).items())
        prompt = rng.choice(WRITE_FROM_FIELDS).format(fields=found)
        yield Chat("multidogo", "from fields", (("user", prompt), ("assistant", row["text"])))


def open_slots(turn: dict[str, Any]) -> dict[str, str]:
    """Slots in words with their values, where they stand in the text and belong to nobody."""
    return {
        slot["slot"].replace("_", " "): slot["value"]
        for slot in turn["slots"]
        if slot["slot"] not in PERSONAL_SLOTS and slot["value"] in turn["text"]
    }


def next_turns(conversations: list[list[dict[str, Any]]], rng: random.Random) -> Iterator[Chat]:
    """What the customer may say after these turns."""
    long_enough = [turns for turns in conversations if len(turns) >= 4]
    for turns in _some(long_enough, "next turn", rng):
        end = rng.randrange(2, len(turns))
        before = "\n".join(turn["text"] for turn in turns[max(0, end - 6) : end])
        prompt = rng.choice(NEXT_TURN).format(text=before)
        answer = turns[end]["text"]
        yield Chat("multidogo", "next turn", (("user", prompt), ("assistant", answer)))


def clipped(text: str, most: int) -> str:
    """Whole sentences or lines from the start."""
    if len(text) <= most:
        return text
    cut = max(text.rfind(mark, 0, most) for mark in (". ", "\n", "! ", "? "))
    return text[: cut + 1].strip() if cut > 0 else text[:most].rsplit(" ", 1)[0]


def as_row(chat: Chat) -> dict[str, Any]:
    """For corpus/chats.jsonl."""
    turns: Sequence[list[str]] = [list(turn) for turn in chat.turns]
    return {"source": chat.source, "task": chat.task, "turns": turns}


def _by_label(pairs: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    texts_of: dict[str, list[str]] = {}
    for label, text in pairs:
        if len(text.split()) >= 4:
            texts_of.setdefault(label, []).append(text)
    return {label: texts for label, texts in texts_of.items() if len(texts) >= 4}


def _some(rows: list[Any], task: str, rng: random.Random) -> list[Any]:
    return rng.sample(rows, min(len(rows), NUM_OF_TASK[task]))


def _num_lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())
