"""Labels as words."""

from __future__ import annotations

import re


def readable_label(label: str) -> str:
    """`cash_withdrawalNotRecognised?` becomes `cash withdrawal not recognised`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    return re.sub(r"[\s_\-./?]+", " ", spaced).strip().lower() or label
