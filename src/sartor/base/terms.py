"""Whether a base model may and can be used for what the goal names: its licence, its architecture."""

from __future__ import annotations

from collections.abc import Collection

from sartor.core.base_model import BaseModel
from sartor.core.errors import BaseModelError

COMMERCIAL = frozenset(
    {
        "apache-2.0",
        "mit",
        "bsd-2-clause",
        "bsd-3-clause",
        "cc0-1.0",
        "cc-by-4.0",
        "unlicense",
        "isc",
    }
)
"""Licences that allow commercial use without further conditions than naming the source."""


def check_licence(base: BaseModel, use: str | None) -> None:
    """Refuse a base model whose licence does not clearly allow the use.

    Args:
        base: The base model.
        use: `commercial`, `internal`, `research`, or None where the goal does not say.

    Raises:
        BaseModelError: Commercial use, and the licence is not among those that plainly allow it.
    """
    if use != "commercial" or base.licence.lower() in COMMERCIAL:
        return
    raise BaseModelError(
        where=f"bases > {base.id}",
        problem=f"licence `{base.licence}` is not known to allow commercial use.",
        fix="Read the licence; if it fits, take `constraints: {licence: commercial}` out.",
    )


def check_architecture(base: BaseModel, architectures: Collection[str]) -> None:
    """Refuse a base model that the task cannot use.

    Args:
        base: The base model.
        architectures: Those that the task and its methods can use.

    Raises:
        BaseModelError: It is of another one.
    """
    if base.architecture not in architectures:
        wanted = " or ".join(sorted(architectures))
        raise BaseModelError(
            where=f"bases > {base.id}",
            problem=f"its family, {base.family}, is made of {base.architecture}s; this task needs {wanted}s.",
            fix=f"Name one of another family, or leave `bases` out to use the embedded {wanted}.",
        )
