"""Conversations: each turn of the assistant is an answer to all that was said before it."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_data import prepared, write_rows
from written_data import chat, counted, examples, read, said, spoken, wanted

from sartor.core.conversation import turns_of
from sartor.core.errors import GoalError
from sartor.core.goal import Columns, DataFormat, OutputKind
from sartor.data.check import BadRowsError

CALL = {"id": "c1", "type": "function", "function": {"name": "stock", "arguments": '{"sku": 7}'}}
TOOL_TALK = {
    "messages": [
        said("user", "Is the lamp there?"),
        said("assistant", None, tool_calls=[CALL]),
        said("tool", '{"left": 3}', tool_call_id="c1"),
        said("assistant", "Three are left."),
    ],
    "tools": [{"type": "function", "function": {"name": "stock", "parameters": {}}}],
}


def test_each_turn_of_the_assistant_is_a_row_of_its_own(tmp_path):
    rows = [chat("Hi", "Hello.", "Where is my lamp?", "On its way.", system="Be brief.")]
    dataset = read(tmp_path, rows, "chat")
    assert dataset.output_kind is OutputKind.TEXT
    found = [(spoken(text), target) for text, target in examples(dataset)]
    assert found == [
        (["system: Be brief.", "user: Hi"], ("Hello.",)),
        (
            ["system: Be brief.", "user: Hi", "assistant: Hello.", "user: Where is my lamp?"],
            ("On its way.",),
        ),
    ]
    assert len(set(dataset.train.groups)) == 1


def test_a_conversation_never_straddles_splits_and_follows_the_users_group(tmp_path):
    rows = [
        chat(f"Hi {at}", "Hello.", f"Bye {at}", "See you.", customer_id=f"c{at // 4}")
        for at in range(80)
    ]
    dataset = read(tmp_path, rows, "chat")
    assert dataset.test is not None
    test = dataset.test.open("a test")
    assert 0 < len(test) < 60
    assert not set(test.groups) & set(dataset.train.groups)
    customers = {turns_of(text)[0].content.split()[1] for text in test.texts}
    assert all(
        len({str(4 * (int(c) // 4) + k) for k in range(4)} - customers) == 0 for c in customers
    )


def test_tool_calls_are_kept_and_are_answers_as_json(tmp_path):
    dataset = read(tmp_path, [TOOL_TALK], "chat")
    (first, call), (second, answer) = examples(dataset)
    assert json.loads(call[0]) == [{"arguments": {"sku": 7}, "name": "stock"}]
    assert answer == ("Three are left.",)
    assert spoken(first)[0].startswith('system: Tools:\n[{"name":"stock"')
    assert spoken(second)[2:] == ["assistant:  -> stock", 'tool: {"left": 3}']
    assert turns_of(second)[3].name == "stock"
    assert counted(dataset)["conversations with answers that call tools"] == 1


def test_arguments_may_be_an_object_or_a_string(tmp_path):
    row = json.loads(json.dumps(TOOL_TALK))
    row["messages"][1]["tool_calls"][0]["function"]["arguments"] = {"sku": 7}
    texts = [
        examples(read(tmp_path / name, [one], "chat"))[1][0]
        for name, one in (("a", TOOL_TALK), ("b", row))
        if (tmp_path / name).mkdir() is None
    ]
    assert texts[0] == texts[1]


def test_sharegpt_in_all_its_roles_reads_like_the_chat_format(tmp_path):
    call = json.dumps({"name": "stock", "arguments": {"sku": 7}})
    talk = [
        ("system", "Be brief."),
        ("human", "Is the lamp there?"),
        ("gpt", "I look."),
        ("function_call", call),
        ("observation", "3"),
        ("gpt", "Three are left."),
    ]
    rows = [{"conversations": [{"from": who, "value": what} for who, what in talk]}]
    dataset = read(tmp_path, rows, "chat")
    found = [spoken(text) for text, _ in examples(dataset)]
    assert found[1] == [
        "system: Be brief.",
        "user: Is the lamp there?",
        "assistant: I look. -> stock",
        "tool: 3",
    ]
    assert "`sharegpt`" in next(c.note for c in dataset.card.counts if c.what == "format")


def test_parts_developer_turns_and_extra_keys_are_read(tmp_path):
    parts = [{"type": "text", "text": "Where is"}, {"type": "text", "text": "my lamp?"}]
    messages = [
        said("developer", "Be brief."),
        said("user", parts, name="ann"),
        said("assistant", "Here.", refusal=None),
    ]
    rows = [{"messages": messages, "parallel_tool_calls": False, "tools": []}]
    ((text, target),) = examples(read(tmp_path, rows, "chat"))
    assert spoken(text) == ["system: Be brief.", "user: Where is\nmy lamp?"]
    assert target == ("Here.",)


def test_a_weight_of_nought_is_context_only(tmp_path):
    messages = [
        said("user", "Hi"),
        said("assistant", "Hello.", weight=0),
        said("user", "Bye"),
        said("assistant", "See you.", weight=1),
    ]
    ((text, target),) = examples(read(tmp_path, [{"messages": messages}], "chat"))
    assert (len(turns_of(text)), target) == (3, ("See you.",))


def test_what_has_nothing_to_learn_is_counted(tmp_path):
    lost = [said("user", "Hi"), said("assistant", "Hello.", weight=0)]
    greeted = [said("assistant", "Welcome!"), said("user", "Hi"), said("assistant", "Hello.")]
    rows = [
        chat("Hi", "Hello.", "And then?"),
        {"messages": lost},
        {"messages": greeted},
        {"messages": [said("user", "One"), said("user", "two"), said("assistant", "Three.")]},
    ]
    dataset = read(tmp_path, rows, "chat")
    counts = counted(dataset)
    assert counts["conversations that do not end with an answer"] == 1
    assert counts["conversations without a turn to learn"] == 1
    assert counts["conversations that the assistant opens"] == 1
    assert counts["joined turns of the user"] == 1
    texts = [spoken(text) for text, _ in examples(dataset)]
    assert ["assistant: Welcome!", "user: Hi"] in texts
    assert ["user: One\n\ntwo"] in texts


GOOD = [chat(f"Question {at}?", f"Answer {at}.") for at in range(12)]
BAD = [
    ([said("user", "Hi"), said("assistant", " ")], "messages[1].content", "empty answer", "Write"),
    ([said("user", ""), said("assistant", "Hello.")], "messages[0].content", "empty text", "Write"),
    ([said("usr", "Hi"), said("assistant", "Yes.")], "messages[0].role", "unknown role", "`user`?"),
    ([said("user", "Hi"), said("assistant", 3)], "messages[1].content", "not text", "string"),
    (
        [said("user", "Hi"), said("assistant", "A."), said("assistant", "B.")],
        "messages[2].role",
        "role order",
        "twice in a row",
    ),
    (
        [said("user", "Hi"), said("tool", "3"), said("assistant", "A.")],
        "messages[1].role",
        "tool without call",
        "tool_calls",
    ),
    (
        [
            said("user", "Hi"),
            said("assistant", None, tool_calls=[CALL]),
            said("tool", "3", tool_call_id="c2"),
        ],
        "messages[2].tool_call_id",
        "tool without call",
        "named c1",
    ),
    (
        [said("user", "Hi"), said("system", "Be kind."), said("assistant", "A.")],
        "messages[1].role",
        "role order",
        "in front",
    ),
    ([said("user", "Hi")], "messages", "no answer", "Add what the assistant should say"),
    ([said("system", "Be kind."), said("assistant", "A.")], "messages", "no answer", "Add"),
    ([], "messages", "not messages", "Write a list"),
    ("Hi", "messages", "no answer", "Add"),
    ('[{"role": "user"', "messages", "broken JSON", "Write valid JSON"),
    (["Hi"], "messages[0]", "not messages", "Write each message"),
    (
        [said("user", [{"type": "image_url", "image_url": {}}]), said("assistant", "A.")],
        "messages[0].content[0]",
        "not text",
        "take the `image_url` part out",
    ),
    (
        [said("user", "Hi"), said("assistant", "A.", weight=0.5)],
        "messages[1].weight",
        "unknown weight",
        "Write 0",
    ),
    (
        [
            said("user", "Hi"),
            said("assistant", None, tool_calls=[{"function": {"name": "f", "arguments": "{"}}]),
        ],
        "messages[1].tool_calls[0].function.arguments",
        "broken JSON",
        "valid JSON",
    ),
    (
        [
            said("user", "Hi"),
            said("assistant", None, tool_calls=[{"function": {"name": "f", "arguments": [1]}}]),
        ],
        "messages[1].tool_calls[0].function.arguments",
        "broken call",
        "JSON object",
    ),
    (
        [said("user", "Hi"), said("assistant", None, tool_calls=[{"id": "x"}])],
        "messages[1].tool_calls[0]",
        "broken call",
        "Write a call",
    ),
]


@pytest.mark.parametrize(("messages", "field", "rule", "fix"), BAD)
def test_a_bad_conversation_is_named_with_path_rule_and_fix(tmp_path, messages, field, rule, fix):
    rows = [*GOOD[:5], {"messages": messages}, *GOOD[5:]]
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, rows, "chat")
    (problem,) = caught.value.problems
    assert (problem.place, problem.field, problem.rule) == ("rows.jsonl:6", field, rule)
    assert fix in problem.fix
    dataset = read(tmp_path, rows, "chat", skip_bad=True)
    assert counted(dataset)["bad rows"] == 1
    assert len(examples(dataset)) == len(GOOD)


def test_broken_tools_are_named(tmp_path):
    rows = [*GOOD, {**chat("Hi", "Hello."), "tools": "[{"}]
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, rows, "chat")
    (problem,) = caught.value.problems
    assert (problem.place, problem.field, problem.rule) == ("rows.jsonl:13", "tools", "broken JSON")


def test_to_generate_an_equal_system_turn_becomes_the_instruction(tmp_path):
    rows = [chat(f"Question {at}?", f"Answer {at}.", system="Be brief.") for at in range(10)]
    dataset = read(tmp_path, rows, "generate")
    assert dataset.instruction == "Be brief."
    assert examples(dataset)[0] == ("Question 0?", ("Answer 0.",))
    assert counted(dataset)["system turn"] == 10


def test_differing_system_turns_and_long_talks_ask_for_a_chat(tmp_path):
    rows = [chat(f"Q {at}?", "A.", system=f"Be {'brief' if at else 'kind'}.") for at in range(9)]
    with pytest.raises(GoalError, match="differ in their system turns") as caught:
        read(tmp_path, rows, "generate")
    assert "`task: chat`" in caught.value.fix
    with pytest.raises(GoalError, match="conversations of several turns"):
        read(tmp_path, [chat(f"Hi {at}", "A.", "B?", "C.") for at in range(9)], "generate")


def test_a_lone_conversation_among_texts_is_a_bad_row(tmp_path):
    rows = [*GOOD, chat("Hi", "A.", "B?", "C.")]
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, rows, "generate")
    (problem,) = caught.value.problems
    assert (problem.place, problem.rule) == ("rows.jsonl:13", "several turns")
    assert "`task: chat`" in problem.fix


def test_a_column_of_messages_may_have_any_name_and_may_be_a_string(tmp_path):
    talk = chat("Hi", "Hello.")["messages"]
    for column, value in (("talk", talk), ("talk", json.dumps(talk))):
        dataset = read(tmp_path, [{column: value, "id": 1}], "chat")
        assert examples(dataset)[0][1] == ("Hello.",)
    dataset = read(tmp_path, [{"a": talk, "b": talk}], "chat", columns=Columns(input="b"))
    assert dataset.card.columns["input"] == "b"


def test_arrays_gzip_and_lines_read_alike(tmp_path):
    write_rows(tmp_path / "a.jsonl.gz", GOOD)
    (tmp_path / "b.json").write_text(json.dumps(GOOD))
    found = [
        examples(prepared(tmp_path, wanted("chat", name))) for name in ("a.jsonl.gz", "b.json")
    ]
    assert found[0] == found[1]
    assert len(found[0]) == len(GOOD)


def test_two_formats_that_fit_are_a_question_and_format_answers_it(tmp_path):
    rows = [
        {**chat("Hi", "Hello."), "instruction": f"Hi {at}", "output": "Yes."} for at in range(4)
    ]
    with pytest.raises(GoalError) as caught:
        read(tmp_path, rows, "chat")
    assert "two ways" in caught.value.problem
    assert "`format: chat` or `format: alpaca`" in caught.value.fix
    dataset = read(tmp_path, rows, "chat", format=DataFormat.ALPACA)
    assert examples(dataset)[0][1] == ("Yes.",)
    assert "format" not in counted(dataset)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**16))
def test_the_order_of_keys_changes_nothing(tmp_path_factory, seed: int):
    generator = random.Random(seed)

    def shuffled(value):
        if isinstance(value, dict):
            items = [(name, shuffled(inner)) for name, inner in value.items()]
            generator.shuffle(items)
            return dict(items)
        return [shuffled(inner) for inner in value] if isinstance(value, list) else value

    rows = [TOOL_TALK, *GOOD[:3]]
    folder = tmp_path_factory.mktemp("keys")
    assert examples(read(folder, [shuffled(row) for row in rows], "chat")) == examples(
        read(folder, rows, "chat")
    )
