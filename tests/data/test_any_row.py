"""Whatever a row holds, it becomes examples or a bad row with place, field and fix; never a crash."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written_data import wanted

from sartor.core.conversation import conversation_text, turns_of
from sartor.core.goal import DataFormat, OutputKind
from sartor.data.example import Example, Tally
from sartor.data.layout import Layout
from sartor.data.layouts import rules_of
from sartor.data.messages import ROLES
from sartor.data.row import BadRow, RawRow
from sartor.data.spans import find_words

WORDS = [
    *ROLES,
    *("role", "content", "from", "value", "name", "arguments", "tool_calls", "function", "weight"),
    *(
        "text",
        "type",
        "start",
        "end",
        "label",
        "B-a",
        "I-a",
        "O",
        "Human: a\n\nAssistant: b",
        "messages",
    ),
    *(
        "",
        " ",
        "{}",
        "[]",
        '[{"role": "user", "content": "a"}]',
        "{",
        "\ud83d",
        "a\x00",
        "e\u0301",
        "1",
    ),
]
scalars = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=5),
    st.integers(-3, 9),
    st.floats(),
    st.booleans(),
    st.none(),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)
calls = st.fixed_dictionaries({"name": scalars, "arguments": values})
messages = st.fixed_dictionaries(
    {"role": st.sampled_from([*ROLES, "x"]), "content": scalars},
    optional={
        "tool_calls": st.lists(
            st.one_of(calls, st.builds(lambda c: {"function": c, "id": "1"}, calls))
        ),
        "weight": scalars,
        "tool_call_id": scalars,
    },
)
talks = st.lists(messages, max_size=5)
spans = st.lists(
    st.one_of(
        st.fixed_dictionaries({"start": st.integers(-1, 6), "end": scalars, "label": scalars}),
        st.fixed_dictionaries(
            {"label": st.sampled_from("ab"), "value": st.text("abc ", max_size=3)}
        ),
        values,
    ),
    max_size=3,
)
tags = st.lists(st.sampled_from(["O", "B-a", "I-a", "x", 3]), max_size=4)
cells = st.one_of(values, talks, talks.map(repr), spans, tags, st.text("ab c", max_size=6))
ROLES_OF = {
    DataFormat.CHAT: ("input", "tools", "system"),
    DataFormat.SHAREGPT: ("input",),
    DataFormat.ALPACA: ("instruction", "input", "output", "system", "history"),
    DataFormat.PAIRS: ("input", "output"),
    DataFormat.PROMPT_COMPLETION: ("input", "output"),
    DataFormat.PREFERENCE: ("input", "output", "rejected"),
    DataFormat.KTO: ("input", "label"),
    DataFormat.TAGS: ("tokens", "output", "input"),
    DataFormat.SPANS: ("input", "output"),
    DataFormat.FIELDS: ("input", "output"),
}
KINDS = {
    DataFormat.TAGS: OutputKind.SPANS,
    DataFormat.SPANS: OutputKind.SPANS,
    DataFormat.FIELDS: OutputKind.FIELDS,
}


def check(
    form: DataFormat, task: str, fields: dict, *, without: str = ""
) -> tuple[Example, ...] | BadRow:
    """One row by the rules of a format."""
    columns = {role: role for role in (*ROLES_OF[form], "group", "split") if role != without}
    layout = Layout(KINDS.get(form, OutputKind.TEXT), form, columns, {}, "", is_given=True)
    rules = rules_of(layout, wanted(task), file_split="all", tally=Tally())
    return rules.check(RawRow("rows.jsonl", 7, fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"input": "hello", "tools": [{"role": "system", "least": float("inf")}]},
        {"input": [{"role": "user", "content": {"left": float("nan")}}]},
    ],
)
def test_numbers_that_json_does_not_know_make_a_bad_row(fields):
    found = check(DataFormat.CHAT, "generate", {**fields, "split": "train"})
    assert isinstance(found, BadRow)
    assert [p.fix for p in found.problems] == ["Write finite numbers: JSON knows no NaN."]
    assert json.loads(found.raw)


@pytest.mark.parametrize(
    ("form", "task"),
    [(form, "extract") if form in KINDS else (form, "chat") for form in ROLES_OF]
    + [(DataFormat.CHAT, "generate"), (DataFormat.PREFERENCE, "generate")],
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_row_becomes_examples_or_is_named(form, task, data):
    roles = [*ROLES_OF[form], "group", "split"]
    fields = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(roles, cells)))
    fields["split"] = "train"
    without = "input" if form is DataFormat.PREFERENCE and data.draw(st.booleans()) else ""
    found = check(form, task, fields, without=without)
    if isinstance(found, BadRow):
        for problem in found.problems:
            assert problem.place == "rows.jsonl:7"
            assert problem.rule
            assert problem.fix
        json.loads(found.raw)
        return
    for one in found:
        one.text.encode()
        one.answer.encode()
        assert one.answer or one.rejected
        if task == "chat":
            assert conversation_text(turns_of(one.text)) == one.text
        if KINDS.get(form) is OutputKind.SPANS:
            places = json.loads(one.answer)
            assert all(0 <= start < end <= len(one.text) for start, end, _ in places)
            assert all(first[1] <= second[0] for first, second in pairwise(places))
            assert all(
                one.text[start:end].strip() == one.text[start:end] for start, end, _ in places
            )


@settings(max_examples=200, deadline=None)
@given(st.text("aB. ", max_size=8), st.text("aB. ", min_size=1, max_size=3))
def test_words_that_are_found_stand_there(text: str, words: str):
    place = find_words(words, text, [])
    assert (place is None) == (words.casefold() not in text.casefold())
    if place:
        assert text[slice(*place)].casefold() == words.casefold()
