"""What went wrong: a line for people, a document for programs, a code for scripts."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_samples import Sartor

from sartor.cli.errors import guarded
from sartor.cli.problems import bad_rows_view
from sartor.core.errors import DataError, Interrupted, TrialError
from sartor.data.check import BadRowsError
from sartor.data.row import Problem


def failing(error: BaseException) -> Callable[[], None]:
    def call() -> None:
        raise error

    return call


def test_a_user_error_is_one_line_with_place_problem_and_fix(
    sartor: Sartor, tmp_path: Path
) -> None:
    done = sartor("report", tmp_path / "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(str(tmp_path / "nowhere"))
    assert "sartor init" in done.stderr


def test_with_json_the_error_is_one_document_on_standard_output(
    sartor: Sartor, workspace: Path
) -> None:
    done = sartor("data", workspace, "--set", "budget.hour=2", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout) == {
        "error": {
            "type": "GoalError",
            "where": "--set budget.hour=2",
            "problem": "`hour` is not a setting.",
            "fix": "Did you mean `hours`?",
        }
    }


def test_debug_adds_the_traceback(sartor: Sartor, tmp_path: Path) -> None:
    assert "Traceback" not in sartor("report", tmp_path / "nowhere").stderr
    assert "Traceback" in sartor("report", tmp_path / "nowhere", "--debug").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rnu"], "Did you mean 'run'?"),
        (["run"], "DIR"),
        (["run", "DIR", "--quik"], "--quick"),
        (["predict", "DIR", "--format", "xml"], "jsonl"),
        (["chat"], "DIR"),
    ],
)
def test_a_usage_error_is_one_line_and_code_2(sartor: Sartor, words: list[str], said: str) -> None:
    done = sartor(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert "--help" in done.stderr


def test_a_usage_error_is_a_document_as_well(sartor: Sartor) -> None:
    done = sartor("run", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["type"] == "UsageError"


def test_an_unexpected_exception_is_our_own_fault_and_shows_everything(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = guarded(failing(AssertionError("half a row")), arguments=["run", "inbox"])
    captured = capsys.readouterr()
    assert (code, captured.out) == (1, "")
    assert "Traceback" in captured.err
    assert "half a row" in captured.err


def test_our_own_fault_is_a_document_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(failing(ValueError("odd")), arguments=["run", "inbox", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["problem"] == "ValueError: odd"


def test_a_failed_tournament_is_not_blamed_on_the_user(capsys: pytest.CaptureFixture[str]) -> None:
    error = TrialError(where="tournament", problem="every candidate failed.", fix="Read above.")
    assert guarded(failing(error), arguments=["run", "inbox"]) == 1
    assert capsys.readouterr().err == "tournament: every candidate failed. Read above.\n"


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), Interrupted(where="w", problem="p", fix="sartor run inbox")]
)
def test_ctrl_c_says_how_to_go_on(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(failing(error), arguments=["run", "inbox"]) == 130
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "sartor run inbox" in line


def test_the_way_to_go_on_can_be_pasted_into_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    guarded(failing(KeyboardInterrupt()), arguments=["run", "my inbox", "--set", "bases=[a]"])
    assert capsys.readouterr().err.endswith("sartor run 'my inbox' --set 'bases=[a]'\n")


def test_sigterm_ends_like_ctrl_c_and_is_handed_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    code = guarded(lambda: os.kill(os.getpid(), signal.SIGTERM), arguments=["run", "inbox"])
    assert code == 130
    assert signal.getsignal(signal.SIGTERM) is before


def test_control_characters_in_an_error_cannot_command_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = DataError(where="a.csv:1", problem="\x1b[2Jlabel \u202e", fix="Mend it.")
    guarded(failing(error), arguments=["data", "inbox"])
    assert "\x1b" not in (line := capsys.readouterr().err)
    assert "\u202e" not in line


def test_flags_after_a_lone_dash_pair_are_no_flags(capsys: pytest.CaptureFixture[str]) -> None:
    error = DataError(where="a", problem="b.", fix="c.")
    guarded(failing(error), arguments=["data", "--", "--json"])
    assert capsys.readouterr().out == ""


def bad_rows(num: int) -> BadRowsError:
    problems = [
        Problem(f"a.csv:{line}", "label", "empty label", "[bold]x[/bold]", "Give it a label.")
        for line in range(2, num + 2)
    ]
    return BadRowsError(
        where="a.csv",
        problem=f"{num} of 99 rows cannot be used ({num} empty label):\n  place  field\n",
        fix="Repair them.",
        problems=problems,
    )


def test_bad_rows_become_a_table_of_the_first_twenty_with_their_count() -> None:
    from io import StringIO

    from rich.console import Console

    console = Console(file=StringIO(), width=100)
    console.print(bad_rows_view(bad_rows(25)))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "25 of 99 rows cannot be used (25 empty label)" in text
    assert "a.csv:21" in text
    assert "a.csv:22" not in text
    assert "[bold]x[/bold]" in text
    assert "Repair them." in text


def test_bad_rows_reach_programs_as_records(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(failing(bad_rows(25)), arguments=["data", "inbox", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert len(error["problems"]) == 25
    assert error["problems"][0]["place"] == "a.csv:2"
    assert "\n" not in error["problem"]


def test_off_a_terminal_bad_rows_are_plain_lines(sartor: Sartor, workspace: Path) -> None:
    with (workspace / "messages.csv").open("a") as file:
        file.write("97,,parcel\n")
    done = sartor("data", workspace, "--quiet")
    assert done.returncode == 2
    assert "messages.csv:98" in done.stderr
    assert "\x1b" not in done.stderr
