"""What safetensors files say of themselves, without reading a weight.

Source: the safetensors format, https://github.com/huggingface/safetensors#format.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sartor.base.documents import FETCH_AGAIN, is_lfs_pointer, lfs_pointer_error
from sartor.core.errors import BaseModelError

HEADER_BYTES = 100_000_000
"""Largest header that the format allows."""
COMPARED_BYTES = 1 << 20
"""Read at a time where two tensors are compared."""


@dataclass(frozen=True)
class StoredTensor:
    """One tensor of a file, by what the file's header says."""

    file: Path
    dtype: str
    """The format's name: `F32`, `BF16`, ..."""
    shape: tuple[int, ...]
    begin: int
    """First byte in the file."""
    end: int
    """Byte after the last."""

    @property
    def is_float(self) -> bool:
        """Whether it may be learned; buffers of other types are not."""
        return self.dtype.startswith(("F", "BF"))

    @property
    def num_parameters(self) -> int:
        """Numbers that it holds."""
        return math.prod(self.shape)

    def holds_the_same_as(self, other: StoredTensor) -> bool:
        """Whether two tensors are equal to the bit; reads as far as the first difference."""
        if (self.dtype, self.shape) != (other.dtype, other.shape):
            return False
        with self.file.open("rb") as ours, other.file.open("rb") as theirs:
            ours.seek(self.begin)
            theirs.seek(other.begin)
            left = self.end - self.begin
            while left > 0:
                num_bytes = min(left, COMPARED_BYTES)
                if ours.read(num_bytes) != theirs.read(num_bytes):
                    return False
                left -= num_bytes
        return True


def read_header(path: Path) -> dict[str, StoredTensor]:
    """Every tensor of one file by name.

    Raises:
        BaseModelError: It is no safetensors file, or cut short.
    """
    num_bytes = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if is_lfs_pointer(start + file.read(32)):
            raise lfs_pointer_error(path)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > min(HEADER_BYTES, num_bytes - 8):
            raise _broken(path, f"its header would have {length:,} of the file's {num_bytes:,}")
        file.seek(8)
        header = _parsed(path, file.read(length))
    tensors = {name: _tensor(path, name, entry, 8 + length) for name, entry in header.items()}
    expected = max((tensor.end for tensor in tensors.values()), default=8 + length)
    if expected != num_bytes:
        raise _broken(path, f"it has {num_bytes:,} and should have {expected:,}")
    return tensors


def _parsed(path: Path, content: bytes) -> dict[str, Any]:
    try:
        header = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _broken(path, f"its header of {len(content):,} is no JSON") from error
    if not isinstance(header, dict):
        raise _broken(path, f"its header of {len(content):,} is no JSON object")
    return {name: entry for name, entry in header.items() if name != "__metadata__"}


def _tensor(path: Path, name: str, entry: Any, data_begin: int) -> StoredTensor:
    try:
        dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        is_sound = all(type(n) is int and n >= 0 for n in [*shape, begin, end])
    except (TypeError, KeyError, ValueError) as error:
        raise _broken(path, f"the header's entry for {name!r} is none, counted in") from error
    if not is_sound or end < begin:
        raise _broken(path, f"the header's entry for {name!r} has impossible numbers of")
    return StoredTensor(path, str(dtype), tuple(shape), data_begin + begin, data_begin + end)


def _broken(path: Path, how: str) -> BaseModelError:
    return BaseModelError(
        where=str(path),
        problem=f"is no whole safetensors file: {how} bytes.",
        fix=FETCH_AGAIN,
    )
