"""Cards and insights as they might be, for tests and for looking at the two pages about data."""

from __future__ import annotations

from edge_samples import ESCAPE, HEBREW, SCRIPT

from sartor.core.dataset import Count, DataCard
from sartor.core.insight import HouseWord, Insight, Mood, Term, Trend
from sartor.core.lesson import GOOD, LOOK, WRONG, Finding
from sartor.core.readiness import (
    DataFacts,
    GroupTable,
    GroupValue,
    Histogram,
    LanguageMix,
    LanguageRows,
    Readiness,
    TokenLengths,
)
from sartor.core.score import Estimate

LONG = "a_label_that_somebody_derived_from_the_full_path_of_a_queue_" * 3
HOSTILE = [SCRIPT, ESCAPE, HEBREW, LONG, "`back` <b>ticks</b> & ${x} {{ y }}"]


def share(value: float, half: float = 0.02, rows: int = 200) -> Estimate:
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), rows, "Wilson")


def names(num: int) -> list[str]:
    return [*HOSTILE, *(f"intent_number_{at}" for at in range(num - len(HOSTILE)))]


def data_sample(num_labels: int = 150) -> dict:
    """A card whose every text is hostile, with many labels, and groups."""
    labels = {name: max(1, 200 - 2 * at) for at, name in enumerate(names(num_labels))}
    thin = {name: rows for name, rows in labels.items() if rows < 5}
    table = GroupTable(
        SCRIPT,
        tuple(
            GroupValue(name, {"train": 90, "valid": 10}, share(0.2), name, 0.3, 0.1, 0.0004)
            for name in [*HOSTILE, ""]
        ),
        7,
    )
    card = DataCard(
        files=(f"{SCRIPT}.csv",),
        columns={"input": SCRIPT, "output": "intent"},
        origins={"input": "recognised"},
        num_examples={"train": 8000, "valid": 1200, "test": 2000, "out_of_scope_valid": 40},
        label_counts={"train": labels, "valid": {name: rows // 8 for name, rows in labels.items()}},
        length_words={"p50": 17.0, "p95": 57.0, "max": 914.0},
        counts=tuple(
            Count(f"counted {at}", at, f"{text} and `{text}`.", (text,) * 3, is_warning=at == 2)
            for at, text in enumerate(HOSTILE)
        ),
        split_rule=f"Drawn at random with seed 0 {SCRIPT}.",
        num_read=12_000,
        groups=(table,),
    )
    found = [Finding(WRONG, f"{SCRIPT} {LONG}"), Finding(LOOK, HEBREW), Finding(GOOD, ESCAPE)]
    facts = DataFacts(
        readiness=Readiness(
            state=WRONG,
            headline=f"11,240 examples in {num_labels} intents: {SCRIPT}",
            findings=tuple(found),
            num_known=9200,
            num_test=2000,
            num_labels=num_labels,
            nouns="intents",
            thin_labels=thin,
            near_ninety=share(0.9, 0.013, 2000),
        ),
        histograms=(
            Histogram("Words of a text", 5, (10, 400, 320, 90, 20, 4, 1), 12, 9, 914),
            Histogram("Labels of a text", 1, (0, 800, 30, 2), 0, 1, 3),
        ),
        tokens=(
            TokenLengths(LONG, "", 9200, 256, {"p50": 21, "p95": 80, "max": 1999}, 31),
            TokenLengths(SCRIPT, f"is not at hand {SCRIPT}."),
        ),
        languages=LanguageMix(
            1000,
            9200,
            (LanguageRows("English", share(0.9)), LanguageRows("", share(0.1))),
        ),
    )
    return {"data_hash": "0123456789abcdef", "card": card, "facts": facts}


def insight_sample(num_things: int = 150, *, has_times: bool = True) -> Insight:
    """Hostile labels over time, one of which rises."""
    periods = tuple(f"2026-W{week:02}" for week in range(1, 21)) if has_times else ()
    trends = []
    for at, name in enumerate(names(num_things)):
        slope = 0.06 if at == 0 else 0.0
        trends.append(
            Trend(
                name=name,
                share=share(0.05),
                shares_P=tuple(
                    share(0.02 + slope * week / 20, rows=0 if week == 7 else 200)
                    for week in range(len(periods))
                ),
                early=share(0.02) if has_times else None,
                late=share(0.02 + slope) if has_times else None,
                change=slope,
                p_value=0.0001 if at == 0 and has_times else 1.0,
                examples=(f"{name} quoted", SCRIPT),
            )
        )
    negative = Trend(SCRIPT, share(0.2), trends[0].shares_P, share(0.1), share(0.2), 0.1, 0.2)
    return Insight(
        things="label",
        num_messages=4000,
        num_all=9200,
        num_with_time=3900 if has_times else 0,
        periods=periods,
        num_messages_P=(200,) * len(periods),
        early="2026-W01 to 2026-W05" if has_times else "",
        late="2026-W16 to 2026-W20" if has_times else "",
        trends=tuple(trends),
        terms=tuple(Term(text[:80], 40, 3, 0.0004, text) for text in HOSTILE) if has_times else (),
        words=tuple(HouseWord(text[:80], 9, {SCRIPT: 3, LONG: 4}) for text in HOSTILE * 4),
        mood=Mood(
            num_judged=3000,
            num_other_languages=1000,
            periods=periods,
            negative=negative if has_times else Trend("negative", share(0.2)),
            by_thing=tuple(Trend(text, share(0.3)) for text in HOSTILE),
            examples=tuple(HOSTILE),
        ),
        notes=tuple(HOSTILE),
    )
