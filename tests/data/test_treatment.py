"""Rows are repaired before they are checked, other languages are left out, and both are counted."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from small_data import goal, prepared, two_classes

from sartor.core.errors import GoalError
from sartor.core.goal import Goal, Preparation
from sartor.data.personal_key import KeyFile
from sartor.data.treatment import reading_of
from sartor.goal import load_goal
from sartor.tune.registry import METHODS

DAMAGED = "Der Ã„rmel ist zu lang &amp; die Knöpfe fehlen  \r\n\x00"
REPAIRED = "Der Ärmel ist zu lang & die Knöpfe fehlen"


def _write(folder, rows):
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")


def _counts(dataset):
    return {count.what: count.num_rows for count in dataset.card.counts}


def test_damage_is_repaired_and_counted_by_kind(tmp_path):
    _write(tmp_path, [*two_classes(40), *[{"text": DAMAGED, "label": "refund"}] * 2])
    dataset = prepared(tmp_path, goal())
    assert REPAIRED in set(dataset.train.texts)
    counts = _counts(dataset)
    assert counts["repaired: broken encoding"] == counts["repaired: HTML entities"] == 2
    assert reading_of(goal())["repairs"]


def test_left_alone_damage_is_an_error_as_before(tmp_path):
    _write(tmp_path, [*two_classes(40), {"text": DAMAGED, "label": "refund"}])
    as_it_is = goal(prepare=Preparation(repair=False))
    with pytest.raises(Exception, match="1 of 81 rows"):
        prepared(tmp_path, as_it_is)
    assert not reading_of(as_it_is)["repairs"]


def test_conversations_are_repaired_in_all_their_turns(tmp_path):
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"Ist der Ã„rmel {number} fertig?"},
                {"role": "assistant", "content": f"Ja, Ã„rmel {number} ist fertig."},
            ]
        }
        for number in range(80)
    ]
    _write(tmp_path, rows)
    dataset = prepared(tmp_path, Goal(task="chat", data={"all": ("rows.jsonl",)}))
    assert "Ärmel" in json.loads(dataset.train.texts[0])[0]["content"]
    assert "Ärmel" in dataset.train.targets[0][0]
    assert _counts(dataset)["repaired: broken encoding"] == 80


def test_positions_of_spans_are_not_shifted(tmp_path):
    text = "Ã„rmel &amp; Anna"
    start = text.index("Anna")
    rows = [
        {
            "text": f"{text} {number}",
            "spans": [{"start": start, "end": start + 4, "label": "person"}],
        }
        for number in range(80)
    ]
    _write(tmp_path, rows)
    dataset = prepared(tmp_path, Goal(task="extract", data={"all": ("rows.jsonl",)}))
    assert dataset.train.texts[0].startswith(text)
    assert dataset.train.targets[0] == ((start, start + 4, "person"),)


def test_rows_surely_in_another_language_are_left_out(tmp_path):
    labels = ("refund", "delivery")
    german = [
        f"Guten Tag, die Jacke Nummer {n} ist leider viel zu kurz geworden" for n in range(40)
    ]
    english = [f"Hello, the jacket number {n} has become far too short for me" for n in range(40)]
    rows = [{"text": text, "label": labels[at % 2]} for at, text in enumerate([*german, *english])]
    short = [{"text": f"ok {n}", "label": "refund"} for n in range(10)]
    spanish = {
        "text": "Buenos días, la chaqueta que pedí el mes pasado es demasiado corta",
        "label": "refund",
    }
    _write(tmp_path, [*rows, *short, spanish])
    kept = prepared(tmp_path, goal(prepare=Preparation(languages=("de", "en"))))
    assert _counts(kept)["rows in other languages"] == 1
    german_only = prepared(tmp_path, goal(prepare=Preparation(languages=("de",))))
    assert _counts(german_only)["rows in other languages"] == 41


@pytest.mark.parametrize(
    ("prepare", "problem"),
    [("{languages: [Klingon]}", "no language"), ("{languages: [English, de]}", "")],
)
def test_languages_are_named_by_code_or_name(tmp_path, prepare, problem):
    _write(tmp_path, two_classes())
    (tmp_path / "sartor.yaml").write_text(
        f"task: classify\ndata: [rows.jsonl]\nprepare: {prepare}\n"
    )
    if problem:
        with pytest.raises(GoalError, match=problem):
            load_goal(tmp_path / "sartor.yaml", overrides=(), methods=METHODS.names())
    else:
        found = load_goal(tmp_path / "sartor.yaml", overrides=(), methods=METHODS.names())
        assert found.prepare == replace(Preparation(), languages=("en", "de"))


ASKED = "write to anna.berg@post.example about order 48213 or call +44 7911 123456"


def _talks(number):
    return [
        {
            "messages": [
                {"role": "user", "content": f"Hello {n}, {ASKED}"},
                {"role": "assistant", "content": f"We wrote to anna.berg@post.example, case {n}."},
            ]
        }
        for n in range(number)
    ]


def test_in_chats_personal_data_is_replaced_the_same_in_all_turns(tmp_path):
    _write(tmp_path, _talks(80))
    chat = Goal(task="chat", data={"all": ("rows.jsonl",)})
    dataset = prepared(tmp_path, chat)
    everything = [
        *dataset.train.texts,
        *(answer for one in dataset.train.targets for answer in one),
    ]
    assert not any("anna.berg" in text or "7911" in text for text in everything)
    assert "<EMAIL_1>" in dataset.train.texts[0]
    assert dataset.train.targets[0][0].startswith("We wrote to <EMAIL_1>")
    assert _counts(dataset)["personal data: e-mail addresses"] == 80
    kept = prepared(tmp_path, replace(chat, prepare=Preparation(personal_data="keep")))
    assert "anna.berg@post.example" in kept.train.texts[0]
    assert kept.hash != dataset.hash


def test_to_classify_it_is_counted_and_stays(tmp_path):
    _write(tmp_path, [*two_classes(40), {"text": ASKED, "label": "refund"}])
    dataset = prepared(tmp_path, goal())
    assert ASKED in set(dataset.train.texts)
    (line,) = (c for c in dataset.card.counts if c.what == "personal data: e-mail addresses")
    assert "stay as they are" in line.note
    replaced = prepared(tmp_path, goal(prepare=Preparation(personal_data="replace")))
    assert not any("anna" in text for text in replaced.train.texts)


def test_the_way_back_is_kept_only_where_it_was_asked_for(tmp_path):
    _write(tmp_path, _talks(80))
    chat = Goal(task="chat", data={"all": ("rows.jsonl",)})
    prepared(tmp_path, chat)
    assert not list(tmp_path.glob("*.key"))
    dataset = prepared(tmp_path, replace(chat, prepare=Preparation(personal_key="way.key")))
    key = KeyFile(tmp_path / "way.key").read(dataset.train.sources[0])
    assert key["<EMAIL_1>"] == "anna.berg@post.example"
    assert (tmp_path / "way.key").stat().st_mode & 0o077 == 0
