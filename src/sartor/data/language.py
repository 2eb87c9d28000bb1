"""Which language a text is in, and which languages a data set is made of.

py3langid counts pieces of words (naive Bayes). On a few words it is no judge, so nothing is decided against a
row there: names, codes and "ok thanks" belong to every language.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sartor.core.languages import LANGUAGES

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LOOKED_AT_CHARACTERS = 300
"""Of a long text its start decides."""
MIN_LETTER_BYTES = 4
"""Letters, as bytes in UTF-8, below which no language is named: two characters of Chinese, four of Latin."""
MIN_CONFIDENCE = 0.5
"""Confidence below which no language is named."""
SURE_LETTER_BYTES = 20
"""Letters of words that are no names, as bytes in UTF-8, without which nobody is sure."""
SURE_SHARE = 0.99
"""Probability of being in none of the wanted languages from which on a text counts as foreign."""
MAIN_SHARE = 0.05
"""Share of the texts from which on a language is one of those that make up a data set."""

_RIVAL_CONFIDENCE = 0.01
_NOT_A_LANGUAGE = "zxx"
_NO_WORDS = re.compile(
    r"[^\s@]{1,64}@\S{1,200}|https?://\S{1,1000}|www\.\S{1,1000}"  # addresses
    r"|<[A-Z_]{1,40}(?:_?\d{1,6})?>|\{\{[^{}]{1,80}\}\}"  # placeholders
    r"|[^\s\d]{0,60}\d\S{0,60}"  # codes
)
_WORD = re.compile(r"[^\W\d_]{1,100}")


class Language(NamedTuple):
    """The language of one text."""

    code: str
    """ISO 639-1; empty where it cannot be decided."""
    confidence: float
    """Probability, 0 to 1, two digits; 0 where nothing was looked at."""
    candidates: tuple[tuple[str, float], ...] = ()
    """All languages with a probability of at least 0.01, the likeliest first."""
    num_sure_bytes: int = 0
    """Bytes of the letters that speak: those of words without a capital."""


class LanguageShare(NamedTuple):
    """A language among the texts of a data set."""

    code: str
    """ISO 639-1."""
    num_texts: int
    """Texts in it, of those whose language was decided."""
    share: float
    """0 to 1, of those whose language was decided."""


def languages_of(texts: Sequence[str]) -> list[Language]:
    """The language of each text.

    Args:
        texts: Any texts. Addresses, placeholders such as `<NAME_1>` and words with digits do not count.

    Returns:
        One for each. Norwegian is `no`, whether Bokmål or Nynorsk.
    """
    return [_language(text) for text in texts]


def main_languages(
    found: Sequence[Language], *, min_share: float = MAIN_SHARE
) -> tuple[LanguageShare, ...]:
    """The languages that make up a data set, the most frequent first.

    Args:
        found: Languages of its texts, or of a sample of some hundred.
        min_share: Share of the decided texts that a language needs. The first one is always named.

    Returns:
        Empty where no language was decided. Texts that say enough count alone, where there are twenty.
    """
    decided = [language for language in found if language.code]
    clear = [one for one in decided if one.num_sure_bytes >= SURE_LETTER_BYTES]
    counted = clear if len(clear) >= 20 else decided
    numbers = Counter(language.code for language in counted)
    order = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    shares = [LanguageShare(code, n, round(n / len(counted), 4)) for code, n in order]
    return tuple(one for at, one in enumerate(shares) if at == 0 or one.share >= min_share)


def keep(found: Sequence[Language], wanted: Collection[str]) -> list[bool]:
    """Whether each text stays in a data set of the wanted languages.

    Args:
        found: Languages of the texts.
        wanted: ISO 639-1 codes.

    Returns:
        False only for texts that are surely in another language.
    """
    return [not is_foreign(language, wanted) for language in found]


def is_foreign(language: Language, wanted: Collection[str]) -> bool:
    """Whether a text is surely in none of the wanted languages; which other it is in may be open."""
    if not language.code or language.code in wanted:
        return False
    if language.num_sure_bytes < SURE_LETTER_BYTES:
        return False
    near = [
        share for code, share in language.candidates if code in wanted or code == _NOT_A_LANGUAGE
    ]
    return round(sum(near), 4) <= round(1 - SURE_SHARE, 4)


def settled(language: Language, main: Collection[str]) -> str:
    """The code of a text, given what its data set is made of.

    Two words could be of many languages; of those that the data set is known to hold the likeliest is meant.

    Args:
        language: What the text alone says.
        main: Codes of the languages of the data set.

    Returns:
        ISO 639-1; another language only where the text is surely foreign, empty where nothing speaks for any.
    """
    if language.code in main or is_foreign(language, main):
        return language.code
    return next((code for code, _ in language.candidates if code in main), "")


def _language(text: str) -> Language:
    spoken = _NO_WORDS.sub(" ", text[:LOOKED_AT_CHARACTERS])
    words = _WORD.findall(spoken)
    if len("".join(words).encode("utf-8", "replace")) < MIN_LETTER_BYTES:
        return Language("", 0.0)
    ranked = _ranked(" ".join(spoken.split()))
    best, confidence = ranked[0]
    is_decided = confidence >= MIN_CONFIDENCE and best != _NOT_A_LANGUAGE
    lower = words if spoken.isupper() else [word for word in words if not word[0].isupper()]
    num_sure_bytes = len("".join(lower).encode("utf-8", "replace"))
    candidates = tuple(one for one in ranked if one[1] >= _RIVAL_CONFIDENCE)
    return Language(best if is_decided else "", confidence, candidates, num_sure_bytes)


def _ranked(text: str) -> list[tuple[str, float]]:
    """Languages by probability, rounded to two digits before anything is decided; equal ones by code."""
    shares: dict[str, float] = {}
    for name, share in _identifier().rank(text):
        code = "no" if name == "nn" else name
        shares[code] = shares.get(code, 0.0) + share
    rounded = ((code, round(share, 2)) for code, share in shares.items())
    return sorted(rounded, key=lambda item: (-item[1], item[0]))


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    """The model, of the languages that have a name here: dialects would take votes from their neighbours."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = {*LANGUAGES, "nn", _NOT_A_LANGUAGE}
    identifier.set_languages([code for code in identifier.nb_classes if code in known])
    return identifier
