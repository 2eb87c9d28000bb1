"""Personal data never reaches a message."""

from __future__ import annotations

import time

import pytest

from sartor.data.personal import excerpt, mask_personal_data

MASKED = [
    ("write to jo.o'neil+x@mail.example.co.uk today", "write to jo.o'<EMAIL> today"),
    ("a@b.example, c@d.example", "<EMAIL>, <EMAIL>"),
    ("call +44 7911 123456 now", "call <PHONE> now"),
    ("call (020) 7946-0018", "call <PHONE>"),
    ("07911123456", "<PHONE>"),
    ("IBAN GB29 NWBK 6016 1331 9268 19 thanks", "IBAN <IBAN> thanks"),
    ("NL91ABNA0417164300", "<IBAN>"),
    ("4111 1111 1111 1111", "<CARD>"),
    ("card 5500-0000-0000-0004.", "card <CARD>."),
    ("from 192.168.0.12:", "from <IP>:"),
    ("2001:db8::8a2e:370:7334", "<IP>"),
    ("ref 123456789012", "ref <NUMBER>"),
]
KEPT = ["order HC-48213", "on 2024-05-17 at 12:30:45", "17/05/2024", "size 42 x 30", "HELLO WORLD"]


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_personal_data_is_replaced(text, masked):
    assert mask_personal_data(text) == masked


@pytest.mark.parametrize("text", KEPT)
def test_what_is_not_personal_stays(text):
    assert mask_personal_data(text) == text


@pytest.mark.parametrize("piece", ["a", "1", "1 ", "a@", "a.", "1.", "::", "GB12 ", "+", "@a.a"])
def test_time_grows_linearly(piece):
    start = time.perf_counter()
    mask_personal_data(piece * 50_000)
    assert time.perf_counter() - start < 2.0


def test_an_excerpt_is_short_and_cannot_steer_a_terminal():
    shown = excerpt("\x1b[31mred\n" + "x" * 500)
    assert shown.startswith("\\x1b[31mred\\n")
    assert len(shown) == 60
    assert shown.endswith("…")
    assert excerpt("\ud800") == "\\ud800"
