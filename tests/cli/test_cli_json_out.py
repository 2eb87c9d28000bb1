"""`--json`: JSON's own types only."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sartor.cli.json_out import json_text, plain, print_document
from sartor.core.base_model import BaseModel
from sartor.core.dataset import Count


def test_records_paths_and_numpy_numbers_become_json() -> None:
    document = {"count": Count("x", 3, "y"), "path": Path("a/b"), "n": np.int64(3), "t": (1, 2)}
    assert plain(document) == {
        "count": {
            "what": "x",
            "num_rows": 3,
            "note": "y",
            "examples": [],
            "is_warning": False,
        },
        "path": "a/b",
        "n": 3,
        "t": [1, 2],
    }


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), np.float64("nan")])
def test_what_json_cannot_hold_is_null(odd: float) -> None:
    assert json.loads(json_text({"value": odd})) == {"value": None}


@pytest.mark.parametrize("odd", ["\x9b2J", "\x7f", "\u202egnp.exe", "\u2066a\u2069", "\u2028"])
def test_what_commands_a_terminal_is_spelled_out_and_reads_as_it_was(odd: str) -> None:
    text = json_text({odd: [odd]})
    assert text.isprintable()
    assert json.loads(text) == {odd: [odd]}


def test_the_document_ends_with_a_line_break(capsys: pytest.CaptureFixture[str]) -> None:
    print_document({"label": "Größe"})
    assert capsys.readouterr().out == '{\n  "label": "Größe"\n}\n'


def test_a_base_model_is_listed_whole() -> None:
    base = BaseModel(
        *("a/b", None, Path("/x"), "local", "encoder", "bert"),
        *(10, 2, 8, 100, 128, "MIT", "mean", "f00"),
    )
    assert plain(base)["folder"] == "/x"
