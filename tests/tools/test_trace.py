"""The page that follows one batch through the engine says what the engine does."""

from __future__ import annotations

from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "notes" / "trace.md"
SOURCES = PAGE.parents[2] / "src" / "sartor"


@pytest.mark.slow
def test_the_trace_of_one_batch_is_what_the_engine_gives() -> None:
    from tools.trace import page

    assert "\n".join(page()) + "\n" == PAGE.read_text("utf-8")


def test_every_function_that_the_trace_names_is_where_it_says() -> None:
    import re

    named = re.findall(r"([\w/]+\.py): ([\w.]+)", PAGE.read_text("utf-8"))
    assert len(named) >= 10
    for file, dotted in named:
        text = (SOURCES / file).read_text("utf-8")
        last = dotted.rpartition(".")[2]
        assert re.search(rf"(def|class) {last}\b|^    {last}:", text, flags=re.M), (file, dotted)
