"""Records by rules: frequent, known and well-shaped values."""

from __future__ import annotations

import re

import pytest
from extract_rows import answers_of, as_rows, extract_facts

from sartor.core.goal import OutputKind
from sartor.tune.field_rules import FieldRules
from sartor.tune.value_rules import check_rule, learn_rule, shape, value_in

FACTS = extract_facts(OutputKind.FIELDS)


def records(rows, texts):
    return answers_of(FieldRules(), rows, texts, facts=FACTS)


def test_each_field_gets_the_rule_that_suits_it():
    colours = ("red", "blue", "green")
    texts = [
        f"Order {1000 + n}: {n % 4 + 1} coats in {colours[n % 3]}, due 2026-0{n % 8 + 1}-11, to a{n}@hem.nl"
        for n in range(24)
    ]
    targets = [
        {
            "shop": "Hem",
            "number": 1000 + n,
            "colour": colours[n % 3],
            "due": f"2026-0{n % 8 + 1}-11",
            "mail": f"a{n}@hem.nl",
        }
        for n in range(24)
    ]
    [record] = records(
        as_rows(texts, targets), ["Order 777: 2 coats in blue, due 2031-12-24, to x9@sew.be"]
    )
    assert record == {
        "shop": "Hem",
        "number": 777,
        "colour": "blue",
        "due": "2031-12-24",
        "mail": "x9@sew.be",
    }


def test_a_value_of_one_row_alone_proves_no_rule():
    """By heart every value would be found; the rows show that it does not carry over."""
    words = ["sky", "sea", "sand", "salt", "soap", "silk"]
    rule = learn_rule([f"about {w}, dear" for w in words], words)
    assert rule["how"] != "known"


def test_a_list_holds_all_known_items_of_the_text_in_their_order():
    texts = ["wool and silk", "silk", "wool", "silk, wool", "nothing", "nothing"]
    targets = [
        {"of": ["wool", "silk"]},
        {"of": ["silk"]},
        {"of": ["wool"]},
        {"of": ["silk", "wool"]},
        {},
        {},
    ]
    assert records(as_rows(texts, targets), ["much silk, some wool", "linen"]) == [
        {"of": ["silk", "wool"]},
        {},
    ]


def test_fields_inside_fields_have_rules_of_their_own():
    targets = [{"to": {"town": town, "land": "NL"}} for town in ("Ede", "Urk", "Ede", "Urk")]
    texts = ["for Ede", "for Urk", "to Ede", "to Urk"]
    assert records(as_rows(texts, targets), ["off to Urk"]) == [
        {"to": {"town": "Urk", "land": "NL"}}
    ]


def test_an_empty_text_and_absent_fields():
    rows = as_rows(["a", "b", "c"], [{}, {"x": None}, {}])
    assert records(rows, ["", "a"]) == [{}, {}]


@pytest.mark.parametrize(
    ("spelled", "number"), [("12", 12), ("12.5", 12.5), ("1,250.50", 1250.5), ("1.250,50", 1250.5)]
)
def test_numbers_are_read_as_people_write_them(spelled, number):
    rule = learn_rule(["costs 3.5 euro", "costs 4 euro", "it costs 7.25"], [3.5, 4, 7.25])
    assert value_in(f"costs {spelled} euro", rule) == number


def test_a_shape_keeps_signs_and_numbers_of_figures():
    assert re.fullmatch(shape("2026-03-01"), "1999-12-31")
    assert not re.fullmatch(shape("2026-03-01"), "99-12-31")
    assert re.fullmatch(shape("a@b.nl"), "someone@else.be")


@pytest.mark.parametrize("values", [[3, 40, 700, 12], [3.5, 40.0, 7.25, 1.5]])
def test_a_run_of_figures_that_is_no_number_is_left_alone(values):
    rule = learn_rule([f"costs {value} euro" for value in values], values)
    assert rule["how"] == "shaped"
    assert value_in(f"costs {'9' * 6000} euro", rule) == rule["else"]
    assert value_in("costs 41 euro", rule) == 41


ODD_VALUES = [
    *("2026-03-01", "a@b.nl", "A|B (c) [d]", "x_y", "50 %", "#1\\2", "ſ²-é", "to: e\u0301 & co."),
    *("{1234567}", "^a$", "日本 12", "a  b\tc", "don't~stop+go?"),
]


@pytest.mark.parametrize("value", ODD_VALUES)
def test_the_patterns_that_are_learned_pass_the_check_of_foreign_ones(value):
    pattern = rf"(?<!\w)(?:{shape(value)}|{shape('AB-12')})(?!\w)"
    check_rule({"how": "shaped", "pattern": pattern, "type": "string", "which": 0, "else": None})
    assert re.fullmatch(pattern, value)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(?<!\w)(?:(\d+)+x)(?!\w)",
        r"(?<!\w)(?:[^\W\d_]+[^\W\d_]+[^\W\d_]+[^\W\d_]+!)(?!\w)",
        r"(?<!\w)(?:\s+\s+\s+\s+!)(?!\w)",
        r"(?<!\w)(?:.*.*.*!)(?!\w)",
        rf"(?<!\w)(?:{'|'.join(['a'] * 50)})(?!\w)",
        "(",
    ],
)
def test_a_pattern_that_could_run_for_ever_is_refused(pattern):
    rule = {"how": "shaped", "pattern": pattern, "type": "string", "which": 0, "else": None}
    with pytest.raises(ValueError, match="another kind"):
        check_rule(rule)
