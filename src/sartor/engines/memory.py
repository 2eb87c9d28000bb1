"""When memory runs out: telling it from other errors, giving back what is idle, going back to before."""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import Any

import numpy as np
import torch

SAID_OF_MEMORY = ("can't allocate memory", "out of memory", "cannot allocate memory")
"""torch has a type of its own for devices only; of main memory its allocator and mmap say this."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a smaller piece of the same work could succeed."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(words in str(error).lower() for words in SAID_OF_MEMORY)


def give_back_memory() -> None:
    """What the failed attempt still holds; its traceback must be gone by then."""
    gc.collect()
    give_back_heap()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def give_back_heap() -> None:
    """Pages of freed blocks that the C library keeps, where it is glibc.

    Keys and values grow while texts are written, so each size is freed once and rarely asked for again: the
    heap is left full of holes. Takes some milliseconds (man 3 malloc_trim).
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None


def random_state() -> list[torch.Tensor]:
    """Of torch's generators: main memory's and every device's."""
    return [torch.random.get_rng_state(), *torch.cuda.get_rng_state_all()]


def set_random_state(states: list[torch.Tensor]) -> None:
    """What `random_state` gave."""
    torch.random.set_rng_state(states[0])
    torch.cuda.set_rng_state_all(states[1:])


def parts_of(rows: np.ndarray, num_parts: int) -> list[np.ndarray]:
    """Rows in parts of about one size, in order; no more parts than rows."""
    return [*np.array_split(rows, min(num_parts, len(rows)))]
