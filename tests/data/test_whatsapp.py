"""Chats of WhatsApp: the stamps of many phones, what WhatsApp writes itself, and dates of two meanings."""

from __future__ import annotations

import pytest
from exports import ANDROID, IOS, dropped, read_as, rows_of, said, zipped

from sartor.core.errors import DataError, GoalError
from sartor.data.row import BadRow
from sartor.data.whatsapp_lines import first_line

HEM = ["Hem & Co."]


def test_a_chat_of_android_is_parted_after_a_day_of_silence(tmp_path):
    found = read_as("whatsapp", tmp_path / "Chat.txt", ANDROID, agents=HEM)
    assert rows_of(found) == [
        {
            "messages": [
                {
                    "role": "user",
                    "content": "Guten Tag, passt Größe 38?\nIch bin 1,70: eher schmal.",
                },
                {"role": "assistant", "content": "Ja, sie passt."},
            ],
            "text": "Guten Tag, passt Größe 38?\nIch bin 1,70: eher schmal.",
            "subject": "",
            "tags": [],
            "group": "Ann Berg",
            "conversation": "Chat.txt:1",
            "time": "2024-11-12T10:15:00",
        },
        {
            "messages": [
                {"role": "user", "content": "Darf ich umtauschen?"},
                {"role": "assistant", "content": "Gern, 30 Tage lang."},
            ],
            "text": "Darf ich umtauschen?",
            "subject": "",
            "tags": [],
            "group": "Ann Berg",
            "conversation": "Chat.txt:7",
            "time": "2024-11-14T18:02:00",
        },
    ]
    assert dropped(found) == {"system lines": 1, "attachments": 1, "deleted messages": 1}


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_chat_of_an_iphone_is_read_with_its_invisible_marks(tmp_path, is_zip):
    name, content = (
        ("c.zip", zipped({"_chat.txt": IOS, "1.jpg": b"x"})) if is_zip else ("c.txt", IOS)
    )
    found = read_as("whatsapp", tmp_path / name, content, agents=HEM)
    (row,) = rows_of(found)
    assert said(row) == [("u", "Do you ship to Wales?"), ("a", "We do.")]
    assert row["time"] == "2024-03-25T10:15:31"
    assert dropped(found) == {"system lines": 1, "attachments": 1}


STAMPS = {
    "31/12/24, 10:15 - Ann: hi": "2024-12-31T10:15:00",
    "31/12/2024 10:15 - Ann: hi": "2024-12-31T10:15:00",
    "31/12/2024 à 10:15 - Ann: hi": "2024-12-31T10:15:00",
    "31/12/24, 10:15\u202fp.\u00a0m. - Ann: hi": "2024-12-31T22:15:00",
    "12/31/24, 12:15 AM - Ann: hi": "2024-12-31T00:15:00",
    "2024-12-31 10:15 - Ann: hi": "2024-12-31T10:15:00",
    "2024/12/31, 10:15 - Ann: hi": "2024-12-31T10:15:00",
    "31-12-2024 10:15 - Ann: hi": "2024-12-31T10:15:00",
    "31.12.24, 10:15 - Ann: hi": "2024-12-31T10:15:00",
    "31.12.2024, 10.15 - Ann: hi": "2024-12-31T10:15:00",
    "[31.12.24, 10:15:30] Ann: hi": "2024-12-31T10:15:30",
    "[31/12/2024, 10:15:30 PM] Ann: hi": "2024-12-31T22:15:30",
    "\u200e[2024-12-31, 10:15:30] Ann: hi": "2024-12-31T10:15:30",
    "[31-12-2024 10:15:30] \u200f~\u202fAnn\u202c: hi": "2024-12-31T10:15:30",
}


@pytest.mark.parametrize("line", STAMPS)
def test_stamps_of_many_regions_are_read(tmp_path, line):
    (row,) = rows_of(read_as("whatsapp", tmp_path / "c.txt", line + "\n", agents=HEM))
    assert (row["time"], row["text"], row["group"]) == (STAMPS[line], "hi", "Ann")


