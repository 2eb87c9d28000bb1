"""The report as one HTML file that opens offline and needs no script to be read.

Texts of users stand in it, so the page is defended three times: every value is escaped by the
template engine, characters that hide or reorder text are shown as code points, and a content
security policy forbids every request and every script but the one of the page itself (by hash).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sartor.core.dataset import DataCard
from sartor.core.decision import Decision
from sartor.core.lesson import LessonsOfBase
from sartor.core.words import count, counted
from sartor.report import answers, view, words
from sartor.report.extracted import counted_words, pieces
from sartor.report.glossary import glossary
from sartor.report.intervals import target_tape
from sartor.report.leaderboard import leaderboard
from sartor.report.plots import hundred_messages

TEMPLATES = Path(__file__).parent / "templates"

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

FILTERS = (
    answers.better_word,
    words.clipped,
    words.coded,
    count,
    counted,
    words.duration,
    words.interval,
    words.listed,
    words.measured,
    words.memory,
    words.metric_name,
    words.milliseconds,
    words.money,
    words.p_value,
    words.percent,
    words.probability,
    words.setting,
    words.signed,
    words.split_name,
    words.with_line_ends,
)


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
    script = _source("page.js")
    template = _environment().get_template("page.html.jinja")
    return template.render(
        **_content(decision, card),
        goal_text=goal_text,
        warnings=warnings,
        lessons=lessons,
        sections=SECTIONS,
        style=_source("style.css"),
        script=script,
        script_hash=_script_hash(script),
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


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    environment.filters |= {function.__name__: function for function in FILTERS}
    environment.globals |= {
        "comparison_word": words.comparison_word,
        "pieces": pieces,
        "target_tape": target_tape,
    }
    return environment


def _finalized(value: Any) -> Any:
    """Make every text of the page visible on its way out, drawings and all."""
    if isinstance(value, str):
        return type(value)(words.visible(value))
    return value


def _source(name: str) -> Markup:
    """Our own style sheet or script; the only texts that enter the page unescaped."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def _script_hash(script: str) -> str:
    """The hash that lets this script run and no other (W3C CSP level 3, 2.3.1)."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
