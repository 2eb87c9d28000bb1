"""Law 5 for written and extracted answers: the package, loaded anew, must answer what was measured.

Shape letters: N texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sartor.core.candidate import Answers
from sartor.core.errors import PackageError
from sartor.core.goal import OutputKind
from sartor.core.recalled import Recall, no_recall
from sartor.engines.packages.serve import ServedModel, load_package
from sartor.engines.packages.serve_tagger import ServedTagger
from sartor.engines.packages.serve_writer import ServedWriter

MOST_CHECKED = 200
"""Texts that a language model is asked again to write to; that takes its time."""
MAX_LOG_PROBABILITY_DIFFERENCE = 1e-3
"""Of the mean of a text's tokens or words, in nats."""
DIFFERENT_SHARE = 0.01
"""Texts that may differ where rounding can turn a near tie: weights that were merged, other batches."""


@dataclass(frozen=True)
class WrittenCheck:
    """How the package was held against what was measured."""

    num_texts: int
    """Test inputs that were asked again."""
    num_different: int
    """Texts among them that differ, all within what rounding explains."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_written_package(
    folder: Path, texts: Sequence[str], expected: Answers, *, recall: Recall = no_recall
) -> WrittenCheck:
    """Load a package anew, ask it again, compare texts, spans or records.

    Args:
        folder: The package as users get it.
        texts: N texts that were answered before; of what writes, the first 200 are asked.
        expected: The answers measured then.
        recall: Finds what stands behind the package.

    Raises:
        PackageError: More texts differ than rounding explains, or a mean log-probability by more
            than 0.001 where the answer is the same.
    """
    assert expected.written_N is not None
    served = load_package(folder, recall=recall)
    assert not isinstance(served, ServedModel), "labels are compared by their logits"
    is_writer = isinstance(served, ServedWriter) and served.has_model
    asked = list(texts[:MOST_CHECKED] if is_writer else texts)
    found = served.answers(asked)
    assert found.written_N is not None
    differs_N = _differs(found, expected)
    wrong_N = differs_N & ~_is_near_tie(served, asked, differs_N, found, expected)
    # The same texts in the same order go through in the same batches, to the bit.
    is_rounded = served.manifest.kind == "writer_adapter" or len(asked) < len(texts)
    allowed = int(DIFFERENT_SHARE * len(asked)) if is_rounded and is_writer else 0
    if wrong_N.sum() > allowed:
        is_text = served.output_kind is OutputKind.TEXT
        what = "the text that it writes" if is_text else "its answer"
        raise _difference(folder, wrong_N, what)
    is_near_N = _is_near(found.logits_NC[:, 0], expected.logits_NC[: len(asked), 0])
    if not (is_near_N | wrong_N).all():
        raise _difference(folder, ~(is_near_N | wrong_N), "its log-probability")
    return WrittenCheck(num_texts=len(asked), num_different=int(differs_N.sum()))


def _differs(found: Answers, expected: Answers) -> np.ndarray:
    assert found.written_N is not None
    assert expected.written_N is not None
    pairs = zip(found.written_N, expected.written_N, strict=False)
    return np.array([ours != theirs for ours, theirs in pairs], dtype=bool)


def _is_near_tie(
    served: ServedTagger | ServedWriter,
    texts: Sequence[str],
    differs_N: np.ndarray,
    found: Answers,
    expected: Answers,
) -> np.ndarray:
    """Whose measured spans a tagger finds as probable as its own, but for rounding, (N,) bool."""
    is_tie_N = np.zeros(len(texts), dtype=bool)
    rows: list[int] = np.flatnonzero(differs_N).tolist()
    if isinstance(served, ServedTagger) and rows:
        assert expected.written_N is not None
        measured = served.log_probabilities([texts[row] for row in rows], expected.written_N[rows])
        is_tie_N[rows] = _is_near(measured, found.logits_NC[rows, 0])
    return is_tie_N


def _is_near(found_N: np.ndarray, expected_N: np.ndarray) -> np.ndarray:
    return np.isclose(
        found_N, expected_N, rtol=0, atol=MAX_LOG_PROBABILITY_DIFFERENCE, equal_nan=True
    )


def _difference(folder: Path, is_wrong_N: np.ndarray, what: str) -> PackageError:
    first = int(np.flatnonzero(is_wrong_N)[0])
    return PackageError(
        where=f"{folder}, text {first}",
        problem=f"differs from what was measured in {what}; {int(is_wrong_N.sum())} of "
        f"{len(is_wrong_N)} texts differ.",
        fix="Do not use this package; run again, and report it if it happens again.",
    )
