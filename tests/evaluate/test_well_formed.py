"""What a reader sees is wrong with an answer before reading it."""

from __future__ import annotations

import numpy as np
import pytest
from random_answers import objects

from sartor.evaluate.metrics import metric_value
from sartor.evaluate.well_formed import faults, is_well_formed


@pytest.mark.parametrize(
    "answer",
    [
        "All done.",
        "Is it on?",
        "Great!",
        "Wait…",
        "He said “no”",
        '"Done," she said (twice).',
        "完了しました。",
        "क्या आप तैयार हैं।",
        "Thanks! 😊",
        "**Done.**",
        "Run `make test`",
        "Steps: 1) unplug it 2) wait 3) plug it in.",
        "(a) first, b) second.",
        "Sorry about that :( We will fix it.",
        "All good :)",
        'The screen is 27" wide.',
        "„Ja“, sagte er.",
        "»Ja«, sagte er.",
        "[see (1) and {2}].",
        "Line one.\n\tLine two.",
    ],
)
def test_a_finished_answer_has_no_fault(answer: str) -> None:
    assert faults(answer) == set()
    assert is_well_formed(answer, ("A sentence.",))


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("and then we", "open end"),
        ("The following:", "open end"),
        ("Thanks 😊", "open end"),
        ("It is (as you see.", "brackets"),
        ("It is as you see).", "brackets"),
        ("Mixed (up [here)].", "brackets"),
        ('He said "no.', "quotes"),
        ("He said “no.", "quotes"),
        ("Il dit « non.", "quotes"),
    ],
)
def test_an_unfinished_answer_has_the_fault_and_may_if_a_reference_has_it(answer, fault) -> None:
    assert faults(answer) == {fault}
    assert not is_well_formed(answer, ("A sentence.", "Another one."))
    assert is_well_formed(answer, ("A sentence.", answer))


@pytest.mark.parametrize(
    "answer",
    [
        "It co\ufffdts 5.",
        "Bell\x07.",
        "Half a pair \ud83d.",
        "Done.<|im_end|>",
        "Done.</s>",
        "<unk> is done.",
        "[INST] Do it. [/INST]",
        "<start_of_turn>Done.",
    ],
)
def test_broken_characters_and_control_tokens_are_faults_whatever_the_reference(answer) -> None:
    assert not is_well_formed(answer, (answer,))


@pytest.mark.parametrize("answer", ["Is a < b and c > d?", "Use <b>bold</b>.", "x <- [1, 2]."])
def test_signs_of_mathematics_and_markup_are_no_control_tokens(answer: str) -> None:
    assert is_well_formed(answer, ("A sentence.",))


def test_the_metric_is_the_share_of_answers() -> None:
    targets = objects([("Yes.",), ("Yes",), ("Yes.",), ("",)])
    decided = objects(["No.", "No", "No", ""])
    assert metric_value("well_formed", targets, decided, 0) == 0.75
    assert metric_value("well_formed", targets, decided, 0, np.array([1, 1, 2, 0])) == 0.5
