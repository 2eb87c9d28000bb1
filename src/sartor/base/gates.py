"""Gates that a base model passes or not before anything is spent on it, each with its reason.

Nothing is raised: whoever plans leaves a model out and shows why. What nobody knows keeps no model out, an
unknown licence excepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sartor.base.at_hand import where_at_hand
from sartor.base.catalogue import Catalogue, CatalogueModel
from sartor.base.front_matter import read_front_matter
from sartor.base.terms import judged
from sartor.core.base_model import BaseModel
from sartor.core.gate import CONTEXT, LANGUAGES, LATENCY, LICENCE, MEMORY, OFFLINE, Gate
from sartor.core.goal import Constraints
from sartor.core.languages import code_of, name_of
from sartor.core.licence import LicenceFinding
from sartor.core.words import count

MOST_CUT_SHARE = 0.2
"""Share of rows that a model's context may cut off, 0 to 1; above it the model is left out."""
LEAST_LANGUAGE_SHARE = 0.05
"""Share of rows from which on a language has to be among a model's."""
GIB = 2**30


@dataclass(frozen=True)
class Asked:
    """What a goal and its data ask of a base model, as far as it is known."""

    constraints: Constraints = field(default_factory=Constraints)
    """Of the goal."""
    max_tokens: int = 256
    """Longest text in tokens that the goal lets any model read."""
    row_tokens: Sequence[int] = ()
    """Length of each row, or of a sample, in tokens; empty: not known."""
    language_shares: Mapping[str, float] = field(default_factory=dict)
    """ISO 639-1 code to the share of rows in it, 0 to 1; empty: not known."""
    memory_bytes: float | None = None
    """What it takes to run the model; None: not known."""
    latency_ms: float | None = None
    """How long it takes to answer; None: not known."""
    most_cut_share: float = MOST_CUT_SHARE
    """Share of rows that the model's context may cut off."""


@dataclass(frozen=True)
class MadeFor:
    """The languages that a model was made for."""

    languages: tuple[str, ...] | None = None
    """ISO 639 codes; None where its makers name none."""
    num_languages: int | None = None
    """As many as they speak of."""


def gates(model: BaseModel | CatalogueModel, asked: Asked, catalogue: Catalogue) -> list[Gate]:
    """All gates of a model, passed ones too, in the order in which they are worth reading.

    Args:
        model: A base model that is at hand, or an entry of the catalogue.
        asked: By the goal and its data.
        catalogue: Models and licences that are known.
    """
    if isinstance(model, CatalogueModel):
        made_for = MadeFor(model.languages, model.num_languages)
        context, source = model.sizes.context_tokens, where_at_hand(model)
    else:
        made_for = _made_for(model, catalogue)
        context, source = model.context_tokens, _source(model)
    return [
        licence_gate(judged(model, asked.constraints, catalogue)),
        context_gate(context, asked),
        languages_gate(made_for, asked.language_shares),
        offline_gate(source, is_offline=asked.constraints.offline),
        memory_gate(asked.memory_bytes, asked.constraints.memory_gb),
        latency_gate(asked.latency_ms, asked.constraints.latency_ms_p95),
    ]


def licence_gate(finding: LicenceFinding | None) -> Gate:
    """The licence against the use that the goal states."""
    if finding is None:
        return Gate(LICENCE, True, "The goal states no use: licences are not checked.")
    if finding.is_accepted:
        return Gate(LICENCE, True, f"Accepted by the goal. {finding.because}")
    asks = " ".join(finding.duties)
    return Gate(LICENCE, finding.is_open, f"{finding.because} {asks}".strip())


def context_gate(context_tokens: int | None, asked: Asked) -> Gate:
    """What a model can read against how long the rows are: the share that would be cut off."""
    if context_tokens is None:
        return Gate(CONTEXT, True, "How much it can read is not known.")
    reads = f"It reads {count(context_tokens)} tokens"
    if not len(asked.row_tokens):
        return Gate(CONTEXT, True, f"{reads}; how long the rows are is not known.")
    cut = _share_over(asked.row_tokens, context_tokens)
    if context_tokens >= asked.max_tokens:
        cut_by_goal = _share_over(asked.row_tokens, asked.max_tokens)
        also = f"; `max_tokens: {asked.max_tokens}` cuts off {_percent(cut_by_goal)} of them"
        return Gate(CONTEXT, True, f"{reads}, enough for the rows{also if cut_by_goal else ''}.")
    sentence = f"{reads}; {_percent(cut)} of the rows are longer and would be cut off."
    return Gate(CONTEXT, cut <= asked.most_cut_share, sentence)


