"""How messages sound, by VADER's list of English words with their valence (Hutto and Gilbert, ICWSM 2014).

It looks words up and knows negations, intensifiers and capitals; it does not know what a customer may expect.
What is positive to it is mostly politeness here, so only the negative is told (docs/notes/insight.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sartor.core.insight import Mood, Trend
from sartor.data.language import SURE_LETTER_BYTES, Language, languages_of
from sartor.data.over_time import shares_over_time
from sartor.data.personal import excerpt
from sartor.data.readiness import share_estimate
from sartor.data.things import Things
from sartor.data.trends import ends_of, trends_of

NEGATIVE = -0.05
"""Compound valence up to which a message sounds negative, as its authors propose."""
LEAST_MESSAGES = 20
"""English messages that a label needs for a share of its own."""
NOT_INSTALLED = (
    "How messages sound was not judged: `vaderSentiment` is not installed "
    '(`pip install "sartor[insight]"`).'
)
_ENGLISH = "en"
_LOOKED_AT_CHARACTERS = 2_000
_NUM_EXAMPLES = 5


def mood_of(texts: Sequence[str], things: Things, time_N: np.ndarray) -> Mood:
    """The share of English messages that sound negative, over time and by label.

    Args:
        texts: N messages.
        things: What they are about.
        time_N: Seconds since 1970, NaN where nobody knows.
    """
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return Mood(problem=NOT_INSTALLED)
    is_english_N = np.array([_is_english(one) for one in languages_of(texts)], bool)
    judged = np.flatnonzero(is_english_N)
    spoken = [texts[row] for row in judged.tolist()]
    num_others = len(texts) - len(judged)
    if not len(judged):
        return Mood("How messages sound was not judged: none is surely English.", 0, num_others)
    analyzer = SentimentIntensityAnalyzer()
    valence_J = np.array(
        [analyzer.polarity_scores(text[:_LOOKED_AT_CHARACTERS])["compound"] for text in spoken]
    )
    is_negative_J = valence_J <= NEGATIVE
    shares = shares_over_time(is_negative_J[:, None], time_N[judged])
    early, late = ends_of(shares)
    order_J = np.argsort(valence_J, kind="stable")
    worst = judged[order_J[: min(_NUM_EXAMPLES, is_negative_J.sum())]]
    return Mood(
        num_judged=len(judged),
        num_other_languages=num_others,
        periods=shares.periods if shares else (),
        early=early,
        late=late,
        negative=trends_of(("negative",), is_negative_J[:, None], shares, ((),))[0],
        by_thing=_by_thing(things, judged, is_negative_J),
        examples=tuple(excerpt(texts[row]) for row in worst),
    )


def _is_english(language: Language) -> bool:
    """Whether it is English, or so short that it may be anything and nothing speaks for another language."""
    if language.code == _ENGLISH:
        return True
    may_be = dict(language.candidates).get(_ENGLISH, 0.0)
    return language.num_sure_bytes < SURE_LETTER_BYTES and may_be > 0


def _by_thing(things: Things, judged: np.ndarray, is_negative_J: np.ndarray) -> tuple[Trend, ...]:
    """The share of negative messages for each thing, the most negative first."""
    has_JL = things.has_NL[judged]
    num_L, num_negative_L = has_JL.sum(axis=0), has_JL[is_negative_J].sum(axis=0)
    found = [
        Trend(name, share_estimate(int(negative), int(num)))
        for name, num, negative in zip(things.names, num_L, num_negative_L, strict=True)
        if num >= LEAST_MESSAGES
    ]
    return tuple(sorted(found, key=lambda one: (-one.share.value, one.name)))
