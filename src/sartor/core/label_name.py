"""Whether a label's own name counts as one more example of it: a setting of several methods."""

from __future__ import annotations

from typing import Final

LABEL_NAME: Final = "label_name"
AS_EXAMPLE: Final = "as an example"
UNUSED: Final = "unused"
