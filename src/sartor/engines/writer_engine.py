"""The engine for writers: decoders and encoder-decoders, as they are and tuned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Job
from sartor.core.hashing import content_hash
from sartor.core.prompt import Prompt
from sartor.core.protocols import Fit
from sartor.engines.lazy_fit import LazyFit
from sartor.engines.load_writer import load_writer
from sartor.engines.memory import give_back_heap
from sartor.engines.rendering import Renderer
from sartor.engines.training import TuneFit
from sartor.engines.writing.adapt_writer import adapt_writer
from sartor.engines.writing.guides import Grammar
from sartor.engines.writing.language_model import LanguageModel
from sartor.engines.writing.lessons import Writing, grammar_of, probability_of, written_to


class WriterEngine:
    """Writes and tunes for one run.

    Args:
        max_tokens: Most tokens of a prompt and its answer together, of texts to learn from.
        device: torch device.
    """

    def __init__(self, *, max_tokens: int, device: str) -> None:
        self.max_tokens = max_tokens
        self.device = device
        self._renderers: dict[tuple[str, int], Renderer] = {}
        self._grammars: dict[str, Grammar] = {}
        self._loaded: tuple[str, LanguageModel] | None = None

    def write(
        self,
        base: BaseModel,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int,
        decoding: Mapping[str, Any],
        schema: Mapping[str, Any] | None = None,
        max_tokens: int | None = None,
    ) -> Answers:
        """What a base writes as it is."""
        model, renderer = self._as_it_is(base), self.renderer(base, max_tokens)
        grammar = None if schema is None else self._grammar(base, schema)
        written = written_to(
            model,
            renderer,
            prompts,
            max_new_tokens=max_new_tokens,
            decoding=decoding,
            grammar=grammar,
        )
        give_back_heap()
        return written

    def choose(
        self,
        base: BaseModel,
        prompts: Sequence[Prompt],
        choices: Sequence[str],
        *,
        max_tokens: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Log-probability of each answer after each prompt, (N, C), and the answers' tokens, (C,)."""
        renderer = self.renderer(base, max_tokens)
        return probability_of(self._as_it_is(base), renderer, prompts, choices)

    def tune(self, job: Job, *, trains: str) -> Fit:
        """Start a trial of the one training loop."""
        return LazyFit(partial(self._begin, job, trains))

    def renderer(self, base: BaseModel, max_tokens: int | None = None) -> Renderer:
        """From conversations to tokens of a base."""
        key = base.fingerprint, max_tokens or self.max_tokens
        if key not in self._renderers:
            self._renderers[key] = Renderer(base, max_tokens=key[1])
        return self._renderers[key]

    def _grammar(self, base: BaseModel, schema: Mapping[str, Any]) -> Grammar:
        """A schema for a base's vocabulary, made once for all prompts that it is asked of."""
        key = content_hash(base.fingerprint, dict(schema))
        if key not in self._grammars:
            model, renderer = self._as_it_is(base), self.renderer(base)
            self._grammars[key] = grammar_of(model, renderer, schema)
        return self._grammars[key]

    def _begin(self, job: Job, trains: str, is_new: bool) -> TuneFit:
        assert job.base is not None
        self._loaded = None  # memory that the training needs
        torch.manual_seed(job.seed)
        model = load_writer(job.base).to(self.device)
        adapted = adapt_writer(model, trains=trains, settings=job.settings)
        writing = Writing(job, model=LanguageModel.of(model), renderer=self.renderer(job.base))
        return TuneFit(job, adapted=adapted, objective=writing)

    def _as_it_is(self, base: BaseModel) -> LanguageModel:
        """The base's model, kept for as long as the same one is asked for."""
        if self._loaded is None or self._loaded[0] != base.fingerprint:
            model = load_writer(base).to(self.device)
            model.requires_grad_(False)
            self._loaded = (base.fingerprint, LanguageModel.of(model))
        return self._loaded[1]
