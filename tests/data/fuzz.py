"""How many damaged inputs a fuzz test tries: few in `make test`, all of them by hand with `FUZZ=full`."""

from __future__ import annotations

import os

IS_FULL = os.environ.get("FUZZ") == "full"
NUM_TEXTS = 100_000 if IS_FULL else 2_000
"""For each reader of texts."""
NUM_BINARIES = 5_000 if IS_FULL else 200
"""For each reader of binary files."""
