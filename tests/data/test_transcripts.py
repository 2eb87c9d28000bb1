"""Plain transcripts: who speaks is told by role words or names; marks and blank lines part conversations."""

from __future__ import annotations

import pytest
from exports import TRANSCRIPTS, dropped, read_as, rows_of, said

from sartor.core.errors import DataError
from sartor.data.speakers import Side, side_by_word
from sartor.data.transcript_lines import is_mark, opening


def test_blank_lines_part_conversations_and_paragraphs_go_on(tmp_path):
    found = read_as("transcript", tmp_path / "t.txt", TRANSCRIPTS, agents=["Agent Lena"])
    first, second = rows_of(found)
    assert said(first) == [
        ("u", "Hello, I lost a button.\nCan I have another one?"),
        ("a", "Of course.\nOrder number: 1201, was it?"),
        ("u", "Yes."),
    ]
    assert first["conversation"] == first["group"] == "t.txt:3"
    assert said(second)[0] == ("u", "Is the shop open on Sunday?\n\nI come from far away.")
    assert second["bot_messages"] == [1]
    assert dropped(found) == {"lines before the first speaker": 1}


@pytest.mark.parametrize("mark", ["---", "===", "# Chat 2", "* * *", "--- chat 2 ---", "______"])
def test_marks_part_conversations_and_then_blank_lines_do_not(tmp_path, mark):
    content = f"User: a\n\nAgent: b\n{mark}\nUser: c\n\n\nAgent: d\n"
    rows = rows_of(read_as("transcript", tmp_path / "t.txt", content))
    assert [said(row) for row in rows] == [[("u", "a"), ("a", "b")], [("u", "c"), ("a", "d")]]


PARTED = [
    ("User: a\n\nAgent: b\n\nUser: c\n", 1),
    ("User: a\n\nAgent: b\n\n\nUser: c\n\nAgent: d\n", 2),
    ("User: a\nAgent: b\n\nUser: c\nAgent: d\n", 2),
]


@pytest.mark.parametrize(("content", "num_rows"), PARTED)
def test_blank_lines_between_all_messages_part_nothing(tmp_path, content, num_rows):
    assert len(rows_of(read_as("transcript", tmp_path / "t.txt", content))) == num_rows


def test_names_need_agents_and_stamps_are_kept_where_they_are_whole(tmp_path):
    content = "[2026-03-02 09:14] Ann: Hi\n[2026-03-02 09:15] Lena: Hello\n(10:15:30 AM) Ann: Bye\n"
    with pytest.raises(DataError, match=r"`Ann` \(2\), `Lena` \(1\)"):
        read_as("transcript", tmp_path / "t.txt", content)
    (row,) = rows_of(read_as("transcript", tmp_path / "t.txt", content, agents=["lena"]))
    assert [role for role, _ in said(row)] == ["u", "a", "u"]
    assert (row["group"], row["time"]) == ("Ann", "2026-03-02T09:14:00")


def test_where_words_mark_both_sides_a_rare_other_name_is_part_of_the_text(tmp_path):
    content = "User: a\nAgent: b\n" * 5 + "Order number: 12\nUser: c\n"
    (row,) = rows_of(read_as("transcript", tmp_path / "t.txt", content))
    assert said(row)[-2:] == [("a", "b\nOrder number: 12"), ("u", "c")]


def test_both_sides_marked_and_a_third_name_is_a_question(tmp_path):
    with pytest.raises(DataError, match="`Maria`"):
        read_as("transcript", tmp_path / "t.txt", "User: a\nAgent: b\nMaria: c\nMaria: d\n")


WORDS = [
    *[
        (name, Side.AGENT)
        for name in ("Agent", "Support Team", "Kundenservice", "Conseillère", "agente 7")
    ],
    *[
        (name, Side.AGENT)
        for name in ("Customer Service", "asesor", "Medewerker", "Kundtjänst", "ADVISOR")
    ],
    *[
        (name, Side.CUSTOMER)
        for name in ("customer", "Kundin 12", "Cliente", "klant", "Kund", "visitor-3")
    ],
    *[(name, Side.BOT) for name in ("Support Bot", "chatbot", "Agent-Bot")],
    *[(name, None) for name in ("Ann", "Hem & Co.", "", "Bottega", "Agentur")],
]


@pytest.mark.parametrize(("name", "side"), WORDS)
def test_words_in_six_languages_say_the_side(name, side):
    assert side_by_word(name) is side


@pytest.mark.parametrize(
    "line",
    [
        "https://hem.example: ok",
        "at 10:30 we open",
        "a",
        "note:no space",
        "a, b and c of it all said so: x",
    ],
)
def test_sentences_with_a_colon_are_no_speakers(line):
    assert opening(line) is None


@pytest.mark.parametrize("line", ["--", "- item", "-- a", "text ---", "#", "* one"])
def test_lists_and_dashes_part_nothing(line):
    assert not is_mark(line)
