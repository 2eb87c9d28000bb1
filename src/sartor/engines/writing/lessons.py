"""What a writer learns: the answers of its rows, and nothing else of them.

Shape letters: N lessons, T tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from sartor.core.answer_schema import answer_schema
from sartor.core.candidate import Answers, Fitted, Job
from sartor.core.decoding import MAX_NEW_TOKENS, decoding_of
from sartor.core.errors import BaseModelError, TrialError
from sartor.core.extracted import read_answers
from sartor.core.goal import OutputKind
from sartor.core.prompt import Prompt
from sartor.core.words import readable_label
from sartor.engines.adapt import Adapted
from sartor.engines.encoder import batches_by_length, shuffled_batches
from sartor.engines.fitted import writer_of
from sartor.engines.lesson_rows import prompt_for, respelled, row_lessons
from sartor.engines.lesson_tokens import Lesson, learned_once
from sartor.engines.memory import give_back_heap
from sartor.engines.precision import has_bf16_products
from sartor.engines.rendering import Renderer
from sartor.engines.writing.choices import score_choices
from sartor.engines.writing.decoding import Decoding
from sartor.engines.writing.guides import Grammar
from sartor.engines.writing.language_model import LanguageModel
from sartor.engines.writing.learned import LearnedBatch, padded_batch
from sartor.engines.writing.reading import Prefix
from sartor.engines.writing.sequence_loss import sequence_loss
from sartor.engines.writing.writer import Writer

LEARNED_TOKENS = {"cpu": 4096, "cuda": 32_768}
"""Padded tokens of one forward and backward pass; a larger batch is learned in parts."""


class Writing:
    """Implements `training.Objective`.

    Args:
        job: Rows and settings.
        model: In training.
        renderer: Of its base.
    """

    def __init__(self, job: Job, *, model: LanguageModel, renderer: Renderer) -> None:
        self.job = job
        self.model = model
        self.renderer = renderer

    @cached_property
    def grammar(self) -> Grammar | None:
        """What answers may be; None where they are free text."""
        schema = answer_schema(self.job.facts)
        return None if schema is None else grammar_of(self.model, self.renderer, schema)

    @cached_property
    def lessons(self) -> Sequence[Lesson]:
        """What there is to learn; replies of one conversation in one sequence."""
        least = self.grammar.least_tokens if self.grammar else 0
        found = row_lessons(self.job.rows, self.job.facts, self.renderer, least_tokens=least)
        return found if self.renderer.is_encoder_decoder else learned_once(found)

    def batches(self, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
        lengths = np.array([_num_tokens(lesson) for lesson in self.lessons], dtype=np.int64)
        return shuffled_batches(lengths, batch_size=batch_size, rng=rng)

    def learn(self, rows: np.ndarray, num_parts: int) -> float:
        """Cross-entropy of the answers' tokens, mean over all of them in the batch, in nats."""
        num_learned = sum(int(self.lessons[row].is_learned_T.sum()) for row in rows)
        in_bf16, total = has_bf16_products(self.model.device), 0.0
        for part in self._parts(rows, num_parts):
            batch = self._batch(part)
            loss = sequence_loss(self.model, batch, num_learned=num_learned, in_bf16=in_bf16)
            loss.backward()
            total += float(loss.detach())
        return total

    def answers(self, texts: Sequence[str]) -> Answers:
        """What the model writes, or how it rates the labels; spans and records are read from it."""
        facts = self.job.facts
        prompts = [prompt_for(text, facts) for text in texts]
        if facts.output_kind is OutputKind.SINGLE:
            names = [readable_label(label) for label in facts.labels]
            scores_NC, _ = probability_of(self.model, self.renderer, prompts, names)
            return Answers(scores_NC.astype(np.float32))
        written = written_to(
            self.model,
            self.renderer,
            prompts,
            max_new_tokens=self.job.settings.get(MAX_NEW_TOKENS, facts.max_answer_tokens),
            decoding=decoding_of(self.job.settings),
            grammar=self.grammar,
        )
        give_back_heap()
        return read_answers(self.job.facts.output_kind, texts, written)

    def scoring(self) -> AbstractContextManager[None]:
        return nullcontext()

    def fitted(self, adapted: Adapted) -> Fitted:
        return writer_of(adapted, self.job)

    def _parts(self, rows: np.ndarray, num_parts: int) -> Iterator[np.ndarray]:
        lengths = np.array([_num_tokens(self.lessons[row]) for row in rows])
        most = LEARNED_TOKENS.get(self.model.device.type, 4096)
        budget = min(most, int(lengths.max()) * len(rows)) // num_parts
        return (rows[part] for part in batches_by_length(lengths, budget_tokens=budget))

    def _batch(self, rows: np.ndarray) -> LearnedBatch:
        chosen = [self.lessons[row] for row in rows]
        sources = [lesson.prompt.tokens_T for lesson in chosen]
        return padded_batch(
            [lesson.tokens_T for lesson in chosen],
            [lesson.is_learned_T for lesson in chosen],
            device=self.model.device,
            sources=sources if self.renderer.is_encoder_decoder else None,
        )


