"""How many rows it would take to tell two candidates apart: the advice of a "not yet"."""

from __future__ import annotations

import math

from scipy.stats import norm


def rows_needed(
    difference: float, discordant_share: float, *, power: float = 0.8, level: float = 0.95
) -> int:
    """Test rows at which a paired comparison (McNemar) would show a difference.

    Connor 1987, "Sample size for testing differences in proportions for the paired-sample
    design", Biometrics 43: n = (z_a sqrt(q) + z_b sqrt(q - d^2))^2 / d^2.

    Args:
        difference: True difference of the shares right, d, not 0; its sign does not matter.
        discordant_share: Share of rows that only one of the two gets right, q, at least |d|.
        power: Probability of showing the difference, 0 to 1.
        level: 1 minus the two-sided error probability.

    Returns:
        Independent rows in all.
    """
    assert difference != 0, "nothing can show a difference that is not there"
    share = max(discordant_share, abs(difference))
    reach = norm.ppf((1 + level) / 2) * math.sqrt(share)
    reach += norm.ppf(power) * math.sqrt(share - difference**2)
    return math.ceil((reach / difference) ** 2)
