"""Numbers become words, and hostile text becomes visible.

A metric is written as it is in `sartor.yaml` (0.941); a share of messages or of work as a
percentage (94 %), so that no reader has to guess which of the two a figure is.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup, escape

from sartor.core.decision import Verdict
from sartor.core.metric import METRICS
from sartor.core.score import Comparison, Estimate
from sartor.core.words import count
from sartor.core.words import probability as plain_probability

NOTHING = "–"
"""Stands where nothing was measured."""
NO_BREAK = "\u00a0"
MINUS = "\u2212"

VERDICT_WORDS = {
    Verdict.SHIP: "Ship this",
    Verdict.STAY_OFF_THE_SHELF: "Stay off the shelf",
    Verdict.NO_MODEL_NEEDED: "No language model needed",
    Verdict.NOT_YET: "Not yet",
}

SPLIT_WORDS = {
    "out_of_scope_valid": "out of scope, to choose by",
    "out_of_scope_test": "out of scope, to test on",
}

METRIC_WORDS = {name: metric.title for name, metric in METRICS.items()}

_KEPT_CONTROLS = "\n\t"
_JOINERS = "\u200c\u200d"
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    """Show every character that could hide, reorder or break a text as its code point.

    Bidirectional overrides make a text read as another one (Unicode TR 36 and 39), escape
    sequences command a terminal, a lone surrogate cannot be written to a file at all. Line
    breaks and tabs stay, and so do the joiners that some scripts and pictographs are spelled with.
    """
    if text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    is_kept = character in _KEPT_CONTROLS or character in _JOINERS
    if is_kept or unicodedata.category(character) not in _INVISIBLE:
        return character
    return f"⟨U+{ord(character):04X}⟩"


def with_line_ends(text: str) -> str:
    """A text whose line ends can be seen: `↵` before each."""
    return text.replace("\n", "↵\n")


def one_line(text: str) -> str:
    """A visible text without line breaks."""
    return re.sub(r"\s+", " ", visible(text)).strip()


def clipped(text: str, max_characters: int) -> str:
    """The beginning of a text; what is left out is counted, not hidden."""
    if len(text) <= max_characters:
        return text
    return f"{text[:max_characters]}… ({count(len(text) - max_characters)} more characters)"


def listed(value: Any) -> str:
    """One label, several labels or a score, as people read them."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return plain(value)
    if isinstance(value, Iterable):
        return ", ".join(listed(item) for item in value) or "no label"
    return str(value)


def setting(value: Any) -> str:
    """A hyperparameter as one would write it into `sartor.yaml`, to the last digit."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    return listed(value)


def coded(text: str) -> Markup:
    """A sentence whose words in backticks are set as code; everything is escaped."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        return escape(visible(text))
    pieces = [
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    ]
    return Markup("").join(pieces)


def split_name(split: str) -> str:
    """A split for people: texts of no class have splits of their own."""
    return SPLIT_WORDS.get(split, split)


def metric_name(name: str) -> str:
    """`macro_f1` becomes `macro-F1`; an unknown metric keeps its name."""
    return METRIC_WORDS.get(name, name)


def is_higher_better(metric: str) -> bool:
    """Which way is better; unknown metrics count as scores."""
    return metric not in METRICS or METRICS[metric].is_higher_better


def measured(value: float | None, metric: str) -> str:
    """A metric's value: three decimals for shares, three significant digits for units."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if metric not in METRICS or METRICS[metric].is_share:
        return _minus(f"{value:.3f}")
    return plain(value)


def short_measured(value: float, metric: str) -> str:
    """A metric's value on an axis: without the zeros that say nothing."""
    text = measured(value, metric)
    return text.rstrip("0").removesuffix(".") if "." in text else text


def axis_measured(value: float, metric: str) -> str:
    """A metric's value on an upright axis, where shares line up by their decimals."""
    is_share = metric not in METRICS or METRICS[metric].is_share
    return measured(value, metric) if is_share else short_measured(value, metric)


def plain(value: float) -> str:
    """A number of unknown size in three significant digits, without an exponent."""
    if not math.isfinite(value):
        return NOTHING
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    return _minus(f"{value:.{min(8, max(0, 2 - magnitude))}f}")


def interval(estimate: Estimate, metric: str) -> str:
    """The two ends of an interval, `0.934 to 0.947`."""
    return f"{measured(estimate.low, metric)} to {measured(estimate.high, metric)}"


def signed(value: float, metric: str) -> str:
    """A difference with its sign; zero has none."""
    size = measured(abs(value), metric)
    if not size.strip("0."):
        return size
    return f"{'+' if value > 0 else MINUS}{size}"


def percent(share: float | None, decimals: int = 0) -> str:
    """A share of messages or of work; never 0 or 100 where it is only near."""
    if share is None or not math.isfinite(share):
        return NOTHING
    return f"{_of_hundred(share, decimals)}{NO_BREAK}%"


def of_hundred(share: float) -> str:
    """`72` for "72 of 100 messages"; `99.6` rather than a false 100."""
    return _of_hundred(share, 0)


def _of_hundred(share: float, decimals: int) -> str:
    text = f"{100 * share:.{decimals}f}"
    is_false_end = float(text) in (0.0, 100.0) and share not in (0.0, 1.0)
    if not is_false_end:
        return text
    return f"{min(99.9, max(0.1, 100 * share)):.1f}"


def probability(share: float) -> str:
    """As in the advice, on one line."""
    return plain_probability(share).replace(" %", f"{NO_BREAK}%")


def p_value(p: float) -> str:
    """`p < 0.001` or `p = 0.032`."""
    words = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return words.replace(" ", NO_BREAK)


def duration(seconds: float | None) -> str:
    """Seconds in the two largest units that matter."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return f"{seconds:.1f}{NO_BREAK}s"
    whole = round(seconds)
    units = ((whole // 3600, "h"), (whole % 3600 // 60, "min"), (whole % 60, "s"))
    parts = [f"{number}{NO_BREAK}{unit}" for number, unit in units if number]
    return NO_BREAK.join(parts[:1] if whole >= 36_000 else parts[:2])


def money(usd: float | None) -> str:
    """US dollars; small amounts keep two significant digits."""
    if usd is None:
        return NOTHING
    if usd == 0 or usd >= 0.995:
        return f"${usd:,.2f}"
    if usd < 1e-6:
        return "< $0.000001"
    return f"${usd:.{1 - math.floor(math.log10(usd))}f}"


def short_money(usd: float) -> str:
    """US dollars on an axis: without the zeros that say nothing."""
    return money(usd).rstrip("0").rstrip(".") if 0 < usd < 1 else money(usd)


def milliseconds(ms: float | None) -> str:
    """A latency in milliseconds, or in seconds from one second on."""
    if ms is None:
        return NOTHING
    if ms >= 1000:
        return f"{ms / 1000:.1f}{NO_BREAK}s"
    return f"{ms:.{0 if ms >= 10 else 1}f}{NO_BREAK}ms"


def memory(num_bytes: float | None) -> str:
    """Bytes in MiB or GiB."""
    if num_bytes is None:
        return NOTHING
    mib = num_bytes / 2**20
    return f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{mib:.0f} MiB"


def comparison_word(comparison: Comparison, metric: str) -> str:
    """What a paired comparison says: `better`, `worse` or `not distinguishable`."""
    if comparison.p_value >= 0.05 or comparison.low <= 0 <= comparison.high:
        return "not distinguishable"
    return "better" if (comparison.difference > 0) == is_higher_better(metric) else "worse"


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
