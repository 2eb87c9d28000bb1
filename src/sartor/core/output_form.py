"""The two ways in which a decoder or an encoder-decoder gives labels.

They compete side by side under the same method names, each with a search, a budget and a final of its own.
"""

from __future__ import annotations

from typing import Final

OUTPUT: Final = "output"
"""The setting that says which."""
LABELS: Final = "labels"
"""The model rates the names of the labels, as texts that it might write."""
CLASS_HEAD: Final = "class head"
"""A layer with one output a label stands where the model's own output layer stood."""
