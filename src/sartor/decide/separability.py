"""How well the features of a frozen base separate the labels: LogME and H-score, from one forward pass.

Both rank bases of any width and kind on the same rows, encoders and decoders alike; neither is an accuracy.

Shape letters: N rows, D width, R rank of the features, C labels.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from sartor.core.errors import DataError

MOST_ROUNDS = 100
PRECISION = 1e-6
SMALLEST_SHARE = 1e-10
"""Directions with less of the largest singular value are noise of the arithmetic."""


def log_maximum_evidence(features_ND: np.ndarray, labels: Sequence[Hashable]) -> float:
    """LogME: log evidence per row of a Bayesian linear model, the mean over labels against the rest.

    Evidence punishes a model that could fit anything, so wide features do not win by their width.

    Args:
        features_ND: Pooled trunk outputs.
        labels: One of each row.

    Returns:
        Higher is better; comparable between bases on the same rows only.

    Source:
        You et al. 2021, arXiv 2102.11005; the fixed point of MacKay 1992, section 3.
    """
    features_ND, targets_NC = _checked(features_ND, labels)
    left_NR, singular_R, _ = np.linalg.svd(features_ND, full_matrices=False)
    kept = singular_R > SMALLEST_SHARE * max(float(singular_R[0]), 1e-300)
    left_NR, squared_R = left_NR[:, kept], singular_R[kept] ** 2
    found = [_best_evidence(left_NR, squared_R, target_N) for target_N in targets_NC.T]
    return float(np.mean(found)) / len(targets_NC)


def _best_evidence(left_NR: np.ndarray, squared_R: np.ndarray, target_N: np.ndarray) -> float:
    """Log evidence at the precisions of weights and noise that make it largest."""
    num_rows = len(target_N)
    projected_R = left_NR.T @ target_N
    beyond = max(float(target_N @ target_N - projected_R @ projected_R), 0.0)
    weights_precision, noise_precision = 1.0, 1.0
    for _ in range(MOST_ROUNDS):
        ratio = weights_precision / noise_precision
        effective = float((squared_R / (squared_R + ratio)).sum())
        weights = float((projected_R**2 * squared_R / (squared_R + ratio) ** 2).sum())
        residual = float((projected_R**2 * (ratio / (squared_R + ratio)) ** 2).sum()) + beyond
        weights_precision = effective / max(weights, 1e-12)
        noise_precision = max(num_rows - effective, 1e-12) / max(residual, 1e-12)
        if abs(weights_precision / noise_precision - ratio) <= PRECISION * ratio:
            break
    return _log_evidence(
        squared_R, projected_R, beyond, weights_precision, noise_precision, num_rows
    )


def _log_evidence(
    squared_R: np.ndarray,
    projected_R: np.ndarray,
    beyond: float,
    weights_precision: float,
    noise_precision: float,
    num_rows: int,
) -> float:
    """Log density of the targets with the weights integrated out."""
    ratio = weights_precision / noise_precision
    weights = float((projected_R**2 * squared_R / (squared_R + ratio) ** 2).sum())
    residual = float((projected_R**2 * (ratio / (squared_R + ratio)) ** 2).sum()) + beyond
    shrunk_R = ratio / (ratio + squared_R)
    return 0.5 * (
        num_rows * np.log(noise_precision / (2 * np.pi))
        + float(np.log(shrunk_R).sum())
        - noise_precision * residual
        - weights_precision * weights
    )


def h_score(
    features_ND: np.ndarray, labels: Sequence[Hashable], *, is_shrunk: bool = True
) -> float:
    """H-score: how much of the features' variance lies between the labels, whitened.

    Args:
        features_ND: Pooled trunk outputs.
        labels: One of each row.
        is_shrunk: The covariance is shrunk by Ledoit and Wolf, and the means of the labels with it, without
            which the score only grows with the width where there are few rows.

    Returns:
        0 to the number of labels less one; higher is better.

    Source:
        Bao et al. 2019 (ICIP); shrunk: Ibrahim et al. 2021, arXiv 2110.06893.
    """
    features_ND, targets_NC = _checked(features_ND, labels)
    centred_ND = features_ND - features_ND.mean(axis=0)
    counts_C = targets_NC.sum(axis=0)
    means_CD = targets_NC.T @ centred_ND / counts_C[:, None]
    between_DD = (means_CD * counts_C[:, None]).T @ means_CD / len(centred_ND)
    if not is_shrunk:
        covariance_DD = centred_ND.T @ centred_ND / len(centred_ND)
        return float(
            np.trace(np.linalg.pinv(covariance_DD, rcond=1e-10, hermitian=True) @ between_DD)
        )
    from sklearn.covariance import ledoit_wolf

    covariance_DD, shrinkage = ledoit_wolf(centred_ND, assume_centered=True)
    if not np.trace(covariance_DD) > 0:
        return 0.0
    return float((1 - shrinkage) * np.trace(np.linalg.solve(covariance_DD, between_DD)))


def _checked(features_ND: np.ndarray, labels: Sequence[Hashable]) -> tuple[np.ndarray, np.ndarray]:
    """Features in double precision, and the labels as columns of 0 and 1, (N, C)."""
    features_ND = np.asarray(features_ND, dtype=np.float64)
    if features_ND.ndim != 2 or len(features_ND) != len(labels) or not len(labels):
        raise _unusable(
            f"features of shape {features_ND.shape} do not belong to {len(labels)} labels."
        )
    if not np.isfinite(features_ND).all():
        raise _unusable("some features are not finite numbers.")
    names = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    if len(names) < 2:
        raise _unusable("all rows have one label; nothing is to be separated.")
    targets_NC = np.zeros((len(labels), len(names)))
    targets_NC[np.arange(len(labels)), [names[label] for label in labels]] = 1.0
    return features_ND, targets_NC


def _unusable(problem: str) -> DataError:
    return DataError(
        where="features of the sample",
        problem=problem,
        fix="Give one finite row of features for each labelled row, with two labels or more.",
    )
