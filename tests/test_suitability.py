"""What speaks against a base is said in the plan, before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from sartor.flow import plan
from small_runs import Silent

SWEDISH = (
    "Hej, jag har beställt en kappa och den har inte kommit ännu, när kommer den egentligen",
    "Jag vill gärna lämna tillbaka byxorna eftersom de tyvärr är alldeles för korta för mig",
)
ENGLISH = (
    "Hello, I ordered a coat and it has not arrived yet, when will it actually come to me",
    "I would like to return the trousers because they are unfortunately much too short for me",
)


def notes_of(folder: Path, sentences: tuple[str, str], *settings: str) -> str:
    lines = ["text,label"]
    for number in range(60):
        lines.append(f'"{sentences[number % 2]}, nummer {number}",label {number % 2}')
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "sartor.yaml").write_text("task: classify\ndata: [rows.csv]\n", "utf-8")
    found = plan(folder, settings=("bases=[minilm-l6]", *settings), progress=Silent())
    assert any(row.base == "minilm-l6" for row in found.rows), "nobody is left out for it"
    return "\n".join(found.notes)


def test_a_base_that_was_not_made_for_the_language_of_the_rows_is_named(tmp_path):
    assert "minilm-l6: It was made for English; " in notes_of(tmp_path, SWEDISH)


def test_of_one_that_suits_nothing_is_said(tmp_path):
    assert "minilm-l6:" not in notes_of(tmp_path, ENGLISH)


@pytest.mark.parametrize("times", [1, 60])
def test_rows_longer_than_a_base_reads_are_counted(tmp_path, times):
    long = tuple(" ".join([sentence] * times) for sentence in ENGLISH)
    notes = notes_of(tmp_path, long, "max_tokens=2000")
    assert ("100 % of the rows are longer" in notes) == (times == 60)
