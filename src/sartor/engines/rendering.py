"""Conversations as tokens: the one way, used in training, in scoring, in `predict` and in `chat`.

What a model reads in service is what it was trained on, byte for byte, because both come from here. An
answer is learned with the token that ends it; nothing else is learned.

Shape letters: T tokens.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.conversation import Turn
from sartor.core.errors import BaseModelError
from sartor.core.prompt import Prompt
from sartor.engines.lesson_tokens import Lesson, PromptTokens
from sartor.engines.plain_turns import SPEAKERS
from sartor.engines.tokenizer_files import (
    template_of,
    token_text,
    tokenizer_config,
    tokenizer_of,
)
from sartor.engines.turns import (
    knows_tools,
    tools_told_by_user,
    with_calls_in_words,
    without_oldest,
)

PROBE = (Turn("user", "one"),), "two"
"""A conversation and an answer that show how a template ends an answer."""
COLON = "Answer:"
"""Stands for what is before an answer that follows a colon."""
LEAST_PROMPT_SHARE = 0.25
"""Share of the room that a prompt keeps, however long the answer."""


class Renderer:
    """Turns conversations into tokens for one base model.

    Args:
        base: Whose tokenizer and chat template are used.
        max_tokens: Most tokens of prompt and answer together.

    Raises:
        BaseModelError: Its answers would have no token that ends them, or its template fails.
    """

    def __init__(self, base: BaseModel, *, max_tokens: int) -> None:
        self.base = base
        self.limit_tokens = min(max_tokens, base.context_tokens)
        self.tokenizer = tokenizer_of(base)
        self.template = template_of(base)
        self._config = tokenizer_config(base.folder)

    @property
    def is_encoder_decoder(self) -> bool:
        return self.base.architecture == "encoder-decoder"

    @cached_property
    def control_texts(self) -> tuple[str, ...]:
        """Texts that the tokenizer reads as control tokens, the longest first."""
        added = self.tokenizer.get_added_tokens_decoder().values()
        return tuple(sorted((t.content for t in added if t.special), key=len, reverse=True))

    @cached_property
    def stop_id(self) -> int:
        """The token that ends an answer: the template's own, else the tokenizer's."""
        control = {self.tokenizer.token_to_id(text) for text in self.control_texts}
        if self.template is not None and not self.is_encoder_decoder:
            _, tail = self._answer_text(*PROBE)
            ids = self._encode(tail[len(PROBE[1]) :])
            found = next((int(token) for token in ids if int(token) in control), None)
            if found is not None:
                return found
        return self._end_id()

    def text(self, prompt: Prompt) -> str:
        """The prompt as text: everything up to where the answer begins."""
        if prompt.is_continued:
            return self.disarmed(prompt.turns[-1].content)
        return self._text_of(prompt.turns)

    @cached_property
    def ends_by_template(self) -> bool:
        """Whether the chat template itself ends answers with the stop token."""
        if self.template is None or self.is_encoder_decoder:
            return False
        _, tail = self._answer_text(*PROBE)
        return self.stop_id in self._encode(tail)

    @cached_property
    def _knows_tools(self) -> bool:
        return self.template is None or knows_tools(self.template)

    def _put(self, turns: Sequence[Turn]) -> list[Turn]:
        """Turns as the template is given them: control tokens broken, calls and tools in words."""
        put = [self._disarmed_turn(with_calls_in_words(turn)) for turn in turns]
        is_told = any(turn.role == "tool" for turn in put) and not self._knows_tools
        return tools_told_by_user(put) if is_told else put

    def _text_of(self, turns: Sequence[Turn]) -> str:
        turns = self._put(turns)
        if self.template is not None:
            return self.template.render([t.as_message() for t in turns], asks_for_answer=True)
        if len(turns) == 1 and turns[0].role == "user" and self.is_encoder_decoder:
            return turns[0].content
        end = self.tokenizer.id_to_token(self._end_id()) or ""
        said = [
            SPEAKERS[turn.role] + turn.content + (end if turn.role == "assistant" else "")
            for turn in turns
        ]
        return "\n\n".join(said) + ("" if self.is_encoder_decoder else "\n\nAssistant:")

    def prompt(self, prompt: Prompt, *, answer_tokens: int) -> PromptTokens:
        """Tokens of a prompt that leaves room for an answer.

        Where it is too long, the oldest exchanges go first, the system's turn and the last exchange stay;
        then the longest of what is left is shortened at its end.

        A text to be continued loses its beginning instead: its end is what is asked.

        Args:
            prompt: What is asked.
            answer_tokens: Room to leave; a quarter of all is the prompt's in any case.
        """
        room = self._room(answer_tokens)
        tokens_T = self._prompt_tokens(self.text(prompt))
        if len(tokens_T) <= room:
            return PromptTokens(tokens_T, is_cut=False)
        if prompt.is_continued:
            return PromptTokens(tokens_T[-room:], is_cut=True, is_message_cut=True)
        shown = [with_calls_in_words(turn) for turn in prompt.turns]
        while (rest := without_oldest(shown)) is not None:
            shown = rest
            tokens_T = self._prompt_tokens(self._text_of(shown))
            if len(tokens_T) <= room:
                break
        num_left_out = len(prompt.turns) - len(shown)
        is_message_cut = len(tokens_T) > room
        tokens_T = self._shortened(shown, room) if is_message_cut else tokens_T
        return PromptTokens(tokens_T, True, num_left_out, is_message_cut)

    def lesson(self, prompt: Prompt, answer: str, *, answer_tokens: int | None = None) -> Lesson:
        """A prompt with the answer that is to be learned.

        Args:
            prompt: What is asked.
            answer: What is learned.
            answer_tokens: Room that serving leaves for answers, so that a long prompt is cut here as it is
                there; None: as much as this answer takes.
        """
        answer_T = self._answer_tokens(prompt.turns, answer)
        room = len(answer_T) if answer_tokens is None else answer_tokens
        tokens = self.prompt(prompt, answer_tokens=room)
        room = self.limit_tokens - (0 if self.is_encoder_decoder else len(tokens.tokens_T))
        kept_T = answer_T[:room]
        if self.is_encoder_decoder:
            is_learned_T = np.ones(len(kept_T), dtype=bool)
            return Lesson(kept_T, is_learned_T, tokens, len(kept_T) < len(answer_T))
        tokens_T = np.concatenate([tokens.tokens_T, kept_T])
        is_learned_T = np.arange(len(tokens_T)) >= len(tokens.tokens_T)
        return Lesson(tokens_T, is_learned_T, tokens, len(kept_T) < len(answer_T))

    def answer_alone(self, answer: str, *, is_continued: bool) -> np.ndarray:
        """An answer with its end as it follows any prompt.

        Args:
            answer: Its text.
            is_continued: Whether it follows a text that is continued; a new line ends it there.
        """
        if is_continued and not self.is_encoder_decoder:
            return self._encode_behind(f" {self.disarmed(answer)}\n")
        return self._answer_tokens(PROBE[0], answer)

    def disarmed(self, text: str) -> str:
        """The text with control tokens that somebody wrote into it broken by a space.

        Without this a customer who writes the model's end-of-turn token ends the turn.
        """
        for control in self.control_texts:
            if control in text:
                text = text.replace(control, f"{control[:1]} {control[1:]}")
        return text

    def _disarmed_turn(self, turn: Turn) -> Turn:
        return Turn(turn.role, self.disarmed(turn.content), turn.tool_calls, turn.name)

    def _room(self, answer_tokens: int) -> int:
        if self.is_encoder_decoder:
            return self.limit_tokens
        least = max(1, int(self.limit_tokens * LEAST_PROMPT_SHARE))
        return max(least, self.limit_tokens - answer_tokens)

    def _prompt_tokens(self, text: str) -> np.ndarray:
        if self.template is not None and not self.is_encoder_decoder:
            return self._encode(text)
        tokens_T = np.asarray(self.tokenizer.encode(text).ids, dtype=np.int64)
        if self.is_encoder_decoder:
            return tokens_T
        # Some tokenizers end every text; a prompt has not ended.
        is_ended = len(tokens_T) > 1 and int(tokens_T[-1]) == self._end_id()
        return tokens_T[:-1] if is_ended else tokens_T

    def _answer_tokens(self, turns: Sequence[Turn], answer: str) -> np.ndarray:
        if self.is_encoder_decoder:
            ids = self.tokenizer.encode(self.disarmed(answer)).ids
            if ids and ids[0] == self._start_id:  # the decoder starts with it anyway
                ids = ids[1:]
            is_ended = bool(ids) and ids[-1] == self._end_id()
            return np.asarray(ids if is_ended else [*ids, self._end_id()], dtype=np.int64)
        _, text = self._answer_text(turns, answer)
        ids_T = self._encode_behind(text) if self.template is None else self._encode(text)
        stops = np.flatnonzero(ids_T == self.stop_id)
        if stops.size:
            return ids_T[: stops[-1] + 1]
        return np.append(ids_T, self.stop_id)

    def _answer_text(self, turns: Sequence[Turn], answer: str) -> tuple[str, str]:
        """The prompt's text, and the answer's as it follows it, with whatever ends it."""
        prompt = self._text_of(turns)
        answer = self.disarmed(answer)
        if self.template is None:
            return prompt, f" {answer}"
        messages = [turn.as_message() for turn in self._put(turns)]
        whole = self.template.render(
            [*messages, Turn("assistant", answer).as_message()], asks_for_answer=False
        )
        if whole.startswith(prompt):
            return prompt, whole[len(prompt) :]
        # The template opens an answer with more than it shows of one that was given (a place to think).
        said = answer.strip()
        at = whole.rfind(said)
        if at < 0:
            raise BaseModelError(
                where=str(self.base.folder),
                problem="its chat template changes the answers that it shows.",
                fix="Use another base model.",
            )
        return prompt, whole[at:]

    def _shortened(self, turns: Sequence[Turn], room: int) -> np.ndarray:
        """The longest turn cut so that all fit; the next longest where it alone is not enough."""
        shown = list(turns)
        for at in sorted(range(len(shown)), key=lambda at: -len(shown[at].content)):
            tokens_T = self._with_beginning(shown, at, room)
            if len(tokens_T) <= room:
                return tokens_T
            shown[at] = _beginning(shown[at], 0)
        return tokens_T[-room:]

    def _with_beginning(self, turns: Sequence[Turn], at: int, room: int) -> np.ndarray:
        """Tokens with the longest beginning of one turn that fits; without any of it where none does."""

        def tokens_with(num_characters: int) -> np.ndarray:
            short = _beginning(turns[at], num_characters)
            return self._prompt_tokens(self._text_of([*turns[:at], short, *turns[at + 1 :]]))

        fits, too_many = 0, len(turns[at].content)
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            fits, too_many = (
                (middle, too_many) if len(tokens_with(middle)) <= room else (fits, middle)
            )
        return tokens_with(fits)

    def _encode(self, text: str) -> np.ndarray:
        ids = self.tokenizer.encode(text, add_special_tokens=False).ids
        return np.asarray(ids, dtype=np.int64)

    def _encode_behind(self, text: str) -> np.ndarray:
        """Tokens of a text that goes on behind a colon.

        Some tokenizers put a space of their own before whatever they are given; alone it would have two.
        """
        before_T, both_T = self._encode(COLON), self._encode(COLON + text)
        is_apart = np.array_equal(both_T[: len(before_T)], before_T)
        return both_T[len(before_T) :] if is_apart else self._encode(text)

    @cached_property
    def _start_id(self) -> int | None:
        """The token that an encoder-decoder's decoder reads first."""
        path = self.base.folder / "config.json"
        config = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        found = config.get("decoder_start_token_id")
        return int(found) if isinstance(found, int) else None

    def _end_id(self) -> int:
        name = token_text(self._config.get("eos_token"))
        found = self.tokenizer.token_to_id(name) if name else None
        if found is None:
            raise BaseModelError(
                where=str(self.base.folder / "tokenizer_config.json"),
                problem="neither the chat template nor `eos_token` names a token that ends an answer.",
                fix="Name the `eos_token`, or use another base model: its answers would never end.",
            )
        return int(found)


def _beginning(turn: Turn, num_characters: int) -> Turn:
    return Turn(turn.role, turn.content[:num_characters], turn.tool_calls, turn.name)
