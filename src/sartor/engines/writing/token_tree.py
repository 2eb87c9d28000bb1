"""Continuations as one tree of tokens, laid out so that a single pass can read all of it.

Shape letters: C choices, M inner nodes, E edges, L longest choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ROOT = 0


@dataclass(frozen=True)
class TokenTree:
    """Continuations as a tree; position 0 is the prompt's last token, the others are inner nodes."""

    tokens_M: np.ndarray
    """Token of each inner node."""
    depth_M: np.ndarray
    """Tokens between it and the prompt."""
    sees_MM: np.ndarray
    """Whether a node's way leads over another; itself included."""
    asked: tuple[tuple[int, ...], ...]
    """For each position the tokens that may come next: M + 1 of them."""
    edges_CL: np.ndarray
    """Edges of each choice, padded with E: edges are numbered position by position as in `asked`."""

    @property
    def num_nodes(self) -> int:
        """M."""
        return len(self.tokens_M)


def tree_of(choices: Sequence[np.ndarray]) -> TokenTree:
    """The tree of some choices, each of which has a token."""
    paths = [tuple(int(token) for token in choice) for choice in choices]
    position: dict[tuple[int, ...], int] = {(): ROOT}
    asked: list[dict[int, None]] = [{}]
    for path in paths:
        for at, token in enumerate(path):
            if path[:at] not in position:
                position[path[:at]] = len(asked)
                asked.append({})
            asked[position[path[:at]]][token] = None
    inner = list(position)[1:]
    sees_MM = np.zeros((len(inner), len(inner)), dtype=bool)
    for node, way in enumerate(inner):
        for at in range(1, len(way) + 1):
            sees_MM[node, position[way[:at]] - 1] = True
    first = np.cumsum([0, *map(len, asked)])
    number = {
        (place, token): int(first[place]) + at
        for place, tokens in enumerate(asked)
        for at, token in enumerate(tokens)
    }
    edges_CL = np.full((len(paths), max(map(len, paths))), int(first[-1]), dtype=np.int64)
    for row, path in enumerate(paths):
        for at, token in enumerate(path):
            edges_CL[row, at] = number[position[path[:at]], token]
    return TokenTree(
        np.array([way[-1] for way in inner], dtype=np.int64),
        np.array([len(way) - 1 for way in inner], dtype=np.int64),
        sees_MM,
        tuple(tuple(tokens) for tokens in asked),
        edges_CL,
    )
