"""What a tagger learns: a BIO tag for every word, read at the word's first token.

Devlin et al. 2018, arXiv 1810.04805, section 5.3 (the first sub-token speaks for its word). Tags are decoded
together, so that no span begins in its middle.

Shape letters: N texts, P windows, B windows of a batch, W words, T tokens, C tags, D width.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from tokenizers import Tokenizer

from sartor.core.candidate import Answers, Fitted, Job
from sartor.core.goal import OutputKind
from sartor.core.hashing import derived_seed
from sartor.core.tagging import num_tags, tag_names, tags_of
from sartor.engines.adapt import Adapted
from sartor.engines.encoder import scoring_batches, shuffled_batches
from sartor.engines.fitted import tagger_of
from sartor.engines.inputs import Inputs
from sartor.engines.memory import parts_of
from sartor.engines.probe import Probe, output_layer, probe_of
from sartor.engines.windows import NO_TOKEN, WordedText, marked, worded

PROBE_WORDS = 20_000
"""Words of which the output layer's start is fitted; more change little and take long."""


@dataclass(frozen=True)
class ReadTexts:
    """Texts with all their windows."""

    texts: list[WordedText]
    windows: list[str]
    """Of all texts in order, P."""
    first_window: np.ndarray
    """Number of each text's first window, (N + 1,)."""