@pytest.mark.parametrize(
    "line",
    [
        "12 - Ann: hi",
        "12:30 - lunch: soup",
        "[1] Ann: hi",
        "99/99/99, 99:99 - Ann: x",
        "2.5.1 - notes: x",
        "",
    ],
)
def test_lines_without_a_stamp_begin_nothing(line):
    assert first_line(line) is None


def _chat(*dates: str) -> str:
    turns = ["Ann", "Hem & Co."] * len(dates)
    return "".join(
        f"{date}, 10:1{at} - {who}: message\n"
        for at, (date, who) in enumerate(zip(dates, turns, strict=False))
    )


def test_one_day_beyond_the_twelfth_settles_the_whole_file(tmp_path):
    (row,) = rows_of(
        read_as("whatsapp", tmp_path / "c.txt", _chat("12/11/24", "13/11/24"), agents=HEM)
    )
    assert row["time"] == "2024-11-12T10:10:00"
    (row,) = rows_of(
        read_as("whatsapp", tmp_path / "c.txt", _chat("11/12/24", "11/13/24"), agents=HEM)
    )
    assert row["time"] == "2024-11-12T10:10:00"


def test_time_that_would_run_backwards_settles_it_too(tmp_path):
    (row,) = rows_of(
        read_as("whatsapp", tmp_path / "c.txt", _chat("11/12/24", "12/01/24"), agents=HEM)
    )
    assert row["time"] == "2024-11-12T10:10:00"
    found = read_as("whatsapp", tmp_path / "c.txt", _chat("12/11/24", "01/12/24"), agents=HEM)
    assert rows_of(found)[0]["time"] == "2024-11-12T10:10:00"


def test_dates_of_two_meanings_are_a_question_that_the_goal_answers(tmp_path):
    path, content = tmp_path / "c.txt", _chat("11/12/24", "11/12/24")
    with pytest.raises(GoalError, match="in two ways") as caught:
        read_as("whatsapp", path, content, agents=HEM)
    assert "`format: whatsapp_day_first` or `format: whatsapp_month_first`" in caught.value.fix
    (row,) = rows_of(read_as("whatsapp_day_first", path, content, agents=HEM))
    assert row["time"] == "2024-12-11T10:10:00"
    (row,) = rows_of(read_as("whatsapp_month_first", path, content, agents=HEM))
    assert row["time"] == "2024-11-12T10:10:00"


def test_a_date_that_means_one_day_either_way_asks_nothing(tmp_path):
    (row,) = rows_of(
        read_as("whatsapp", tmp_path / "c.txt", _chat("11/11/24", "11/11/24"), agents=HEM)
    )
    assert row["time"] == "2024-11-11T10:10:00"


def test_dates_that_contradict_each_other_are_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read in one way"):
        read_as("whatsapp", tmp_path / "c.txt", _chat("13/11/24", "11/13/24"), agents=HEM)


def test_who_answers_is_asked(tmp_path):
    with pytest.raises(DataError, match="does not say who answers") as caught:
        read_as("whatsapp", tmp_path / "c.txt", ANDROID)
    assert "`Ann Berg` (2), `Hem & Co.` (2)" in caught.value.problem


def test_a_number_among_the_speakers_is_not_shown(tmp_path):
    content = _chat("13/11/24", "13/11/24").replace("Ann", "+44 7700 900123")
    with pytest.raises(DataError) as caught:
        read_as("whatsapp", tmp_path / "c.txt", content)
    assert "900123" not in str(caught.value)
    assert "<PHONE>" in caught.value.problem


def test_a_picture_with_words_below_it_keeps_the_words(tmp_path):
    content = "13.11.24, 10:15 - Ann: IMG-1.jpg (Datei angehängt)\nPasst das?\n"
    found = read_as("whatsapp", tmp_path / "c.txt", content, agents=HEM)
    assert rows_of(found)[0]["text"] == "Passt das?"
    assert dropped(found) == {"attachments": 1}


def test_a_line_that_is_not_utf8_is_named_and_the_rest_is_read(tmp_path):
    content = ANDROID.encode().replace("ß".encode(), b"\xdf", 1)
    found = read_as("whatsapp", tmp_path / "c.txt", content, agents=HEM)
    (bad,) = [row for row in found if isinstance(row, BadRow)]
    assert bad.place == "c.txt:2"
    assert "Latin-1" in bad.problems[0].fix
