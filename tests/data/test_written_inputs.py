"""What is guessed before there is a goal, what inputs are read without answers, what is shown and refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_data import write_rows
from written_data import chat, said, spoken, wanted

from sartor import flow
from sartor.core.errors import DataError, GoalError
from sartor.core.goal import Columns, DataFormat, OutputKind
from sartor.data.inputs import input_of, input_rows
from sartor.data.peek import peek

PAIRS = [
    {"question": f"Where is lamp {at}?", "answer": f"On shelf {at} there."} for at in range(12)
]
ALPACA = [{"instruction": f"Say {at}.", "input": "", "output": f"{at}"} for at in range(12)]
CHATS = [chat(f"Hi {at}", f"Hello {at}.") for at in range(12)]
TAGGED = [{"tokens": ["Ann", "left"], "tags": ["B-p", "O"]} for _ in range(12)]
RECORDS = [{"text": f"Alfa {at}", "facts": {"name": "Alfa"}} for at in range(12)]
WORDS = [{"en": f"one dog {at}", "es": f"un perro {at}"} for at in range(12)]


class Quiet:
    """A progress that nobody watches."""

    def step(self, title: str) -> None: ...
    def note(self, line: str) -> None: ...
    def candidate(self, row: object) -> None: ...
    def spent(self, share: float, seconds_left: float | None) -> None: ...


GUESSES = [
    ("generate", PAIRS, "pairs", {"input": "question", "output": "answer"}),
    ("generate", ALPACA, "alpaca", {}),
    ("chat", CHATS, "chat", {}),
    ("extract", TAGGED, "tags", {"output": "tags"}),
    ("extract", RECORDS, "fields", {"input": "text", "output": "facts"}),
    ("translate", WORDS, "pairs", {"input": "en", "output": "es"}),
]


@pytest.mark.parametrize(("task", "rows", "form", "columns"), GUESSES)
def test_what_init_writes_loads_and_its_data_can_be_prepared(tmp_path, task, rows, form, columns):
    file = write_rows(tmp_path / "rows.jsonl", rows)
    done = flow.init(tmp_path / "w", task=task, files=[str(file)])
    assert (done.task, done.format, done.columns) == (task, form, columns)
    text = (tmp_path / "w" / "sartor.yaml").read_text()
    assert f"\nformat: {form} " in text
    dataset = flow.gather(tmp_path / "w", progress=Quiet())
    assert dataset.task == task
    assert len(dataset.train) >= 1


def test_the_direction_of_a_translation_is_guessed_and_said(tmp_path):
    write_rows(tmp_path / "rows.jsonl", WORDS)
    guess = peek(["rows.jsonl"], tmp_path, task="translate")
    assert guess.languages == {"from": "English", "to": "Spanish"}
    assert any("`en` was taken as what is translated" in note for note in guess.notes)


def test_unknown_names_are_guessed_by_what_stands_in_them_and_said(tmp_path):
    rows = [
        {"frage": "Wo ist die Lampe heute?", "antwort": f"Im Regal Nummer {at}."} for at in range(9)
    ]
    write_rows(tmp_path / "rows.jsonl", rows)
    guess = peek(["rows.jsonl"], tmp_path, task="generate")
    assert guess.columns == {"input": "frage", "output": "antwort"}
    assert any("check it" in note for note in guess.notes)


def test_what_cannot_be_guessed_is_a_note_and_bad_rows_are_counted(tmp_path):
    write_rows(tmp_path / "rows.jsonl", [{"a": "x", "b": "y", "c": "z"}])
    guess = peek(["rows.jsonl"], tmp_path, task="generate")
    assert (guess.format, guess.output_kind) == (None, OutputKind.TEXT)
    assert any("columns" in note for note in guess.notes)
    write_rows(tmp_path / "rows.jsonl", [*CHATS, {"messages": []}])
    guess = peek(["rows.jsonl"], tmp_path, task="chat")
    assert any("1 row looked at cannot be used" in note for note in guess.notes)


def read_inputs(folder: Path, rows: list[dict], task: str, **changes: object) -> list[str]:
    path = write_rows(folder / "inputs.jsonl", rows)
    return [text for _, text, _ in input_rows(path, wanted(task, **changes))]


def test_inputs_are_read_in_the_formats_of_the_data_without_answers(tmp_path):
    assert read_inputs(tmp_path, [{"question": "Where?"}], "generate") == ["Where?"]
    assert read_inputs(tmp_path, ALPACA[:1], "generate") == ["Say 0."]
    assert read_inputs(
        tmp_path, [{"en": "dog"}], "translate", languages={"from": "en", "to": "es"}
    ) == ["dog"]
    assert read_inputs(tmp_path, [{"body": "x"}], "generate", columns=Columns(input="body")) == [
        "x"
    ]
    assert read_inputs(tmp_path, TAGGED[:1], "extract") == ["Ann left"]
    assert read_inputs(tmp_path, [{"text": "Ann left"}], "extract") == ["Ann left"]


def test_a_conversation_to_answer_ends_with_the_user_and_an_answer_is_passed_over(tmp_path):
    waiting = chat("Hi", "Hello.", "Where?", system="Be brief.")
    answered = chat("Hi", "Hello.", "Where?", "There.", system="Be brief.")
    first, second = read_inputs(tmp_path, [waiting, answered], "chat")
    assert first == second
    assert spoken(first) == ["system: Be brief.", "user: Hi", "assistant: Hello.", "user: Where?"]
    assert read_inputs(tmp_path, [chat("Hi", system="Be brief.")], "generate") == ["Hi"]


def test_a_line_of_text_is_what_the_user_says(tmp_path):
    (tmp_path / "a.txt").write_text("Hi\nBye\n")
    texts = [text for _, text, _ in input_rows(tmp_path / "a.txt", wanted("chat"))]
    assert [spoken(text) for text in texts] == [["user: Hi"], ["user: Bye"]]
    fields = {"messages": [said("user", "Hi")]}
    assert spoken(input_of(fields, wanted("chat"), place="standard input:3")) == ["user: Hi"]


def test_an_input_that_is_none_is_refused_with_its_place(tmp_path):
    with pytest.raises(DataError) as caught:
        read_inputs(tmp_path, [chat("Hi"), {"messages": [said("usr", "Hi")]}], "chat")
    assert caught.value.where == "inputs.jsonl:2 > messages[0].role"
    with pytest.raises(DataError, match="no column holds the input"):
        read_inputs(tmp_path, [{"a": "x"}], "generate")
    with pytest.raises(DataError, match="several turns"):
        read_inputs(tmp_path, [chat("Hi", "Hello.", "Where?")], "generate")


def test_the_format_of_the_goal_is_the_one_that_is_read(tmp_path):
    write_rows(tmp_path / "rows.jsonl", CHATS)
    (tmp_path / "sartor.yaml").write_text("task: chat\ndata: [rows.jsonl]\nformat: kto\n")
    with pytest.raises(GoalError, match="the format `kto` is read by"):
        flow.gather(tmp_path, progress=Quiet())
    assert DataFormat.KTO == "kto"