def languages_gate(model: MadeFor, shares: Mapping[str, float]) -> Gate:
    """The languages that a model was made for against those of the rows."""
    if model.languages is None and model.num_languages is None:
        return Gate(LANGUAGES, True, "Which languages it was made for is not known.")
    if not shares:
        return Gate(LANGUAGES, True, "Which languages the rows are in is not known.")
    wanted = {code: share for code, share in shares.items() if share >= LEAST_LANGUAGE_SHARE}
    missing = [code for code in wanted if code not in (model.languages or ())]
    if not missing:
        return Gate(LANGUAGES, True, f"It was made for {_named(list(wanted))}.")
    rows = " and ".join(
        f"{_percent(wanted[code])} of the rows are in {name_of(code)}" for code in missing
    )
    if (model.num_languages or 0) > len(model.languages or ()):
        sentence = (
            f"Its makers speak of {model.num_languages} languages and do not name {_named(missing)}"
        )
        return Gate(LANGUAGES, True, f"{sentence}; {rows}.")
    made_for = _named(list(model.languages or ()), most=4)
    return Gate(LANGUAGES, False, f"It was made for {made_for}; {rows}.")


def offline_gate(source: str | None, *, is_offline: bool) -> Gate:
    """Whether it can be had.

    Args:
        source: `embedded`, `cached` or `local`; None: it would have to be fetched.
        is_offline: Whether nothing may be fetched.
    """
    if source is not None:
        return Gate(OFFLINE, True, f"It is at hand ({source}).")
    if is_offline:
        return Gate(OFFLINE, False, "It is not at hand, and nothing may be fetched (offline).")
    return Gate(OFFLINE, True, "It would be fetched from the hub.")


def memory_gate(needed_bytes: float | None, allowed_gb: float | None) -> Gate:
    """What it needs against `memory_gb`."""
    if allowed_gb is None or needed_bytes is None:
        lacking = (
            "No limit of memory is set" if allowed_gb is None else "What it needs is not known"
        )
        return Gate(MEMORY, True, f"{lacking}.")
    needed = f"It needs {needed_bytes / GIB:.1f} GiB; {allowed_gb:g} GiB are allowed."
    return Gate(MEMORY, needed_bytes <= allowed_gb * GIB, needed)


def latency_gate(answer_ms: float | None, allowed_ms: float | None) -> Gate:
    """How long it takes to answer against `latency_ms_p95`."""
    if allowed_ms is None or answer_ms is None:
        lacking = (
            "No limit of time is set" if allowed_ms is None else "How long it takes is not known"
        )
        return Gate(LATENCY, True, f"{lacking}.")
    takes = f"It takes {answer_ms:.0f} ms to answer; {allowed_ms:g} ms are allowed."
    return Gate(LATENCY, answer_ms <= allowed_ms, takes)


def _made_for(base: BaseModel, catalogue: Catalogue) -> MadeFor:
    """By the catalogue, else by the model's card."""
    if entry := catalogue.model(base.hub_id or base.id):
        return MadeFor(entry.languages, entry.num_languages)
    named = (code_of(word) for word in read_front_matter(base.folder).get("language", ()))
    return MadeFor(tuple(dict.fromkeys(code for code in named if code)) or None)


def _source(base: BaseModel) -> str:
    return "cached" if base.source == "hub" else base.source


def _share_over(row_tokens: Sequence[int], most: int) -> float:
    return sum(tokens > most for tokens in row_tokens) / len(row_tokens)


def _percent(share: float) -> str:
    """Shares below one percent are not nothing."""
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else "under 1 %"


def _named(codes: Sequence[str], *, most: int = 6) -> str:
    names = [name_of(code) for code in codes[:most]]
    more = len(codes) - len(names)
    return f"{', '.join(names)} and {more} more" if more else " and ".join(names)
