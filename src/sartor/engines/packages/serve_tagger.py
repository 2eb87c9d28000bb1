"""Marks spans with a package: onnxruntime, tokenizers and numpy, no torch.

Shape letters: N texts, P windows, B windows of a batch, W words, T tokens, C tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sartor.core.candidate import Answers
from sartor.core.tagging import bio_steps, path_log_probability, spans_of, tags_of
from sartor.engines.packages.card import Manifest
from sartor.engines.packages.loaded import LoadedPackage, onnx_files, valid_text
from sartor.engines.windows import WordedText, joined, marked, worded

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

BATCH_WINDOWS = 32


class ServedTagger(LoadedPackage):
    """A package that marks spans, loaded. Made by `load_package`.

    Long texts are read in windows; what counts as cut is a text with a word of endless length.

    Args:
        folder: The package.
        manifest: Its `sartor.json`.
        session: Its `model.onnx`.
        tokenizer: Cuts at the longest input.
    """

    has_probability = True
    """Whether the number beside an answer is a log-probability."""

    def __init__(
        self,
        folder: Path,
        *,
        manifest: Manifest,
        session: InferenceSession,
        tokenizer: Tokenizer,
    ) -> None:
        super().__init__(folder, manifest)
        self._session = session
        self._tokenizer = tokenizer

    def answers(self, texts: Sequence[str]) -> Answers:
        """Spans of N texts, and the log-probability of their tags over the number of words."""
        logits_N1 = np.empty((len(texts), 1), dtype=np.float32)
        spans_N = np.empty(len(texts), dtype=object)
        for row, (text, scores) in enumerate(self._scored(texts)):
            spans_N[row], logits_N1[row] = marked(text, scores, self.labels)
        return Answers(logits_N1, spans_N)

    def log_probabilities(self, texts: Sequence[str], spans_N: np.ndarray) -> np.ndarray:
        """Log-probability of given spans over the number of words, (N,); NaN without words.

        Spans that no tags stand for are impossible: minus infinity.

        Args:
            texts: N texts.
            spans_N: Spans of each, (N,) tuples.
        """
        found_N = np.full(len(texts), np.nan)
        for row, (text, scores) in enumerate(self._scored(texts)):
            if text.words:
                scores_WC = joined(text, scores)
                path_W = tags_of(text.words, spans_N[row], self.labels)
                whole = path_log_probability(path_W, scores_WC, bio_steps(scores_WC.shape[1]))
                is_possible = spans_of(text.words, path_W, self.labels) == tuple(spans_N[row])
                found_N[row] = whole / len(text.words) if is_possible else -np.inf
        return found_N

    def _ask(self, texts: Sequence[str]) -> Answers:
        return self.answers(texts)

    def _served_files(self) -> list[Path]:
        return onnx_files(self.folder, ["tokenizer.json"])

    def _scored(self, texts: Sequence[str]) -> list[tuple[WordedText, list[np.ndarray]]]:
        """Texts as words, and the scores (T, C) of their windows' tokens."""
        read = [worded(self._tokenizer, valid_text(text)) for text in texts]
        encodings = self._tokenizer.encode_batch([w.text for text in read for w in text.windows])
        scores = self._scores([encoding.ids for encoding in encodings])
        bounds = list(pairwise(np.cumsum([0, *(len(text.windows) for text in read)]).tolist()))
        self.is_truncated = [
            any(encoding.overflowing for encoding in encodings[first:last])
            for first, last in bounds
        ]
        self.num_truncated += sum(self.is_truncated)
        return [(text, scores[a:b]) for text, (a, b) in zip(read, bounds, strict=True)]

    def _scores(self, ids: Sequence[list[int]]) -> list[np.ndarray]:
        """Scores of each window's tokens (T, C), in order; windows of like length go together."""
        lengths_P = np.array([len(row) for row in ids], dtype=np.int64)
        scores: list[np.ndarray] = [np.empty(0)] * len(ids)
        order = np.argsort(lengths_P, kind="stable")
        for start in range(0, len(ids), BATCH_WINDOWS):
            rows_B = order[start : start + BATCH_WINDOWS]
            [logits_BTC] = self._session.run(["logits"], self._feed(ids, lengths_P, rows_B))
            for row, logits_TC in zip(rows_B, logits_BTC, strict=True):
                scores[row] = logits_TC[: lengths_P[row]]
        return scores

    def _feed(
        self, ids: Sequence[list[int]], lengths_P: np.ndarray, rows_B: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Padded inputs of some windows, by name; at least one column even for empty texts."""
        shape = (len(rows_B), max(1, int(lengths_P[rows_B].max())))
        tokens_BT = np.full(shape, self.manifest.pad_id, dtype=np.int64)
        for place, row in enumerate(rows_B):
            tokens_BT[place, : lengths_P[row]] = ids[row]
        mask_BT = np.arange(shape[1]) < lengths_P[rows_B][:, None]
        return {"input_ids": tokens_BT, "attention_mask": mask_BT.astype(np.int64)}
