"""Prompts: every format says the same, none loses a part."""

from __future__ import annotations

import pytest

from sartor.core.conversation import Turn, conversation_text
from sartor.tune.prompts import FORMATS, Shot, turns_for

INSTRUCTION = "Name the fabric."
SHOTS = (
    Shot((Turn("user", "The coat itches."),), "wool"),
    Shot(
        (Turn("system", "x"), Turn("user", "a"), Turn("assistant", "b"), Turn("user", "c")), "silk"
    ),
)
ASKED = (Turn("user", "It shines."),)
TALK = (Turn("system", "Be brief."), Turn("user", "hi"), Turn("assistant", "yes?"), *ASKED)


def whole(name: str, *, shots=SHOTS, turns=ASKED, instruction=INSTRUCTION) -> str:
    return "\n".join(t.content for t in FORMATS[name](instruction, shots, turns).turns)


def test_there_are_at_least_five_formats() -> None:
    assert len(FORMATS) >= 5


@pytest.mark.parametrize("name", FORMATS)
def test_instruction_examples_and_input_are_all_there_once_and_the_input_comes_last(
    name: str,
) -> None:
    text = whole(name)
    for part in (INSTRUCTION, "The coat itches.", "wool", "silk", "It shines."):
        assert text.count(part) == 1, part
    assert text.index("itches") < text.index("wool") < text.index("It shines.")
    prompt = FORMATS[name](INSTRUCTION, SHOTS, ASKED)
    assert prompt.turns[-1].role == "user"
    assert prompt.is_continued == bool(prompt.stop_texts)


@pytest.mark.parametrize("name", FORMATS)
def test_without_instruction_and_examples_nothing_empty_is_left(name: str) -> None:
    prompt = FORMATS[name]("", (), ASKED)
    assert all(turn.content.strip() for turn in prompt.turns)
    assert "\n\n\n" not in whole(name, shots=(), instruction="")
    assert not whole(name, shots=(), instruction="").startswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_a_conversation_keeps_its_turns_in_order(name: str) -> None:
    text = whole(name, shots=(), turns=TALK)
    assert text.index("hi") < text.index("yes?") < text.index("It shines.")


def test_a_system_turn_of_the_conversation_replaces_the_instruction() -> None:
    turns = FORMATS["system turn"](INSTRUCTION, SHOTS, TALK).turns
    assert [turn.content for turn in turns if turn.role == "system"] == ["Be brief."]
    assert turns[0].role == "system"


def test_an_input_is_one_turn_or_a_conversation() -> None:
    assert turns_for("hi", is_conversation=False) == (Turn("user", "hi"),)
    assert turns_for(conversation_text(TALK), is_conversation=True) == TALK
