"""Tasks whose answers are written: set up, looked at, planned, and refused where nothing answers them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_samples import Sartor


@pytest.fixture
def chats(tmp_path: Path) -> Path:
    """A folder with conversations."""
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"Where is lamp {at}?"},
                {"role": "assistant", "content": "Which one do you mean?"},
                {"role": "user", "content": "The green one."},
                {"role": "assistant", "content": f"On shelf {at}."},
            ]
        }
        for at in range(12)
    ]
    (tmp_path / "chats.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_init_then_data_shows_what_conversations_hold(chats: Path, sartor: Sartor):
    done = sartor("init", chats / "w", "--task", "chat", "--data", chats / "chats.jsonl", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["format"] == "chat"
    shown = sartor("data", chats / "w")
    assert shown.returncode == 0, shown.stderr
    for words in ("words an answer", "turns before an answer", "right answers a text"):
        assert words in shown.stdout
    card = json.loads(sartor("data", chats / "w", "--json").stdout)["card"]
    assert card["answer_words"]["max"] == 5.0
    assert card["num_turns"]["max"] == 3.0
    assert sum(card["num_examples"].values()) == 24


def test_a_plan_shows_the_data_and_a_run_is_refused_in_words(chats: Path, sartor: Sartor):
    """Only while no method answers with texts."""
    from sartor.core.goal import OutputKind
    from sartor.tune.registry import load_methods

    if any(OutputKind.TEXT in method.output_kinds for method in load_methods()):
        pytest.skip("methods for it are there")
    (chats / "sartor.yaml").write_text("task: chat\ndata: [chats.jsonl]\n")
    planned = sartor("plan", chats)
    assert planned.returncode == 0, planned.stderr
    assert "`chat` is not built yet" in planned.stdout
    refused = sartor("run", chats)
    assert refused.returncode == 2
    assert "sartor.yaml > task: `chat` is not built yet" in refused.stderr
    assert "Traceback" not in refused.stderr
