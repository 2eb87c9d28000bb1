"""Where a model's folder says something else than the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sartor.base.catalogue import CatalogueModel, StatedSizes
from sartor.base.folder_facts import FolderFacts
from sartor.base.licences import Licence, licence_named
from sartor.core.languages import code_of

PARAMETERS_SHARE = 0.01
"""How far numbers of parameters may be from each other: the catalogue rounds."""
MADE_FROM_OTHERS = {
    "kv_heads": lambda sizes: sizes.heads,
    "head_width": lambda sizes: sizes.width // sizes.heads if sizes.width and sizes.heads else None,
    "embedding_width": lambda sizes: sizes.width,
    "decoder_layers": lambda sizes: sizes.layers,
}
"""Sizes that either side may leave out, and what they are then."""


@dataclass(frozen=True)
class Disagreement:
    """One thing that is said in two ways."""

    what: str
    """The key of the catalogue."""
    catalogue: Any
    """What it says."""
    folder: Any
    """What the folder says."""


def disagreements(
    entry: CatalogueModel, facts: FolderFacts, licences: Mapping[str, Licence]
) -> list[Disagreement]:
    """All that differs; what either side does not say is no difference."""
    return [*_of_making(entry, facts), *_of_sizes(entry, facts), *_of_card(entry, facts, licences)]


def _of_making(entry: CatalogueModel, facts: FolderFacts) -> Iterator[Disagreement]:
    yield from _if_other("family", entry.family, facts.family)
    yield from _if_other("architecture", entry.architecture, facts.architecture)
    yield from _if_other("tied_output", entry.tied_output, facts.tied_output)
    yield from _if_other("chat_template", entry.chat_template, facts.has_chat_template)
    known, found = entry.parameters, facts.parameters
    if known and found and abs(found / known - 1) > PARAMETERS_SHARE:
        yield Disagreement("parameters", known, found)


def _of_sizes(entry: CatalogueModel, facts: FolderFacts) -> Iterator[Disagreement]:
    for size in fields(StatedSizes):
        known, found = getattr(entry.sizes, size.name), getattr(facts.sizes, size.name)
        if (known is None) != (found is None) and size.name in MADE_FROM_OTHERS:
            made = MADE_FROM_OTHERS[size.name]
            known, found = known or made(entry.sizes), found or made(facts.sizes)
        if size.name == "decoder_layers" and entry.architecture != "encoder-decoder":
            continue
        yield from _if_other(size.name, known, found)


def _of_card(
    entry: CatalogueModel, facts: FolderFacts, licences: Mapping[str, Licence]
) -> Iterator[Disagreement]:
    """Licences by what they mean, languages by their codes: a card may name only the most important."""
    if entry.licence and facts.licences:
        known = _licence_id(entry.licence, licences)
        found = [_licence_id(name, licences) for name in facts.licences]
        if found != [known]:
            yield Disagreement("licence", entry.licence, ", ".join(facts.licences))
    named = [code for name in facts.languages if (code := code_of(name))]
    new = [code for code in dict.fromkeys(named) if code not in (entry.languages or ())]
    if entry.languages and new:
        yield Disagreement("languages", f"not {', '.join(new)}", f"also {', '.join(new)}")


def _if_other(what: str, known: Any, found: Any) -> Iterator[Disagreement]:
    if known is not None and found is not None and known != found:
        yield Disagreement(what, known, found)


def _licence_id(name: str, licences: Mapping[str, Licence]) -> str:
    licence = licence_named(name, licences)
    return licence.id if licence else name
