"""Personal data: invented pieces planted into texts, ours beside Presidio's pattern recognisers.

The plants come from a generator that knows no recogniser (`bench.personal_plants`); counted are pieces that
are covered to the last letter by finds of any kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench.data_sets import BANKING, MULTIDOGO, banking, figure, num_tokens
from bench.document import SHARED, read_rows
from bench.personal_plants import HELD_OUT, Plant, names, plants

NEEDS = (BANKING, MULTIDOGO)
MARKS = {"personal data found": 0.97, f"false alarms in {BANKING}": 0.2}
REGIONS = ("US", "GB", "DE", "FR", "ES", "NL", "SE", "IT", "PT")
_SHARED_KINDS = ("CARD", "EMAIL", "IBAN", "IP", "PHONE")
"""Kinds that Presidio has patterns for."""
Spans = Iterable[tuple[int, int]]
"""Beginning and end of each find."""


def measured(*, is_quick: bool) -> dict[str, dict[str, Any]]:
    """Recall by kind and in all, and finds in texts without personal data."""
    planted = plants(HELD_OUT, 200 if is_quick else 2_000)
    ours, peer = _ours(), _presidio()
    shared = [plant for plant in planted if plant.kind in _SHARED_KINDS]
    found = {"personal data found": figure([recall(planted, ours)])}
    for kind in sorted({plant.kind for plant in planted}):
        of_kind = [plant for plant in planted if plant.kind == kind]
        found[f"personal data found, {kind}"] = figure([recall(of_kind, ours)])
        if kind in _SHARED_KINDS:
            found[f"personal data found, {kind}: Presidio"] = figure([recall(of_kind, peer)])
    found["personal data found, kinds of Presidio"] = figure([recall(shared, ours)])
    found["personal data found, kinds of Presidio: Presidio"] = figure([recall(shared, peer)])
    people = names(HELD_OUT, 100 if is_quick else 500)
    found["names of people found (off by default)"] = figure(
        [recall(people, _ours(finds_names=True))]
    )
    for name, texts in _clean(is_quick=is_quick).items():
        for peer_name, find in (("", ours), (": Presidio", peer)):
            alarms = 1_000 * sum(len(list(find(text))) for text in texts) / num_tokens(texts)
            found[f"{name}{peer_name}"] = figure([alarms], "in 1,000 words")
    return found


def recall(planted: Sequence[Plant], find: Callable[[str], Spans]) -> float:
    """Share of the pieces whose letters and digits all lie in finds."""
    hits = 0
    for plant in planted:
        covered = {at for start, end in find(plant.text) for at in range(start, end)}
        piece = range(plant.start, plant.end)
        hits += all(at in covered for at in piece if plant.text[at].isalnum())
    return hits / len(planted)


def _clean(*, is_quick: bool) -> dict[str, list[str]]:
    """Texts that hold nothing personal.

    In MultiDoGO's turns without marked values nearly all finds are true: addresses that nobody marked.
    """
    rows = read_rows(SHARED / "data" / MULTIDOGO / "dev.jsonl.gz")
    turns = [row["text"] for row in rows if not row["slots"]]
    sets = {
        f"false alarms in {BANKING}": banking("test")[0],
        f"finds in unmarked turns of {MULTIDOGO}": turns,
    }
    return {name: texts[:300] if is_quick else texts for name, texts in sets.items()}


def _ours(*, finds_names: bool = False) -> Callable[[str], Spans]:
    from sartor.data.personal_finder import Finder

    finder = Finder(finds_names=finds_names)
    return lambda text: [(one.start, one.end) for one in finder.find(text)]


def _presidio() -> Callable[[str], Spans]:
    """Its recognisers of patterns; the list of domains is the one that its library ships."""
    import tldextract
    from presidio_analyzer import predefined_recognizers as known

    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())

    recognisers = [
        known.CreditCardRecognizer(),
        known.EmailRecognizer(),
        known.IbanRecognizer(),
        known.IpRecognizer(),
        known.PhoneRecognizer(supported_regions=REGIONS),
    ]

    def find(text: str) -> list[tuple[int, int]]:
        results = [
            result
            for one in recognisers
            for result in one.analyze(text, one.supported_entities, nlp_artifacts=None) or []
        ]
        return [(result.start, result.end) for result in results]

    return find
