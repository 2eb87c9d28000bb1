"""Gates with reasons: nothing is raised, and what nobody knows keeps no model out but for its licence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sartor.base.catalogue import CatalogueModel, shipped_catalogue
from sartor.base.gates import (
    GIB,
    Asked,
    MadeFor,
    context_gate,
    gates,
    languages_gate,
    latency_gate,
    memory_gate,
    offline_gate,
)
from sartor.base.resolve import resolve
from sartor.core.gate import Gate
from sartor.core.goal import Constraints

KNOWN = shipped_catalogue()


def by_name(model: CatalogueModel, asked: Asked) -> dict[str, Gate]:
    return {gate.name: gate for gate in gates(model, asked, KNOWN)}


def test_every_model_of_the_catalogue_has_all_gates_with_reasons() -> None:
    asked = Asked(
        Constraints(licence="commercial", offline=True, memory_gb=1, latency_ms_p95=50),
        row_tokens=[10, 700],
        max_tokens=1024,
        language_shares={"de": 0.9, "en": 0.1},
        memory_bytes=2.0 * GIB,
        latency_ms=20.0,
    )
    names = ["licence", "context", "languages", "offline", "memory", "latency"]
    for model in KNOWN.models.values():
        found = gates(model, asked, KNOWN)
        assert [gate.name for gate in found] == names
        assert all(gate.reason.endswith(".") for gate in found)


def test_nothing_asked_keeps_nothing_out() -> None:
    for model in KNOWN.models.values():
        assert all(gate.passed for gate in gates(model, Asked(), KNOWN))


@pytest.mark.parametrize(
    ("id", "use", "passed", "words"),
    [
        ("Qwen/Qwen3-0.6B", "commercial", True, "Apache License 2.0"),
        ("meta-llama/Llama-3.2-1B", "commercial", True, "Built with Llama"),
        ("Qwen/Qwen2.5-3B", "commercial", False, "only research and evaluation"),
        ("Qwen/Qwen2.5-3B", "internal", False, "only research and evaluation"),
        ("Qwen/Qwen2.5-3B", "research", True, "allows research and evaluation"),
        ("facebook/nllb-200-distilled-600M", "internal", False, "commercial advantage"),
        ("nvidia/Llama-3.1-Minitron-4B-Width-Base", "commercial", True, "Built with Llama"),
    ],
)
def test_the_licence_against_the_use(id: str, use: str, passed: bool, words: str) -> None:
    gate = by_name(KNOWN.models[id], Asked(Constraints(licence=use)))["licence"]
    assert gate.passed is passed
    assert words in gate.reason


def test_an_unknown_licence_is_refused_unless_it_is_accepted() -> None:
    model = replace(KNOWN.models["google-bert/bert-base-uncased"], id="hem/x", licence=None)
    refused = by_name(model, Asked(Constraints(licence="research")))["licence"]
    accepted = Constraints(licence="research", accept_licence=("hem/x",))
    opened = by_name(model, Asked(accepted))["licence"]
    assert (refused.passed, opened.passed) == (False, True)
    assert opened.reason.startswith("Accepted by the goal.")


ROWS = [100] * 70 + [600] * 20 + [3000] * 10


@pytest.mark.parametrize(
    ("context", "max_tokens", "passed", "words"),
    [
        (512, 4096, False, "30 % of the rows are longer and would be cut off"),
        (2048, 4096, True, "10 % of the rows are longer and would be cut off"),
        (4096, 4096, True, "enough for the rows."),
        (512, 256, True, "`max_tokens: 256` cuts off 30 % of them"),
        (None, 256, True, "not known"),
    ],
)
def test_the_context_against_the_lengths_of_rows(
    context: int | None, max_tokens: int, passed: bool, words: str
) -> None:
    gate = context_gate(context, Asked(max_tokens=max_tokens, row_tokens=ROWS))
    assert gate.passed is passed
    assert words in gate.reason


def test_how_much_may_be_cut_off_is_settable() -> None:
    strict = Asked(max_tokens=4096, row_tokens=ROWS, most_cut_share=0.05)
    assert not context_gate(2048, strict).passed
    assert "is not known" in context_gate(2048, Asked()).reason


@pytest.mark.parametrize(
    ("made_for", "shares", "passed", "words"),
    [
        (MadeFor(("en",)), {"de": 0.3, "en": 0.7}, False, "30 % of the rows are in German"),
        (MadeFor(("en",)), {"de": 0.03, "en": 0.97}, True, "It was made for English."),
        (MadeFor(("en", "de")), {"de": 0.3, "en": 0.7}, True, "German and English"),
        (MadeFor(("en",), 29), {"el": 1.0}, True, "29 languages and do not name Greek"),
        (MadeFor(None, 140), {"el": 1.0}, True, "140 languages and do not name Greek"),
        (MadeFor(), {"el": 1.0}, True, "not known"),
        (MadeFor(("en",)), {}, True, "not known"),
    ],
)
def test_languages_against_those_of_the_rows(
    made_for: MadeFor, shares: dict[str, float], passed: bool, words: str
) -> None:
    gate = languages_gate(made_for, shares)
    assert gate.passed is passed
    assert words in gate.reason


def test_what_is_not_at_hand_is_out_where_nothing_may_be_fetched() -> None:
    assert offline_gate("cached", is_offline=True).passed
    assert not offline_gate(None, is_offline=True).passed
    assert offline_gate(None, is_offline=False).passed
    nano = KNOWN.models["sartor-nano"]
    assert by_name(nano, Asked(Constraints(offline=True)))["offline"].passed


def test_memory_and_time_take_numbers_from_elsewhere() -> None:
    assert memory_gate(3.9 * GIB, 4).passed
    assert not memory_gate(4.1 * GIB, 4).passed
    assert "4.1 GiB; 4 GiB are allowed" in memory_gate(4.1 * GIB, 4).reason
    assert memory_gate(None, 4).passed
    assert not latency_gate(201.0, 200).passed
    assert latency_gate(199.0, 200).passed
    assert latency_gate(1e9, None).passed


def test_a_model_at_hand_has_the_same_gates(model) -> None:
    model.write("README.md", "---\nlicense: mit\nlanguage: [en, xyz]\n---")
    base = resolve(str(model.folder), offline=True)
    asked = Asked(Constraints(licence="commercial", offline=True), language_shares={"de": 1.0})
    found = {gate.name: gate for gate in gates(base, replace(asked, row_tokens=[9]), KNOWN)}
    assert found["licence"].passed
    assert (found["offline"].passed, found["offline"].reason) == (True, "It is at hand (local).")
    assert not found["languages"].passed
    assert "It was made for English" in found["languages"].reason
    assert f"It reads {base.context_tokens} tokens" in found["context"].reason
