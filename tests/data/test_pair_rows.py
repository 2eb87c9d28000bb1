"""Texts and their answers: two columns, instructions, prompts, translations, better and worse answers."""

from __future__ import annotations

import pytest
from small_data import write_rows
from written_data import chat, counted, examples, read, said, spoken, wanted

from sartor.core.errors import DataError, GoalError
from sartor.core.goal import Columns, DataFormat
from sartor.data.check import BadRowsError
from sartor.data.prepare import data_settings


def pairs(num_rows: int = 12, **names: str) -> list[dict]:
    """Questions and answers under given names."""
    asked, answered = names.get("asked", "question"), names.get("answered", "answer")
    return [{asked: f"Question {at}?", answered: f"Answer {at}."} for at in range(num_rows)]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("question", "answer"), ("text", "summary"), ("instruction", "response"), ("mr", "ref")],
)
def test_two_columns_are_recognised_by_their_names(tmp_path, asked, answered):
    dataset = read(tmp_path, pairs(asked=asked, answered=answered), "generate")
    assert examples(dataset)[0] == ("Question 0?", ("Answer 0.",))
    assert dataset.card.columns == {"input": asked, "output": answered}
    assert counted(dataset)["format"] == 12


def test_named_columns_win_and_the_rest_is_said_to_be_unused(tmp_path):
    rows = [{**row, "fact": "x", "label": "y"} for row in pairs(asked="a", answered="b")]
    dataset = read(tmp_path, rows, "generate", columns=Columns(input="a", output="b"))
    assert examples(dataset)[0] == ("Question 0?", ("Answer 0.",))
    note = next(c.note for c in dataset.card.counts if c.what == "columns not used")
    assert "`fact`, `label`" in note


def test_csv_and_tsv_are_read_alike(tmp_path):
    (tmp_path / "a.csv").write_text('question,answer\n"One, two?",Three.\nFour?,Five.\n')
    (tmp_path / "b.tsv").write_text("question\tanswer\nOne, two?\tThree.\nFour?\tFive.\n")
    from small_data import prepared

    found = [examples(prepared(tmp_path, wanted("generate", name))) for name in ("a.csv", "b.tsv")]
    assert found[0] == found[1] == [("One, two?", ("Three.",)), ("Four?", ("Five.",))]


def test_a_pair_is_a_chat_of_one_turn(tmp_path):
    dataset = read(tmp_path, pairs(), "chat")
    assert spoken(examples(dataset)[0][0]) == ["user: Question 0?"]


def test_alpaca_joins_instruction_and_input_and_keeps_history_as_context(tmp_path):
    rows = [
        {"instruction": "Translate.", "input": "Hund", "output": "dog"},
        {"instruction": "Say hi.", "input": "", "output": "Hi."},
    ]
    dataset = read(tmp_path, rows, "generate")
    assert examples(dataset) == [("Translate.\n\nHund", ("dog",)), ("Say hi.", ("Hi.",))]
    more = [{**row, "system": "Be brief.", "history": [["A?", "B."]]} for row in rows]
    dataset = read(tmp_path, more, "chat")
    assert spoken(examples(dataset)[1][0]) == [
        "system: Be brief.",
        "user: A?",
        "assistant: B.",
        "user: Say hi.",
    ]


def test_prompt_and_completion_may_be_texts_or_messages(tmp_path):
    rows = [{"prompt": "Hi", "completion": "Hello."} for _ in range(1)]
    assert examples(read(tmp_path, rows, "generate")) == [("Hi", ("Hello.",))]
    rows = [{"prompt": [said("user", "Hi")], "completion": [said("assistant", "Hello.")]}]
    dataset = read(tmp_path, rows, "chat", format=DataFormat.PROMPT_COMPLETION)
    assert [(spoken(text), target) for text, target in examples(dataset)] == [
        (["user: Hi"], ("Hello.",))
    ]


