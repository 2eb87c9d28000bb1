"""The replies of Hem & Co. keep the guidelines that a program can check."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from importlib import resources

import pytest

FOLDER = resources.files("sartor").joinpath("examples", "hem")
MOST_WORDS = {"chat": 60, "mail": 150, "form": 150}


@pytest.fixture(scope="module")
def replies():
    lines = FOLDER.joinpath("replies.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def messages():
    with FOLDER.joinpath("messages.csv").open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines)}


def test_every_reply_answers_a_message_of_the_inbox_as_it_stands(replies, messages):
    assert len(replies) >= 400
    assert len({reply["id"] for reply in replies}) == len(replies)
    for reply in replies:
        message = messages[reply["id"]]
        assert reply["messages"][0] == {"role": "user", "content": message["message"]}
        assert (reply["channel"], reply["intent"]) == (message["channel"], message["intent"])


def test_turns_alternate_and_end_with_the_assistant(replies):
    for reply in replies:
        roles = [turn["role"] for turn in reply["messages"]]
        assert roles in (["user", "assistant"], ["user", "assistant"] * 2)
        assert all(turn["content"].strip() for turn in reply["messages"])
    assert sum(len(reply["messages"]) == 4 for reply in replies) >= 40


def test_replies_keep_the_length_of_their_channel_and_are_signed(replies):
    for reply in replies:
        for turn in reply["messages"][1::2]:
            assert len(turn["content"].split()) <= MOST_WORDS[reply["channel"]], reply["id"]
            assert "Mira" in turn["content"].splitlines()[-1], reply["id"]


def test_no_sentence_is_a_template(replies):
    sentences = Counter()
    for reply in replies:
        text = " ".join(turn["content"] for turn in reply["messages"][1::2])
        found = {s.strip().lower() for s in re.split(r"(?<=[.!?])\s+|\n", text)}
        sentences.update(s for s in found if len(s.split()) >= 6 and "mira" not in s)
    assert sentences.most_common(1)[0][1] <= 3
    answers = [reply["messages"][1]["content"] for reply in replies]
    assert len(set(answers)) == len(answers)


def test_every_intent_and_some_handing_over_are_among_them(replies, messages):
    intents = {row["intent"] for row in messages.values()}
    assert {reply["intent"] for reply in replies} == intents
    assert 40 <= sum(reply["hand_over"] for reply in replies) <= 150


def test_who_asks_for_rush_production_gets_the_faq_s_conditions_and_a_person(replies):
    """Rule 19: a person decides; what the FAQ says of it may be told, with its conditions."""
    rushed = re.compile(r"(?<!no )\brush\b")
    told = [
        (reply["id"], turn["content"])
        for reply in replies
        for turn in reply["messages"][1::2]
        if rushed.search(turn["content"]) and "£60" in turn["content"]
    ]
    assert len(told) >= 3
    for number, text in told:
        assert re.search(r"3[ -]week|3 weeks", text), number
        for condition in ("workshop", "stock", "colleague"):
            assert condition in text, number


def test_what_the_faq_offers_and_only_a_person_grants_is_said_alike_in_both_texts():
    faq, guidelines = (
        FOLDER.joinpath(name).read_text("utf-8") for name in ("faq.md", "guidelines.md")
    )
    [rule] = [line for line in guidelines.splitlines() if line.startswith("19. ")]
    for matter, answer in (
        ("rush production", "a person checks with the workshop"),
        ("cancellation after cutting", "a person looks at the order"),
        ("money back", "a person on our team settles that"),
    ):
        assert matter in rule
        assert answer in faq
    assert "hears what the FAQ says of it" in rule
