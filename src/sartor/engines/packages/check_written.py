"""Law 5 for written answers: the package, loaded anew, must write what was measured.

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
from sartor.core.recalled import Recall
from sartor.engines.packages.card import read_manifest
from sartor.engines.packages.serve_writer import load_written

MOST_CHECKED = 200
"""Texts that are asked again; writing takes its time."""
MAX_LOG_PROBABILITY_DIFFERENCE = 1e-3
"""Of the mean of a text's tokens, in nats."""
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
    folder: Path, texts: Sequence[str], expected: Answers, *, recall: Recall
) -> WrittenCheck:
    """Load a package anew, ask it the first 200 texts, compare.

    Args:
        folder: The package as users get it.
        texts: N texts that were answered before.
        expected: The answers measured then.
        recall: Finds what stands behind the package.

    Raises:
        PackageError: More texts differ than rounding explains, or a mean log-probability by more
            than 0.001 where the text is the same.
    """
    assert expected.written_N is not None
    manifest = read_manifest(folder)
    served = load_written(folder, manifest, recall)
    asked = list(texts[:MOST_CHECKED])
    found = served.answers(asked)
    assert found.written_N is not None
    is_different_N = np.array(
        [ours != theirs for ours, theirs in zip(found.written_N, expected.written_N, strict=False)],
        dtype=bool,
    )
    # The same texts in the same order go through in the same batches, to the bit.
    is_rounded = manifest.kind == "writer_adapter" or len(asked) < len(texts)
    allowed = int(DIFFERENT_SHARE * len(asked)) if is_rounded and served.has_model else 0
    if is_different_N.sum() > allowed:
        raise _difference(folder, is_different_N, "the text that it writes")
    pair = found.logits_NC[:, 0], expected.logits_NC[: len(asked), 0]
    is_near_N = np.isclose(*pair, rtol=0, atol=MAX_LOG_PROBABILITY_DIFFERENCE, equal_nan=True)
    if not (is_near_N | is_different_N).all():
        raise _difference(folder, ~(is_near_N | is_different_N), "its log-probability")
    return WrittenCheck(num_texts=len(asked), num_different=int(is_different_N.sum()))


def _difference(folder: Path, is_wrong_N: np.ndarray, what: str) -> PackageError:
    first = int(np.flatnonzero(is_wrong_N)[0])
    return PackageError(
        where=f"{folder}, text {first}",
        problem=f"differs from what was measured in {what}; {int(is_wrong_N.sum())} of "
        f"{len(is_wrong_N)} texts differ.",
        fix="Do not use this package; run again, and report it if it happens again.",
    )
