"""Progress in a log: few lines, each whole."""

from __future__ import annotations

from io import StringIO

from cli_samples import TOURNAMENT, row

from sartor.cli.lines import LineProgress
from sartor.core.leaderboard import CandidateState


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def progress() -> tuple[LineProgress, StringIO, Clock]:
    stream, clock = StringIO(), Clock()
    return LineProgress(stream, now=clock), stream, clock


def test_no_line_holds_a_carriage_return_a_colour_or_a_line_break_of_a_label() -> None:
    lines, stream, clock = progress()
    lines.step("Tournament")
    lines.note("label \x1b[31mred\r\nnext")
    for sample in TOURNAMENT:
        clock.seconds += 1
        lines.candidate(sample)
        lines.spent(0.5, 60)
    text = stream.getvalue()
    assert "\r" not in text
    assert "\x1b" not in text
    assert "\u00a0" not in text
    assert all(line.startswith("[0:0") for line in text.splitlines())


def test_a_change_of_state_is_said_at_once_and_an_update_is_not() -> None:
    lines, stream, _ = progress()
    for detail in ("starting", "1 of 8", "2 of 8"):
        lines.candidate(row("head", state=CandidateState.TRAINING, detail=detail))
    lines.candidate(row("head", 0.9, detail="8 of 8"))
    assert stream.getvalue().splitlines() == [
        "[0:00] head · minilm-l6: training (starting)",
        "[0:00] head · minilm-l6: scored, accuracy 0.900 (0.880 to 0.920) (8 of 8)",
    ]


def test_while_nothing_changes_there_is_a_line_every_few_seconds() -> None:
    lines, stream, clock = progress()
    lines.candidate(row("tfidf", 0.84, base=None))
    lines.candidate(row("head", 0.9))
    for second in range(1, 13):
        clock.seconds = second
        lines.spent(second / 20, 30.0)
    said = stream.getvalue().splitlines()[2:]
    assert len(said) == 2
    assert said[0].startswith("[0:05] 25 % of the planned work, about 0:30 left; best so far: head")


def test_a_running_count_does_not_flood_the_log() -> None:
    lines, stream, clock = progress()
    for thousand in range(1, 101):
        clock.seconds += 0.1
        lines.note(f"{thousand},000 rows read")
    assert len(stream.getvalue().splitlines()) <= 3


def test_candidates_that_wait_are_not_announced() -> None:
    lines, stream, _ = progress()
    lines.candidate(row("full", state=CandidateState.WAITING))
    assert stream.getvalue() == ""
