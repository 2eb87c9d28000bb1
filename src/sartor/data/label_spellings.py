"""Labels that look like other spellings of one: shown, never joined unasked."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict

import numpy as np

from sartor.core.dataset import Count
from sartor.data.personal import excerpt
from sartor.data.rows import TRAIN, VALID, Rows

_NO_LETTER = re.compile(r"[\W_]+")


def label_spellings(rows: Rows, part_N: np.ndarray) -> list[Count]:
    """Labels that differ in case, accents, spaces and signs only, or by an `s` at the end."""
    alike: dict[str, list[int]] = defaultdict(list)
    for index, name in enumerate(rows.label_names):
        alike[_skeleton(name)].append(index)
    counts_L = rows.label_counts(np.isin(part_N, (TRAIN, VALID)))
    families = [sorted(family, key=lambda at: -counts_L[at]) for family in alike.values()]
    families = [family for family in families if len(family) > 1]
    if not families:
        return []
    rarer = [label for family in families for label in family[1:]]
    shown = [
        f"`{excerpt(rows.label_names[label])}: {excerpt(rows.label_names[family[0]])}`"
        for family in families
        for label in family[1:]
    ]
    note = (
        "They look like other spellings of one label and were kept apart; "
        "if they are, join them under `prepare: {label_names: ...}`."
    )
    num_rows = int(sum(counts_L[label] for label in rarer))
    return [Count("labels spelled in several ways", num_rows, note, tuple(shown[:3]))]


def _skeleton(name: str) -> str:
    """Letters and digits, without case, accents and a plural `s`."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    plain = _NO_LETTER.sub("", "".join(one for one in apart if not unicodedata.combining(one)))
    return plain.removesuffix("s") or name
