"""Bad input: place, problem, fix; exit code 2; nothing of the user's is lost."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sartor.core.errors import SartorError, UserError
from sartor.flow import run
from small_runs import Silent, messages, small_run, split_workspace, workspace, write_jsonl

GOOD = messages(20, labels=("refund", "delivery"))


def hashes(folder: Path) -> dict[str, str]:
    """Every file of the workspace but the lock, by name, with its content's hash."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def refused(folder: Path, *settings: str) -> UserError:
    """The error of a run that must not happen, after checking that no file was lost or changed."""
    before = hashes(folder)
    with pytest.raises(UserError) as caught:
        run(folder, settings=("methods=[tfidf]", *settings), progress=Silent())
    after = hashes(folder)
    assert {name: after.get(name) for name in before} == before
    assert not [name for name in after if "runs/" in name], "a refused run leaves no run"
    error = caught.value
    assert error.exit_code == 2
    assert error.where
    assert error.problem
    assert error.fix
    return error


def with_line(line: str, *, at: int = 8) -> Callable[[Path], None]:
    """Put a line into the data, as line `at`."""

    def spoil(folder: Path) -> None:
        lines = (folder / "rows.jsonl").read_text().splitlines()
        (folder / "rows.jsonl").write_text("\n".join([*lines[: at - 1], line, *lines[at - 1 :]]))

    return spoil


