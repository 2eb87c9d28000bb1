"""Lines around many answers are shown in the card; those that people name are removed and counted."""

from __future__ import annotations

import json

from small_data import goal, prepared, write_rows
from test_boilerplate import answers

from sartor.core.goal import Preparation

FOOTER = "Please rate our service: https://acme.example/rate/{}"
CARD_LINE = "please rate our service: <url>"


def _write(folder, num_rows=120):
    rows = [
        {
            "prompt": f"question {at} of a customer",
            "completion": f"{text}\n\n{FOOTER.format(at)}" if at % 2 else text,
        }
        for at, text in enumerate(answers()[:num_rows])
    ]
    write_rows(folder / "rows.jsonl", rows)
    return rows


def _prepared(folder, *lines):
    wanted = goal(task="generate", prepare=Preparation(boilerplate=lines, personal_data="keep"))
    dataset = prepared(folder, wanted)
    return dataset, {line.what: line for line in dataset.card.counts}


def test_lines_around_many_answers_are_shown_and_stay(tmp_path):
    _write(tmp_path)
    dataset, counts = _prepared(tmp_path)
    line = counts["lines around many answers"]
    assert len(line.examples) == 1
    assert line.examples[0].startswith(f"`{CARD_LINE}`")
    known = [target[0] for target in dataset.development.targets]
    assert line.num_rows == sum("rate our service" in answer for answer in known) > 20


def test_what_the_card_shows_can_be_named_and_is_removed(tmp_path):
    rows = _write(tmp_path)
    before, _ = _prepared(tmp_path)
    dataset, counts = _prepared(tmp_path, CARD_LINE)
    assert "lines around many answers" not in counts
    assert counts["boilerplate removed"].num_rows == len(rows) // 2
    assert not any("rate our service" in target[0] for target in dataset.development.targets)
    assert dataset.hash != before.hash


def test_a_line_that_is_nowhere_is_named(tmp_path):
    _write(tmp_path)
    _, counts = _prepared(tmp_path, CARD_LINE, "Never written")
    assert counts["boilerplate that is nowhere"].examples == ("never written",)


def test_agents_turns_in_a_conversation_lose_it_too(tmp_path):
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"question {at}"},
                {"role": "assistant", "content": f"{text}\n\n{FOOTER.format(at)}"},
                {"role": "user", "content": f"and another, {at}"},
                {"role": "assistant", "content": f"{text}\n\n{FOOTER.format(at)}"},
            ]
        }
        for at, text in enumerate(answers()[:40])
    ]
    write_rows(tmp_path / "rows.jsonl", rows)
    wanted = goal(task="chat", prepare=Preparation(boilerplate=(CARD_LINE,)))
    dataset = prepared(tmp_path, wanted)
    assert not any("rate our" in json.dumps(text) for text in dataset.development.texts)
    assert not any("rate our" in target[0] for target in dataset.development.targets)