def grammar_of(model: LanguageModel, renderer: Renderer, schema: Mapping[str, Any]) -> Grammar:
    """A schema for the vocabulary of a base."""
    return Grammar(
        renderer.tokenizer, schema, vocabulary=model.vocabulary, stop_id=renderer.stop_id
    )


def written_to(
    model: LanguageModel,
    renderer: Renderer,
    prompts: Sequence[Prompt],
    *,
    max_new_tokens: int,
    decoding: Mapping[str, Any] = MappingProxyType({}),
    grammar: Grammar | None = None,
    known: Prefix | None = None,
) -> Answers:
    """What a model writes to some prompts.

    Equal prompts are answered once: what is drawn depends on the prompt alone, and so reproduces whatever is
    asked beside it.

    Args:
        model: A writer.
        renderer: Of its base.
        prompts: What is asked.
        max_new_tokens: Longest answer; more where the shortest that the grammar allows is longer.
        decoding: Empty for the likeliest token each time; else fields of `Decoding`.
        grammar: What the answers may be; None: anything.
        known: A beginning of prompts that the model has read before.

    Returns:
        Texts without white space around them, and the mean log-probability of a token of each.
    """
    writer = Writer(model, stop_ids={renderer.stop_id}, tokenizer=renderer.tokenizer, known=known)
    if grammar is not None:
        max_new_tokens = max(max_new_tokens, grammar.least_tokens)
        prompts = [respelled(prompt, grammar.spelling) for prompt in prompts]
    said_N = np.empty(len(prompts), dtype=object)
    logits_N1 = np.zeros((len(prompts), 1), dtype=np.float32)
    for stop_texts in dict.fromkeys(prompt.stop_texts for prompt in prompts):
        rows = [i for i, prompt in enumerate(prompts) if prompt.stop_texts == stop_texts]
        tokens = [_prompt_tokens(renderer, prompts[row], max_new_tokens) for row in rows]
        asked = {prompt_T.tobytes(): prompt_T for prompt_T in tokens}
        found = writer.generate(
            [*asked.values()],
            max_new_tokens=max_new_tokens,
            decoding=Decoding(**decoding),
            stop_strings=stop_texts,
            guides=[grammar.guide() for _ in asked] if grammar else (),
        )
        written = dict(zip(asked, found, strict=True))
        for row, prompt_T in zip(rows, tokens, strict=True):
            one = written[prompt_T.tobytes()]
            said_N[row] = (one.text or "").strip()
            logits_N1[row] = one.log_probability / max(1, one.num_tokens)
    return Answers(logits_N1, said_N)


def probability_of(
    model: LanguageModel,
    renderer: Renderer,
    prompts: Sequence[Prompt],
    choices: Sequence[str],
    *,
    known: Prefix | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """How probable given answers are, with the token or text that ends them.

    Without its end an answer that begins another one would win over it.

    Args:
        model: A writer.
        renderer: Of its base.
        prompts: What is asked; all of one kind.
        choices: Answers.
        known: A beginning of prompts that the model has read before.

    Returns:
        Log-probabilities (N, C) in nats, and tokens of each answer, (C,).
    """
    is_continued = any(prompt.is_continued for prompt in prompts)
    assert is_continued == all(prompt.is_continued for prompt in prompts), "one format at a time"
    tokens = [renderer.answer_alone(choice, is_continued=is_continued) for choice in choices]
    room = max(len(choice_T) for choice_T in tokens)
    asked = [_prompt_tokens(renderer, prompt, room) for prompt in prompts]
    return score_choices(model, asked, tokens, known=known)


def _prompt_tokens(renderer: Renderer, prompt: Prompt, max_new_tokens: int) -> np.ndarray:
    try:
        return renderer.prompt(prompt, answer_tokens=max_new_tokens).tokens_T
    except BaseModelError as error:
        raise TrialError(where=error.where, problem=error.problem, fix=error.fix) from error


def _num_tokens(lesson: Lesson) -> int:
    """All that is read: of an encoder-decoder source and answer."""
    is_apart = bool(lesson.is_learned_T.all())
    return len(lesson.tokens_T) + (len(lesson.prompt.tokens_T) if is_apart else 0)
