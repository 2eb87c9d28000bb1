"""What every page has in common: templates, filters, style, and the defence against texts of strangers.

A page is defended three times: every value is escaped by the template engine, characters that hide or
reorder text are shown as code points, and a content security policy forbids every request and every script
but the one of the page itself (by hash), where it has one.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sartor.core.words import count, counted
from sartor.report import answers, words
from sartor.report.extracted import pieces
from sartor.report.intervals import target_tape

TEMPLATES = Path(__file__).parent / "templates"

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


def environment() -> Environment:
    """The template engine: everything escaped, every text visible, a name that is not there an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    made.filters |= {function.__name__: function for function in FILTERS}
    made.globals |= {
        "comparison_word": words.comparison_word,
        "pieces": pieces,
        "target_tape": target_tape,
    }
    return made


def _finalized(value: Any) -> Any:
    """Make every text of the page visible on its way out, drawings and all."""
    if isinstance(value, str):
        return type(value)(words.visible(value))
    return value


def source(name: str) -> Markup:
    """Our own style sheet or script; the only texts that enter the page unescaped."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def script_hash(script: str) -> str:
    """The hash that lets this script run and no other (W3C CSP level 3, 2.3.1)."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
