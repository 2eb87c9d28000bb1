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


@pytest.mark.slow
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


@pytest.mark.slow
def test_data_shows_which_tokens_are_learned_and_names_a_base_that_is_not_there(
    chats: Path, sartor: Sartor
):
    (chats / "sartor.yaml").write_text("task: chat\ndata: [chats.jsonl]\nbases: [org/absent]\n")
    shown = sartor("data", chats, HF_HUB_OFFLINE="1")
    assert shown.returncode == 0, shown.stderr
    assert "What is learned, token by token" in shown.stdout
    assert "org/absent" in shown.stdout
    assert "not shown  is not on this machine" in shown.stdout
    [of_base] = json.loads(sartor("data", chats, "--json").stdout)["lessons"]
    assert (of_base["base"], of_base["shown"]) == ("org/absent", [])


def test_the_bundled_example_brings_a_chat_as_well(tmp_path: Path, sartor: Sartor):
    done = sartor("init", tmp_path / "w", "--example", "hem", "--task", "chat", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["task"], document["num_examples"]) == ("chat", 483)
    assert {path.name for path in (tmp_path / "w").iterdir()} >= {
        "replies.jsonl",
        "faq.md",
        "guidelines.md",
    }
    refused = sartor("init", tmp_path / "v", "--example", "hem", "--task", "translate")
    assert refused.returncode == 2
    assert "`hem` holds no rows for it. Choose --task classify or --task chat." in refused.stderr
