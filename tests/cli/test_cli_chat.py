"""Talking to the winner: from a pipe, at a terminal, as JSON, and where there is nobody to talk to."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_samples import Sartor

pytestmark = pytest.mark.slow
PLACES = ["attic", "cellar", "hall", "kitchen"]


def asked_and_told(lamp: int) -> list[dict[str, str]]:
    return [
        {"role": "user", "content": f"Where is lamp {lamp}?"},
        {"role": "assistant", "content": f"It stands in the {PLACES[lamp % 4]}.\nLamp {lamp}."},
    ]


@pytest.fixture(scope="module")
def replies(tmp_path_factory: pytest.TempPathFactory, sartor: Sartor) -> Path:
    """A workspace whose run is done: conversations answered by the nearest one."""
    folder = tmp_path_factory.mktemp("chat") / "replies"
    folder.mkdir()
    for name, first, last in (("train", 0, 40), ("valid", 40, 50), ("test", 50, 60)):
        rows = [json.dumps({"messages": asked_and_told(at)}) for at in range(first, last)]
        (folder / f"{name}.jsonl").write_text("\n".join(rows))
    data = "{train: [train.jsonl], valid: [valid.jsonl], test: [test.jsonl]}"
    (folder / "sartor.yaml").write_text(
        f"task: chat\ndata: {data}\nmethods: [nearest_answer]\nseeds: 1\n"
    )
    done = sartor("run", folder, "--quick")
    assert done.returncode == 0, done.stderr
    assert "no base model takes part" in done.stderr
    assert "sartor chat" in done.stdout
    return folder


def test_a_line_is_a_message_and_answers_come_in_order(replies: Path, sartor: Sartor) -> None:
    done = sartor("chat", replies, stdin="Where is lamp 7?\n\n/new\nWhere is lamp 9?\n/quit\nno\n")
    assert done.returncode == 0, done.stderr
    seven, nine = done.stdout.strip().split("\n\n")
    assert seven == "It stands in the kitchen.\nLamp 7."
    assert nine == "It stands in the cellar.\nLamp 9."
    assert done.stderr == "A new conversation.\n"


def test_the_folder_of_the_package_alone_is_enough(
    replies: Path, sartor: Sartor, tmp_path: Path
) -> None:
    [package] = (replies / "runs").glob("*/package")
    alone = shutil.copytree(package, tmp_path / "alone")
    done = sartor("chat", alone, "--quiet", stdin="Where is lamp 7?\n")
    assert done.stdout == "It stands in the kitchen.\nLamp 7.\n\n"
    assert done.stderr == ""


def test_as_json_there_is_one_document_with_every_turn(replies: Path, sartor: Sartor) -> None:
    done = sartor("chat", replies, "--json", stdin="Where is lamp 7?\nWhere is lamp 9?\n")
    document = json.loads(done.stdout)
    assert [turn["message"] for turn in document["turns"]] == [
        "Where is lamp 7?",
        "Where is lamp 9?",
    ]
    assert document["turns"][0]["text"].startswith("It stands in the kitchen.")
    assert document["turns"][0]["is_stopped"] is False


def test_a_winner_that_gives_labels_says_how_sure_it_is_and_who_answers(
    finished: Path, sartor: Sartor
) -> None:
    done = sartor("chat", finished, stdin="where is my parcel\nrefund please\n")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("parcel, ")
    assert second.startswith("refund, ")
    for line in (first, second):
        assert "% sure; " in line
        assert line.endswith("answered alone") or "handed over to a person: " in line
    refused = sartor("chat", finished, "--system", "Be brief.", stdin="")
    assert refused.returncode == 2
    assert "--system: has no effect" in refused.stderr


def test_where_there_is_no_package_it_says_what_to_do(
    workspace: Path, tmp_path: Path, sartor: Sartor
) -> None:
    for folder, said in (
        (workspace, "holds no finished run. Run `sartor run"),
        (tmp_path / "nowhere", "does not exist. Make a workspace with `sartor init"),
    ):
        done = sartor("chat", folder, stdin="hello\n")
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_a_line_that_is_no_text_is_named(replies: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sartor", "chat", str(replies)],
        input=b"Where is lamp 7?\nW\xf6 ist sie?\n",
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert b"standard input:2: is not UTF-8 (byte 2 of the line)" in done.stderr
    assert done.stdout.startswith(b"It stands in the kitchen.")


class Terminal:
    """A person at a keyboard."""

    def __init__(self, folder: Path) -> None:
        self.child, self.own = pty.fork()
        if self.child == 0:
            # A shell that started the tests in the background has them ignore Ctrl-C; a terminal does not.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            environment = {**os.environ, "TERM": "xterm", "OMP_NUM_THREADS": "1"}
            words = [sys.executable, "-m", "sartor", "chat", str(folder)]
            os.execve(sys.executable, words, environment)
        self.seen = ""

    def wait_for(self, text: str, *, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, f"waited for {text!r}, saw {self.seen!r}"
            if select.select([self.own], [], [], 0.2)[0]:
                self.seen += os.read(self.own, 65536).decode("utf-8", "replace")
        self.seen = self.seen[self.seen.index(text) + len(text) :]

    def type(self, text: str) -> None:
        os.write(self.own, text.encode())

    def interrupt(self, *, until: str) -> None:
        """Ctrl-C, until it is seen."""
        self._until_it_stirs(lambda: self.type("\x03"))
        self.wait_for(until)

    def terminate(self) -> None:
        """SIGTERM, until it is seen."""
        self._until_it_stirs(lambda: os.kill(self.child, signal.SIGTERM))

    def _until_it_stirs(self, stop: Callable[[], None]) -> None:
        """Python waits for the next key if a signal comes between readline's look at signals and its wait."""
        for _ in range(12):
            stop()
            if select.select([self.own], [], [], 5)[0]:
                return

    def ended(self, *, seconds: float = 60) -> int:
        """The exit code; what is still written is read, or the command could not end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if select.select([self.own], [], [], 0.2)[0]:
                    self.seen += os.read(self.own, 65536).decode("utf-8", "replace")
            except OSError:
                break
        else:
            os.kill(self.child, signal.SIGKILL)
        os.close(self.own)
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


def test_at_a_terminal_ctrl_c_clears_the_line_and_ctrl_d_ends(replies: Path) -> None:
    terminal = Terminal(replies)
    terminal.wait_for("/new starts afresh")
    terminal.wait_for("> ")
    terminal.type("Where is lamp 7?\r")
    terminal.wait_for("Lamp 7.")
    terminal.wait_for("> ")
    terminal.type("half a mess")
    terminal.wait_for("half a mess")
    terminal.interrupt(until="/quit or Ctrl-D ends.")
    terminal.wait_for("> ")
    terminal.type("/new\r")
    terminal.wait_for("A new conversation.")
    terminal.wait_for("> ")
    terminal.type("\x04")
    assert terminal.ended() == 0


def test_a_polite_signal_ends_the_conversation_at_the_prompt(replies: Path) -> None:
    terminal = Terminal(replies)
    terminal.wait_for("> ")
    terminal.terminate()
    assert terminal.ended() == 130
