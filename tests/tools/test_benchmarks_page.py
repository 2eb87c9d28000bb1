"""The page of benchmarks says what the kept results say."""

from __future__ import annotations

from pathlib import Path

from tools import benchmarks


def test_the_page_is_what_the_results_say() -> None:
    said = benchmarks.PAGE.read_text("utf-8")
    assert said == "\n".join(benchmarks.page(benchmarks.read_results())) + "\n"


def test_a_ratio_stands_with_its_spread_its_runs_and_its_mark(tmp_path: Path) -> None:
    ratio = {
        "median": 3.2,
        "min": 3.0,
        "max": 3.6,
        "runs": 5,
        "ours": 1.0,
        "peer": 3.2,
        "unit": "s",
    }
    result = {
        "bench": "scoring",
        "date": "2026-01-02",
        "machine": {"cores": 2, "memory_gib": 24},
        "versions": {"torch": "2", "transformers": "5"},
        "ratios": {"77 labels": ratio},
        "marks": {"77 labels": 3.0},
        "figures": {"seconds": {"value": 1234.5, "low": None, "high": None, "unit": "s"}},
        "equal": {"scores": {"max_difference": 0, "allowed": 1e-4}},
    }
    said = "\n".join(benchmarks.page({"scoring": result}))
    assert "| 77 labels | 3.2 (3-3.6, 5 runs) | 3 | 3.2 | 1 | s |" in said
    assert "| seconds | 1,234 | s |" in said
    assert "| scores | 0 | 0.0001 |" in said
    benchmarks.draw({"scoring": result}, tmp_path / "first.svg")
    benchmarks.draw({"scoring": result}, tmp_path / "second.svg")
    first, second = ((tmp_path / name).read_bytes() for name in ("first.svg", "second.svg"))
    assert first == second
    assert b"scoring: 77 labels" in first