CHOSEN = {"chosen": "Gladly.", "rejected": "No."}
TALK = [said("user", "Help me")]
PREFERENCES = [
    {"prompt": "Help me", **CHOSEN},
    {
        "prompt": TALK,
        "chosen": [said("assistant", "Gladly.")],
        "rejected": [said("assistant", "No.")],
    },
    {
        "chosen": [*TALK, said("assistant", "Gladly.")],
        "rejected": [*TALK, said("assistant", "No.")],
    },
    {
        "prompt": TALK,
        "chosen": [*TALK, said("assistant", "Gladly.")],
        "rejected": [*TALK, said("assistant", "No.")],
    },
    {
        "input": {"messages": TALK, "tools": []},
        "preferred_output": [said("assistant", "Gladly.")],
        "non_preferred_output": [said("assistant", "No.")],
    },
    {"conversations": [{"from": "human", "value": "Help me"}], **CHOSEN},
    {
        "conversations": [{"from": "human", "value": "Help me"}],
        "chosen": {"from": "gpt", "value": "Gladly."},
        "rejected": {"from": "gpt", "value": "No."},
    },
    {"prompt": "Human: Help me\n\nAssistant:", **CHOSEN},
    {
        "chosen": "\n\nHuman: Help me\n\nAssistant: Gladly.",
        "rejected": "\n\nHuman: Help me\n\nAssistant: No.",
    },
    {"instruction": "Help me", "input": "", **CHOSEN},
]


@pytest.mark.parametrize("row", PREFERENCES)
def test_every_spelling_of_a_preference_says_the_same(tmp_path, row):
    dataset = read(tmp_path, [row], "chat")
    ((text, target),) = examples(dataset)
    assert (spoken(text), target) == (["user: Help me"], ("Gladly.",))
    assert list(dataset.train.rejected) == [("No.",)]
    assert counted(dataset)["rows with a rejected answer"] == 1
    assert "`preference`" in next(c.note for c in dataset.card.counts if c.what == "format")


def test_texts_without_a_prompt_share_their_beginning(tmp_path):
    rows = [{"chosen": "The sea is deep and blue", "rejected": "The sea is dry"}]
    ((text, target),) = examples(read(tmp_path, rows, "generate"))
    assert (text, target) == ("The sea is", ("deep and blue",))


def test_verdicts_serve_the_right_answers_and_keep_the_others_apart(tmp_path):
    rows = [
        {"prompt": f"Question {at}?", "completion": f"Answer {at}.", "label": at % 2 == 0}
        for at in range(40)
    ]
    dataset = read(tmp_path, rows, "generate")
    answers = [target[0] for _, target in examples(dataset)]
    assert sorted(answers) == sorted(f"Answer {at}." for at in range(0, 40, 2))
    assert dataset.rejected is not None
    assert list(dataset.rejected.targets) == [()] * 20
    assert sorted(r[0] for r in dataset.rejected.rejected)[:2] == ["Answer 1.", "Answer 11."]
    assert counted(dataset)["rows without a right answer"] == 20


def test_a_worse_answer_to_a_held_out_input_is_left_out(tmp_path):
    rows = [
        {"prompt": f"Question {at // 2}?", "completion": f"Answer {at}.", "label": at % 2 == 0}
        for at in range(80)
    ]
    dataset = read(tmp_path, rows, "generate")
    test = set(dataset.test.open("a test").texts)
    assert test
    assert not test & set(dataset.rejected.texts)
    assert counted(dataset)["rejected rows of held-out inputs"] == len(test)


def test_a_verdict_on_a_conversation_is_one_on_its_last_turn(tmp_path):
    rows = [{**chat("Hi", "Hello.", "More?", "Yes."), "label": True}]
    ((text, target),) = examples(read(tmp_path, rows, "chat"))
    assert (len(spoken(text)), target) == (3, ("Yes.",))


def translations(first: str, second: str) -> list[dict]:
    return [{first: f"word {at}", second: f"palabra {at}"} for at in range(8)]