class Reading:
    """Texts as words and windows; the same list of texts is read once.

    Args:
        tokenizer: Of the base, cutting at the longest input.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._read: dict[int, tuple[Sequence[str], ReadTexts]] = {}

    def of(self, texts: Sequence[str]) -> ReadTexts:
        found = self._read.get(id(texts))
        if found is None or found[0] is not texts:
            read = [worded(self.tokenizer, text) for text in texts]
            windows = [window.text for text in read for window in text.windows]
            counts = [len(text.windows) for text in read]
            found = (texts, ReadTexts(read, windows, np.cumsum([0, *counts])))
            self._read[id(texts)] = found
        return found[1]


class Tagging:
    """Implements `training.Objective`.

    Args:
        job: Rows with spans, and settings.
        adapted: The tagger.
        inputs: Turns windows into what the tagger reads.
        reading: Turns texts into windows.
    """

    def __init__(self, job: Job, *, adapted: Adapted, inputs: Inputs, reading: Reading) -> None:
        self.job = job
        self.adapted = adapted
        self.model = adapted.model
        self.inputs = inputs
        self.reading = reading

    def batches(self, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
        return shuffled_batches(self._lengths, batch_size=batch_size, rng=rng)

    def learn(self, rows: np.ndarray, num_parts: int) -> float:
        """Cross-entropy of the words' tags, mean over all words of the windows, in nats."""
        num_words, total = max(1, len(self._words(rows)[2])), 0.0
        for part in parts_of(rows, num_parts):
            loss = self._summed_loss(part) / num_words
            loss.backward()
            total += float(loss.detach())
        return total

    def _summed_loss(self, rows: np.ndarray) -> torch.Tensor:
        batch = self.inputs.read(self._learned_from.windows).batch(rows)
        logits_BTC = self.adapted.learning(*batch)
        window_W, token_W, tags_W = self._words(rows)
        device = logits_BTC.device
        logits_WC = logits_BTC[_on(window_W, device), _on(token_W, device)]
        return torch.nn.functional.cross_entropy(logits_WC, _on(tags_W, device), reduction="sum")

    def answers(self, texts: Sequence[str]) -> Answers:
        """Spans, and the log-probability of their tags over the number of words."""
        read = self.reading.of(texts)
        scores = self._scores(read.windows)
        logits_N1 = np.empty((len(texts), 1), dtype=np.float32)
        spans_N = np.empty(len(texts), dtype=object)
        for row, text in enumerate(read.texts):
            first, last = read.first_window[row : row + 2]
            spans, logits_N1[row] = marked(text, scores[first:last], self.job.facts.labels)
            spans_N[row] = spans
        return Answers(logits_N1, spans_N)

    def scoring(self) -> AbstractContextManager[None]:
        return self.inputs.scoring()

    def fitted(self, adapted: Adapted) -> Fitted:
        return tagger_of(adapted, self.job)

    @torch.inference_mode()
    def probe(self) -> Probe:
        """An output layer fitted to what the model, as it is now, gives it for some of the words."""
        rng = np.random.default_rng(derived_seed(self.job.seed, "probe"))
        order = rng.permutation(len(self._tags))
        num_words = np.cumsum([len(self._tags[window]) for window in order])
        drawn = np.sort(order[: int(np.searchsorted(num_words, PROBE_WORDS)) + 1])
        inputs_WD = np.concatenate([self._inputs_of_output(rows) for rows in self._batches(drawn)])
        tags_W = np.concatenate([self._words(rows)[2] for rows in self._batches(drawn)])
        tags = tuple(tag_names(self.job.facts.labels))
        facts = self.job.facts.with_(output_kind=OutputKind.SINGLE, labels=tags)
        return probe_of(inputs_WD, tags_W, facts=facts)

    @cached_property
    def _learned_from(self) -> ReadTexts:
        return self.reading.of(self.job.rows.texts)

    @cached_property
    def _tags(self) -> list[np.ndarray]:
        """Tags of the words of each window to learn from."""
        found = []
        for text, spans in zip(self._learned_from.texts, self.job.rows.targets, strict=True):
            tags_W = tags_of(text.words, spans, self.job.facts.labels)
            for window in text.windows:
                stop = window.first_word + len(window.token_of_W)
                found.append(tags_W[window.first_word : stop])
        return found

    @cached_property
    def _tokens(self) -> list[np.ndarray]:
        """First tokens of the words of each window to learn from."""
        return [w.token_of_W for text in self._learned_from.texts for w in text.windows]

    def _words(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Place in the batch, token and tag of every word that has a token."""
        window_W = np.repeat(np.arange(len(rows)), [len(self._tokens[row]) for row in rows])
        token_W = np.concatenate([self._tokens[row] for row in rows])
        tags_W = np.concatenate([self._tags[row] for row in rows])
        has_token_W = token_W != NO_TOKEN
        return window_W[has_token_W], token_W[has_token_W], tags_W[has_token_W]

    def _batches(self, windows: np.ndarray) -> list[np.ndarray]:
        lengths = self._lengths[windows]
        return [windows[rows] for rows in scoring_batches(lengths, self._device)]

    def _inputs_of_output(self, rows: np.ndarray) -> np.ndarray:
        """What the output layer receives for the words of some windows, (W, D)."""
        caught: list[torch.Tensor] = []
        layer = output_layer(self.model, num_tags(self.job.facts.labels))
        hook = layer.register_forward_pre_hook(lambda _, args: caught.append(args[0]))
        self.model.eval()
        self.model(*self.inputs.read(self._learned_from.windows).batch(rows))
        hook.remove()
        window_W, token_W, _ = self._words(rows)
        device = caught[0].device
        return caught[0][_on(window_W, device), _on(token_W, device)].float().cpu().numpy()

    def _scores(self, windows: Sequence[str]) -> list[np.ndarray]:
        """Scores of each window's tokens, (T, C)."""
        rows = self.inputs.read(windows)
        scores: list[np.ndarray] = [np.empty(0)] * len(windows)
        for batch_rows in scoring_batches(rows.lengths, self._device):
            logits_BTC = self.model(*rows.batch(batch_rows)).float().cpu().numpy()
            for row, logits_TC in zip(batch_rows, logits_BTC, strict=True):
                scores[row] = logits_TC[: rows.lengths[row]].copy()
        return scores

    @property
    def _lengths(self) -> np.ndarray:
        """Tokens of each window to learn from, (P,)."""
        return self.inputs.read(self._learned_from.windows).lengths

    @property
    def _device(self) -> torch.device:
        return next(self.model.parameters()).device


def _on(numbers: np.ndarray, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(numbers).to(device)
