"""How a task is put to a model that is not trained: formats of instruction, examples and input.

Changes of format that keep the meaning move accuracy by up to 76 points (Sclar et al. 2023, arXiv
2310.11324), so every off-the-shelf candidate gets all of these and the rows that choose decide. Examples in
the prompt: Brown et al. 2020, arXiv 2005.14165.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sartor.core.conversation import Turn, turns_of
from sartor.core.prompt import Prompt


@dataclass(frozen=True)
class Shot:
    """An example in a prompt."""

    turns: tuple[Turn, ...]
    """What was asked; more than one turn for a conversation."""
    answer: str


NOTES = "Notes that may help with the answer:"
"""Stands above passages of documents."""
Format = Callable[[str, Sequence[Shot], tuple[Turn, ...]], Prompt]
"""Instruction, examples and the turns to answer, as a prompt."""


def turns_for(text: str, *, is_conversation: bool) -> tuple[Turn, ...]:
    """The turns of an input: a conversation's own, else one turn of the user's."""
    return turns_of(text) if is_conversation else (Turn("user", text),)


def informed(turns: tuple[Turn, ...], passages: Sequence[str]) -> tuple[Turn, ...]:
    """Turns with passages of documents behind the last message.

    Behind it, because what is too long is cut at its end: the message is kept.
    """
    if not passages:
        return turns
    notes = "\n".join([NOTES, *(f"- {' '.join(passage.split())}" for passage in passages)])
    last = turns[-1]
    return (*turns[:-1], replace(last, content=f"{last.content}\n\n{notes}"))


def as_system(instruction: str, shots: Sequence[Shot], turns: tuple[Turn, ...]) -> Prompt:
    """The instruction as the system's turn, examples as earlier turns."""
    told = (Turn("system", instruction),) if instruction else ()
    if turns and turns[0].role == "system":  # the conversation brings its own
        told, turns = (turns[0],), turns[1:]
    return Prompt((*told, *_earlier(shots), *turns))


def before_the_first(instruction: str, shots: Sequence[Shot], turns: tuple[Turn, ...]) -> Prompt:
    """The instruction at the head of the first turn: for templates that know no system."""
    merged = as_system(instruction, shots, turns).turns
    if merged and merged[0].role == "system" and len(merged) > 1:
        first = merged[1]
        merged = (Turn(first.role, f"{merged[0].content}\n\n{first.content}"), *merged[2:])
    return Prompt(merged)


def before_the_last(instruction: str, shots: Sequence[Shot], turns: tuple[Turn, ...]) -> Prompt:
    """The instruction right before what has to be answered."""
    own = as_system("", (), turns).turns
    last = Turn(own[-1].role, f"{instruction}\n\n{own[-1].content}".lstrip())
    return Prompt((*_earlier(shots), *own[:-1], last))


def in_one_message(instruction: str, shots: Sequence[Shot], turns: tuple[Turn, ...]) -> Prompt:
    """Instruction, examples and input under headings, in one turn."""
    return Prompt((Turn("user", _listed(instruction, shots, turns, ("Input", "Output"))),))


def completed(instruction: str, shots: Sequence[Shot], turns: tuple[Turn, ...]) -> Prompt:
    """A list of inputs and outputs that the model goes on with: for bases without instruction tuning."""
    text = _listed(instruction, shots, turns, ("Input", "Output"))
    return Prompt((Turn("user", text),), is_continued=True, stop_texts=("\n\n", "\nInput:"))


def questioned(instruction: str, shots: Sequence[Shot], turns: tuple[Turn, ...]) -> Prompt:
    """The same in the form of questions and answers."""
    text = _listed(instruction, shots, turns, ("Q", "A"))
    return Prompt((Turn("user", text),), is_continued=True, stop_texts=("\n\n", "\nQ:"))


FORMATS: dict[str, Format] = {
    "system turn": as_system,
    "before the first message": before_the_first,
    "before the last message": before_the_last,
    "one message": in_one_message,
    "completion": completed,
    "questions and answers": questioned,
}
"""Formats by the name that the screen shows."""
CHAT_FORMATS = tuple(
    name for name in FORMATS if name not in ("completion", "questions and answers")
)
"""Those made of turns; the others are texts to go on from."""


def _earlier(shots: Sequence[Shot]) -> tuple[Turn, ...]:
    return tuple(
        turn for shot in shots for turn in (*_spoken(shot.turns), Turn("assistant", shot.answer))
    )


def _spoken(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Without the system's turn, which a prompt has once."""
    return turns[1:] if turns and turns[0].role == "system" else turns


def _listed(
    instruction: str, shots: Sequence[Shot], turns: tuple[Turn, ...], names: tuple[str, str]
) -> str:
    asked, answered = names
    blocks = [f"{asked}: {_as_text(s.turns)}\n{answered}: {s.answer}" for s in shots]
    blocks.append(f"{asked}: {_as_text(turns)}\n{answered}:")
    return "\n\n".join([*([instruction] if instruction else []), *blocks])


def _as_text(turns: tuple[Turn, ...]) -> str:
    """One message as it is; several with who said them."""
    spoken = _spoken(turns)
    if len(spoken) == 1:
        return spoken[0].content
    return "\n".join(f"{turn.role}: {turn.content}" for turn in spoken)
