"""Splits that the names of files say: `train.jsonl`, `dev-00000-of-00003.parquet`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from sartor.core.address import split_part
from sartor.data.byte_stream import DataFile

SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "dev": "valid",
    "test": "test",
    "testing": "test",
    "heldout": "test",
}
"""What people write in a split column or a file name, and the split that is meant."""


def split_by_name(files: list[DataFile]) -> tuple[list[DataFile], bool]:
    """Take the splits from the names where every name has one and there is a `train`."""
    splits = [split_word(Path(split_part(file.name)[0])) for file in files]
    if None in splits or "train" not in splits or len(set(splits)) == 1:
        return files, False
    return [
        replace(file, split=split or "") for file, split in zip(files, splits, strict=True)
    ], True


def split_word(path: Path) -> str | None:
    """The split that the first word of a name means; None where it means none."""
    return SPLIT_WORDS.get(re.split(r"[-_.\d]", path.name.lower())[0])
