"""Documents of formats that only libraries can read, in a process of its own with limits.

What stands in such a file comes from strangers, and what reads it is large: it may take forever, take all
memory, or fault. The process gets the bytes and hands back blocks as JSON; no limit that it meets is ours.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from sartor.core.errors import DataError
from sartor.data.blocks import Block, Document, Kind, LeftOut

MAX_BYTES = 64 * 2**20
"""Largest document that is handed over."""
MAX_MEMORY_BYTES = 900 * 2**20
LEAST_SECONDS = 5
MOST_SECONDS = 120
BYTES_PER_SECOND = 20_000
"""Real documents are read five times as fast; one that takes longer does not want to be read."""
WAITS = 6
"""How often its time on the processor a process may take by the clock of a busy machine."""
FORMATS = {
    "docx": ("sartor.data.docx_blocks", "docx_document", "docx"),
    "pdf": ("sartor.data.pdf_blocks", "pdf_document", "pdfminer"),
}
"""Format to the module and the function that read it, and the library they need."""


def read_apart(form: str, data: bytes, *, name: str) -> Document:
    """A document, read in another process.

    Args:
        form: One of `FORMATS`.
        data: Its bytes.
        name: For messages.

    Raises:
        DataError: It is damaged, locked or too large, or its library is not installed.
    """
    if find_spec(FORMATS[form][2]) is None:
        raise DataError(
            where=name,
            problem=f"is a {form.upper()}, and what reads these is not installed.",
            fix='Install it with `pip install "sartor[documents]"`.',
        )
    if len(data) > MAX_BYTES:
        problem = f"has more than {MAX_BYTES >> 20} MiB."
        raise DataError(where=name, problem=problem, fix="Split it, or take out its pictures.")
    seconds = seconds_for(len(data))
    command = [sys.executable, "-m", "sartor.data.apart", form, str(seconds)]
    path = os.pathsep.join(place for place in sys.path if place)
    try:
        ended = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=WAITS * seconds,
            env={**os.environ, "PYTHONPATH": path},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_long(name, seconds) from error
    if ended.returncode in (-getattr(signal, "SIGXCPU", 24), -9):
        raise _too_long(name, seconds)
    return _document_of(ended.stdout, name=name) if ended.returncode == 0 else _refuse(name)


def seconds_for(num_bytes: int) -> int:
    """Seconds on the processor that a document of so many bytes may take."""
    return min(MOST_SECONDS, LEAST_SECONDS + num_bytes // BYTES_PER_SECOND)


def _too_long(name: str, seconds: int) -> DataError:
    problem = f"takes longer to read than the {seconds} seconds that its size allows."
    return DataError(where=name, problem=problem, fix="Save or print it anew, or split it.")


def _refuse(name: str) -> Document:
    raise DataError(
        where=name, problem="cannot be read: it is damaged.", fix="Save or print it anew."
    )


def _document_of(output: bytes, *, name: str) -> Document:
    told = json.loads(output)
    if "refused" in told:
        raise DataError(where=name, **told["refused"])
    blocks = tuple(Block(Kind(kind), *rest) for kind, *rest in told["blocks"])
    return Document(blocks, tuple(LeftOut(*left) for left in told["left_out"]))


def told_of(form: str, data: bytes) -> dict[str, Any]:
    """What the process says of a document: its blocks, or why there are none."""
    module, function, _ = FORMATS[form]
    read: Callable[..., Document] = getattr(import_module(module), function)
    try:
        document = read(data, name="")
    except DataError as error:
        return {"refused": {"problem": error.problem, "fix": error.fix}}
    except MemoryError:
        problem = f"takes more than {MAX_MEMORY_BYTES >> 20} MiB of memory to read."
        return {"refused": {"problem": problem, "fix": "Split it into smaller documents."}}
    except Exception:  # the libraries raise anything over what is damaged
        fix = "Save or print it anew."
        return {"refused": {"problem": "cannot be read: it is damaged.", "fix": fix}}
    return {"blocks": [list(block) for block in document.blocks], "left_out": document.left_out}


def _limit(seconds: int) -> None:
    """Limits of this process, where the system knows any."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read a document from standard input and tell on standard output what is in it."""
    form, seconds = sys.argv[1:]
    _limit(int(seconds))
    told = told_of(form, sys.stdin.buffer.read())
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
