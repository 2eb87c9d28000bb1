"""Personal data is found as people write it, and what is not personal stays."""

from __future__ import annotations

import gzip
import json
import random
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from bench.personal_carriers import CLEAN_MAILS
from bench.personal_plants import DEVELOPMENT, HELD_OUT, Plant, names, plants
from hypothesis import given, settings
from hypothesis import strategies as st

from sartor.data.personal_finder import Finder, find
from sartor.data.personal_kinds import MEANINGS, Found, apart

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
NUM_PLANTED = 1_000

NATIONAL_IDS = (
    *(
        "078-05-1121",
        "AB 12 34 56 C",
        "12345678Z",
        "X1234567L",
        "2 55 08 14 168 025 38",
        "RSSMRA85T10A562S",
    ),
    *(
        "811218-9876",
        "19811218-9876",
        "86 095 742 719",
        "BSN 111222333",
        "burgerservicenummer 111 222 333",
    ),
    *("PESEL 44051401359", "Steuer-ID 86095742719", "NIF 123456789", "ssn 078051121"),
)
WRONG_CHECK_DIGITS = ("12345678A", "X1234567M", "811218-9875", "RSSMRA85T10A562T", "000-12-3456")
BIRTH_DATES = (
    *(
        "born on 3 May 1981",
        "DOB: 05/03/1981",
        "geboren am 3. Mai 1981",
        "née le 03/05/1981",
        "geb. 3.5.1981",
    ),
    *("fecha de nacimiento: 3 de mayo de 1981", "geboortedatum 03-05-1981", "född 1981-05-03"),
    *("nato il 3 maggio 1981", "data de nascimento: 03/05/1981", "date of birth is May 3, 1981"),
)
URLS = (
    *(
        "https://shop.example/reset?token=ab12",
        "https://anna:secret@host.example/x",
        "www.a.example/?email=a%40b.c",
    ),
    *("https://www.linkedin.com/in/anna-berg", "https://wa.me/4915123456789"),
)
CLEAN = (
    *(
        "at 12:30:45 on 2024-05-17",
        "version 10.0.19041.3570",
        "Windows 11 23H2",
        "EUR 1,299,000.00",
        "127.0.0.1",
    ),
    *(
        "300 x 400 px",
        "std::vec a::b x[::2]",
        "2019-2020",
        "978-3-16-148410-0",
        "order 2 shirts for 129.90",
    ),
    *(
        "see https://docs.example/a/b?page=2",
        "the 2 of us live in a row",
        "3.14159265",
        "36298.5833333333",
        "x = .05000000000000004",
        "reference 2.2.4.2.3",
        "1 299 000 kr",
    ),
    *(
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "an order from 2024",
        "meet me @ noon",
        "0.123456789",
    ),
    *(
        "10 minutes a day on the road",
        "20240517",
        "size 42 x 30",
        "invoice of 24 May 2024",
        "W @ x + b",
    ),
)


def is_covered(plant: Plant, found: tuple[Found, ...]) -> bool:
    """Every letter and digit of the piece lies in a find of its kind."""
    covered = {at for one in found if one.kind == plant.kind for at in range(one.start, one.end)}
    return all(at in covered for at in range(plant.start, plant.end) if plant.text[at].isalnum())


def recall_by_kind(planted: list[Plant], finder: Finder) -> dict[str, float]:
    hits, counts = Counter(), Counter()
    for plant in planted:
        counts[plant.kind] += 1
        hits[plant.kind] += is_covered(plant, finder.find(plant.text))
    return {kind: hits[kind] / count for kind, count in counts.items()}


def kinds(text: str) -> list[str]:
    return [one.kind for one in find(text)]


@pytest.mark.parametrize("half", [DEVELOPMENT, HELD_OUT])
def test_what_is_planted_is_found(half):
    recall = recall_by_kind(plants(half, NUM_PLANTED), Finder())
    assert sum(recall.values()) / len(recall) >= 0.97, recall
    assert min(recall.values()) >= 0.9, recall


@pytest.mark.parametrize("text", [*CLEAN, *CLEAN_MAILS])
def test_what_is_not_personal_stays(text):
    assert find(text) == ()


@pytest.mark.parametrize("text", NATIONAL_IDS)
def test_identity_numbers_are_known_by_their_check_digits(text):
    assert "NATIONAL_ID" in kinds(f"It is {text}, thanks")


@pytest.mark.parametrize("text", WRONG_CHECK_DIGITS)
def test_a_wrong_check_digit_is_no_identity_number(text):
    assert "NATIONAL_ID" not in kinds(f"It is {text}, thanks")