@pytest.mark.parametrize(
    ("first", "second"),
    [("en", "es"), ("English", "Spanish"), ("eng", "spa"), ("text_en", "text_es")],
)
def test_languages_are_known_by_the_names_of_the_columns(tmp_path, first, second):
    rows = translations(first, second)
    named = Columns(input=second, output=first)
    dataset = read(tmp_path, rows, "translate", columns=named)
    assert dataset.languages == {"from": "Spanish", "to": "English"}
    dataset = read(tmp_path, rows, "translate", languages={"from": "en", "to": "Spanish"})
    assert examples(dataset)[0] == ("word 0", ("palabra 0",))
    assert dataset.languages == {"from": "English", "to": "Spanish"}


def test_a_translation_may_be_one_object_of_both_languages(tmp_path):
    rows = [{"id": at, "translation": row} for at, row in enumerate(translations("en", "es"))]
    dataset = read(tmp_path, rows, "translate", languages={"from": "es", "to": "en"})
    assert examples(dataset)[0] == ("palabra 0", ("word 0",))
    rows.append({"id": 9, "translation": {"en": "word"}})
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, rows, "translate", languages={"from": "es", "to": "en"})
    (problem,) = caught.value.problems
    assert (problem.place, problem.field, problem.rule) == ("rows.jsonl:9", "es", "missing field")


def test_the_direction_is_asked_for_and_so_are_unknown_languages(tmp_path):
    with pytest.raises(GoalError) as caught:
        read(tmp_path, translations("en", "es"), "translate")
    assert "either way" in caught.value.problem
    assert "languages: {from: English, to: Spanish}" in caught.value.fix
    with pytest.raises(GoalError) as caught:
        read(tmp_path, translations("source", "target"), "translate")
    assert caught.value.where == "sartor.yaml > languages"
    languages = {"from": "Klingon", "to": "Spanish"}
    dataset = read(tmp_path, translations("source", "target"), "translate", languages=languages)
    assert dataset.languages == languages


BAD = [
    ("generate", {"question": "Q?", "answer": ""}, "answer", "empty answer", "Write"),
    ("generate", {"question": "Q?", "answer": None}, "answer", "empty answer", "Write"),
    ("generate", {"question": " ", "answer": "A."}, "question", "empty text", "Write"),
    ("generate", {"question": "Q?"}, "answer", "missing field", "has no `answer`"),
    ("generate", {"qestion": "Q?", "answer": "A."}, "question", "missing field", "`qestion`"),
    ("generate", {"question": 3, "answer": "A."}, "question", "not text", "string"),
    ("chat", {"question": "Q?", "answer": {"a": 1}}, "answer[0].role", "unknown role", "Known"),
]


@pytest.mark.parametrize(("task", "row", "field", "rule", "fix"), BAD)
def test_a_bad_pair_is_named_with_line_field_rule_and_fix(tmp_path, task, row, field, rule, fix):
    rows = [*pairs(5), row, *pairs()]
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, rows, task)
    (problem,) = caught.value.problems
    assert (problem.place, problem.field, problem.rule) == ("rows.jsonl:6", field, rule)
    assert fix in problem.fix
    assert "--skip-bad" in caught.value.fix


@pytest.mark.parametrize(
    ("row", "field", "rule"),
    [
        ({"prompt": "Q?", "chosen": "", "rejected": "B."}, "chosen", "empty answer"),
        ({"prompt": "Q?", "chosen": "A.", "rejected": None}, "rejected", "empty answer"),
        ({"prompt": "Q?", "chosen": "A."}, "rejected", "missing field"),
        ({"prompt": [said("assistant", "A.")], **CHOSEN}, "prompt", "role order"),
        (
            {"prompt": "Q?", "chosen": [said("user", "A.")], "rejected": "B."},
            "chosen",
            "role order",
        ),
    ],
)
def test_a_bad_preference_is_named(tmp_path, row, field, rule):
    rows = [{"prompt": f"Q {at}?", **CHOSEN} for at in range(5)]
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, [*rows, row], "chat")
    (problem,) = caught.value.problems
    assert (problem.place, problem.field, problem.rule) == ("rows.jsonl:6", field, rule)


