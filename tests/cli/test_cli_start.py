"""`sartor --help`: quick, light, complete."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
import typer.main
from cli_samples import Sartor

from sartor import __version__
from sartor.cli.main import app

HEAVY = ("torch", "numpy", "sklearn", "pyarrow", "transformers", "scipy", "rich")
VERBS = ("init", "data", "plan", "run", "report", "predict", "chat", "models", "doctor", "schema")
LATER = ("serve", "feedback", "improve", "export", "bench")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_help_answers_within_half_a_second(sartor: Sartor) -> None:
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        assert sartor("--help").returncode == 0
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.5


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"]])
def test_help_and_version_load_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys, json\n"
        "from sartor.cli.main import main\n"
        f"sys.argv = ['sartor', *{words!r}]\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert loaded.isdisjoint(HEAVY)


def test_the_verbs_are_those_that_work_and_no_stubs() -> None:
    assert tuple(COMMANDS) == VERBS
    assert not set(COMMANDS) & set(LATER)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_argument_and_flag_says_what_it_does(verb: str) -> None:
    command = COMMANDS[verb]
    assert command.help
    for parameter in command.params:
        assert parameter.help, f"{verb} {parameter.name}"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_json_quiet_and_debug(verb: str) -> None:
    flags = {flag for parameter in COMMANDS[verb].params for flag in parameter.opts}
    assert {"--json", "--quiet", "--debug"} <= flags


def test_a_verbs_line_in_the_list_is_not_cut(sartor: Sartor) -> None:
    assert "..." not in sartor("--help", COLUMNS="80").stdout.split("Commands:")[1]


def test_no_words_at_all_show_the_help(sartor: Sartor) -> None:
    done = sartor()
    assert (done.returncode, done.stdout) == (0, sartor("--help").stdout)


def test_the_version_is_printed(sartor: Sartor) -> None:
    assert sartor("--version").stdout == f"sartor {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_printed(sartor: Sartor, shell: str) -> None:
    done = sartor(_SARTOR_COMPLETE=f"source_{shell}")
    assert done.returncode == 0
    assert "_SARTOR_COMPLETE=complete_" in done.stdout


def test_completion_knows_the_verbs(sartor: Sartor) -> None:
    done = sartor(_SARTOR_COMPLETE="complete_bash", COMP_WORDS="sartor p", COMP_CWORD="1")
    assert done.stdout.split() == ["plan", "predict"]


def test_the_schema_is_one_json_document_for_editors(sartor: Sartor) -> None:
    document = json.loads(sartor("schema").stdout)
    assert "budget" in document["properties"]
    assert document["additionalProperties"] is False
