"""What would be learned, shown and checked: good rows pass every check, and each check can fail."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from templates import TEMPLATES, base

from sartor.core.conversation import Turn, conversation_text
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.lesson import GOOD, LOOK, WRONG, LessonsOfBase
from sartor.core.prompt import Prompt
from sartor.data.personal import mask_personal_data
from sartor.engines import lesson_check
from sartor.engines.lesson_check import check_lessons
from sartor.engines.lesson_rows import row_lessons
from sartor.engines.lesson_show import token_texts
from sartor.engines.lesson_tokens import Lesson
from sartor.engines.rendering import Renderer
from sartor.serve.recall import asked_of_tuned

EMOJI = "👩🏽‍🧵"
APART = ("thinks", "opens a thought", "never ends")
"""Templates that show earlier answers otherwise than they are learned; no two become one sequence."""
LIGHT = "import sys, sartor.engines.lesson_check; print({'torch', 'transformers'} & {*sys.modules})"
TALK = (
    Turn("user", "Hello, it is me"),
    Turn("assistant", "Good morning, how may I help?"),
    Turn("user", "Where is the coat?"),
    Turn("assistant", f"In the attic {EMOJI}"),
    Turn("user", "Thanks"),
    Turn("assistant", "You are welcome."),
)


def test_showing_what_would_be_learned_loads_no_torch() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def facts(**changes: Any) -> TaskFacts:
    given: dict[str, Any] = {
        "output_kind": OutputKind.TEXT,
        "labels": (),
        "descriptions": {},
        "num_fit": 4,
        "smallest_class": 0,
        "mean_tokens": 8.0,
        "max_tokens": 256,
        "task": "chat",
        "max_answer_tokens": 40,
    }
    return TaskFacts(**(given | changes))


def rows(*pairs: tuple[Sequence[Turn], str], groups: Sequence[int] = ()) -> Split:
    targets = np.empty(len(pairs), dtype=object)
    targets[:] = [(answer,) for _, answer in pairs]
    return Split(
        [conversation_text(turns) for turns, _ in pairs],
        targets,
        np.array(groups or range(len(pairs)), dtype=np.int64),
        [f"rows.jsonl:{at + 1}" for at in range(len(pairs))],
    )


def of_talk(turns: Sequence[Turn], *, group: int = 0) -> Split:
    """A row for each answer of one conversation."""
    places = [at for at, turn in enumerate(turns) if turn.role == "assistant"]
    pairs = [(turns[:at], turns[at].content) for at in places]
    return rows(*pairs, groups=[group] * len(pairs))


def as_served(texts: Sequence[str]) -> list[Prompt]:
    return asked_of_tuned({"is_conversation": True}, texts)


def checked(folder: Path, template: str | None, split: Split, **changes: Any) -> LessonsOfBase:
    return check_lessons(
        base(folder, template=template),
        split,
        facts(**changes),
        served=as_served,
        mask=mask_personal_data,
    )


def states(found: LessonsOfBase) -> list[str]:
    assert found.problem == ""
    return [finding.state for finding in found.findings]


def words(found: LessonsOfBase, state: str) -> str:
    return " ".join(finding.words for finding in found.findings if finding.state == state)


@pytest.mark.parametrize("name", [*TEMPLATES, None])
def test_good_rows_pass_every_check_under_every_template(name: str | None, tmp_path: Path) -> None:
    split = of_talk(TALK).plus(rows(((Turn("user", "Do you sew?"),), "Yes."), groups=[7]))
    found = checked(tmp_path, TEMPLATES[name] if name else None, split)
    assert states(found) == [GOOD] * 4
    assert "The stop token `" in found.findings[0].words
    assert len(found.shown) == 2, "one example for each of two conversations"
    shown = "".join(t.text for lesson in found.shown for t in lesson.tokens if t.is_learned)
    earlier = ["Good morning, how may I help?", f"In the attic {EMOJI}"]
    for said in ["You are welcome.", "Yes.", *(earlier if name not in APART else [])]:
        assert said in shown
    assert "Where is the coat" not in shown
    assert all(lesson.num_learned > 0 for lesson in found.shown)


def test_replies_of_a_conversation_are_shown_in_the_one_sequence_that_is_learned(
    tmp_path: Path,
) -> None:
    [lesson] = checked(tmp_path, TEMPLATES["chatml"], of_talk(TALK)).shown
    text = "".join(token.text for token in lesson.tokens)
    assert text.startswith("<|im_start|>user\nHello")
    assert text.endswith("You are welcome.<|im_end|>")
    runs = [
        a.is_learned != b.is_learned for a, b in zip(lesson.tokens, lesson.tokens[1:], strict=False)
    ]
    assert sum(runs) == 5, "read and learned take turns"


def check_of(folder: Path, split: Split, **changes: Any) -> tuple[Any, list[Lesson]]:
    """The checks, and the lessons that a test spoils."""
    one = Renderer(base(folder, template=TEMPLATES["chatml"]), max_tokens=256)
    lessons = row_lessons(split, facts(**changes), one)
    return lesson_check._Check(one, split, facts(**changes), lessons, as_served), lessons


def shifted(lesson: Lesson, by: int) -> Lesson:
    return replace(lesson, is_learned_T=np.roll(lesson.is_learned_T, by))


@pytest.mark.parametrize(
    ("spoil", "check", "said"),
    [
        (lambda one: replace(one, tokens_T=one.tokens_T[:-1], is_learned_T=one.is_learned_T[:-1]),
         "_stop_token", "2 answers would be learned without the stop token `<|im_end|>`, for"),
        (lambda one: shifted(one, -1), "_stop_token", "without the stop token"),
        (lambda one: shifted(one, -3), "_only_answers", "something else is learned"),
        (lambda one: replace(one, is_learned_T=np.ones_like(one.is_learned_T)),
         "_only_answers", "Of 2 answers something else is learned than what stands there"),
        (lambda one: replace(one, is_learned_T=np.zeros_like(one.is_learned_T), is_answer_cut=True),
         "_room", "2 answers cut off entirely, for example rows.jsonl:1"),
    ],
)  # fmt: skip
def test_each_check_finds_what_it_is_for(spoil: Any, check: str, said: str, tmp_path: Path) -> None:
    split = rows(((Turn("user", "Where?"),), "Here it is."), ((Turn("user", "When?"),), "Now."))
    checks, lessons = check_of(tmp_path, split)
    assert getattr(checks, check)().state == GOOD
    checks.lessons = [spoil(lesson) for lesson in lessons]
    found = getattr(checks, check)()
    assert found.state == WRONG
    assert said in found.words


def test_prompts_that_service_would_put_otherwise_are_found(tmp_path: Path) -> None:
    def other(texts: Sequence[str]) -> list[Prompt]:
        asked = as_served(texts)
        return [Prompt((Turn("system", "Be brief."), *asked[0].turns)), *asked[1:]]

    split = rows(((Turn("user", "Where?"),), "Here."), ((Turn("user", "When?"),), "Now."))
    checks, _ = check_of(tmp_path, split)
    checks.served = other
    found = checks._same_prompts()
    assert found.state == WRONG
    assert found.words.startswith(
        "1 prompt would differ between training and service, for example rows.jsonl:1"
    )


def test_cut_answers_and_prompts_are_counted_with_a_place(tmp_path: Path) -> None:
    split = rows(
        ((Turn("user", "Where?"),), "here, " * 200),
        ((Turn("user", "where is it? " * 99),), "Here."),
        ((Turn("user", "When?"),), "Now."),
    )
    found = checked(tmp_path, TEMPLATES["chatml"], split, max_tokens=96)
    assert states(found) == [GOOD, GOOD, LOOK, GOOD]
    said = words(found, LOOK)
    assert "Of 1 of 3 answers the end is cut off, for example rows.jsonl:1: 96 tokens" in said
    assert "1 prompt is shortened to leave room for the answer, for example rows.jsonl:2" in said
    assert "whole" in found.findings[0].words
    assert [lesson.is_answer_cut for lesson in found.shown].count(True) == 1


def test_a_template_that_drops_the_system_turn_is_named(tmp_path: Path) -> None:
    split = rows(((Turn("system", "Answer in Dutch."), Turn("user", "Where?")), "Hier."))
    assert states(checked(tmp_path / "a", TEMPLATES["chatml"], split)) == [GOOD] * 4
    found = checked(tmp_path / "b", TEMPLATES["brackets"], split)
    assert "In 1 prompt the chat template leaves out or rewrites part" in words(found, LOOK)


@pytest.mark.parametrize(
    ("template", "about", "said"),
    [
        ("never ends", {"eos_token": None}, "names a token that ends an answer"),
        ("no system", {}, "no system turn"),
    ],
)
def test_a_base_that_cannot_learn_the_rows_is_named_and_the_others_go_on(
    template: str, about: dict[str, Any], said: str, tmp_path: Path
) -> None:
    split = rows(((Turn("system", "Be brief."), Turn("user", "Where?")), "Here."))
    made = base(tmp_path, template=TEMPLATES[template], **about)
    found = check_lessons(made, split, facts(), served=as_served, mask=str)
    assert said in found.problem
    assert found.shown == found.findings == ()
    assert found.wrong == (found.problem,)


def test_personal_data_is_replaced_in_what_is_shown(tmp_path: Path) -> None:
    call = {"name": "mail", "arguments": {"to": "b@example.org"}}
    talk = (
        Turn("user", "I am a@example.org"),
        Turn("assistant", "", (call,)),
        Turn("tool", "sent"),
        Turn("assistant", "I wrote to c@example.org."),
    )
    split = rows((talk[:3], talk[3].content))
    [lesson] = checked(tmp_path, TEMPLATES["chatml"], split).shown
    text = "".join(token.text for token in lesson.tokens)
    assert "example.org" not in text
    assert text.count("<EMAIL>") == 3


def test_tokens_of_one_character_stand_together_and_none_is_lost(tmp_path: Path) -> None:
    one = Renderer(base(tmp_path, template=None), max_tokens=256)
    text = f"ab {EMOJI} שלום\n\nend"
    tokens_T = np.array(one.tokenizer.encode(text).ids)
    is_learned_T = np.arange(len(tokens_T)) >= len(tokens_T) - 1
    found = list(token_texts(one.tokenizer, tokens_T, is_learned_T))
    assert "".join(token.text for token in found) == text
    assert len(found) < len(tokens_T)
    assert not any("\ufffd" in token.text for token in found)


def test_of_many_rows_the_longest_and_others_are_checked_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson_check, "MOST_ROWS", 10)
    pairs = [((Turn("user", f"Where is {at}?"),), "Here.") for at in range(40)]
    pairs[23] = ((Turn("user", "Where?"),), "here, " * 200)
    found = checked(tmp_path, TEMPLATES["chatml"], rows(*pairs), max_tokens=96)
    assert "rows.jsonl:24" in words(found, LOOK), "what is cut is among the longest"
    assert "of 40 rows: the longest, and others evenly spread." in words(found, LOOK)
