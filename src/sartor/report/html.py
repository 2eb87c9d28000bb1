"""The report as one HTML file that opens offline and needs no script to be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from sartor.core.dataset import DataCard
from sartor.core.decision import Decision
from sartor.core.lesson import LessonsOfBase
from sartor.report import answers, view, words
from sartor.report.extracted import counted_words
from sartor.report.glossary import glossary
from sartor.report.leaderboard import leaderboard
from sartor.report.page import environment, script_hash, source
from sartor.report.plots import hundred_messages

SECTIONS = (
    ("verdict", "The verdict"),
    ("leaderboard", "The leaderboard"),
    ("quality", "Quality against cost"),
    ("alone", "What it may answer alone"),
    ("errors", "Where it errs"),
    ("data", "The data"),
    ("record", "The record"),
)
"""Anchor and title, in the order a manager and then an engineer wants them."""


def render_report(
    decision: Decision,
    *,
    card: DataCard,
    goal_text: str,
    warnings: Sequence[str],
    lessons: Sequence[LessonsOfBase] = (),
) -> str:
    """Set a decision in type. Equal input gives equal bytes.

    Args:
        decision: With texts in `details` already cleared of personal data.
        card: Of the dataset that was decided on.
        goal_text: The resolved `sartor.yaml`, each setting with its origin.
        warnings: Lines a reader must not miss.
        lessons: What the rows teach each base that is trained to write, personal data replaced.

    Returns:
        A whole HTML document without any reference outside itself.
    """
    script = source("page.js")
    template = environment().get_template("page.html.jinja")
    return template.render(
        **_content(decision, card),
        goal_text=goal_text,
        warnings=warnings,
        lessons=lessons,
        sections=SECTIONS,
        style=source("style.css"),
        script=script,
        script_hash=script_hash(script),
    )


def _content(decision: Decision, card: DataCard) -> dict[str, Any]:
    """Everything derived from the decision, by the name the template knows it under."""
    automation = decision.automation
    return {
        "decision": decision,
        "card": card,
        "verdict_words": words.VERDICT_WORDS[decision.verdict],
        "higher_better": words.is_higher_better(decision.metric),
        "key_figures": view.key_figures(decision, card.num_examples),
        "board": leaderboard(decision),
        "is_of_texts": answers.is_of_texts(decision),
        "measures": answers.measures(decision),
        "retrieval": answers.retrieval_sentence(decision),
        "side_by_side": answers.examples(decision),
        "lengths": answers.length_rows(card),
        "has_test": any(result.test for result in decision.candidates),
        "cost_plot": view.cost_plot(decision),
        "automation_sentences": view.automation_sentences(automation) if automation else [],
        "automation_plots": view.automation_plots(automation) if automation else [],
        "hundred": _hundred(decision),
        "out_of_scope": view.out_of_scope_sentences(automation.out_of_scope) if automation else [],
        "balance": view.label_balance(card),
        "table_words": counted_words(decision),
        "environment": view.environment_rows(decision.environment),
        "looks": view.looks_sentence(decision.test_looks),
        "glossary": glossary(decision),
    }


def _hundred(decision: Decision) -> list[Markup]:
    """A hundred messages in rows of 25, and in rows of 20 for narrow pages."""
    if decision.automation is None:
        return []
    return [hundred_messages(decision.automation, columns=columns) for columns in (25, 20)]
