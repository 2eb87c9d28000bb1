"""What loaded packages share: what they say of themselves, their size, and how long an answer takes."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sartor.core.goal import OutputKind
from sartor.engines.packages.card import CARD_FILE, ONNX_FILE, Manifest, PackageCard

LEAST_MESSAGES = 3
"""Messages whose answers are timed, however long they take."""


class LoadedPackage(ABC):
    """A package that answers.

    Args:
        folder: The package.
        manifest: Its `sartor.json`.
    """

    warm_up_messages = 5
    """Messages answered before the clock counts: the first ones pay for memory."""
    measured_seconds = math.inf
    """After which no further answer is timed."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self.num_truncated = 0
        """Inputs, or prompts made of them, of which some sign was not read since loading."""
        self.is_truncated: list[bool] = []
        """Of which ones of the last call."""

    @property
    def card(self) -> PackageCard:
        """What the decision said of it."""
        return self.manifest.card

    @property
    def output_kind(self) -> OutputKind:
        """What its answers are."""
        return self.manifest.output_kind

    @property
    def labels(self) -> tuple[str, ...]:
        """Label of each logit, or of spans; empty for scores, texts and records."""
        return self.manifest.labels

    @property
    def size_bytes(self) -> int:
        """Bytes of the package that serving reads; the base of a prompt lies elsewhere and is not counted."""
        return sum(path.stat().st_size for path in self._served_files())

    def measure_latency(self, texts: Sequence[str]) -> tuple[float, float]:
        """Milliseconds to answer one message to its end: median and 95th percentile.

        Args:
            texts: Messages, asked one at a time; at least one. Some are left out once
                `measured_seconds` are over.
        """
        before = self.num_truncated
        for text in texts[: self.warm_up_messages]:
            self._ask([text])
        milliseconds: list[float] = []
        for text in texts:
            is_enough = len(milliseconds) >= LEAST_MESSAGES
            if is_enough and sum(milliseconds) > self.measured_seconds * 1000:
                break
            start = time.perf_counter()
            self._ask([text])
            milliseconds.append((time.perf_counter() - start) * 1000)
        self.num_truncated = before
        p50, p95 = np.percentile(milliseconds, [50, 95])
        return float(p50), float(p95)

    @abstractmethod
    def _ask(self, texts: Sequence[str]) -> Any:
        """Answers to some messages, whatever their kind: only the time they take counts."""

    @abstractmethod
    def _served_files(self) -> list[Path]:
        """All files of the package that answering reads."""


def onnx_files(folder: Path, tokenizers: Iterable[str]) -> list[Path]:
    """What is read of a package with an ONNX form."""
    # Weights beyond 2 GB lie beside the graph, under their own names.
    beside = [path for path in folder.glob("onnx__*") if path.is_file()]
    return [*(folder / name for name in (CARD_FILE, ONNX_FILE, *tokenizers)), *beside]


def valid_text(text: str) -> str:
    """Without lone surrogates, which JSON can carry and no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
