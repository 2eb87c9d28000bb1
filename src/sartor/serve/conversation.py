"""A conversation with a package: turns kept, what no longer fits said, an answer that can be stopped.

What the model reads is what it read in training and reads in `predict`, since the package itself renders
the turns; here they are only kept.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sartor.core.conversation import Turn
from sartor.core.prediction import Prediction
from sartor.core.words import counted
from sartor.serve.reading import AS_IT_IS, Reading, restored_pieces

CUT = "The answer was cut: it has reached the longest that the package writes."


class PromptSize(Protocol):
    """How a prompt was made to fit."""

    @property
    def is_cut(self) -> bool:
        """Whether anything had to go."""

    @property
    def num_left_out(self) -> int:
        """Turns that were left out, the oldest."""

    @property
    def is_message_cut(self) -> bool:
        """Whether what is left was shortened besides."""


class Speaker(Protocol):
    """What a conversation asks of a loaded package."""

    @property
    def is_answer_cut(self) -> bool:
        """Whether the last stream ended because there was no more room."""

    def prompts(self, texts: list[str]) -> list[Any]:
        """What a model is asked for each input; empty where none is."""

    def prompt_tokens(self, text: str) -> PromptSize | None:
        """What is read for an input; None where no model reads."""

    def stream(self, text: str) -> Iterator[str]:
        """Pieces of the answer as they come."""


@dataclass(frozen=True)
class About:
    """With whom one talks."""

    name: str
    """Of the package."""
    title: str
    """Its method, for people."""
    keeps_turns: bool
    """Whether it answers conversations; else every message is answered by itself."""


@dataclass
class Reply:
    """An answer on its way."""

    pieces: Iterator[str]
    """Its text as it comes. An answer that is left early has to be closed; what was said of it is kept."""
    notes: tuple[str, ...] = ()
    """What of the conversation did not fit, in words; known before the first piece."""
    prediction: Prediction | None = None
    """Label or score, and whether a person should answer; None where a text is written."""
    end_note: str = ""
    """What there is to say of the end of the text, once it is there."""

    def close(self) -> None:
        """Stop the answer where it is."""
        if isinstance(self.pieces, Generator):
            self.pieces.close()


class Conversation:
    """Turns with a package that writes texts.

    Args:
        speaker: The package.
        about: Of it. Where it keeps no turns, each message is answered alone.
        system: What the conversation begins with; empty where nothing is said first.
        reading: How messages are read before the package gets them.
    """

    def __init__(
        self, speaker: Speaker, about: About, *, system: str = "", reading: Reading = AS_IT_IS
    ) -> None:
        self.speaker = speaker
        self.about = about
        self.system = system
        self.reading = reading
        self.turns: list[Turn] = []
        self.restart()

    def restart(self) -> None:
        """Forget what was said."""
        self.turns = [Turn("system", self.system)] if self.system else []

    def ask(self, message: str) -> Reply:
        """Say something; the answer is taken from the reply's pieces.

        Raises:
            BaseModelError: The base's chat template cannot put the conversation.
        """
        asked = [*self.turns, Turn("user", message)]
        keeps = self.about.keeps_turns
        read = self.reading.turns(asked) if keeps else self.reading.text(message)
        notes = self._left_out(read.text, asked)
        reply = Reply(iter(()), notes)
        pieces = restored_pieces(self.speaker.stream(read.text), read.values)
        reply.pieces = self._pieces(reply, asked, pieces)
        return reply

    def _pieces(self, reply: Reply, asked: list[Turn], pieces: Iterator[str]) -> Iterator[str]:
        said: list[str] = []
        is_whole = False
        try:
            for piece in pieces:
                said.append(piece)
                yield piece
            is_whole = True
        finally:
            if isinstance(pieces, Generator):
                pieces.close()
            if is_whole and self.speaker.is_answer_cut:
                reply.end_note = CUT
            if self.about.keeps_turns and (said or is_whole):
                self.turns = [*asked, Turn("assistant", "".join(said))]

    def _left_out(self, text: str, asked: list[Turn]) -> tuple[str, ...]:
        """What had to go, in words; examples of the prompt go before turns of the conversation."""
        size = self.speaker.prompt_tokens(text)
        if size is None or not size.is_cut:
            return ()
        [prompt] = self.speaker.prompts([text])
        num_examples = max(0, _num_spoken(prompt.turns) - _num_spoken(asked))
        num_old = max(0, size.num_left_out - num_examples)
        notes = []
        if size.num_left_out > 0 and num_examples:
            notes.append("Examples in the prompt no longer fit and are left out.")
        if num_old:
            turns = counted(num_old, "oldest turn")
            verb = "no longer fits and is" if num_old == 1 else "no longer fit and are"
            notes.append(f"The {turns} {verb} left out of what the model reads.")
        if size.is_message_cut:
            notes.append("This is longer than the model reads: a part of it is left out.")
        return tuple(notes)


def _num_spoken(turns: Sequence[Turn]) -> int:
    return sum(turn.role != "system" for turn in turns)


class OneByOne:
    """Messages answered by themselves, with labels, a score, passages or a record.

    Args:
        predict: What the package says to a message.
        about: Of the package.
    """

    def __init__(self, predict: Callable[[str], Prediction], about: About) -> None:
        self.predict = predict
        self.about = about

    def restart(self) -> None:
        """Nothing is kept from one message to the next."""

    def ask(self, message: str) -> Reply:
        """The answer to a message, at once."""
        found = self.predict(message)
        notes = ("This is longer than the model reads: its end is left out.",)
        return Reply(
            iter(() if found.text is None else (found.text,)),
            notes if found.is_truncated else (),
            found if found.text is None else None,
        )
