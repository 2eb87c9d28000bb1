"""A message is read as those that were learned; the answer has its values back, also while it comes."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sartor.core.conversation import Turn, conversation_text
from sartor.serve.conversation import About, Conversation
from sartor.serve.reading import AS_IT_IS, Reading, restored, restored_pieces

BOTH = Reading(repairs=True, replaces_personal_data=True)


def test_a_message_is_repaired_and_without_personal_data():
    read = BOTH.text("Der Ã„rmel: anna@post.example")
    assert read.text == "Der Ärmel: <EMAIL_1>"
    assert restored("Wir schreiben an <EMAIL_1>, <EMAIL_2>.", read.values) == (
        "Wir schreiben an anna@post.example, <EMAIL_2>."
    )
    assert AS_IT_IS.text("Ã„ anna@post.example").text == "Ã„ anna@post.example"


def test_in_a_conversation_a_value_has_one_placeholder():
    turns = (
        Turn("user", "I am anna@post.example"),
        Turn("assistant", "Noted: anna@post.example"),
        Turn("user", "no, bo@post.example"),
    )
    read = json.loads(BOTH.conversation(conversation_text(turns)).text)
    assert [one["content"] for one in read] == [
        *("I am <EMAIL_1>", "Noted: <EMAIL_1>", "no, <EMAIL_2>"),
    ]


@given(st.lists(st.sampled_from(["<", "EMAIL", "_1", ">", "a", " <EMAIL_1> ", "<EMAIL_2>", "<b"])))
def test_pieces_are_restored_as_the_whole_is(pieces):
    values = {"<EMAIL_1>": "anna@post.example"}
    assert "".join(restored_pieces(iter(pieces), values)) == restored("".join(pieces), values)


def test_no_piece_waits_without_need():
    pieces = restored_pieces(iter(["Dear ", "Anna", ", <EM", "AIL_1> it is"]), {"<EMAIL_1>": "x"})
    assert list(pieces) == ["Dear ", "Anna", ", ", "x it is"]


class Echo:
    """Says what it was asked."""

    is_answer_cut = False

    def __init__(self):
        self.asked = []

    def prompts(self, texts):
        return []

    def prompt_tokens(self, text):
        return None

    def stream(self, text):
        self.asked.append(text)
        yield f"you said {json.loads(text)[-1]['content']}"


def test_a_chat_keeps_what_was_said_and_the_model_sees_placeholders_only():
    echo = Echo()
    chat = Conversation(echo, About("m", "m", keeps_turns=True), reading=BOTH)
    said = "".join(chat.ask("write to anna@post.example").pieces)
    assert said == "you said write to anna@post.example"
    "".join(chat.ask("to whom?").pieces)
    assert not any("anna" in text for text in echo.asked)
    assert chat.turns[1].content == said
