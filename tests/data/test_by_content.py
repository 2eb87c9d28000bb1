"""Where no column's name is known, `sartor init` goes by what stands in it, and says so."""

from __future__ import annotations

import csv
import random

import pytest
from small_data import write_rows

from sartor.core.errors import DataError
from sartor.core.goal import OutputKind
from sartor.data.check import RowRules
from sartor.data.output_kind import recognise_kind
from sartor.data.peek import peek
from sartor.data.row import RawRow

SENTENCE = "wann kommt mein paket bitte die rechnung fehlt ich warte seit tagen auf antwort"
WORDS = SENTENCE.split()


def table(path, header, rows, *, delimiter=";"):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])


def sentence(rng, num_words=8):
    return " ".join(rng.choices(WORDS, k=num_words))


def mails(num_rows=60):
    """Number, text, queue, date."""
    rng = random.Random(0)
    queues = ("Versand", "Rechnung", "Sonstiges")
    return [
        [f"A{n:04}", f"{sentence(rng)} {n}", queues[n % 3], "2026-03-01"] for n in range(num_rows)
    ]


def test_text_and_label_are_found_under_names_of_any_language(tmp_path):
    table(tmp_path / "m.csv", ["Nr", "Nachricht", "Kategorie", "Datum"], mails())
    guess = peek(["m.csv"], tmp_path)
    assert guess.columns == {"input": "Nachricht", "output": "Kategorie"}
    assert set(guess.labels) == {"Versand", "Rechnung", "Sonstiges"}
    notes = " ".join(guess.notes)
    assert "`Nachricht` was taken as input" in notes
    assert "`Kategorie` was taken as output" in notes
    assert "Not used: `Nr`, `Datum`." in notes


def test_a_name_that_is_known_wins_over_content(tmp_path):
    rows = [[a, b, c, f"{b} {b} und noch viel mehr"] for a, b, c, _ in mails()]
    table(tmp_path / "m.csv", ["Nr", "text", "label", "Verlauf"], rows)
    assert peek(["m.csv"], tmp_path).columns == {"input": "text", "output": "label"}


def test_two_columns_of_like_content_stay_a_question(tmp_path):
    rows = [[b, b[::-1], c, c[:3]] for _, b, c, _ in mails()]
    table(tmp_path / "m.csv", ["Frage", "Antwortvorschlag", "Kategorie", "Team"], rows)
    guess = peek(["m.csv"], tmp_path)
    assert guess.columns == {}
    assert [note for note in guess.notes if "name it under `columns`" in note] == list(guess.notes)


def test_two_known_names_stay_a_question_whatever_stands_in_them(tmp_path):
    rows = [[b, c, b] for _, b, c, _ in mails()]
    table(tmp_path / "m.csv", ["Nachricht", "intent", "category"], rows)
    guess = peek(["m.csv"], tmp_path)
    assert "output" not in guess.columns
    assert any("`intent` and `category`" in note for note in guess.notes)


def test_flags_in_columns_get_a_way_out(tmp_path):
    rows = [[b, int(c == "Versand"), int(c == "Rechnung")] for _, b, c, _ in mails()]
    table(tmp_path / "m.csv", ["comment_text", "toxic", "insult"], rows)
    guess = peek(["m.csv"], tmp_path)
    assert guess.columns == {"input": "comment_text"}
    assert any("`toxic`, `insult` hold 0 and 1" in note for note in guess.notes)


@pytest.mark.parametrize(("name", "delimiter"), [("m.tsv", "\t"), ("m.csv", ","), ("m.csv", ";")])
def test_a_table_without_a_header_is_refused_with_the_line_to_add(tmp_path, name, delimiter):
    rows = [[c, b] for _, b, c, _ in mails()]
    table(tmp_path / name, rows[0], rows[1:], delimiter=delimiter)
    with pytest.raises(DataError) as caught:
        peek([name], tmp_path)
    assert caught.value.where == f"{name}:1"
    assert "not like names of columns" in caught.value.problem
    assert "line with names" in caught.value.fix


def test_a_file_of_bad_rows_only_says_what_is_wrong_with_them(tmp_path):
    lines = ["text,label", *(f"caf\xe9 {b},{c}" for _, b, c, _ in mails())]
    (tmp_path / "m.csv").write_bytes("\n".join(lines).encode("latin-1"))
    with pytest.raises(DataError) as caught:
        peek(["m.csv"], tmp_path)
    assert "not UTF-8" in str(caught.value)
    assert "save the file as UTF-8" in str(caught.value)


def test_numbers_with_a_decimal_comma_are_a_score():
    values = ["0,5", "1,25", "-3,0", "4"] * 5
    reading = recognise_kind(values, given=None)
    assert (reading.kind, reading.has_decimal_comma) == (OutputKind.SCORE, True)
    rules = RowRules({"input": "text", "output": "score"}, reading, frozenset(), "all")
    scores = [
        rules.check(RawRow("m.csv", 1, {"text": "a", "score": value})).score for value in values[:4]
    ]
    assert scores == [0.5, 1.25, -3.0, 4.0]


@pytest.mark.parametrize(
    "values",
    [["1,000", "2,500", "10,000"], ["a,b", "b,c"], ["1", "2"], ["0.5", "0,5"], [0.5, "0,5"]],
)
def test_a_comma_alone_is_no_decimal_comma(values):
    assert not recognise_kind(values, given=None).has_decimal_comma


def test_json_rows_need_no_header(tmp_path):
    write_rows(tmp_path / "m.jsonl", [{"Nachricht": b, "Kategorie": c} for _, b, c, _ in mails()])
    assert peek(["m.jsonl"], tmp_path).columns == {"input": "Nachricht", "output": "Kategorie"}
