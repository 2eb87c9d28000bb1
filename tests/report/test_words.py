"""Numbers become words without lying, hidden characters become visible."""

from __future__ import annotations

import pytest

from sartor.core.score import Comparison
from sartor.report import words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\x1b[31m", "⟨U+001B⟩[31m"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\ud800", "⟨U+D800⟩"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("café Ünïcode 你好", "café Ünïcode 你好"),
    ],
)
def test_a_character_that_hides_or_reorders_text_is_shown_as_its_code_point(text, shown):
    assert words.visible(text) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0"), (1.0, "100"), (0.9996, "99.9"), (0.996, "99.6"), (0.0001, "0.1"), (0.724, "72")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share, shown):
    assert words.of_hundred(share) == shown


def test_a_probability_counted_on_draws_is_never_certain():
    shown = [words.probability(p).replace("\u00a0", " ") for p in (0.0, 0.004, 0.3, 0.995, 1.0)]
    assert shown == ["under 0.1 %", "0.4 %", "30 %", "99.5 %", "over 99.9 %"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "–"),
        (0.0, "0.0 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (4215, "1 h 10 min"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds, shown):
    assert words.duration(seconds).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("usd", "shown"),
    [(None, "–"), (0.0, "$0.00"), (0.00006, "$0.000060"), (0.0031, "$0.0031"), (0.999, "$1.00"),
     (1234.5, "$1,234.50"), (1e-9, "< $0.000001")],
)  # fmt: skip
def test_a_small_price_keeps_two_significant_digits(usd, shown):
    assert words.money(usd) == shown


def test_a_difference_carries_its_sign_and_zero_has_none():
    assert words.signed(0.0121, "accuracy") == "+0.012"
    assert words.signed(-0.0121, "accuracy") == "\u22120.012"
    assert words.signed(-0.00001, "accuracy") == "0.000"


def test_an_unmeasured_or_infinite_value_is_a_dash():
    assert words.measured(None, "accuracy") == "–"
    assert words.measured(float("nan"), "mae") == "–"


@pytest.mark.parametrize(
    ("metric", "difference", "p_value", "word"),
    [
        ("accuracy", -0.02, 0.001, "worse"),
        ("accuracy", 0.02, 0.001, "better"),
        ("mae", 0.02, 0.001, "worse"),
        ("mae", -0.02, 0.001, "better"),
        ("accuracy", -0.02, 0.051, "not distinguishable"),
    ],
)
def test_a_comparison_knows_which_way_is_better(metric, difference, p_value, word):
    low, high = sorted((difference * 0.5, difference * 1.5))
    comparison = Comparison(difference, low, high, p_value, "paired cluster bootstrap")
    assert words.comparison_word(comparison, metric) == word


def test_words_in_backticks_become_code_and_stay_escaped():
    assert words.coded("ask for `<b>` first") == "ask for <code>&lt;b&gt;</code> first"
    assert words.coded("one ` alone <i>") == "one ` alone &lt;i&gt;"


def test_a_setting_is_written_to_its_last_digit():
    assert [words.setting(v) for v in (2e-5, 0.1, 8, True, None, "mean")] == [
        "2e-05", "0.1", "8", "true", "–", "mean",
    ]  # fmt: skip


def test_what_is_cut_from_a_long_text_is_counted():
    assert words.clipped("abcdef", 4) == "abcd… (2 more characters)"
    assert words.clipped("abcd", 4) == "abcd"
