"""Law 5: what was measured is what is shipped. The package must repeat the measured scores.

Shape letters: N texts, C labels (1 for a score).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sartor.core.errors import PackageError
from sartor.core.goal import OutputKind
from sartor.core.recalled import Recall, no_recall
from sartor.engines.packages.serve import ServedModel, load_package
from sartor.engines.packages.serve_tagger import ServedTagger
from sartor.engines.packages.serve_writer import ServedWriter

MAX_PROBABILITY_DIFFERENCE = 1e-3


def check_package(
    folder: Path,
    texts: Sequence[str],
    expected_logits: np.ndarray,
    tolerance: float,
    *,
    recall: Recall = no_recall,
) -> None:
    """Load a package anew, score the texts, compare.

    Args:
        folder: The package as users get it.
        texts: N texts that were scored before.
        expected_logits: Logits (N, C) measured then.
        tolerance: How close a decision must be, in logits, to fall either way; for a score the
            greatest difference, relative where the score is above 1.
        recall: Finds what stands behind a writer that rates labels.

    Raises:
        PackageError: A clear decision differs, or a probability by more than 0.001.
    """
    served = load_package(folder, recall=recall)
    assert not isinstance(served, ServedTagger), "marked spans have no logits"
    found = served.logits(texts)
    if found.shape != expected_logits.shape:
        raise PackageError(
            where=str(folder),
            problem=f"gives logits of shape {found.shape}, measured were {expected_logits.shape}.",
            fix="Write the package again from the run.",
        )
    sizes_N, allowed_N, what = _deviations(served, found, expected_logits, tolerance)
    wrong = np.flatnonzero(~(sizes_N <= allowed_N))
    if not wrong.size:
        wrong, sizes_N, what = _turned_decisions(served, found, expected_logits, tolerance)
    if wrong.size:
        raise _difference(folder, wrong, sizes_N, what)


def _deviations(
    served: ServedModel | ServedWriter,
    found_NC: np.ndarray,
    expected_NC: np.ndarray,
    tolerance: float,
) -> tuple[np.ndarray, np.ndarray, str]:
    """Greatest difference of each text (N,), what is allowed (N,), and what was compared."""
    if served.output_kind is OutputKind.SCORE:
        sizes_N = np.abs(found_NC - expected_NC).max(axis=1)
        return sizes_N, tolerance * np.maximum(1, np.abs(expected_NC[:, 0])), "the score"
    before, after = (_probabilities(served, logits) for logits in (expected_NC, found_NC))
    sizes_N = np.abs(after - before).max(axis=1)
    return sizes_N, np.full(len(sizes_N), MAX_PROBABILITY_DIFFERENCE), "a probability"


def _turned_decisions(
    served: ServedModel | ServedWriter,
    found_NC: np.ndarray,
    expected_NC: np.ndarray,
    tolerance: float,
) -> tuple[np.ndarray, np.ndarray, str]:
    """Texts decided otherwise although the margin exceeds the tolerance, and the margins (N,)."""
    if served.output_kind is OutputKind.SINGLE and expected_NC.shape[1] > 1:
        top_two = np.sort(expected_NC, axis=1)[:, -2:]
        margin_N = top_two[:, 1] - top_two[:, 0]
        differs_N = found_NC.argmax(axis=1) != expected_NC.argmax(axis=1)
        wrong = np.flatnonzero(differs_N & (margin_N > tolerance))
        return wrong, margin_N, "the label, whose margin was"
    if served.output_kind is OutputKind.MULTI:
        border_C = _threshold_logits(served)
        margin_NC = np.abs(expected_NC - border_C)
        turned_NC = ((found_NC >= border_C) != (expected_NC >= border_C)) & (margin_NC > tolerance)
        margin_N = np.where(turned_NC, margin_NC, 0).max(axis=1)
        return np.flatnonzero(turned_NC.any(axis=1)), margin_N, "a label, whose margin was"
    return np.zeros(0, dtype=np.int64), np.zeros(len(found_NC)), ""


def _probabilities(served: ServedModel | ServedWriter, logits_NC: np.ndarray) -> np.ndarray:
    logits_NC = logits_NC.astype(np.float64)
    if served.output_kind is OutputKind.MULTI:
        return 0.5 * (1 + np.tanh(logits_NC / 2))
    powers_NC = np.exp(logits_NC - logits_NC.max(axis=1, keepdims=True))
    return powers_NC / powers_NC.sum(axis=1, keepdims=True)


def _threshold_logits(served: ServedModel | ServedWriter) -> np.ndarray:
    """Logit from which each label is given, (C,)."""
    thresholds = served.manifest.thresholds or (0.5,) * len(served.labels)
    share_C = np.clip(np.asarray(thresholds, dtype=np.float64), 1e-12, 1 - 1e-12)
    return np.log(share_C / (1 - share_C))


def _difference(folder: Path, wrong: np.ndarray, sizes_N: np.ndarray, what: str) -> PackageError:
    first = int(wrong[0])
    return PackageError(
        where=f"{folder}, text {first}",
        problem=(
            f"differs from what was measured in {what} {sizes_N[first]:.3g}; "
            f"{len(wrong)} of {len(sizes_N)} texts differ."
        ),
        fix="Do not use this package; run again, and report it if it happens again.",
    )
