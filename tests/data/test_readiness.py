"""The judgement before training: thin labels, what a test can tell, lengths, languages."""

from __future__ import annotations

import numpy as np
import pytest

from sartor.core.dataset import Count, DataCard
from sartor.core.lesson import GOOD, LOOK, WRONG
from sartor.data.readiness import readiness
from sartor.data.row_lengths import histogram, language_mix, sample_rows, token_lengths


def card(
    labels: dict[str, int], *, num_test: int = 0, output: str = "intent", counts: tuple = ()
) -> DataCard:
    parts = {"train": sum(labels.values()), **({"test": num_test} if num_test else {})}
    return DataCard(
        files=("rows.csv",),
        columns={"input": "text", "output": output},
        origins={},
        num_examples=parts,
        label_counts={"train": labels} if labels else {},
        length_words={},
        counts=counts,
        split_rule="",
    )


def test_thin_labels_are_counted_and_named_the_rarest_first():
    labels = {f"intent_{at:02}": 8 for at in range(24)} | {f"thin_{at:02}": 2 for at in range(17)}
    found = readiness(card({**labels, "thin_00": 1}, num_test=45))
    assert found.headline == (
        "270 examples in 41 intents: 17 intents have under 5; expect wide intervals."
    )
    assert found.state == LOOK
    assert len(found.thin_labels) == 17
    (thin,) = [one.words for one in found.findings if "fewer than 5" in one.words]
    assert "`thin_00` 1, `thin_01` 2" in thin
    assert "and 9 more" in thin


@pytest.mark.parametrize(
    ("column", "noun"), [("queue", "2 queues"), ("Categories", "2 categories"), ("y", "2 labels")]
)
def test_labels_are_called_as_their_column(column, noun):
    assert noun in readiness(card({"a": 9, "b": 9}, num_test=900, output=column)).headline


@pytest.mark.parametrize(
    ("num_test", "low", "high"), [(100, 0.8256, 0.9448), (1000, 0.8799, 0.9171)]
)
def test_the_interval_is_wilsons_for_a_test_of_this_size(num_test, low, high):
    """By statsmodels' `proportion_confint(0.9 n, n, method="wilson")`."""
    near = readiness(card({"a": 9, "b": 9}, num_test=num_test)).near_ninety
    assert near.low == pytest.approx(low, abs=1e-4)
    assert near.high == pytest.approx(high, abs=1e-4)
    assert near.num_examples == num_test


def test_ready_data_is_called_so_and_a_warning_is_settled_first():
    labels = {"a": 900, "b": 80}
    ready = readiness(card(labels, num_test=1000))
    assert ready.state == GOOD
    assert "each with 80 or more" in ready.headline
    warned = readiness(
        card(labels, num_test=1000, counts=(Count("leaks", 3, "They leak.", is_warning=True),))
    )
    assert warned.state == WRONG
    assert "1 warning to settle first" in warned.headline
    assert warned.findings[0].words == "Leaks: They leak."


def test_without_a_test_or_labels_it_says_so():
    found = readiness(card({}))
    assert found.near_ninety is None
    assert "too few to hold any back" in found.headline
    assert found.num_labels == 0


def test_a_histogram_holds_every_row_and_keeps_the_long_ones_apart():
    lengths = [*range(100), 5_000]
    found = histogram(lengths, title="Words")
    assert sum(found.counts) + found.num_longer == len(lengths)
    assert found.num_longer == 1
    assert found.width == 5
    assert len(found.counts) * found.width > 98
    assert found.longest == 5_000
    assert histogram([0], title="Words").counts == (1, 0)


def test_rows_over_the_limit_are_counted_in_tokens():
    texts = ["a b c", "a", "a b c d e f"]
    found = token_lengths(
        texts,
        base="tiny",
        most_tokens=3,
        count_tokens=lambda found: np.array([len(text.split()) for text in found]),
    )
    assert found.num_over == 1
    assert found.quantiles == {"p50": 3, "p95": 6, "max": 6}
    assert any(
        "1 of 3 rows has" in one.words for one in readiness(card({}), tokens=[found]).findings
    )


def test_the_mix_of_languages_sums_to_one_and_is_told_where_it_matters():
    english = ["Where is the parcel that you sent me last week, please?"] * 60
    german = ["Wo bleibt denn das Paket, das ihr mir letzte Woche geschickt habt?"] * 40
    mix = language_mix([*english, *german], num_rows=500)
    assert [row.name for row in mix.rows] == ["English", "German"]
    assert sum(row.share.value for row in mix.rows) == pytest.approx(1)
    assert mix.rows[1].share.low < 0.4 < mix.rows[1].share.high
    found = readiness(card({}), languages=mix)
    assert any("English 60 %, German 40 %" in one.words for one in found.findings)
    alone = readiness(card({}), languages=language_mix(english, num_rows=60))
    assert not any("languages" in one.words for one in alone.findings)


def test_a_sample_is_the_same_every_time_and_in_order():
    drawn = sample_rows(1000, most=50, seed=3)
    assert drawn.tolist() == sorted(sample_rows(1000, most=50, seed=3).tolist())
    assert len(set(drawn.tolist())) == 50
    assert sample_rows(5, most=50, seed=3).tolist() == [0, 1, 2, 3, 4]
