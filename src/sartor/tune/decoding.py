"""How open answers are written: dials that need no training.

The likeliest token each time is the default: it is the same every time, and for answers that are checked
against others it is hard to beat (Shi et al. 2024, arXiv 2402.06925). Small models repeat themselves with it
(Holtzman et al. 2019, arXiv 1904.09751), so penalties and draws are tried.
"""

from __future__ import annotations

from sartor.core.candidate import Dial
from sartor.core.dataset import TaskFacts
from sartor.core.decoding import MAX_NEW_TOKENS
from sartor.core.goal import OutputKind

OPEN_TASKS = frozenset({"generate", "chat"})
"""Tasks in which many answers are right; a translation is not drawn."""
SHORTER_TIMES_MEAN = 1.5
"""The shorter bound, as a multiple of the mean answer."""


def decoding_dials(facts: TaskFacts) -> tuple[Dial, ...]:
    """What may be turned where answers are open; nothing elsewhere. In the order in which it is searched."""
    if facts.output_kind is not OutputKind.TEXT or facts.task not in OPEN_TASKS:
        return ()
    return (
        Dial(
            "repetition_penalty",
            1.0,
            "Above 1, tokens that are there already become less likely.",
            choices=(1.0, 1.1, 1.3),
            is_of_answers=True,
        ),
        Dial(
            MAX_NEW_TOKENS,
            facts.max_answer_tokens,
            "Longest answer in tokens.",
            choices=_lengths(facts),
            is_of_answers=True,
        ),
        Dial(
            "temperature",
            0.0,
            "What scores are divided by before a token is drawn; 0: the likeliest.",
            choices=(0.0, 0.3, 0.7),
            least=0.0,
            is_of_answers=True,
        ),
        Dial(
            "top_p",
            0.9,
            "Tokens are drawn among the likeliest that hold this share; counts above temperature 0.",
            choices=(0.9, 1.0),
            most=1.0,
            is_of_answers=True,
        ),
    )


def _lengths(facts: TaskFacts) -> tuple[int, ...]:
    """Room for nearly every known answer, and for a usual one where that is clearly less."""
    shorter = round(SHORTER_TIMES_MEAN * facts.mean_answer_tokens)
    longest = facts.max_answer_tokens
    return (longest, shorter) if 8 <= shorter <= 0.8 * longest else (longest,)
