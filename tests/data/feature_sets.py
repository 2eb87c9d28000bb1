"""Features as an encoder might give them, made from a seed: directions of kinds, and noise."""

from __future__ import annotations

import numpy as np


def kinds(num_kinds: int, num_rows: int, *, noise: float = 0.12, width: int = 48, seed: int = 0):
    """Rows around a direction for each kind: features (N, D) float32 and the kind of each row."""
    rng = np.random.default_rng(seed)
    direction_KD = rng.normal(size=(num_kinds, width))
    direction_KD /= np.linalg.norm(direction_KD, axis=1, keepdims=True)
    kind_N = rng.integers(0, num_kinds, num_rows)
    noise_ND = rng.normal(size=(num_rows, width)) * noise
    return (direction_KD[kind_N] + noise_ND).astype(np.float32), kind_N