@pytest.mark.parametrize("text", BIRTH_DATES)
def test_dates_of_birth_need_a_word_for_birth(text):
    assert kinds(f"I was {text}.") == ["BIRTH_DATE"]
    date = text[find(text)[0].start : find(text)[0].end]
    assert kinds(f"It came on {date}.") == []


@pytest.mark.parametrize("text", URLS)
def test_web_addresses_that_name_a_person_go_as_a_whole(text):
    assert find(f"see {text} please") == (Found(4, 4 + len(text), "URL"),)


@pytest.mark.parametrize(
    "text",
    [
        "0151 23456789 / 0160 7654321",
        "+44 20 7946 0018 +49 30 1234567",
        "0151 23456789 0160 7654321",
    ],
)
def test_two_numbers_side_by_side_are_two(text):
    assert kinds(f"Try {text} tomorrow") == ["PHONE", "PHONE"]


def test_no_space_is_needed_behind_an_abbreviation():
    assert kinds("Tel.0151 23456789, Best.-Nr.48213577") == ["PHONE", "REFERENCE"]


def test_the_audit_can_say_which_recognisers_ran():
    assert Finder().recognisers == ("patterns",)
    assert Finder(finds_names=True).recognisers == ("patterns", "names")


def test_names_are_found_where_they_are_introduced_and_only_if_asked_for():
    text = "Hello,\nmy name is Åsa Lindqvist.\n\nKind regards,\nJoost van der Meer"
    found = Finder(finds_names=True).find(text)
    assert [text[one.start : one.end] for one in found] == ["Åsa Lindqvist", "Joost van der Meer"]
    assert find(text) == ()


def test_most_planted_names_are_found():
    finder = Finder(finds_names=True)
    planted = names(DEVELOPMENT, 300)
    hits = [is_covered(plant, finder.find(plant.text)) for plant in planted]
    assert sum(hits) / len(hits) > 0.8


def test_spans_that_overlap_become_one_of_the_longest_kind():
    found = [
        Found(0, 10, "PHONE"),
        Found(8, 25, "EMAIL"),
        Found(30, 35, "NUMBER"),
        Found(30, 35, "CARD"),
    ]
    assert apart(found) == (Found(0, 25, "EMAIL"), Found(30, 35, "CARD"))


@pytest.mark.parametrize("text", ["<EMAIL_1> called", "{{order 12345678}}", "order <REFERENCE_12>"])
def test_placeholders_stay(text):
    assert find(text) == ()


@given(
    st.lists(
        st.sampled_from(
            [*"0123456789 \n.-/()+@:,#<>{}aZé", "order ", "Str. ", "DE", "at ", " dot "]
        )
    )
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_finds_are_in_order_apart_and_inside(pieces):
    text = "".join(pieces)
    found = Finder(finds_names=True).find(text)
    assert all(0 <= one.start < one.end <= len(text) and one.kind in MEANINGS for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert found == Finder(finds_names=True).find(text)


def test_broken_bytes_break_nothing():
    rng = random.Random(5)
    finder = Finder(finds_names=True)
    for plant in plants(DEVELOPMENT, 300):
        mutated = bytearray(plant.text.encode())
        for _ in range(5):
            mutated[rng.randrange(len(mutated))] = rng.randrange(256)
        finder.find(mutated.decode("utf-8", errors="replace"))
        finder.find(mutated.decode("latin-1"))


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "1",
            "1 ",
            "1\n",
            "12-",
            "@",
            "a@",
            "a@a.",
            "((",
            "[[",
            "{{",
            "<A>",
            "a dot ",
            "a at ",
            "1:",
            "::",
            "DE1",
        ),
        *(
            "order 1234 ",
            "#1",
            "12 rue de ",
            "via de la ",
            "strasse 1 ",
            "http://a@",
            "Mr A",
            "Aa ",
            "ssn 1234 ",
        ),
        *(
            "4111 1111 1111 1111 ",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8 ",
            "12 a street ",
            "geb. 1.1.1990 ",
        ),
    ],
)
def test_time_is_linear_in_the_worst_texts(piece):
    text = (piece * 50_000)[:50_000]
    start = time.process_time()
    Finder(finds_names=True).find(text)
    assert time.process_time() - start < 2.0  # a tenth of it on a free machine


@pytest.mark.needs_shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is absent")
def test_few_false_alarms_in_real_questions_of_customers():
    with gzip.open(SHARED / "banking77" / "train.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    num_found = sum(len(find(text)) for text in texts)
    num_tokens = sum(len(text.split()) for text in texts)
    assert num_found / num_tokens <= 0.2 / 1_000
