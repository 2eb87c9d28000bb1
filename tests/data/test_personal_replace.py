"""Placeholders keep kind and identity, and only a key file leads back."""

from __future__ import annotations

import logging
import os

import pytest
from bench.personal_plants import DEVELOPMENT, plants
from hypothesis import given, settings
from hypothesis import strategies as st

from sartor.core.errors import DataError
from sartor.data.personal_finder import Finder
from sartor.data.personal_key import KeyFile
from sartor.data.personal_replace import Audit, Replacer, restore
from sartor.data.personal_same import comparable

CONVERSATION = (
    "Hi, order AB-48213 is late. Call +49 151 23456789 or anna.berg@web.de",
    "We wrote to Anna.Berg@WEB.de about AB-48213.",
    "0151 23456789 is right, not 0049 160 9999999. My IBAN: DE89 3704 0044 0532 0130 00",
    "de89370400440532013000 and DE89-3704-0044-0532-0130-00 are one.",
)
SAME = (
    ("EMAIL", "anna @ Web.de", "anna(at)web dot de"),
    ("PHONE", "+49 (0) 151-2345", "0049 151 2345"),
    ("IP", "010.001.000.009", "10.1.0.9"),
    ("IP", "2001:DB8:0::1", "2001:db8::1"),
    ("ADDRESS", "12 Mill Lane,\nLeeds LS1 4AB", "12 mill lane, leeds, ls1 4ab"),
    ("REFERENCE", "#ab-48213", "AB 48213"),
)


def test_equal_values_get_one_placeholder_and_different_ones_differ():
    replaced = Replacer().replace(CONVERSATION)
    assert replaced.texts == (
        "Hi, order <REFERENCE_1> is late. Call <PHONE_1> or <EMAIL_1>",
        "We wrote to <EMAIL_1> about <REFERENCE_1>.",
        "<PHONE_1> is right, not <PHONE_2>. My IBAN: <IBAN_1>",
        "<IBAN_1> and <IBAN_1> are one.",
    )
    assert replaced.counts == {"EMAIL": 2, "IBAN": 3, "REFERENCE": 2, "PHONE": 3}
    assert replaced.num_values == {"EMAIL": 1, "IBAN": 1, "REFERENCE": 1, "PHONE": 2}


@pytest.mark.parametrize(("kind", "one", "other"), SAME)
def test_ways_of_writing_are_seen_through(kind, one, other):
    assert comparable(kind, one) == comparable(kind, other)


def test_two_countries_with_one_ending_are_two_numbers():
    texts = Replacer().replace(["+49 151 23456789", "+43 151 23456789"]).texts
    assert texts == ("<PHONE_1>", "<PHONE_2>")


def test_placeholders_that_were_there_stay_and_are_never_given_again():
    texts = ["<PHONE_3> rang {{order}}, so did +44 7911 123456", "<EMAIL> and a@b.example"]
    assert Replacer().replace(texts).texts == (
        "<PHONE_3> rang {{order}}, so did <PHONE_4>",
        "<EMAIL> and <EMAIL_1>",
    )


def test_numbering_starts_anew_in_each_document():
    replacer = Replacer()
    assert replacer.replace(["a@b.example"]).texts == replacer.replace(["c@d.example"]).texts


def test_what_is_replaced_is_not_found_again():
    for plant in plants(DEVELOPMENT, 400):
        once = Replacer().replace([plant.text])
        assert Replacer().replace(once.texts).texts == once.texts


def test_the_way_back_leads_through_the_key_file(tmp_path):
    replaced = Replacer().replace(CONVERSATION)
    key_file = KeyFile(tmp_path / "personal.jsonl")
    key_file.add("chat 7", replaced.values)
    key_file.add("chat 8", {"<EMAIL_1>": "x@y.example"})
    restored = restore(replaced.texts, key_file.read("chat 7"))
    assert restored[0] == CONVERSATION[0]
    assert "anna.berg@web.de" in restored[1]
    assert key_file.read("chat 9") == {}
    key_file.add("chat 8", {"<EMAIL_1>": "new@y.example"})
    assert key_file.read("chat 8") == {"<EMAIL_1>": "new@y.example"}, "rows move: the last counts"


def test_values_that_are_written_in_one_way_come_back_to_the_letter():
    for plant in plants(DEVELOPMENT, 300):
        replaced = Replacer().replace([plant.text])
        assert restore(replaced.texts, replaced.values) == (plant.text,)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_nobody_else_reads_the_key_file(tmp_path):
    path = tmp_path / "key.jsonl"
    KeyFile(path).add("a", {"<NAME_1>": "x"})
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(DataError, match="only its owner"):
        KeyFile(path).add("b", {"<NAME_1>": "y"})


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_a_link_is_no_key_file(tmp_path):
    target = tmp_path / "elsewhere"
    target.write_text("")
    (tmp_path / "key.jsonl").symlink_to(target)
    with pytest.raises(DataError, match="key file"):
        KeyFile(tmp_path / "key.jsonl").add("a", {"<NAME_1>": "x"})


def test_a_broken_line_is_named_and_not_shown(tmp_path):
    path = tmp_path / "key.jsonl"
    KeyFile(path).add("a", {"<NAME_1>": "x"})
    with path.open("a") as file:
        file.write("secret of somebody\n")
    with pytest.raises(DataError, match=r"key\.jsonl:2") as caught:
        KeyFile(path).read("a")
    assert "secret" not in str(caught.value)


def test_nothing_personal_is_logged_or_shown(caplog):
    caplog.set_level(logging.DEBUG)
    replaced = Replacer().replace(CONVERSATION)
    assert "anna" not in repr(replaced).lower()
    assert not caplog.records


def test_the_audit_counts_by_kind():
    audit = Audit()
    for line in (3, 4):
        audit.add(f"chats.csv:{line}", Replacer().replace(CONVERSATION).counts)
    lines = {count.what: count for count in audit.counts()}
    emails = lines["personal data: e-mail addresses"]
    assert emails.num_rows == 2
    assert emails.note.startswith("4 of them")
    assert emails.examples == ("chats.csv:3", "chats.csv:4")


@given(st.lists(st.text(alphabet="0123456789 .-@<>_{}PHONEaé\n", max_size=60), max_size=4))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_texts_come_back_where_each_value_was_written_in_one_way(texts):
    replaced = Replacer(Finder(finds_names=True)).replace(texts)
    assert len(replaced.texts) == len(texts)
    if sum(replaced.counts.values()) == len(replaced.values):
        assert restore(replaced.texts, replaced.values) == tuple(texts)
