"""Boilerplate in rows: what stands around many answers is shown, and what people named is removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from sartor.core.dataset import Count
from sartor.data.boilerplate import Boilerplate, CommonLine, find_boilerplate
from sartor.data.common_lines import CommonLines, line_key
from sartor.data.example import Tally
from sartor.data.rows import TRAIN, VALID

_SHOWN_CHARACTERS = 120


class NamedLines:
    """The lines that a goal says are boilerplate, taken away from both ends of texts."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = Boilerplate(tuple(CommonLine(line, 0, 0.0, 0.0, 0) for line in lines))
        self._unmet = {line_key(line): line for line in lines}

    def __bool__(self) -> bool:
        return bool(self._lines.lines)

    def stripped(self, texts: Sequence[str], tally: Tally, *, place: str) -> list[str]:
        """Texts of a row without the lines; the row is counted."""
        found = [self._lines.strip(text) for text in texts]
        removed = [line for one in found for line in one.removed]
        if removed:
            note = "The lines of `prepare.boilerplate` at the ends of their texts were removed."
            tally.count("boilerplate removed", note, place)
        for line in removed:
            self._unmet.pop(line_key(line), None)
        return [one.text for one in found]

    def counts(self) -> list[Count]:
        """Lines that stand nowhere: they were mistyped, or are gone."""
        if not self._unmet:
            return []
        lines = tuple(line_key(line)[:_SHOWN_CHARACTERS] for line in self._unmet.values())
        note = f"{len(lines)} of `prepare.boilerplate` stand at the end of no text."
        return [Count("boilerplate that is nowhere", 0, note, lines[:3])]


def boilerplate_counts(spool: Path, part_N: np.ndarray) -> list[Count]:
    """Lines around many answers of train and valid, for the card. Nothing is removed unasked.

    Args:
        spool: Arrow file with the answers of all rows.
        part_N: The part of each row.
    """
    counted = CommonLines()
    for answer in _answers(spool, np.isin(part_N, (TRAIN, VALID))):
        counted.add(answer)
    lines = find_boilerplate(counted).lines
    if not lines:
        return []
    note = (
        "They stand at the beginning or the end of many different answers (numbers and capitals left out), "
        "and a model learns to write them. Name those that your system adds by itself under "
        "`prepare: {boilerplate: [...]}`."
    )
    shown = tuple(
        f"`{line_key(line.text)[:_SHOWN_CHARACTERS]}` ({100 * line.share:.0f} %)" for line in lines
    )
    return [Count("lines around many answers", lines[0].num_answers, note, shown[:3])]


def _answers(spool: Path, is_known_N: np.ndarray) -> Iterator[str]:
    with pa.memory_map(str(spool)) as source:
        reader = pa.ipc.open_file(source)
        start = 0
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            is_known = is_known_N[start : start + batch.num_rows]
            yield from batch.column("answer").filter(pa.array(is_known)).to_pylist()
            start += batch.num_rows
