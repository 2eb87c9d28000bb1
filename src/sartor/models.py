"""What `sartor models` lists and explains: the catalogue, and what is on this machine. Fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sartor.core.errors import BaseModelError, GoalError, did_you_mean
from sartor.core.licence import USES, LicenceFinding
from sartor.results import ExplainedModel, ListedModel, ModelList

if TYPE_CHECKING:
    from sartor.base.catalogue import Catalogue, CatalogueModel
    from sartor.base.folder_facts import FolderFacts

    Check = Callable[[CatalogueModel], bool | None]

ARCHITECTURES = ("encoder", "decoder", "encoder-decoder")
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmb]?)", re.IGNORECASE)
UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}
LOCAL, CACHED = "local", "cached"
A_FOLDER = "a folder"
"""Where an entry stands that only a folder of this machine speaks of."""


@dataclass(frozen=True)
class Wanted:
    """Filters, as they were given; None: any."""

    task: str | None = None
    licence: str | None = None
    """A use, or the name of a licence."""
    language: str | None = None
    max_parameters: str | None = None
    """`125M`, `1.5B` or a number."""
    architecture: str | None = None
    at_hand: bool = False


def listed_models(wanted: Wanted, *, workspace: Path | None = None) -> ModelList:
    """The models that pass the filters, and how many are left out because something is not known of them.

    Args:
        wanted: The filters.
        workspace: Its `models.yaml` counts as well.

    Raises:
        GoalError: A filter names nothing that there is.
        BaseModelError: A `models.yaml` has a slip.
    """
    from sartor.base.catalogue import read_catalogue

    catalogue = read_catalogue(workspace)
    checks = list(_checks(wanted, catalogue))
    found, unknown = [], dict.fromkeys((name for name, _ in checks), 0)
    cached, unread = _cached_besides(catalogue)
    for model in (*catalogue.models.values(), *cached):
        verdicts = {name: check(model) for name, check in checks}
        if all(verdicts.values()):
            found.append(_listed(model, catalogue))
        elif None in verdicts.values() and False not in verdicts.values():
            for name, verdict in verdicts.items():
                unknown[name] += verdict is None
    order = sorted(
        found, key=lambda m: (ARCHITECTURES.index(m.architecture), m.parameters or 10**15, m.id)
    )
    left_out = {name: number for name, number in unknown.items() if number}
    return ModelList(catalogue.date, tuple(order), left_out, unread)


def explained_model(name: str, *, workspace: Path | None = None) -> ExplainedModel:
    """All that is known of one model: by the catalogue, and by its folder where it is at hand.

    Args:
        name: A short name, a hub id, or a local folder.
        workspace: Its `models.yaml` counts as well.

    Raises:
        BaseModelError: Neither the catalogue nor this machine has it, or its folder has no configuration.
    """
    from sartor.base.catalogue import read_catalogue
    from sartor.base.disagreements import disagreements
    from sartor.base.folder_facts import read_folder_facts

    catalogue = read_catalogue(workspace)
    found = _find(name, catalogue)
    facts = read_folder_facts(found.folder) if found.folder else None
    compared = found.entry or found.namesake
    known = found.entry or _from_facts(name, facts, hub_id=None if found.source == LOCAL else name)
    sizes = known.sizes if known else facts.sizes if facts else None
    differing = disagreements(compared, facts, catalogue.licences) if compared and facts else []
    return ExplainedModel(
        id=name,
        model=_listed(known, catalogue) if known else None,
        sizes={key: size for key, size in asdict(sizes).items() if size} if sizes else {},
        trained_on=known.trained_on if known else None,
        note=known.note if known else None,
        stated_in=found.entry.stated_in if found.entry else None,
        is_in_catalogue=found.entry is not None,
        folder=found.folder,
        source=found.source,
        refusal=facts.refusal if facts else _refusal(known),
        compared_with=compared.id if compared and facts else None,
        disagreements=tuple(asdict(one) for one in differing),
        licences=_licences(name, found.entry, found.folder, catalogue),
        catalogue_date=catalogue.date,
    )


@dataclass(frozen=True)
class _Found:
    """What a name stands for."""

    entry: CatalogueModel | None
    folder: Path | None
    source: str | None
    namesake: CatalogueModel | None = None
    """The entry that a local folder is named after: `./Qwen3-0.6B` after `Qwen/Qwen3-0.6B`."""


def _find(name: str, catalogue: Catalogue) -> _Found:
    """In the order of `base.resolve`: an embedded model, a local folder, the hub.

    Raises:
        BaseModelError: Neither the catalogue nor this machine has it.
    """
    from sartor.base.at_hand import folder_at_hand, where_at_hand
    from sartor.base.hub import HUB_ID, cached_folder

    entry, local = catalogue.model(name), Path(name).expanduser()
    if local.is_dir() and not (entry and entry.is_embedded):
        last = local.resolve().name.lower()
        named = (one for one in catalogue.models.values() if one.id.split("/")[-1].lower() == last)
        return _Found(None, local, LOCAL, namesake=next(named, None))
    folder = folder_at_hand(entry) if entry else None
    if folder is not None and entry is not None:
        return _Found(entry, folder, where_at_hand(entry))
    cached = cached_folder(name) if HUB_ID.fullmatch(name) else None
    if cached is not None and (cached / "config.json").is_file():
        return _Found(entry, cached, CACHED)
    if entry is None:
        raise _unknown(name, catalogue)
    return _Found(entry, None, None)


def _cached_besides(catalogue: Catalogue) -> tuple[list[CatalogueModel], dict[str, str]]:
    """Cached models that are in no catalogue; and those that cannot be described, each with the reason."""
    from sartor.base.folder_facts import read_folder_facts
    from sartor.base.hub import cached_folder, cached_ids

    found, unread = [], {}
    for hub_id in cached_ids():
        folder = cached_folder(hub_id)
        if folder is None or catalogue.model(hub_id) is not None:
            continue
        try:
            facts = read_folder_facts(folder)
        except BaseModelError as error:
            unread[hub_id] = f"{error.where}: {error.problem}"
            continue
        model = _from_facts(hub_id, facts, hub_id=hub_id)
        if model is None:
            unread[hub_id] = f"its family, `{facts.family}`, is not known here."
        else:
            found.append(model)
    return found, unread


def _from_facts(
    name: str, facts: FolderFacts | None, *, hub_id: str | None
) -> CatalogueModel | None:
    """An entry as a folder would write it; None where it does not say what it is."""
    from sartor.base.catalogue import CatalogueModel

    if facts is None or facts.family is None or facts.architecture is None:
        return None
    return CatalogueModel(
        id=name,
        hub_id=hub_id,
        architecture=facts.architecture,  # type: ignore[arg-type]
        family=facts.family,
        sizes=facts.sizes,
        tied_output=facts.tied_output,
        parameters=facts.parameters,
        licence=next(iter(facts.licences), None),
        languages=facts.languages or None,
        chat_template=facts.has_chat_template,
        stated_in=A_FOLDER,
    )


def _listed(model: CatalogueModel, catalogue: Catalogue) -> ListedModel:
    from sartor.base.at_hand import where_at_hand
    from sartor.base.families import FAMILIES

    return ListedModel(
        id=model.id,
        hub_id=model.hub_id or (model.id if _is_of_hub(model) else None),
        architecture=model.architecture,
        family=model.family,
        parameters=model.parameters,
        context_tokens=model.sizes.context_tokens,
        licence=model.licence or "unknown",
        languages=model.languages,
        num_languages=model.num_languages or (len(model.languages) if model.languages else None),
        instruction_tuned=model.instruction_tuned,
        chat_template=model.chat_template,
        date=model.date,
        at_hand=where_at_hand(model),
        tasks=_tasks_read(model),
        is_read=model.family in FAMILIES,
    )


def _is_of_hub(model: CatalogueModel) -> bool:
    """Whether its id is one of the hub."""
    return not model.is_embedded and model.stated_in != A_FOLDER


@cache
def tasks_of(architecture: str) -> tuple[str, ...]:
    """Tasks that some method does with base models of an architecture."""
    from sartor.core.goal import TASK_KINDS
    from sartor.core.protocols import is_for
    from sartor.tune.registry import load_methods

    methods = load_methods()
    return tuple(
        task
        for task, kinds in TASK_KINDS.items()
        if any(m.does.get(architecture, frozenset()) & kinds and is_for(m, task) for m in methods)
    )


def _licences(
    name: str, entry: CatalogueModel | None, folder: Path | None, catalogue: Catalogue
) -> tuple[LicenceFinding, ...]:
    """The verdict on each use."""
    from sartor.base.licences import judge
    from sartor.base.terms import licences_of

    names = licences_of(entry, folder, catalogue)
    files = [entry.stated_in] if entry and entry.stated_in else []
    return tuple(
        judge(name, names, use, licences=catalogue.licences, stated_in=files) for use in USES
    )


def _checks(wanted: Wanted, catalogue: Catalogue) -> Iterator[tuple[str, Check]]:
    """What each filter asks of a model; None where it is not known of it."""
    if wanted.task is not None:
        task = _one_of(wanted.task, _all_tasks(), "--task")
        yield "task", lambda model: task in _tasks_read(model)
    if wanted.licence is not None:
        yield "licence", _licence_check(wanted.licence, catalogue)
    if wanted.language is not None:
        code = _language_code(wanted.language)
        yield "language", lambda model: _speaks(model, code)
    if wanted.max_parameters is not None:
        most = _number_of(wanted.max_parameters)
        yield (
            "parameters",
            lambda model: None if model.parameters is None else model.parameters <= most,
        )
    if wanted.architecture is not None:
        made = _one_of(wanted.architecture, ARCHITECTURES, "--architecture")
        yield "architecture", lambda model: model.architecture == made
    if wanted.at_hand:
        from sartor.base.at_hand import where_at_hand

        yield "at hand", lambda model: where_at_hand(model) is not None


def _licence_check(name: str, catalogue: Catalogue) -> Check:
    """A use asks for all licences that allow it, a name for one licence."""
    from sartor.base.licences import judge, licence_named
    from sartor.base.terms import licences_of

    if name in USES:

        def allows(model: CatalogueModel) -> bool:
            names = licences_of(model, None, catalogue)
            return judge(model.id, names, name, licences=catalogue.licences).is_open

        return allows
    meant = licence_named(name, catalogue.licences)
    if meant is None:
        known = [*USES, *catalogue.licences]
        raise GoalError(
            where=f"--licence {name}",
            problem="is no use and no licence that is known here.",
            fix=_near(name, known, f"The uses are {', '.join(USES)}."),
        )
    return lambda model: licence_named(model.licence or "unknown", catalogue.licences) == meant


def _all_tasks() -> tuple[str, ...]:
    from sartor.core.goal import TASK_KINDS

    return tuple(TASK_KINDS)


def _tasks_read(model: CatalogueModel) -> tuple[str, ...]:
    """Tasks that it can be tried for; none where its family is not read."""
    from sartor.base.families import FAMILIES

    return tasks_of(model.architecture) if model.family in FAMILIES else ()


def _speaks(model: CatalogueModel, code: str) -> bool | None:
    named = model.languages or ()
    if code in named:
        return True
    is_complete = model.languages is not None and (model.num_languages or 0) <= len(named)
    return False if is_complete else None


def _language_code(word: str) -> str:
    """ISO 639-1, or a code that the catalogue may have beyond those that have names here."""
    from sartor.core.languages import CODES, code_of

    code = code_of(word)
    if code is None and not re.fullmatch(r"[a-z]{2,3}", word):
        raise GoalError(
            where=f"--language {word}",
            problem="is no language that is known here.",
            fix=did_you_mean(word, [*CODES, *CODES.values()]),
        )
    return code or word


def _number_of(text: str) -> float:
    found = SIZE.fullmatch(text.strip().replace(",", "").replace("_", ""))
    if found is None:
        raise GoalError(
            where=f"--max-parameters {text}",
            problem="is no number of parameters.",
            fix="Write for example 125M, 1.5B or 125000000.",
        )
    return float(found[1]) * UNITS[found[2].lower()]


def _one_of(word: str, known: Sequence[str], flag: str) -> str:
    if word not in known:
        raise GoalError(
            where=f"{flag} {word}",
            problem="is not known.",
            fix=f"Choose one of {', '.join(known)}.",
        )
    return word


def _refusal(model: CatalogueModel | None) -> str | None:
    from sartor.base.families import FAMILIES

    if model is None or model.family in FAMILIES:
        return None
    return f"it does not load the family `{model.family}`."


def _unknown(name: str, catalogue: Catalogue) -> BaseModelError:
    short = {one.split("/")[-1]: one for one in catalogue.models}
    near = did_you_mean(name.split("/")[-1], short)
    guess = next((short[word] for word in short if f"`{word}`" in near), None)
    return BaseModelError(
        where=f"sartor models {name}",
        problem="is in no catalogue, no folder, and not cached on this machine.",
        fix=f"Did you mean `{guess}`?"
        if guess and near.startswith("Did you mean")
        else "`sartor models` lists what there is; your own entries stand in models.yaml.",
    )


def _near(word: str, known: Sequence[str], otherwise: str) -> str:
    sentence = did_you_mean(word, known)
    return sentence if sentence.startswith("Did you mean") else otherwise
