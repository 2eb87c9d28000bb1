"""Threads that sleep while they wait.

OpenMP's threads spin by default: beside any other load two of them on two cores slow each other down
by a factor of four to ten. The runtimes read these variables when they are loaded, so this comes
before torch and scikit-learn; whatever the user has set stays.
"""

from __future__ import annotations

import os

PATIENT = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}


def wait_without_spinning() -> None:
    """Set the variables that are not set yet."""
    for name, value in PATIENT.items():
        os.environ.setdefault(name, value)
