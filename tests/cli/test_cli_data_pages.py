"""`sartor data` names its page, and says in words whether the data is ready."""

from __future__ import annotations

import json

import pytest


def test_data_writes_its_page_and_names_it(sartor, workspace):
    told = sartor("data", workspace)
    assert told.returncode == 0, told.stderr
    assert told.stdout.rstrip().endswith("data.html")
    assert told.stdout.startswith("96 examples in 2 labels: expect ")
    document = json.loads(sartor("data", workspace, "--json").stdout)
    assert document["page"] == str(workspace / "data.html")
    assert document["readiness"]["num_labels"] == 2
    assert document["readiness"]["headline"] in told.stdout.replace("\n", " ")
    assert (workspace / "data.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.slow
def test_insight_writes_both_pages_and_says_what_it_saw(sartor, workspace):
    told = sartor("data", workspace, "--insight", "--json")
    assert told.returncode == 0, told.stderr
    document = json.loads(told.stdout)
    assert document["page"] == str(workspace / "data.html")
    assert document["insight_page"] == str(workspace / "insight.html")
    assert document["insight"]["things"] == "label"
    assert document["sentences"] == []
    shown = sartor("data", workspace, "--insight").stdout
    assert "messages in 2 labels." in shown
    assert "insight.html" in shown


@pytest.mark.slow
def test_insight_needs_no_labels(sartor, tmp_path):
    words = {"coat": "my coat is torn at the sleeve", "parcel": "the parcel has not come yet"}
    lines = ["message,received_at"]
    for number in range(120):
        topic = "coat" if number % 3 else "parcel"
        lines.append(f"{words[topic]} number {number},2026-0{1 + number // 20}-0{1 + number % 9}")
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "sartor.yaml").write_text("task: classify\ndata: [log.csv]\n", "utf-8")
    told = sartor("data", tmp_path, "--insight", "--json")
    assert told.returncode == 0, told.stderr
    document = json.loads(told.stdout)
    seen = document["insight"]
    assert (seen["things"], seen["num_messages"], seen["num_with_time"]) == ("topic", 120, 120)
    assert seen["periods"][0].startswith("2026-01")
    page = (tmp_path / "insight.html").read_text("utf-8")
    assert "120 messages" in page
    assert not (tmp_path / "intents.yaml").exists(), "nothing is proposed unasked"
    proposed = sartor("data", tmp_path, "--intents", "--json")
    assert proposed.returncode == 0, proposed.stderr
    assert json.loads(proposed.stdout)["num_rows"] == 120
    assert (tmp_path / "intents.yaml").exists()
