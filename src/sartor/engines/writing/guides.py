"""Writing that keeps a JSON Schema: no token is chosen that the schema does not allow, and every text ends.

llguidance says which tokens may come next. It does not know when the room ends, so a guide always holds a
way to close what is open: a token is taken only if the text can still be closed behind it in the room that
is left; else the next token of the known way is. So the text is whole at the limit too, by induction.

Shape letters: V vocabulary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper
from tokenizers import Tokenizer

from sartor.core.answer_schema import required_only, without_patterns
from sartor.core.errors import TrialError
from sartor.engines.writing.token_bytes import Spelling, spelling_of, token_bytes

ESCAPES = '"\\nrtbf'
"""Letters behind a backslash; `u` is none of them: it could write half a character."""
LONGEST_CLOSING_TOKENS = 2_000


class Grammar:
    """A schema for one vocabulary.

    Args:
        tokenizer: Of the base.
        schema: JSON Schema of an object, bounded as by `core.answer_schema`.
        vocabulary: Rows of the output layer.
        stop_id: A control token.

    Raises:
        TrialError: The schema cannot be kept, or the vocabulary cannot write JSON.
    """

    def __init__(
        self, tokenizer: Tokenizer, schema: Mapping[str, Any], *, vocabulary: int, stop_id: int
    ) -> None:
        self.spelling = spelling_of(tokenizer)
        self.vocabulary = vocabulary
        self.bytes_V, control = _as_json(token_bytes(tokenizer, vocabulary), self.spelling)
        self._tokens = LLTokenizer(
            TokenizerWrapper(_Vocabulary(self.bytes_V, control, stop_id)), n_vocab=vocabulary
        )
        is_control_V = np.zeros(vocabulary, dtype=bool)
        is_control_V[[number for number in control if number < vocabulary]] = True
        lengths_V = np.array([len(token) for token in self.bytes_V])
        self.never_V = is_control_V | (lengths_V == 0)
        self.lengths_V = lengths_V
        single = {token: number for number, token in enumerate(self.bytes_V) if len(token) == 1}
        self.quote = single.get(b'"')
        self.ends = [single[sign] for sign in (b"}", b"]") if sign in single]
        self._start, self.closing = self._begun(schema)

    @property
    def least_tokens(self) -> int:
        """Tokens of the shortest answer that was found."""
        return len(self.closing)

    def guide(self) -> Guide:
        """For one text."""
        return Guide(self, self._start.deep_copy(), self.closing)

    def _begun(self, schema: Mapping[str, Any]) -> tuple[LLMatcher, list[int]]:
        problem = ""
        for candidate in (schema, without_patterns(schema)):
            matcher = LLMatcher(self._tokens, _grammar(candidate), log_level=0)
            problem = matcher.get_error().split("\n")[0]
            if not problem:
                ways = [self._shortest(matcher, s) for s in (required_only(candidate), candidate)]
                found = [way for way in ways if way is not None]
                if found:
                    return matcher, min(found, key=len)
                problem = "no record that keeps it was found"
        raise TrialError(
            where="schema",
            problem=f"answers cannot be held to it: {problem}.",
            fix="Simplify the `schema` of the records.",
        )

    def _shortest(self, matcher: LLMatcher, schema: Mapping[str, Any]) -> list[int] | None:
        """A way from the beginning by a narrower schema, if it is one by the whole schema too."""
        narrow = LLMatcher(self._tokens, _grammar(schema), log_level=0)
        if narrow.is_error():
            return None
        way = self.way_out(narrow, _Place(), room=LONGEST_CLOSING_TOKENS)
        trial = matcher.deep_copy()
        is_way = way is not None and trial.consume_tokens(way) and trial.is_accepting()
        return way if is_way else None

    def way_out(self, matcher: LLMatcher, place: _Place, *, room: int) -> list[int] | None:
        """Tokens that close the text, at most `room`; None where none were found. Uses the matcher up."""
        way: list[int] = []
        while not matcher.is_accepting():
            step = self._step_out(matcher, place)
            if not step or len(way) + len(step) > room or not matcher.consume_tokens(step):
                return None
            way += step
            for token in step:
                place = place.after(self.bytes_V[token])
        return way

    def _step_out(self, matcher: LLMatcher, place: _Place) -> list[int]:
        """End the string or the brackets, else what must come, else the least that may."""
        wanted = [self.quote] if place.is_in_string else self.ends
        for token in wanted:
            if token is not None and matcher.validate_tokens([token]) == 1:
                return [token]
        if forced := matcher.compute_ff_tokens():
            return forced
        allowed = np.flatnonzero(self.mask(matcher))
        return [int(allowed[np.argmin(self.lengths_V[allowed])])] if len(allowed) else []

    def mask(self, matcher: LLMatcher) -> np.ndarray:
        """Tokens that may come next, (V,) bool."""
        bits = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
        allowed_V = np.unpackbits(bits, bitorder="little")[: self.vocabulary].astype(bool)
        return allowed_V & ~self.never_V


class Guide:
    """One text while it is written. Implements `draft.Guide`."""

    def __init__(self, grammar: Grammar, matcher: LLMatcher, way: list[int]) -> None:
        self.grammar = grammar
        self._matcher = matcher
        self._way = way
        self._place = _Place()
        self._bytes: list[bytes] = []

    @property
    def least_tokens(self) -> int:
        """Tokens that are known to be enough to close the text."""
        return len(self._way)

    @property
    def is_complete(self) -> bool:
        """Whether the text is whole; nothing can follow."""
        return self._matcher.is_accepting()

    @property
    def text(self) -> str:
        """What was written, as JSON."""
        return b"".join(self._bytes).decode("utf-8").strip()

    def allowed(self) -> np.ndarray:
        """Tokens that may come next, (V,) bool; at least one."""
        allowed_V = self.grammar.mask(self._matcher)
        if self._way:
            allowed_V[self._way[0]] = True
        return allowed_V

    def settled(self, token: int, *, room: int) -> int:
        """Take a token, or the next one of the way out where the text could not be closed behind it.

        Args:
            token: The one that was chosen.
            room: Tokens that may follow it.

        Returns:
            The token that was taken.
        """
        if token != self._way[0] and self._goes_on_with(token, room):
            return token
        token = self._way[0]
        is_taken = self._matcher.consume_token(token)
        assert is_taken, "the way out was tried before"
        self._add(token, self._way[1:])
        return token

    def _goes_on_with(self, token: int, room: int) -> bool:
        trial = self._matcher.deep_copy()
        if trial.validate_tokens([token]) != 1 or not trial.consume_token(token):
            return False
        after = self._place.after(self.grammar.bytes_V[token])
        way = self.grammar.way_out(trial.deep_copy(), after, room=room)
        if way is None:
            return False
        self._matcher = trial
        self._add(token, way)
        return True

    def _add(self, token: int, way: list[int]) -> None:
        self._bytes.append(self.grammar.bytes_V[token])
        self._place = self._place.after(self._bytes[-1])
        self._way = way


class _Place:
    """Whether a place in a JSON text lies in a string."""

    def __init__(self, is_in_string: bool = False, is_escaped: bool = False) -> None:
        self.is_in_string = is_in_string
        self.is_escaped = is_escaped

    def after(self, written: bytes) -> _Place:
        """The place behind more of the text."""
        is_in_string, is_escaped = self.is_in_string, self.is_escaped
        for byte in written:
            if is_escaped:
                is_escaped = False
            elif byte == ord("\\"):
                is_escaped = is_in_string
            elif byte == ord('"'):
                is_in_string = not is_in_string
        return _Place(is_in_string, is_escaped)


class _Vocabulary:
    """What llguidance asks of a tokenizer; it cuts forced texts into the longest tokens by itself."""

    bos_token_id = None

    def __init__(self, tokens: list[bytes], control: list[int], stop_id: int) -> None:
        self.tokens = tokens
        self.special_token_ids = control
        self.eos_token_id = stop_id
        known = sorted(
            ((token, number) for number, token in enumerate(tokens) if token),
            key=lambda pair: len(pair[0]),
        )
        self._number_of = {t: n for t, n in reversed(known) if n not in set(control)}
        self._longest = max(map(len, self._number_of), default=1)

    def __call__(self, text: bytes | str) -> list[int]:
        left = text.encode("utf-8") if isinstance(text, str) else text
        found: list[int] = []
        while left:
            lengths = range(min(self._longest, len(left)), 0, -1)
            length = next((n for n in lengths if left[:n] in self._number_of), 0)
            if length:
                found.append(self._number_of[left[:length]])
            left = left[max(1, length) :]
        return found


def _grammar(schema: Mapping[str, Any]) -> str:
    """In llguidance's form of Lark: the object, and the space that some vocabularies begin with."""
    form = {"whitespace_flexible": False, "json_allowed_escapes": ESCAPES, "lenient": True}
    return f'start: " "? answer\nanswer: %json {json.dumps({**schema, "x-guidance": form})}'


def _as_json(
    tokens: tuple[list[bytes], list[int]], spelling: Spelling
) -> tuple[list[bytes], list[int]]:
    """Tokens as what they write once the spelling is undone."""
    found, control = tokens
    if not spelling.swapped:
        return found, control
    swapped = []
    for token in found:
        try:
            swapped.append(spelling.of(token.decode("utf-8")).encode("utf-8"))
        except UnicodeDecodeError:
            swapped.append(token)
    return swapped, control
