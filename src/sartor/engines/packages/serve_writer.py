"""Answers with a package that writes, by the renderer and the writer of training, or that goes by rules.

Shape letters: N texts, C labels.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sartor.core.candidate import Answers
from sartor.core.conversation import Turn, conversation_text
from sartor.core.errors import BaseModelError, PackageError
from sartor.core.extracted import read_answers
from sartor.core.goal import CLASSIFIED
from sartor.core.prompt import Prompt
from sartor.core.recalled import Recall, Recalled
from sartor.engines.packages.card import Manifest
from sartor.engines.packages.loaded import LoadedPackage, valid_text

if TYPE_CHECKING:
    from sartor.core.base_model import BaseModel
    from sartor.engines.lesson_tokens import PromptTokens
    from sartor.engines.rendering import Renderer
    from sartor.engines.writing.guides import Grammar
    from sartor.engines.writing.language_model import LanguageModel
    from sartor.engines.writing.reading import Prefix
    from sartor.engines.writing.writer import Writer

NOT_SERVED = ("README.md", "adapter")
"""In the folder for people and for PEFT."""


class ServedWriter(LoadedPackage):
    """A package that writes or goes by rules, loaded. Made by `load_package`.

    Args:
        folder: The package.
        manifest: Its `sartor.json`.
        recalled: What stands behind it.
    """

    warm_up_messages = 1
    measured_seconds = 30.0
    """A large model on a CPU takes seconds for each answer."""

    def __init__(self, folder: Path, *, manifest: Manifest, recalled: Recalled) -> None:
        super().__init__(folder, manifest)
        self._recalled = recalled
        self._model: LanguageModel | None = None
        self._renderer: Renderer | None = None
        self._streams: Writer | None = None
        if recalled.base is not None:
            self._renderer = _renderer(folder, manifest, recalled.base)
            self._model = _model(recalled.base)

    @property
    def has_model(self) -> bool:
        """Whether a language model writes; else answers are looked up."""
        return self._model is not None

    @property
    def has_probability(self) -> bool:
        """Whether the number beside an answer is a log-probability."""
        return self.has_model or self.manifest.kind == "crf"

    def prompts(self, texts: Sequence[str]) -> list[Prompt]:
        """What the model is asked for each text; empty where none is."""
        asks = self._recalled.prompts_of
        return asks([valid_text(text) for text in texts]) if asks else []

    def answers(self, texts: Sequence[str]) -> Answers:
        """What is written to N texts, in their order, and the mean log-probability of a token of each.

        Spans and records are read from what is written.

        Raises:
            TrialError: The base's template cannot put one of the texts.
        """
        from sartor.engines.writing.lessons import written_to

        valid = [valid_text(text) for text in texts]
        if self._model is None or self._renderer is None:
            assert self._recalled.answers_of is not None
            return self._noted(self._recalled.answers_of(valid))
        prompts = self.prompts(texts)
        answers = written_to(
            self._model,
            self._renderer,
            prompts,
            max_new_tokens=self.manifest.max_answer_tokens,
            grammar=self._grammar,
            decoding=self.manifest.decoding,
            known=self._beginning if len(texts) == 1 else None,
        )
        self._count_truncated(prompts)
        return read_answers(self.output_kind, valid, answers)

    def _noted(self, answers: Answers) -> Answers:
        """Which prompts had to be cut where an API was asked; what is looked up is read whole."""
        asked = answers.asked
        self.is_truncated = list(asked.is_cut) if asked else [False] * len(answers.logits_NC)
        self.num_truncated += sum(self.is_truncated)
        return answers

    @cached_property
    def _grammar(self) -> Grammar | None:
        """What answers may be; None where they are free text."""
        from sartor.engines.writing.lessons import grammar_of

        if self.manifest.answer_schema is None:
            return None
        assert self._model is not None
        assert self._renderer is not None
        return grammar_of(self._model, self._renderer, self.manifest.answer_schema)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """How probable the names of the labels are after N texts, (N, C) float32.

        Where an API names one, it alone stands above the others.
        """
        if self._recalled.labels_of is not None:
            return self._noted(self._recalled.labels_of([valid_text(t) for t in texts])).logits_NC
        from sartor.engines.writing.lessons import probability_of

        assert self._model is not None
        assert self._renderer is not None
        assert self._recalled.logits_of is not None, "this package writes texts"
        known = self._beginning if len(texts) == 1 else None
        choose = partial(probability_of, self._model, self._renderer, known=known)
        valid = [valid_text(text) for text in texts]
        self._count_truncated(self.prompts(texts))
        return self._recalled.logits_of(valid, choose)

    def prompt_tokens(self, text: str) -> PromptTokens | None:
        """What the model reads before it answers, and what of it had to go; None where no model is asked."""
        if self._renderer is None:
            return None
        [prompt] = self.prompts([text])
        return self._tokens(prompt)

    @property
    def is_answer_cut(self) -> bool:
        """Whether the last stream ended because there was no more room."""
        streamed = self._streams.streamed if self._streams else None
        return streamed is not None and streamed.stopped_by == "length"

    def stream(self, text: str) -> Iterator[str]:
        """Pieces of the answer as they come; together they are what `answers` gives.

        What prompts begin with is read once, as long as one follows the other.
        """
        if self._model is None or self._renderer is None:
            return iter([self.answers([text]).written_N[0]])  # type: ignore[index]
        from sartor.engines.writing.decoding import Decoding

        [prompt] = self.prompts([text])
        tokens = self._tokens(prompt)
        self.is_truncated = [tokens.is_cut]
        self.num_truncated += tokens.is_cut
        if self._streams is None:
            from sartor.engines.writing.writer import Writer

            self._streams = Writer(
                self._model,
                stop_ids={self._renderer.stop_id},
                tokenizer=self._renderer.tokenizer,
                known=self._beginning,
            )
        pieces = self._streams.stream(
            tokens.tokens_T,
            max_new_tokens=self.manifest.max_answer_tokens,
            decoding=Decoding(**self.manifest.decoding),
            stop_strings=prompt.stop_texts,
        )
        return _stripped(pieces)

    def _ask(self, texts: Sequence[str]) -> Any:
        return self.logits(texts) if self.output_kind in CLASSIFIED else self.answers(texts)

    def _served_files(self) -> list[Path]:
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return [p for p in files if p.relative_to(self.folder).parts[0] not in NOT_SERVED]

    @cached_property
    def _beginning(self) -> Prefix | None:
        """What all its prompts begin with, examples above all: read once for messages that come alone."""
        from sartor.engines.writing.reading import shared_beginning

        assert self._model is not None
        texts = ["1", "a"]
        if self.manifest.is_conversation:
            texts = [conversation_text([Turn("user", text)]) for text in texts]
        prompts = [self._tokens(prompt).tokens_T for prompt in self.prompts(texts)]
        return shared_beginning(self._model, prompts)

    def _count_truncated(self, prompts: Sequence[Prompt]) -> None:
        self.is_truncated = [self._tokens(prompt).is_cut for prompt in prompts]
        self.num_truncated += sum(self.is_truncated)

    def _tokens(self, prompt: Prompt) -> Any:
        assert self._renderer is not None
        return self._renderer.prompt(prompt, answer_tokens=self.manifest.max_answer_tokens)


def load_written(folder: Path, manifest: Manifest, recall: Recall) -> ServedWriter:
    """Load a package that writes.

    Raises:
        PackageError: A file is missing or broken, or its base is not the one it was measured with.
    """
    try:
        recalled = recall(folder, asdict(manifest))
        return ServedWriter(folder, manifest=manifest, recalled=recalled)
    except BaseModelError as error:
        raise PackageError(
            where=error.where,
            problem=error.problem,
            fix="Copy the whole package again from where it was written.",
        ) from error


def _renderer(folder: Path, manifest: Manifest, base: BaseModel) -> Renderer:
    """As in training; refused where the tokenizer has come to end answers otherwise."""
    from sartor.engines.rendering import Renderer

    assert manifest.max_tokens is not None
    renderer = Renderer(base, max_tokens=manifest.max_tokens)
    if (renderer.stop_id,) != manifest.stop_ids:
        raise PackageError(
            where=f"{folder / 'sartor.json'} > stop_ids",
            problem=f"answers end with token {list(manifest.stop_ids)}, by the tokenizer's files with "
            f"{renderer.stop_id}.",
            fix="Copy the whole package again from where it was written.",
        )
    return renderer


def _model(base: BaseModel) -> LanguageModel:
    from sartor.engines.encoder_engine import pick_device
    from sartor.engines.load_writer import load_writer
    from sartor.engines.writing.language_model import LanguageModel

    model = load_writer(base).to(pick_device())
    model.requires_grad_(False)
    return LanguageModel.of(model)


def _stripped(pieces: Iterator[str]) -> Iterator[str]:
    """Without white space around the whole; closed, it closes what it reads from."""
    held, has_begun = "", False
    try:
        for piece in pieces:
            fresh = held + piece if has_begun else piece.lstrip()
            shown = fresh.rstrip()
            held = fresh[len(shown) :]
            has_begun = has_begun or bool(shown)
            if shown:
                yield shown
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
