"""What an insight says in sentences, for the page and for the terminal."""

from __future__ import annotations

from sartor.core.insight import Insight, Mood, Trend
from sartor.core.score import Estimate
from sartor.core.words import count, counted
from sartor.report.words import one_line, p_value, percent

JUDGED = (
    "Judged by a word list, VADER: right for 59 of 100 support messages read by hand, 69 of them neutral. "
    "Of 25 that told of trouble it found 12, and 12 of the 16 that it called negative did. So the share is "
    "good for comparing, not for counting."
)
"""What is known of the judge (docs/notes/insight.md)."""


def share_words(share: Estimate) -> str:
    """`3 % (2 to 5)`."""
    ends = f"{percent(share.low)} to {percent(share.high)}".replace("\u00a0%", "")
    return f"{percent(share.value)} ({ends})"


def trend_sentence(trend: Trend) -> str:
    """What surely rose or fell; empty where neither is sure."""
    if trend.early is None or trend.late is None or not trend.is_sure:
        return ""
    verb = "rose" if trend.change > 0 else "fell"
    return (
        f"`{quoted_name(trend.name)}` {verb} from {share_words(trend.early)} to {share_words(trend.late)}, "
        f"{p_value(trend.p_value)}."
    )


def quoted_name(name: str) -> str:
    """A name between backticks, which it may hold itself."""
    return one_line(name).replace("`", "'")


def headline(found: Insight) -> str:
    """The whole in a sentence."""
    messages = counted(found.num_messages, "message")
    things = counted(len(found.trends), found.things)
    if not found.periods:
        return f"{messages} in {things}." if found.trends else f"{messages}."
    rising = sum(trend.direction == "rises" for trend in found.trends)
    falling = sum(trend.direction == "falls" for trend in found.trends)
    span = f"{messages} from {found.periods[0]} to {found.periods[-1]}"
    if not rising and not falling:
        return f"{span}: of {things}, none surely rises or falls."
    parts = [
        f"{count(num)} {verb}{'s' if num == 1 else ''}"
        for num, verb in ((rising, "rise"), (falling, "fall"))
        if num
    ]
    return f"{span}: of {things}, {' and '.join(parts)}."


def lead(found: Insight) -> str:
    """What the headline rests on."""
    if found.periods:
        unknown = found.num_messages - found.num_with_time
        told = f"{counted(unknown, 'message')} without a time are in no period. " if unknown else ""
        return (
            f"{told}What rises or falls is told only where chance is unlikely (p below 0.01 after "
            f"correction for {counted(len(found.trends), found.things)}). From and to are the first quarter "
            f"of the messages ({found.early}) and the last ({found.late})."
        )
    if found.num_with_time:
        return "The times of the messages lie too near together to tell periods apart: totals are shown."
    return (
        "No column says when the messages were written, so nothing can be said of what rises or falls: "
        "name one as `columns: {time: NAME}` to see it. Totals are shown."
    )


def mood_sentences(mood: Mood) -> list[str]:
    """How messages sound, and by what judge."""
    if mood.negative is None:
        return [mood.problem]
    others = mood.num_other_languages
    told = f" {counted(others, 'message')} in other languages were not judged." if others else ""
    share = f"{share_words(mood.negative.share)} of {counted(mood.num_judged, 'English message')}"
    sentences = [f"{share} sound negative.{told}"]
    if sentence := trend_sentence(mood.negative):
        sentences.append(sentence.replace("`negative`", "The share that sounds negative"))
    elif mood.periods:
        sentences.append("Whether this share rises or falls cannot be told from them.")
    return sentences


def rising_and_falling(found: Insight) -> list[str]:
    """A sentence for each sure rise or fall, the largest first."""
    return [sentence for trend in found.trends if (sentence := trend_sentence(trend))]
