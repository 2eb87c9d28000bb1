"""The border: what went wrong inside becomes a line for people, a document for programs, a code.

0    done, whatever the verdict
1    our own fault, with everything that helps to find it
2    the user must act: place, problem, fix; usage errors too
3    `--gate`, and the verdict is not "ship"
130  stopped by Ctrl-C or SIGTERM; the same command goes on
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, cast

import typer

from sartor.core.errors import Interrupted, SartorError

DONE, OUR_FAULT, USER_MUST_ACT, GATE_CLOSED = 0, 1, 2, 3
USAGE_ERROR = cast(type[Exception], typer.BadParameter.__base__)
"""Base of every complaint about arguments; typer exports only this child of it."""
CONTINUES = frozenset({"run"})
"""Verbs whose finished work is found again; the others are short and simply start over."""


def guarded(call: Callable[[], Any], *, arguments: Sequence[str]) -> int:
    """Run a command and turn whatever happens into an exit code.

    Args:
        call: The command; may return an exit code.
        arguments: What the user typed after `sartor`: `--json` and `--debug` are looked up here,
            since an error may come before they are parsed.
    """
    try:
        with _sigterm_as_ctrl_c():
            code = call()
    except USAGE_ERROR as error:
        return _refuse_usage(error, arguments)
    except SartorError as error:
        return _refuse(error, arguments)
    except KeyboardInterrupt:
        return _refuse(interrupted(arguments), arguments)
    except typer.Abort:
        return _refuse(interrupted(arguments), arguments)
    except BrokenPipeError:
        return reader_is_gone()
    except Exception as error:  # the one border: anything else is a slip of ours
        return _confess(error, arguments)
    return code if isinstance(code, int) else DONE


def interrupted(arguments: Sequence[str]) -> Interrupted:
    """What to say after Ctrl-C: how to go on."""
    command = shlex.join(["sartor", *arguments])
    verb = next((word for word in arguments if not word.startswith("-")), "")
    outcome = "everything finished is kept." if verb in CONTINUES else "nothing was changed."
    again = "to go on" if verb in CONTINUES else "to start it again"
    return Interrupted(where="interrupted", problem=outcome, fix=f"Type this {again}: {command}")


def reader_is_gone() -> int:
    """`sartor predict ... | head` has seen enough: no error, and no complaint at exit either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return DONE


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Whoever stops us politely gets the same clean end as a person at the keyboard."""

    def stop(signal_number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _refuse(error: SartorError, arguments: Sequence[str]) -> int:
    """Place, problem and fix; the traceback only for those who ask."""
    if _asks("--debug", arguments):
        traceback.print_exception(error, file=sys.stderr)
    if _asks("--json", arguments):
        _print_error({**error.as_dict(), **_bad_rows(error)})
    else:
        _say(error)
    return error.exit_code


def _say(error: SartorError) -> None:
    from sartor.cli.problems import bad_rows_view, readable
    from sartor.cli.streams import progress_console

    console = progress_console()
    if getattr(error, "problems", ()) and console.is_terminal:
        console.print(bad_rows_view(error))
    else:
        print(readable(str(error)), file=sys.stderr)


def _bad_rows(error: SartorError) -> dict[str, Any]:
    """The problems of a `BadRowsError` as records, instead of the table that people get."""
    problems = getattr(error, "problems", ())
    if not problems:
        return {}
    headline = error.problem.split("\n", 1)[0].rstrip(":")
    return {"problem": f"{headline}.", "problems": list(problems)}


def _refuse_usage(error: Exception, arguments: Sequence[str]) -> int:
    """An argument that typer cannot place."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "sartor"
    problem, fix = _message(error), f"Run `{command} --help` to see what it takes."
    if _asks("--json", arguments):
        _print_error({"type": "UsageError", "where": command, "problem": problem, "fix": fix})
    else:
        print(f"{command}: {problem} {fix}", file=sys.stderr)
    return USER_MUST_ACT


def _message(error: Exception) -> str:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    return message if message.endswith((".", "?", ")")) else f"{message}."


def _confess(error: Exception, arguments: Sequence[str]) -> int:
    """A slip of ours shows everything."""
    traceback.print_exception(error, file=sys.stderr)
    print("sartor: this is a fault in Sartor, not in your data.", file=sys.stderr)
    if _asks("--json", arguments):
        fix = "Report it with the traceback on standard error."
        problem = f"{type(error).__name__}: {error}"
        _print_error({"type": "Fault", "where": "sartor", "problem": problem, "fix": fix})
    return OUR_FAULT


def _print_error(error: dict[str, Any]) -> None:
    from sartor.cli.json_out import print_document

    print_document({"error": error})


def _asks(flag: str, arguments: Sequence[str]) -> bool:
    """Whether the user typed the flag; what follows a lone `--` are no flags."""
    typed = list(arguments)
    return flag in (typed[: typed.index("--")] if "--" in typed else typed)
