"""Whether a base model may and can be used for what the goal names: its licence, its architecture."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from sartor.base.card import read_licences
from sartor.base.catalogue import Catalogue, CatalogueModel
from sartor.base.front_matter import read_front_matter
from sartor.base.licences import UNKNOWN, judge
from sartor.core.base_model import BaseModel
from sartor.core.errors import BaseModelError
from sartor.core.goal import Constraints
from sartor.core.licence import LicenceFinding

MOST_ORIGINS = 8
"""Models that a model was made from, one from the other, that are looked up."""


def judged(
    model: BaseModel | CatalogueModel, constraints: Constraints, catalogue: Catalogue
) -> LicenceFinding | None:
    """Whether the licences of a model allow the use that the goal states; None where it states none.

    What its card names holds, and what the catalogue says of it, and the licences of the models that either
    says it was made from: of all the strictest counts.

    Args:
        model: A base model that is at hand, or an entry of the catalogue.
        constraints: The use, and the models that are accepted whatever their licences say.
        catalogue: Models and licences that are known.
    """
    if constraints.licence is None:
        return None
    folder = model.folder if isinstance(model, BaseModel) else None
    entry = _entry_of(model, catalogue)
    own = (model.licence,) if model.licence else ()
    names = [*own, *licences_of(entry, folder, catalogue)]
    known = [name for name in dict.fromkeys(names) if name != UNKNOWN]
    files = [entry.stated_in] if entry and entry.stated_in else []
    finding = judge(
        model.id,
        known,
        constraints.licence,
        licences=catalogue.licences,
        accepted=constraints.accept_licence,
        stated_in=files,
    )
    unseen = unknown_origins(folder, catalogue)
    return replace(finding, because=f"{finding.because} {unseen}") if unseen else finding


def unknown_origins(folder: Path | None, catalogue: Catalogue) -> str:
    """A sentence about models that a card names as those it was made from and nobody knows; else nothing."""
    named = read_front_matter(folder).get("base_model", ()) if folder else ()
    unknown = [name for name in named if catalogue.model(name) is None]
    if not unknown:
        return ""
    return f"Its card says that it was made from {', '.join(unknown)}, whose licence is not known here."


def licences_of(
    entry: CatalogueModel | None, folder: Path | None, catalogue: Catalogue
) -> tuple[str, ...]:
    """Names of the licences that hold for a model by the catalogue and its card, each once.

    Args:
        entry: Its entry, where there is one.
        folder: Its folder with the card, where it is at hand.
        catalogue: In which the models that it was made from are looked up.
    """
    names = list(read_licences(folder)) if folder else []
    names += [entry.licence] if entry and entry.licence else []
    for origin in _origins(entry, folder, catalogue):
        names += [origin.licence] if origin.licence else []
    return tuple(dict.fromkeys(names))


def check_licence(finding: LicenceFinding | None) -> None:
    """Refuse a base model that the goal names and whose licence does not allow the stated use.

    Args:
        finding: Of the model; None where the goal states no use.

    Raises:
        BaseModelError: The use is refused, and the goal does not accept it all the same.
    """
    if finding is None or finding.is_open:
        return
    raise BaseModelError(
        where=f"bases > {finding.base}",
        problem=f"its licence does not allow {finding.use} use. {finding.because}",
        fix="Name another base; or, if you have read the licence or have one of your own, write "
        f"`constraints: {{licence: {finding.use}, accept_licence: [{finding.base}]}}`, which the "
        "decision records.",
    )


def check_architecture(base: BaseModel, architectures: Collection[str]) -> None:
    """Refuse a base model that the task cannot use.

    Args:
        base: The base model.
        architectures: Those that the task and its methods can use.

    Raises:
        BaseModelError: It is of another one.
    """
    if base.architecture not in architectures:
        wanted = " or ".join(sorted(architectures))
        raise BaseModelError(
            where=f"bases > {base.id}",
            problem=f"its family, {base.family}, is made of {base.architecture}s; this task needs {wanted}s.",
            fix=f"Name one of another family, or leave `bases` out to use the embedded {wanted}.",
        )


def _entry_of(model: BaseModel | CatalogueModel, catalogue: Catalogue) -> CatalogueModel | None:
    if isinstance(model, CatalogueModel):
        return model
    return catalogue.model(model.hub_id) if model.hub_id else catalogue.models.get(model.id)


def _origins(
    entry: CatalogueModel | None, folder: Path | None, catalogue: Catalogue
) -> Iterator[CatalogueModel]:
    """Models that a model was made from, by its card and by the catalogue, and theirs in turn."""
    waiting = list(read_front_matter(folder).get("base_model", ())) if folder else []
    waiting += entry.made_from if entry else ()
    seen: list[str] = []
    while waiting and len(seen) < MOST_ORIGINS:
        name = waiting.pop(0)
        origin = catalogue.model(name)
        if name in seen or origin is None:
            continue
        seen.append(name)
        yield origin
        waiting += origin.made_from