def with_rows(rows: list[dict[str, Any]]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        write_jsonl(folder / "rows.jsonl", rows)

    return spoil


def with_latin_1(folder: Path) -> None:
    with (folder / "rows.jsonl").open("ab") as file:
        file.write('{"text": "café zu spät", "label": "refund"}\n'.encode("latin-1"))


def with_a_class_only_in_test(folder: Path) -> None:
    write_jsonl(folder / "test.jsonl", [*GOOD[:5], {"text": "quite lovely", "label": "praise"}])
    (folder / "sartor.yaml").write_text(
        "task: classify\ndata: {train: [rows.jsonl], test: [test.jsonl]}\n"
    )


BAD_DATA: dict[str, tuple[Callable[[Path], None], str]] = {
    "a broken line": (with_line('{"text": "where is'), r"rows\.jsonl:8"),
    "a missing column": (with_line('{"words": "where is it", "label": "refund"}'), r":8.*text"),
    "an empty text": (with_line('{"text": " ", "label": "refund"}'), r"rows\.jsonl:8.*text"),
    "an empty label": (with_line('{"text": "where is it", "label": ""}'), r"rows\.jsonl:8.*label"),
    "one class only": (with_rows(messages(20, labels=("refund",))), "one class only"),
    "a class with one example": (
        with_rows([*GOOD, {"text": "lovely", "label": "praise"}]),
        r"rows\.jsonl:41.*praise.*one example",
    ),
    "a class that train lacks": (with_a_class_only_in_test, r"test\.jsonl:6.*praise.*not in train"),
    "bytes that are no UTF-8": (with_latin_1, r"rows\.jsonl.*Latin-1"),
    "no rows": (with_rows([]), "rows"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_is_refused_with_its_place_and_a_fix(tmp_path: Path, case: str) -> None:
    spoil, said = BAD_DATA[case]
    folder = workspace(tmp_path / "inbox", GOOD)
    spoil(folder)
    error = refused(folder)
    assert re.search(said, str(error), re.DOTALL), str(error)


BAD_GOALS = {
    "budget.hour=1": r"budget.*`hour`.*hours",
    "method=[tfidf]": r"`method`.*methods",
    "targets={f1: 0.9}": r"targets.*`f1`",
    "targets={mae: 0.9}": r"targets > mae.*single",
    "methods=[tfid]": r"tfid.*tfidf",
    "bases=[no-such-model]": r"no-such-model",
    "settings={tfidf: {D: 1}}": r"settings > tfidf > D.*Known: C",
    "settings={tfidf: {C: -1}}": r"settings > tfidf > C.*-1",
    "data=[absent.jsonl]": r"absent\.jsonl",
}


@pytest.mark.parametrize("setting", BAD_GOALS)
def test_a_goal_that_cannot_be_met_is_refused_by_name(tmp_path: Path, setting: str) -> None:
    folder = workspace(tmp_path / "inbox", GOOD)
    wanted = ("methods=[tfidf,head]", setting) if setting.startswith("bases") else (setting,)
    error = refused(folder, *wanted)
    assert re.search(BAD_GOALS[setting], str(error), re.DOTALL), str(error)


def with_pickle_only(base: Path) -> None:
    (base / "model.safetensors").rename(base / "pytorch_model.bin")


def with_own_code(base: Path) -> None:
    config = json.loads((base / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "modeling_evil.Evil"}
    (base / "config.json").write_text(json.dumps(config))
    (base / "modeling_evil.py").write_text("raise SystemExit('ran')\n")


@pytest.mark.parametrize(
    ("spoil", "said"), [(with_pickle_only, "safetensors"), (with_own_code, "auto_map")]
)
def test_a_base_that_could_run_code_is_refused(
    tmp_path: Path, tiny_base_folder: Path, spoil: Callable[[Path], None], said: str
) -> None:
    folder = workspace(tmp_path / "inbox", GOOD)
    shutil.copytree(tiny_base_folder, folder / "tiny")
    spoil(folder / "tiny")
    error = refused(folder, "methods=[head]", "bases=[tiny]")
    assert said in str(error)


def test_a_text_far_too_long_is_cut_counted_and_shown(
    tmp_path: Path, tiny_base_folder: Path
) -> None:
    """100,000 words: the run goes on, and card and report say what was cut."""
    long = {"text": "refund " * 100_000, "label": "refund"}
    folder = split_workspace(tmp_path / "inbox", base=tiny_base_folder)
    with (folder / "train.jsonl").open("a") as file:
        file.write(json.dumps(long) + "\n")
    only = "settings={tfidf: {C: 1.0, ngrams: word, min_df: 1}}"
    result = small_run(folder, only, quick=True)
    (card,) = folder.glob(".sartor/artifacts/dataset/*/card.json")
    counts = json.loads(card.read_text())["card"]["counts"]
    cut = [count for count in counts if "train.jsonl:151" in str(count)]
    assert cut, counts
    assert cut[0]["num_rows"] == 1
    assert cut[0]["what"] in result.report.read_text("utf-8")


def test_too_few_rows_for_a_test_make_a_not_yet(tmp_path: Path) -> None:
    """Two rows a class: whatever is held back, no verdict of ours may call it fit to ship."""
    folder = workspace(tmp_path / "inbox", messages(2, labels=("refund", "delivery")))
    result = run(folder, settings=("methods=[tfidf]",), quick=True, progress=Silent())
    assert result.decision.data["num_examples"].get("test", 0) == 0
    assert result.decision.verdict == "not_yet"
    assert any("test set" in line for line in result.decision.advice)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_workspace_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    """Root may write anywhere, so a file stands where the folder would be."""
    folder = workspace(tmp_path / "inbox", GOOD)
    (folder / ".sartor").write_text("in the way")
    error = refused(folder)
    assert ".sartor" in error.where


def test_on_the_command_line_it_is_one_line_exit_code_two_and_no_traceback(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "inbox", GOOD)
    with_line('{"text": "where is')(folder)
    done = subprocess.run(
        [sys.executable, "-m", "sartor", "run", str(folder), "--json"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    error = (
        json.loads(done.stdout)["error"]
        if "error" in json.loads(done.stdout)
        else json.loads(done.stdout)
    )
    assert "rows.jsonl:8" in json.dumps(error)


def test_every_error_of_ours_is_a_place_a_problem_and_a_fix() -> None:
    """Nothing may be raised that lacks one of the three."""
    with pytest.raises(TypeError):
        SartorError("only words")  # type: ignore[call-arg, misc]
