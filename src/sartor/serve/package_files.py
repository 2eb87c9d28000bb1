"""Reads the JSON of a package, which may come from anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sartor.core.errors import PackageError

COPY_AGAIN = "Copy the whole package again from where it was written."


def json_of(path: Path) -> Any:
    """What a file holds.

    Raises:
        PackageError: It is missing or no JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise broken(path, error) from error


def broken(path: Path, error: Exception) -> PackageError:
    """The error of a file that cannot be used."""
    said = str(error).splitlines() or [""]
    return PackageError(
        where=str(path),
        problem=f"is missing or damaged ({type(error).__name__}: {said[0]}).",
        fix=COPY_AGAIN,
    )
