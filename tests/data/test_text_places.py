"""Texts of a row are found and put back wherever they stand; names and programs are left alone."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sartor.data.text_places import texts_of, with_texts

MESSAGES = [
    {"role": "user", "content": "a"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": '{"x": 1}'}}],
    },
    {"role": "tool", "tool_call_id": "1", "content": "b"},
    {"role": "user", "content": [{"type": "text", "text": "c"}]},
]


def test_texts_of_conversations_are_found_and_put_back():
    row = {"id": 7, "messages": MESSAGES, "group": "g", "body": "d"}
    columns = {"messages", "body"}
    assert texts_of(row, columns) == ["a", "b", "c", "d"]
    changed = with_texts(row, columns, iter("ABCD"))
    assert texts_of(changed, columns) == ["A", "B", "C", "D"]
    assert changed["messages"][1] == MESSAGES[1]
    assert (changed["id"], changed["group"]) == (7, "g")


def test_a_conversation_in_a_cell_stays_json():
    row = {"messages": json.dumps(MESSAGES[:1])}
    changed = with_texts(row, {"messages"}, iter(['say "hi" & go']))
    assert json.loads(changed["messages"])[0]["content"] == 'say "hi" & go'
    for text in ("[broken", '["a"]', "{}", "[1] see below"):
        assert texts_of({"body": text}, {"body"}) == [text]


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from("abc"), values))
def test_the_same_texts_give_the_same_row(row):
    columns = {"a", "b"}
    again = with_texts(row, columns, iter(texts_of(row, columns)))
    assert json.loads(json.dumps(again)) == json.loads(json.dumps(row))
