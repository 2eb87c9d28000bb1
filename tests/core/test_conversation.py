"""A conversation survives being one string, whatever was said in it."""

from __future__ import annotations

import pytest

from sartor.core.conversation import Turn, conversation_text, readable, turns_of

CALL = {"name": "find_order", "arguments": {"number": "A-12", "is_open": True}}


@pytest.mark.parametrize(
    "turns",
    [
        (),
        (Turn("user", "hello"),),
        (Turn("system", "Be brief."), Turn("user", 'a "quote", a\nline, and 👩‍🔧 שלום')),
        (
            Turn("user", "where is it?"),
            Turn("assistant", "", (CALL,)),
            Turn("tool", "sent", name="x"),
        ),
    ],
)
def test_turns_are_what_they_were(turns: tuple[Turn, ...]) -> None:
    assert turns_of(conversation_text(turns)) == turns


def test_equal_conversations_are_equal_strings() -> None:
    other = {"arguments": {"is_open": True, "number": "A-12"}, "name": "find_order"}
    assert conversation_text([Turn("assistant", "", (CALL,))]) == conversation_text(
        [Turn("assistant", "", (other,))]
    )


def test_people_read_a_line_for_each_turn() -> None:
    text = conversation_text([Turn("user", "hi"), Turn("assistant", "hello")])
    assert readable(text) == "user: hi\nassistant: hello"


def test_a_tool_call_is_the_message_that_templates_read() -> None:
    message = Turn("assistant", "", (CALL,)).as_message()
    assert message == {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"type": "function", "function": CALL}],
    }
