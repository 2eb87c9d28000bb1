"""Sentences that a tiny model can learn."""

from __future__ import annotations

import random

_WHO = ("The tailor", "My sister", "A customer", "The driver", "Our neighbour", "The clerk")
_DOES = ("measures", "forgets", "brings back", "pays for", "asks about", "folds")
_WHAT = ("the grey coat", "two parcels", "a linen shirt", "the wrong key", "this invoice")


def sentence(rng: random.Random) -> str:
    return (
        f"{rng.choice(_WHO)} {rng.choice(_DOES)} {rng.choice(_WHAT)}, number {rng.randrange(99)}."
    )
