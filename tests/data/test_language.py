"""Languages are told from each other, and nobody loses a row over two words."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest
from language_messages import MESSAGES, NO_LANGUAGE_FOR_CERTAIN, messages

import sartor
from sartor.data.language import is_foreign, keep, languages_of, main_languages, settled

TATOEBA = Path(__file__).parents[2].parent / "shared" / "data" / "tatoeba_en_es" / "test.jsonl.gz"
HEM = Path(sartor.__file__).parent / "examples" / "hem" / "messages.csv"

OTHERS_WITHOUT_A_LANGUAGE = (
    *(
        "many thanks",
        "vielen dank",
        "muchas gracias",
        "merci beaucoup",
        "grazie mille",
        "dank je wel",
    ),
    *(
        "Charlotte Brontë",
        "Miguel Ángel Rodríguez Castro",
        "Annegret Kramp-Karrenbauer",
        "Zoë van der Meer",
    ),
    *(
        "Łukasz Wiśniewski, ul. Długa 4, Kraków",
        "Rue de la Paix 7, 1000 Bruxelles",
        "Kungsgatan 12, Göteborg",
    ),
    *(
        "order no. B-77120-XZ",
        "Artikelnummer 30.455.12",
        "nº de pedido 88-4410",
        "Samsung Galaxy S24 Ultra 256 GB",
    ),
    *(
        "<NAME_1> <NAME_2>, <EMAIL>",
        "{{Customer Name}} {{Order Number}}",
        "Thermomix TM6",
        "Nespresso Vertuo Next",
    ),
    *(
        "ok ok ok ok",
        "yes!!!",
        "nope",
        "??? hello ???",
        "😡😡😡",
        "12/11/2026 14:30",
        "GB29 NWBK 6016 1331 9268 19",
    ),
)
"""Written after the thresholds stood."""


def test_long_messages_are_told_apart():
    for code in MESSAGES:
        found = languages_of(messages(code, is_short=False, is_held_out=True))
        assert {one.code for one in found} <= {code, ""}, code


def test_short_messages_are_told_apart_or_left_open():
    held_out = [
        (code, languages_of(messages(code, is_short=True, is_held_out=True))) for code in MESSAGES
    ]
    codes = [(code, one.code) for code, found in held_out for one in found]
    decided = [(code, named) for code, named in codes if named]
    assert all(code == named for code, named in decided)
    assert len(decided) > 0.9 * len(codes)


@pytest.mark.parametrize("wanted", [["en"], ["de"], ["es"], ["ja"], ["en", "de"]])
def test_what_says_nothing_stays(wanted):
    for texts in (NO_LANGUAGE_FOR_CERTAIN, OTHERS_WITHOUT_A_LANGUAGE):
        assert all(keep(languages_of(texts), wanted))


def test_foreign_messages_go():
    texts = [
        text
        for code in MESSAGES
        if code != "en"
        for text in messages(code, is_short=False, is_held_out=True)
    ]
    kept = keep(languages_of(texts), ["en"])
    assert sum(kept) <= 1


@pytest.mark.parametrize(
    "text", ["", "   ", "12345", "👍", "…!?", "<NAME_1>", "a@b.example https://a.example/de/x"]
)
def test_without_letters_there_is_no_language(text):
    assert languages_of([text]) == [("", 0.0, (), 0)]


def test_confidences_have_two_digits():
    for found in languages_of(NO_LANGUAGE_FOR_CERTAIN):
        assert all(share == round(share, 2) for _, share in found.candidates)
        assert found.code in ("", found.candidates[0][0] if found.candidates else "")


def test_broken_text_is_no_error():
    assert languages_of(["half \ud83d of an emoji in a message", "\x00\x01 control"])[0].code in (
        "",
        "en",
    )


def test_the_languages_of_a_data_set():
    texts = [text for code, n in (("en", 8), ("de", 4), ("sv", 2)) for text in _long(code)[:n]]
    shares = main_languages(languages_of(texts))
    assert [one.code for one in shares] == ["en", "de", "sv"]
    assert shares[0].num_texts == 8
    assert main_languages(languages_of(["ok", "12"])) == ()


def test_what_a_data_set_is_made_of_settles_a_short_text():
    (short,) = languages_of(["olvidé mi contraseña"])
    assert short.code == ""
    assert settled(short, ["en", "es"]) == "es"
    (foreign,) = languages_of(["Ich möchte mein Abo zum Ende des Monats kündigen."])
    assert settled(foreign, ["en", "es"]) == "de"
    assert is_foreign(foreign, ["en", "es"])


def test_hem_is_english_with_four_others():
    with HEM.open(encoding="utf-8") as file:
        found = languages_of([row["message"] for row in csv.DictReader(file)])
    shares = main_languages(found, min_share=0.005)
    assert [one.code for one in shares] == ["en", "nl", "de", "sv", "fr"]
    assert 0.9 < shares[0].share < 0.94


@pytest.mark.needs_shared
@pytest.mark.skipif(not TATOEBA.exists(), reason="Tatoeba is not beside the repository")
@pytest.mark.parametrize(("mine", "other", "least_dropped"), [("en", "es", 0.7), ("es", "en", 0.7)])
def test_rows_in_the_right_language_stay(mine, other, least_dropped):
    with gzip.open(TATOEBA, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][::3]
    assert all(keep(languages_of([row[mine] for row in rows]), [mine]))
    long_ones = [row[other] for row in rows if len(row[other]) >= 25]
    assert sum(keep(languages_of(long_ones), [mine])) < (1 - least_dropped) * len(long_ones)


def _long(code: str) -> list[str]:
    return [
        text for late in (False, True) for text in messages(code, is_short=False, is_held_out=late)
    ]