def test_a_verdict_that_is_none_is_named(tmp_path):
    rows = [{"prompt": f"Q {at}?", "completion": "A.", "label": True} for at in range(5)]
    rows.append({"prompt": "Q?", "completion": "A.", "label": None})
    with pytest.raises(BadRowsError) as caught:
        read(tmp_path, rows, "generate")
    (problem,) = caught.value.problems
    assert (problem.field, problem.rule) == ("label", "not true or false")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"prompt": "Q?", "completion": "A.", **CHOSEN}], "`format: preference` or"),
        (
            [{"prompt": "Q?", "completion": "A.", "instruction": "I", "output": "O"}],
            "`format: alpaca`",
        ),
    ],
)
def test_two_formats_that_fit_are_a_question(tmp_path, rows, words):
    with pytest.raises(GoalError) as caught:
        read(tmp_path, rows, "generate")
    assert words in caught.value.fix


def test_columns_may_be_named_beside_a_recognised_format(tmp_path):
    row = {"ask": "Help me", "instruction": "x", **CHOSEN}
    for named in (Columns(input="ask"), Columns(input="ask", output="chosen")):
        dataset = read(tmp_path, [row], "generate", columns=named)
        assert examples(dataset) == [("Help me", ("Gladly.",))]
        assert list(dataset.train.rejected) == [("No.",)]
    row = {"instruction": "Say", "more": "hi", "output": "Hi."}
    named, form = Columns(input="more"), DataFormat.ALPACA
    assert examples(read(tmp_path, [row], "generate", columns=named, format=form)) == [
        ("Say\n\nhi", ("Hi.",))
    ]


def test_a_column_without_effect_and_two_columns_of_messages_are_refused(tmp_path):
    rows = [{**chat("Hi", "Hello."), "note": "x"}]
    named = Columns(output="note")
    with pytest.raises(GoalError, match="has no effect: the answers of `chat`"):
        read(tmp_path, rows, "chat", columns=named, format=DataFormat.CHAT)
    rows = [{"a": chat("Hi", "Hello.")["messages"], "b": chat("Hi", "Hello.")["messages"]}]
    with pytest.raises(GoalError, match="by `a`, or by `b`") as caught:
        read(tmp_path, rows, "chat")
    assert "`columns: {input: a}`" in caught.value.fix


def test_columns_of_two_plain_texts_hold_no_system_turn(tmp_path):
    rows = [{**row, "system": f"Windows {at}", "tools": "hammer"} for at, row in enumerate(pairs())]
    assert spoken(examples(read(tmp_path, rows, "chat"))[0][0]) == ["user: Question 0?"]


def test_columns_that_say_nothing_are_asked_for(tmp_path):
    with pytest.raises(DataError, match="recognised as the text") as caught:
        read(tmp_path, [{"a": "x", "b": "y"}], "generate")
    assert "columns: {input: NAME}" in caught.value.fix
    with pytest.raises(DataError, match="each be the output column"):
        read(tmp_path, [{"text": "x", "answer": "y", "summary": "z"}], "generate")
    with pytest.raises(GoalError, match="the format `alpaca` is read by"):
        read(tmp_path, pairs(), "generate", format=DataFormat.ALPACA)


def test_a_file_without_the_columns_of_the_others_is_one_problem(tmp_path):
    from small_data import prepared

    write_rows(tmp_path / "a.jsonl", pairs())
    write_rows(tmp_path / "b.jsonl", pairs(asked="asks"))
    with pytest.raises(DataError, match=r"b.jsonl: has no column `question`"):
        prepared(tmp_path, wanted("generate", "a.jsonl", "b.jsonl"))


def test_what_is_stored_depends_on_what_the_task_needs():
    kept = data_settings(wanted("classify"))
    assert "format" not in kept
    assert data_settings(wanted("generate")) != data_settings(wanted("chat"))
