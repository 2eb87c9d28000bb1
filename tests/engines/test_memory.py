"""Freed memory goes back to the system, not into a heap of holes."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

HOLES = """
import re
from pathlib import Path
from sartor.engines.memory import give_back_heap

def held():
    return int(re.search(r"RssAnon:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024

blocks = [bytes([1]) * 100_000 for _ in range(2000)]
last = blocks[-1]
del blocks
before = held()
give_back_heap()
print(before - held())
"""
"""200 MB in blocks too small for pages of their own, all freed but the topmost."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_holes_in_the_heap_go_back_to_the_system():
    told = subprocess.run(
        [sys.executable, "-c", HOLES], capture_output=True, text=True, check=True, timeout=120
    )
    assert int(told.stdout) > 150
