"""The verdict in plain text."""

from __future__ import annotations

import pytest
from edge_samples import EDGES
from samples import SAMPLES, banking, inbox, score

from sartor.report.summary import render_summary


@pytest.mark.parametrize("name", sorted(SAMPLES))
@pytest.mark.parametrize("width", [32, 60, 100])
def test_no_line_is_wider_than_the_terminal(name, width):
    summary = render_summary(SAMPLES[name]()[0], width=width)
    assert max(len(line) for line in summary.splitlines()) <= width


def test_the_width_of_the_terminal_is_honoured(monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    assert render_summary(banking()[0]) == render_summary(banking()[0], width=50)


def test_the_verdict_comes_first_and_an_unmet_mark_is_named():
    summary = render_summary(inbox()[0], width=100)
    assert summary.startswith("NOT YET\n")
    assert "not met: macro-F1 0.846 (0.807 to 0.885), mark at least 0.920" in summary
    assert "met: accuracy 0.864" in summary
    assert "Cut short" in summary


def test_every_finalist_is_set_against_the_winner():
    summary = render_summary(banking()[0], width=100)
    assert "Full fine-tuning: 0.940 (0.932 to 0.949), the winner" in summary
    assert "LoRA on every linear layer: 0.937 (0.929 to 0.946), not distinguishable" in summary
    assert "Frozen trunk, new output layer: 0.932 (0.923 to 0.941), worse" in summary


def test_for_an_error_a_larger_value_is_worse():
    summary = render_summary(score()[0], width=100)
    assert "TF-IDF and a linear model: 0.533 (0.496 to 0.576), worse" in summary
    assert "mark at most 0.450" in summary


@pytest.mark.parametrize("name", sorted(EDGES))
def test_nothing_in_it_can_command_a_terminal(name):
    summary = render_summary(EDGES[name]()[0], width=80)
    assert all(
        character == "\n" or character.isprintable() or character == "\u00a0"
        for character in summary
    )
    summary.encode("utf-8")
