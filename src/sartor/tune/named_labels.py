"""Labels that an API names: an answer is read as one label, or as none; it is never guessed at.

An endpoint gives texts and no probabilities of labels, so the model is asked to name one. What it names
counts where the answer is that name and nothing else, but for case, quotes, marks at its ends and words
before a colon.

Shape letters: N answers, C labels.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from sartor.core.prediction import NOTHING_NAMED
from sartor.core.words import readable_label

NAME_ONE = "Answer with the name of one category as it is written above, and nothing else."
NAMED_LOGIT = 10.0
"""How far a named label stands above the others; the calibration sets what that is worth."""
ROOM_TOKENS = 16
BYTES_OF_A_TOKEN = 2.0
"""Few, so that the longest name fits whatever the tokenizer."""
_MARKS = " \t\n\r\"'`*_.,;:!?()[]{}<>“”‘’«»„-"


def name_tokens(labels: Sequence[str]) -> int:
    """Room for the name of any label."""
    longest = max(len(readable_label(label).encode("utf-8", "replace")) for label in labels)
    return ROOM_TOKENS + math.ceil(longest / BYTES_OF_A_TOKEN)


def named_logits(answers: Sequence[str], labels: Sequence[str]) -> tuple[np.ndarray, int]:
    """Logits (N, C) float32 of what is named, and how many answers name no label.

    An answer that names none has `NOTHING_NAMED` for every label: it is decided as none of them.
    """
    known = _known(labels)
    logits_NC = np.zeros((len(answers), len(labels)), dtype=np.float32)
    num_unknown = 0
    for row, answer in enumerate(answers):
        label = named(answer, known)
        if label is None:
            num_unknown += 1
            logits_NC[row] = NOTHING_NAMED
        else:
            logits_NC[row, label] = NAMED_LOGIT
    return logits_NC, num_unknown


def named(answer: str, known: dict[str, int]) -> int | None:
    """The label that an answer names; None where it names none, or more than a name is there."""
    for said in (answer, answer.rpartition(":")[2] if "\n" not in answer.strip() else answer):
        label = known.get(_plain(said))
        if label is not None:
            return label
    return None


def _known(labels: Sequence[str]) -> dict[str, int]:
    """Names as they are compared; those that two labels share mean neither."""
    known: dict[str, int] = {}
    shared: set[str] = set()
    for index, label in enumerate(labels):
        for name in {_plain(label), _plain(readable_label(label))}:
            if known.setdefault(name, index) != index:
                shared.add(name)
    return {name: index for name, index in known.items() if name not in shared}


def _plain(text: str) -> str:
    """Without case, without marks at the ends, words joined by one space each."""
    return re.sub(r"[\s_-]+", " ", text.strip(_MARKS)).strip().casefold()
