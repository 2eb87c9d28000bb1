"""The live leaderboard: what it shows, and how it leaves the terminal."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from cli_samples import TOURNAMENT, row
from rich.console import Console
from rich.text import Text

from sartor.cli.board import board_view
from sartor.cli.forest import ASCII, UNICODE, axis, axis_header, bar
from sartor.cli.live import LiveProgress
from sartor.cli.standing import Standing
from sartor.cli.streams import may_redraw
from sartor.core.leaderboard import CandidateRow, CandidateState

CONTROL = re.compile(r"\x1b\[[?0-9;]*[a-zA-Z]")


def standing(*rows: CandidateRow) -> Standing:
    now = Standing()
    for sample in rows:
        now = now.with_row(sample)
    return now


def drawn(*rows: CandidateRow, width: int, max_rows: int | None = None) -> str:
    console = Console(file=StringIO(), width=width, markup=False)
    view = board_view(standing(*rows), width=width, glyphs=UNICODE, max_rows=max_rows)
    console.print(view)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def terminal(width: int = 100, height: int = 30) -> Console:
    return Console(file=StringIO(), force_terminal=True, width=width, height=height, markup=False)


def written(console: Console) -> str:
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("width", [40, 60, 79, 80, 99, 100, 120, 140, 200])
@pytest.mark.parametrize("bases", [1, 2])
def test_no_line_is_wider_than_the_terminal_and_no_method_is_lost(width: int, bases: int) -> None:
    others = [row("head", 0.9 - number / 100, base=f"base-{number}") for number in range(bases)]
    text = drawn(*TOURNAMENT, *others, width=width)
    assert max(len(line) for line in text.splitlines()) <= width
    for words in ("linear head", "TF-IDF", "LoRA", "full fine-tuning", "majority label"):
        assert words in text


@pytest.mark.parametrize("width", [40, 80, 120])
def test_value_and_interval_are_legible_at_every_width(width: int) -> None:
    assert "0.930 0.910–0.950" in drawn(*TOURNAMENT, width=width)


def test_the_best_measured_row_comes_first_and_the_unmeasured_last() -> None:
    names = [sample.name for sample in standing(*TOURNAMENT).ranked()]
    assert names[:3] == ["full · minilm-l6", "last_layers · minilm-l6", "head · minilm-l6"]
    assert names[-2:] == ["lora · minilm-l6", "few_shot · minilm-l6"]


def test_where_less_is_better_the_smallest_error_comes_first() -> None:
    rows = [row("tfidf", 0.9, metric="mae"), row("head", 0.4, metric="mae")]
    assert [sample.method for sample in standing(*rows).ranked()] == ["head", "tfidf"]


def test_rows_without_room_are_counted() -> None:
    text = drawn(*TOURNAMENT, width=100, max_rows=4)
    assert f"and {len(TOURNAMENT) - 4} more below" in text


def test_a_later_row_replaces_the_earlier_of_its_name() -> None:
    text = drawn(row("head", 0.7), row("head", 0.8), width=80)
    assert "0.700" not in text
    assert "0.800" in text


def test_a_bar_has_its_dot_between_its_ends() -> None:
    rows = standing(row("full", 0.93), row("head", 0.90)).ranked()
    scale = axis(rows)
    best, second = (bar(sample, scale, width=20, style="", glyphs=ASCII).plain for sample in rows)
    assert len(best) == len(second) == 20
    assert best.strip().strip("-") == second.strip().strip("-") == "o"
    assert best.index("o") > second.index("o")


def test_a_hopeless_row_does_not_press_the_others_together() -> None:
    rows = standing(row("full", 0.93), row("head", 0.90), row("majority", 0.01)).ranked()
    scale = axis(rows)
    assert scale is not None
    assert scale.low > 0.5
    assert bar(rows[2], scale, width=10, style="", glyphs=ASCII).plain == "<" + " " * 9
    assert axis_header(scale, "accuracy", width=16) == "0.880      0.950"


@pytest.mark.parametrize("value", [0.0, 1.0, -3.5])
def test_a_single_value_without_an_interval_can_be_drawn(value: float) -> None:
    rows = [row("head", value, half=0.0, metric="r2")]
    assert isinstance(bar(rows[0], axis(rows), width=10, style="", glyphs=ASCII), Text)


def test_the_final_table_stays_after_the_live_part_is_wiped() -> None:
    console = terminal()
    with LiveProgress(console) as live:
        live.step("Tournament")
        for sample in TOURNAMENT:
            live.candidate(sample)
        live.spent(1.0, 0.0)
    last = written(console).rsplit("\x1b[2K", 1)[-1]
    assert "full fine-tuning" in CONTROL.sub("", last)
    assert "of the plan" not in last
    assert "\x1b[1A" not in last


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, ValueError])
def test_the_cursor_is_back_however_it_ended(error: type[BaseException] | None) -> None:
    console = terminal()
    try:
        with LiveProgress(console) as live:
            live.step("Tournament")
            live.candidate(TOURNAMENT[1])
            if error is not None:
                raise error
    except (KeyboardInterrupt, ValueError):
        pass
    text = written(console)
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l") > -1
    assert text.count("\x1b[?2026h") == text.count("\x1b[?2026l")


def broken_off(console: Console) -> None:
    with LiveProgress(console) as live:
        live.step("Gather")
        live.step("Tournament")
        raise ValueError("broken off")


def test_a_broken_off_step_gets_no_tick() -> None:
    console = terminal()
    with pytest.raises(ValueError, match="broken off"):
        broken_off(console)
    ticks = [line for line in CONTROL.sub("", written(console)).splitlines() if "✓" in line]
    assert any("Gather" in line for line in ticks)
    assert not any("Tournament" in line for line in ticks)


def test_a_running_count_is_one_line_that_changes() -> None:
    console = terminal()
    live = LiveProgress(console)
    for thousand in range(1, 50):
        live.note(f"{thousand},000 rows read")
    live.note("31 exact duplicates")
    console.print(live.view())
    assert "49,000 rows read" in written(console)
    assert "48,000" not in written(console)


def test_the_live_part_fits_the_height_of_the_terminal() -> None:
    console = terminal(height=16)
    live = LiveProgress(console)
    live.step("Tournament")
    live.spent(0.3, 60)
    for number in range(40):
        live.candidate(row("head", 0.9, base=f"base-{number}"))
    console.print(live.view())
    assert len(written(console).splitlines()) < 16


@pytest.mark.parametrize(
    ("environment", "redraws"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "CI": "false"}, True),
        ({"TERM": "xterm-256color", "CI": "true"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_only_a_capable_terminal_that_nobody_records_is_redrawn(
    environment: dict[str, str], redraws: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    screen = StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    assert may_redraw(screen) is redraws
    assert not may_redraw(StringIO())


def test_winner_and_finalist_stand_out() -> None:
    marks = {sample.state: UNICODE.marks[sample.state] for sample in TOURNAMENT}
    text = drawn(*TOURNAMENT, width=100)
    assert f"{marks[CandidateState.WINNER]}  full fine-tuning" in text
    assert f"{marks[CandidateState.FINALIST]}  linear head" in text
    assert set(UNICODE.marks) == set(ASCII.marks) == {str(state) for state in CandidateState}


def test_no_color_keeps_the_words_and_drops_the_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = terminal()
    with LiveProgress(console) as live:
        live.step("Tournament")
        for sample in TOURNAMENT:
            live.candidate(sample)
    colours = re.findall(r"\x1b\[[0-9;]*\b(?:3[0-7]|9[0-7])(?:;[0-9]+)*m", written(console))
    assert colours == []
    assert "full fine-tuning" in written(console)
