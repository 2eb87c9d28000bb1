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
