"""What a writer is asked: a conversation, or a bare text to go on from."""

from __future__ import annotations

from dataclasses import dataclass

from sartor.core.conversation import Turn


@dataclass(frozen=True)
class Prompt:
    """One thing to answer.

    Turns go through the base's chat template; a text that is to be continued goes as it is.
    """

    turns: tuple[Turn, ...]
    """The conversation up to the answer; for a text to be continued one user turn with it."""
    is_continued: bool = False
    """Whether the model goes on from the text itself, without any template around it."""
    stop_texts: tuple[str, ...] = ()
    """Texts that end the answer besides the stop token; a base without instruction tuning needs them."""
