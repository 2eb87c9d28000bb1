"""From a folder of messages to answers, as typed in a shell."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_samples import Sartor

pytestmark = pytest.mark.slow


def test_init_writes_a_goal_that_the_next_verbs_take(sartor: Sartor, workspace: Path) -> None:
    data = workspace / "messages.csv"
    made = sartor("init", workspace.parent / "new", "--data", data, "--json")
    document = json.loads(made.stdout)
    assert document["num_labels"] == 2
    assert Path(document["goal_file"]).is_file()
    card = json.loads(sartor("data", workspace.parent / "new", "--json").stdout)
    assert card["labels"] == ["parcel", "refund"]


def test_files_after_the_first_need_no_flag_of_their_own(sartor: Sartor, workspace: Path) -> None:
    data = workspace / "messages.csv"
    more = workspace / "more.csv"
    more.write_bytes(data.read_bytes())
    made = sartor("init", workspace.parent / "new", "--data", data, more, "--json")
    assert json.loads(made.stdout)["num_examples"] == 2 * 96


def test_plan_trains_nothing_and_says_how_long(sartor: Sartor, workspace: Path) -> None:
    document = json.loads(sartor("plan", workspace, "--quick", "--json").stdout)
    assert {row["method"] for row in document["rows"]} == {"majority", "tfidf"}
    assert document["seconds"] > 0
    text = sartor("plan", workspace, "--quick").stdout
    assert "tfidf" in text
    assert document["rule"].split(".")[0].split()[0] in text


def test_a_run_prints_its_verdict_on_standard_output_and_progress_on_the_other(
    finished: Path, sartor: Sartor
) -> None:
    done = sartor("run", finished, "--quick")
    assert done.returncode == 0
    assert done.stdout.startswith("NO LANGUAGE MODEL NEEDED\n")
    assert f"sartor predict {finished} FILE" in done.stdout
    for text in (done.stdout, done.stderr):
        assert "\x1b" not in text
        assert "\r" not in text
    assert not any(line.endswith(" ") for line in done.stdout.splitlines())


def test_with_json_there_is_one_document_and_with_quiet_no_progress(
    finished: Path, sartor: Sartor
) -> None:
    done = sartor("run", finished, "--quick", "--json", "--quiet")
    document = json.loads(done.stdout)
    assert done.stderr == ""
    assert document["is_reused"] is True
    assert document["decision"]["verdict"] == "no_model_needed"
    assert Path(document["report"]).is_file()


def test_the_gate_is_closed_unless_the_verdict_is_ship(finished: Path, sartor: Sartor) -> None:
    assert sartor("run", finished, "--quick").returncode == 0
    done = sartor("run", finished, "--quick", "--gate", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["decision"]["verdict"] != "ship"


def test_the_report_of_the_latest_run_is_found(finished: Path, sartor: Sartor) -> None:
    document = json.loads(sartor("report", finished, "--json").stdout)
    assert Path(document["report"]).read_text().startswith("<!")


def test_lines_on_standard_input_are_answered_with_their_places(
    finished: Path, sartor: Sartor
) -> None:
    done = sartor("predict", finished, stdin="where is my parcel\n\nrefund please\n")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["place"] for row in found] == ["standard input:1", "standard input:3"]
    assert [row["labels"] for row in found] == [["parcel"], ["refund"]]


def test_json_lines_on_standard_input_keep_their_id(finished: Path, sartor: Sartor) -> None:
    lines = '{"id": "=1", "text": "where is my parcel"}\n{"id": 2, "text": "refund please"}\n'
    done = sartor("predict", finished, "-", "--format", "csv", stdin=lines)
    assert [row["id"] for row in csv.DictReader(io.StringIO(done.stdout))] == ["'=1", "2"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"text": 7}', "is not a text"),
        ('{"txt": "x"}', "has no text"),
        ("plain", "is no JSON object"),
    ],
)
def test_a_bad_line_on_standard_input_is_named(
    line: str, said: str, finished: Path, sartor: Sartor
) -> None:
    done = sartor("predict", finished, stdin=f'{{"text": "where is it"}}\n{line}\n')
    assert done.returncode == 2
    assert "standard input:2" in done.stderr
    assert said in done.stderr


def test_answers_go_into_a_file_whole_or_not_at_all(
    finished: Path, sartor: Sartor, tmp_path: Path
) -> None:
    out = tmp_path / "answers.csv"
    done = sartor("predict", finished, finished / "messages.csv", "--out", out, "--json")
    assert json.loads(done.stdout)["num_texts"] == 96
    with out.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 96
    before = out.read_bytes()
    failed = sartor("predict", finished, "-", "--out", out, stdin='{"text": "x"}\nplain\n')
    assert failed.returncode == 2
    assert out.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["answers.csv"]


def test_a_reader_that_has_seen_enough_is_no_error(finished: Path) -> None:
    lines = "where is my parcel\n" * 20_000
    done = subprocess.run(
        f"{sys.executable} -m sartor predict {finished} | head -1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        input=lines,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_on_a_terminal_a_stopped_run_leaves_it_sane_and_says_how_to_go_on(
    signal_number: signal.Signals, workspace: Path
) -> None:
    text, code = on_a_terminal(["run", str(workspace)], signal_number, after="Tournament")
    assert code == 130
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l") > -1
    last = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", text).splitlines()[-1]
    assert last.startswith("interrupted: ")
    assert last.endswith(f"sartor run {workspace}")


def on_a_terminal(
    words: list[str], signal_number: signal.Signals, *, after: str
) -> tuple[str, int]:
    """Everything a command wrote to its terminal until it ended after the signal, and its code."""
    child, terminal = pty.fork()
    if child == 0:
        # A shell that started the tests in the background has them ignore Ctrl-C; a terminal does not.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"}
        environment.pop("CI", None)
        os.execve(sys.executable, [sys.executable, "-m", "sartor", *words], environment)
    text, is_sent, deadline = b"", False, time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                text += os.read(terminal, 65536)
            except OSError:
                break
        if after.encode() in text and not is_sent:
            os.kill(child, signal_number)
            is_sent = True
    os.close(terminal)
    return text.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
