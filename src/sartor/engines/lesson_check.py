"""No wrong token is trained in silence: what a base would learn is rendered and checked before it learns.

No torch: tokenizer and chat template are enough.

Shape letters: T tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.dataset import Split, TaskFacts
from sartor.core.errors import BaseModelError, TrialError
from sartor.core.lesson import GOOD, LOOK, WRONG, Finding, LessonsOfBase
from sartor.core.prompt import Prompt
from sartor.core.words import count, counted
from sartor.engines.lesson_rows import (
    answer_of,
    answer_room,
    prompt_for,
    respelled,
    row_lessons,
    spelling_for,
)
from sartor.engines.lesson_show import shown_lessons
from sartor.engines.lesson_tokens import Lesson, learned_once
from sartor.engines.rendering import PROBE, Renderer

MOST_ROWS = 4_000
"""Rows that are checked: half of them the longest, for what is cut is among them; more would take minutes."""
Served = Callable[[Sequence[str]], list[Prompt]]
"""Inputs to the prompts that serving makes of them."""


def check_lessons(
    base: BaseModel,
    rows: Split,
    facts: TaskFacts,
    *,
    served: Served,
    mask: Callable[[str], str],
) -> LessonsOfBase:
    """Render what a base would learn, check it, and show three examples.

    Args:
        base: A model that writes.
        rows: To learn from.
        facts: Of the task.
        served: As a package of this task asks its model.
        mask: Replaces personal data in what is shown.
    """
    part = rows.take(_checked_rows(rows))
    try:
        renderer = Renderer(base, max_tokens=facts.max_tokens)
        lessons = row_lessons(part, facts, renderer)
        findings = _Check(renderer, part, facts, lessons, served).findings()
        shown = shown_lessons(renderer, part, facts, lessons, mask=mask)
    except (BaseModelError, TrialError) as error:
        return LessonsOfBase(base.id, problem=f"{error.where}: {error.problem} {error.fix}")
    if len(part) < len(rows):
        checked = f"Checked {count(len(part))} of {count(len(rows))} rows"
        words = f"{checked}: the longest, and others evenly spread."
        findings = (*findings, Finding(LOOK, words))
    return LessonsOfBase(base.id, findings=findings, shown=shown)


def _checked_rows(rows: Split) -> np.ndarray:
    """All rows, or the longest and as many others."""
    if len(rows) <= MOST_ROWS:
        return np.arange(len(rows))
    lengths_N = np.array(
        [len(text) + len(str(t)) for text, t in zip(rows.texts, rows.targets, strict=True)]
    )
    longest = np.argsort(lengths_N, kind="stable")[-MOST_ROWS // 2 :]
    spread = np.linspace(0, len(rows) - 1, MOST_ROWS // 2).astype(int)
    return np.unique(np.concatenate([longest, spread]))


class _Check:
    """The checks of one base.

    Args:
        renderer: Of the base.
        rows: To learn from.
        facts: Of the task.
        lessons: One for each row, as training makes them.
        served: Inputs to prompts as in service.
    """

    def __init__(
        self,
        renderer: Renderer,
        rows: Split,
        facts: TaskFacts,
        lessons: Sequence[Lesson],
        served: Served,
    ) -> None:
        self.renderer = renderer
        self.rows = rows
        self.facts = facts
        self.lessons = lessons
        self.served = served
        self.spelling = spelling_for(facts, renderer)

    def findings(self) -> tuple[Finding, ...]:
        """One for each check, in the order in which they matter."""
        found = (
            self._stop_token(),
            self._only_answers(),
            self._room(),
            self._same_prompts(),
            self._all_said(),
        )
        return tuple(finding for finding in found if finding is not None)

    def _stop_token(self) -> Finding:
        renderer, stop_id = self.renderer, self.renderer.stop_id
        stop = renderer.tokenizer.id_to_token(stop_id) or str(stop_id)
        endless = [
            at
            for at, lesson in enumerate(self.lessons)
            if not lesson.is_answer_cut and not _ends_with(lesson, stop_id)
        ]
        if endless:
            words = f"{counted(len(endless), 'answer')} would be learned without the stop token `{stop}`"
            return Finding(WRONG, f"{words}, {self._at(endless)}: the model would not know to end.")
        if renderer.template is None or renderer.is_encoder_decoder:
            origin = "it is the tokenizer's"
        elif renderer.ends_by_template:
            origin = "the chat template ends answers with it"
        else:
            origin = "the chat template ends no answer, so the tokenizer's is put behind"
        is_cut = any(lesson.is_answer_cut for lesson in self.lessons)
        whole = "every answer that is whole" if is_cut else "every answer"
        return Finding(GOOD, f"The stop token `{stop}` is learned behind {whole}: {origin}.")

    def _only_answers(self) -> Finding:
        """What is learned, read back from the tokens that carry loss, is the answers and nothing else."""
        own = [self._learned_texts(lesson) for lesson in self.lessons]
        wrong = [at for at, texts in enumerate(own) if not self._is_answer(at, texts)]
        if wrong:
            words = f"Of {counted(len(wrong), 'answer')} something else is learned than what stands there"
            why = "the tokenizer cannot spell it, or the chat template changes it"
            return Finding(WRONG, f"{words}, {self._at(wrong)}: {why}.")
        trained = self._sequences()
        together = Counter(text for one in trained for text in self._learned_texts(one))
        if together != Counter(text for texts in own for text in texts):
            words = "Conversations put into one sequence would not teach each answer exactly once."
            return Finding(WRONG, words)
        num_tokens = sum(len(lesson.tokens_T) for lesson in trained)
        num_learned = sum(int(lesson.is_learned_T.sum()) for lesson in trained)
        tokens = f"{count(num_learned)} of {count(num_tokens)} tokens carry loss"
        return Finding(GOOD, f"Nothing but answers and their ends is learned: {tokens}.")

    def _sequences(self) -> Sequence[Lesson]:
        """What training reads: replies of one conversation in one sequence."""
        return (
            self.lessons if self.renderer.is_encoder_decoder else learned_once(list(self.lessons))
        )

    def _learned_texts(self, lesson: Lesson) -> list[str]:
        """Each learned stretch of a sequence as text."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], lesson.is_learned_T, [0]])))
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return [self._text(lesson.tokens_T[start:stop]) for start, stop in pairs]

    def _text(self, tokens_T: np.ndarray) -> str:
        tokenizer = self.renderer.tokenizer
        return _spaced(tokenizer.decode(tokens_T.tolist(), skip_special_tokens=True))

    def _is_answer(self, at: int, texts: Sequence[str]) -> bool:
        answer = answer_of(self.rows.texts[at], self.rows.targets[at], self.facts)
        wanted = self._framed(self.renderer.disarmed(self.spelling.of(answer)))
        if self.lessons[at].is_answer_cut:
            return all(wanted.startswith(text.rstrip("\ufffd")) for text in texts)
        return list(texts) == [wanted]

    def _framed(self, answer: str) -> str:
        """An answer with what the template puts around every one (an empty thought before it)."""
        before, after = self._frame
        return _spaced(f"{before}{answer}{after}")

    @cached_property
    def _frame(self) -> tuple[str, str]:
        if self.renderer.is_encoder_decoder:
            return "", ""
        [probe] = self._learned_texts(self.renderer.lesson(Prompt(PROBE[0]), PROBE[1]))
        before, _, after = probe.rpartition(PROBE[1])
        return before, after

    def _room(self) -> Finding:
        """Whether prompts and answers fit."""
        empty = [at for at, one in enumerate(self.lessons) if not one.is_learned_T.any()]
        cut = [at for at, one in enumerate(self.lessons) if one.is_answer_cut]
        prompts = [at for at, one in enumerate(self.lessons) if one.prompt.is_cut]
        all_rows, limit = counted(len(self.lessons), "answer"), count(self.renderer.limit_tokens)
        words = [] if cut else ["No answer is cut off."]
        if empty:
            words.append(f"{counted(len(empty), 'answer')} cut off entirely, {self._at(empty)}.")
        if cut:
            words.append(
                f"Of {count(len(cut))} of {all_rows} the end is cut off, {self._at(cut)}: {limit} "
                "tokens hold prompt and answer. No such answer teaches an end."
            )
        if prompts:
            shortened = counted(len(prompts), "prompt is", "prompts are")
            words.append(
                f"{shortened} shortened to leave room for the answer, {self._at(prompts)}."
            )
        state = WRONG if empty else LOOK if cut or prompts else GOOD
        return Finding(state, " ".join(words))

    def _same_prompts(self) -> Finding:
        """Training's prompts against those that a package makes of the same inputs, token by token."""
        room = answer_room(self.facts, self.renderer)
        asked = [respelled(prompt, self.spelling) for prompt in self.served(self.rows.texts)]
        other = [
            at
            for at, (lesson, prompt) in enumerate(zip(self.lessons, asked, strict=True))
            if not np.array_equal(
                lesson.prompt.tokens_T,
                self.renderer.prompt(prompt, answer_tokens=room).tokens_T,
            )
        ]
        if other:
            words = f"{counted(len(other), 'prompt')} would differ between training and service"
            return Finding(WRONG, f"{words}, {self._at(other)}.")
        return Finding(GOOD, "Training and service render the same prompts, byte for byte.")

    def _all_said(self) -> Finding | None:
        """Whether all that was said stands in the prompt; some templates leave a system turn out."""
        missing = [at for at in range(len(self.lessons)) if self._leaves_out(at)]
        if not missing:
            return None
        rows = counted(len(missing), "prompt")
        words = f"In {rows} the chat template leaves out or rewrites part of what was said"
        return Finding(LOOK, f"{words}, {self._at(missing)}.")

    def _leaves_out(self, at: int) -> bool:
        if self.lessons[at].prompt.is_cut:
            return False
        prompt = respelled(prompt_for(self.rows.texts[at], self.facts), self.spelling)
        shown = _spaced(self.renderer.text(prompt))
        said = (_spaced(self.renderer.disarmed(turn.content)) for turn in prompt.turns)
        return any(words not in shown for words in said)

    def _at(self, places: Sequence[int]) -> str:
        return f"for example {self.rows.sources[places[0]]}"


def _ends_with(lesson: Lesson, stop_id: int) -> bool:
    return bool(len(lesson.tokens_T) and lesson.is_learned_T[-1] and lesson.tokens_T[-1] == stop_id)


def _spaced(text: str) -> str:
    """Without regard to how much space there is: templates trim, and some tokenizers join it."""
    return " ".join(text.split())
