"""`sartor chat`: a conversation with the champion in the terminal, or with lines from a pipe."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sartor.cli.options import ChatFolder, Debug, Json, Quiet

if TYPE_CHECKING:
    from sartor.core.prediction import Prediction
    from sartor.serve.conversation import Conversation, OneByOne, Reply

PROMPT = "> "
END, AFRESH, HELP = "/quit", "/new", "/help"
NOTHING_SAID = "Stopped before anything was said."
COMMANDS = f"{AFRESH} starts afresh, {END} or Ctrl-D ends, Ctrl-C stops an answer."


def chat(
    folder: ChatFolder,
    system: Annotated[
        str, typer.Option("--system", metavar="TEXT", help="What the conversation begins with.")
    ] = "",
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Talk to the winner.

    Answers appear as they are written. At a terminal, Ctrl-C stops an answer and Ctrl-D ends the
    conversation; from a pipe every line is a message. A winner that gives labels says the label, how sure it
    is, and whether a person should answer instead.
    """
    from sartor import flow

    talk = flow.chat(folder, system=system)
    is_at_terminal = sys.stdin.isatty()
    session = Session(talk, is_quiet=quiet, is_silent=json, may_be_stopped=is_at_terminal)
    if is_at_terminal:
        session.greet()
    with _sigterm_ends():
        session.hold(_typed(session.hint) if is_at_terminal else _piped())
    if json:
        from sartor.cli.json_out import print_document

        print_document({"package": talk.about.name, "turns": session.record})


class Session:
    """One conversation: messages in, answers out.

    Args:
        talk: Who answers.
        is_quiet: Whether hints are left out.
        is_silent: Whether answers are only kept, for a document at the end.
        may_be_stopped: Whether Ctrl-C ends an answer and not the command.
    """

    def __init__(
        self,
        talk: Conversation | OneByOne,
        *,
        is_quiet: bool = False,
        is_silent: bool = False,
        may_be_stopped: bool = False,
    ) -> None:
        self.talk = talk
        self.is_quiet = is_quiet
        self.is_silent = is_silent
        self.may_be_stopped = may_be_stopped
        self.record: list[dict[str, Any]] = []
        """What was said, for programs."""

    def greet(self) -> None:
        """Who answers, and what can be typed."""
        about = self.talk.about
        turns = "" if about.keeps_turns else " Every message is answered by itself."
        self.hint(f"Run {about.name}: {about.title}.{turns} {COMMANDS}")

    def hint(self, words: str) -> None:
        """Something for people, on standard error."""
        from sartor.report.words import one_line

        if not self.is_quiet:
            print(one_line(words), file=sys.stderr, flush=True)

    def hold(self, messages: Iterator[str]) -> None:
        """Answer message after message until there are no more, or the end is asked for."""
        for message in messages:
            if message == END:
                return
            if message == AFRESH:
                self.talk.restart()
                self.hint("A new conversation.")
            elif message == HELP:
                self.hint(COMMANDS)
            else:
                self._answer(message)

    def _answer(self, message: str) -> None:
        said: list[str] = []
        reply, is_stopped = None, False
        try:
            reply = self.talk.ask(message)
            for note in reply.notes:
                self.hint(note)
            self._say(reply, said)
        except Terminated:
            raise
        except KeyboardInterrupt:
            if not self.may_be_stopped:
                raise
            is_stopped = True
        if reply is None:
            self.hint(NOTHING_SAID)
            return
        self._write("\n\n" if said else "\n" if reply.prediction else "")
        self._remark(reply, has_text=bool(said), is_stopped=is_stopped)
        self._keep(message, reply, "".join(said), is_stopped=is_stopped)

    def _say(self, reply: Reply, said: list[str]) -> None:
        """The answer as it comes; leaving early stops it."""
        from sartor.report.words import visible

        if reply.prediction is not None:
            self._write(in_words(reply.prediction))
        with closing(reply):
            for piece in reply.pieces:
                said.append(piece)
                self._write(visible(piece))

    def _remark(self, reply: Reply, *, has_text: bool, is_stopped: bool) -> None:
        if is_stopped:
            self.hint("Stopped." if has_text else NOTHING_SAID)
        elif not has_text and reply.prediction is None:
            self.hint("The answer is empty.")
        elif reply.end_note:
            self.hint(reply.end_note)

    def _keep(self, message: str, reply: Reply, text: str, *, is_stopped: bool) -> None:
        notes = [*reply.notes, *([reply.end_note] if reply.end_note else [])]
        found = reply.prediction
        answer = {"text": text} if found is None else found.as_dict()
        self.record.append({"message": message, **answer, "is_stopped": is_stopped, "notes": notes})

    def _write(self, text: str) -> None:
        if not self.is_silent:
            sys.stdout.write(text)
            sys.stdout.flush()


def in_words(found: Prediction) -> str:
    """A label or a score, how sure it is, and who answers."""
    from sartor.report.words import one_line, percent, plain

    if found.score is not None:
        low, high = found.interval or (None, None)
        between = "" if low is None or high is None else f" ({plain(low)} to {plain(high)})"
        return f"{plain(found.score)}{between}"
    label = one_line(", ".join(found.labels)) or "no label"
    sure = "" if found.confidence is None else f", {percent(found.confidence)} sure"
    fate = f"handed over to a person: {found.reason}" if found.hand_over else "answered alone"
    return f"{label}{sure}; {fate}".replace("\u00a0", " ")


class Terminated(KeyboardInterrupt):
    """SIGTERM: the end of the conversation, not of an answer."""


@contextmanager
def _sigterm_ends() -> Iterator[None]:
    def end(signal_number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _typed(hint: Callable[[str], None]) -> Iterator[str]:
    """Lines from a person, who can edit them; Ctrl-C clears the line."""
    import readline  # noqa: F401  (gives `input` its editing)

    while True:
        try:
            line = input(PROMPT).strip()
        except EOFError:
            print(file=sys.stderr)
            return
        except Terminated:
            raise
        except KeyboardInterrupt:
            hint("")
            hint(f"{END} or Ctrl-D ends.")
            continue
        if line:
            yield line.encode("utf-8", "replace").decode("utf-8")


def _piped() -> Iterator[str]:
    """Lines of standard input, one message each; empty ones are passed over."""
    from sartor.cli.standard_input import lines

    return (line for _, line in lines(sys.stdin.buffer))
