"""A name becomes an object by `module:object`, loaded on use; others join by entry point."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any


class Registry:
    """Named things of one sort: methods, readers.

    Args:
        group: Entry-point group through which other packages add theirs, `sartor.methods`.
        built_in: Name to `module:object`, in the order in which they are shown.
    """

    def __init__(self, group: str, built_in: Mapping[str, str]) -> None:
        self.group = group
        self._paths = dict(built_in)
        self._is_complete = False

    def names(self) -> list[str]:
        """Every known name; nothing is imported."""
        self._join_entry_points()
        return list(self._paths)

    def load(self, name: str) -> Any:
        """The object, imported now. KeyError where the name is unknown."""
        self._join_entry_points()
        module, _, attribute = self._paths[name].partition(":")
        return getattr(import_module(module), attribute)

    def _join_entry_points(self) -> None:
        if not self._is_complete:
            for point in entry_points(group=self.group):
                self._paths.setdefault(point.name, point.value)
            self._is_complete = True
