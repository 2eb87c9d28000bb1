"""What stands behind a package that writes or extracts: its own weights, the base that its prompt is for,
examples, or rules.

The engines load weights and nothing else; here a package finds its base again and asks as the methods do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sartor.base.card import read_card
from sartor.base.resolve import resolve
from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Job
from sartor.core.dataset import Split, TaskFacts
from sartor.core.errors import BaseModelError, PackageError
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.core.prompt import Prompt
from sartor.core.recalled import Choose, Recalled
from sartor.core.words import readable_label
from sartor.serve.api_access import ApiAccess
from sartor.serve.package_files import COPY_AGAIN, broken, json_of
from sartor.serve.recall_rules import RULES
from sartor.tune.nearest_answer import NearestAnswerFit
from sartor.tune.phrase_table import table_of
from sartor.tune.phrases import looked_up
from sartor.tune.prompted import (
    PICKS,
    AnswerForm,
    PassagesOf,
    ShotsOf,
    api_answers,
    label_logits,
    nearest_to_each,
    passages_near,
    prompts_for,
)
from sartor.tune.prompts import FORMATS, turns_for


def recall(
    folder: Path,
    about: Mapping[str, Any],
    *,
    bases: Callable[[], Sequence[str]] = tuple,
    relative_to: Path | None = None,
    api: ApiAccess | None = None,
) -> Recalled:
    """Implements `core.recalled.Recall`.

    Args:
        folder: The package.
        about: What it says of itself: kind, task, lengths, base.
        bases: Gives names under which its base may be found besides its own, such as those of the goal.
        relative_to: From where relative folders among them are meant.
        api: Asks an API, where the package holds a prompt for one, and says which may be asked.

    Raises:
        PackageError: The folder is not to be trusted or incomplete; the base is missing or another one.
    """
    if about["kind"] == "api_prompt":
        assert api is not None, f"{folder} holds a prompt for an API: it needs `api`"
        return recall_api(folder, about, api)
    if about["kind"] == "nearest_answer":
        return Recalled(answers_of=_lookup(folder, about))
    if about["kind"] in RULES:
        return Recalled(answers_of=RULES[about["kind"]](folder, about))
    if about["kind"] == "phrases":
        return Recalled(answers_of=_phrases(folder))
    if about["kind"] == "prompt":
        base = _base_again(folder, about["base"], bases, relative_to)
        return _prompted(folder, about, base)
    return Recalled(
        base=_own_base(folder, about),
        prompts_of=partial(asked_of_tuned, about),
        logits_of=partial(_rated, about),
    )


def recall_api(folder: Path, about: Mapping[str, Any], api: ApiAccess) -> Recalled:
    """An API that is asked as it was when it was measured."""
    base = api.base_of(folder)
    job, shots_of, passages_of = prompted_job(folder, about, base)
    kind = OutputKind(about["output_kind"])
    room = int(about["max_answer_tokens"]), int(about["max_tokens"])
    form = AnswerForm(kind, tuple(about["labels"]), about["answer_schema"], *room)

    def prompts_of(texts: Sequence[str]) -> list[Prompt]:
        return prompts_for(texts, job, shots_of=shots_of, passages_of=passages_of)

    def answers_of(texts: Sequence[str]) -> Answers:
        return api_answers(texts, prompts_of(texts), base, api.asks, form=form)

    return Recalled(
        prompts_of=prompts_of,
        answers_of=answers_of,
        labels_of=answers_of,
    )


def _own_base(folder: Path, about: Mapping[str, Any]) -> BaseModel:
    """The package as a model folder, checked like any other that comes from elsewhere."""
    licence = (about["base"] or {}).get("licence")
    try:
        return read_card(folder, id=folder.name, source="local", licence=licence)
    except BaseModelError as error:
        raise PackageError(where=error.where, problem=error.problem, fix=COPY_AGAIN) from error


def asked_of_tuned(about: Mapping[str, Any], texts: Sequence[str]) -> list[Prompt]:
    """Inputs as a tuned model is asked: what it has to do, it has learned."""
    return [Prompt(turns_for(text, is_conversation=about["is_conversation"])) for text in texts]


def _rated(about: Mapping[str, Any], texts: Sequence[str], choose: Choose) -> np.ndarray:
    """How probable a tuned model finds the names of the labels."""
    names = [readable_label(label) for label in about["labels"]]
    return choose(asked_of_tuned(about, texts), names)[0].astype(np.float32)


def _base_again(
    folder: Path,
    wanted: Mapping[str, Any],
    bases: Callable[[], Sequence[str]],
    relative_to: Path | None,
) -> BaseModel:
    """The base that the prompt was measured with, found by name and known by its fingerprint."""
    names = [name for name in (wanted["hub_id"], wanted["id"], *bases()) if name]
    found, refusals = _resolved(dict.fromkeys(names), relative_to)
    for base in found:
        if base.fingerprint == wanted["fingerprint"]:
            return base
    name = wanted["hub_id"] or wanted["id"]
    if found:
        raise PackageError(
            where=f"{folder}, base model {name}",
            problem=f"has changed: it has the fingerprint {found[0].fingerprint}, the prompt was "
            f"measured with {wanted['fingerprint']}.",
            fix="Bring back the base model as it was, or run again with the new one.",
        )
    raise PackageError(
        where=f"{folder}, base model {name}",
        problem="is not on this machine, or not as it should be; the package holds a prompt for it "
        f"and no weights. {refusals[0].where}: {refusals[0].problem}",
        fix=f"Fetch it, or name its folder under `bases` in sartor.yaml; its fingerprint is "
        f"{wanted['fingerprint']}.",
    )


def _resolved(
    names: Mapping[str, None], relative_to: Path | None
) -> tuple[list[BaseModel], list[BaseModelError]]:
    """The bases that some names stand for, and what spoke against the others."""
    found, refusals = [], []
    for name in names:
        try:
            found.append(resolve(name, offline=True, relative_to=relative_to))
        except BaseModelError as refusal:
            refusals.append(refusal)
    return found, refusals


def _prompted(folder: Path, about: Mapping[str, Any], base: BaseModel) -> Recalled:
    """A model with the prompts of `tune.prompted`."""
    job, shots_of, passages_of = prompted_job(folder, about, base)
    return Recalled(
        base=base,
        prompts_of=partial(prompts_for, job=job, shots_of=shots_of, passages_of=passages_of),
        logits_of=lambda texts, choose: label_logits(texts, job, shots_of=shots_of, choose=choose),
    )


def prompted_job(
    folder: Path, about: Mapping[str, Any], base: BaseModel
) -> tuple[Job, ShotsOf, PassagesOf | None]:
    """What the prompts of `tune.prompted` are made from, from what the package kept."""
    path = folder / "prompt.json"
    prompt = _document(path)
    try:
        pairs = [(example["input"], example["answer"]) for example in prompt["examples"]]
        rows = _rows(iter(pairs), about)
        names = ("format", "shots", "correction", "looked_up_by")
        settings = {name: prompt[name] for name in names}
        settings["passages"] = int(prompt["num_passages"])
        if type(settings["shots"]) is not int:
            raise TypeError(f"`shots` is {settings['shots']!r}, no number")
        passages = tuple(str(passage) for passage in prompt["passages"])
        # The instruction holds the form of spans and records; examples of theirs are texts already.
        is_extracted = about["output_kind"] in (OutputKind.SPANS, OutputKind.FIELDS)
        picks, told = prompt["picks"], str(prompt["instruction" if is_extracted else "told"])
    except (KeyError, TypeError, ValueError) as error:
        raise broken(path, error) from error
    if settings["format"] not in FORMATS or picks not in ("none", *PICKS.values()):
        raise broken(path, KeyError(settings["format"]))
    job = Job(_facts(about, told).with_(passages=passages), settings, base, rows, 0)
    passages_of = passages_near(job)
    shots_of = nearest_to_each(job) if picks == PICKS[True] else _all_of(rows)
    return job, shots_of, passages_of


def _all_of(rows: Split) -> ShotsOf:
    every = list(range(len(rows)))
    return lambda texts: [every] * len(texts)


def _lookup(folder: Path, about: Mapping[str, Any]) -> Callable[[Sequence[str]], Any]:
    path = folder / "examples.jsonl"
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
        rows = _rows(((line["input"], line["answer"]) for line in lines), about)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise broken(path, error) from error
    if not len(rows):
        raise broken(path, ValueError("no examples"))
    index = _document(folder / "index.json")
    neighbours = index.get("neighbours")
    if type(neighbours) is not int or neighbours < 1:
        raise broken(folder / "index.json", KeyError("neighbours"))
    return NearestAnswerFit(Job(_facts(about), {"neighbours": neighbours}, None, rows, 0)).answers


def _phrases(folder: Path) -> Callable[[Sequence[str]], Answers]:
    path = folder / "phrases.jsonl"
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
        phrases = [(str(source), str(said), float(cost)) for source, said, cost in lines]
    except (OSError, ValueError, TypeError) as error:
        raise broken(path, error) from error
    longest = _document(folder / "index.json").get("longest")
    if type(longest) is not int or longest < 1:
        raise broken(folder / "index.json", KeyError("longest"))
    return partial(looked_up, table=table_of(phrases), longest=longest)


def _rows(pairs: Iterator[tuple[str, str]], about: Mapping[str, Any]) -> Split:
    """Examples as rows to learn from; a label's name becomes its number."""
    texts, answers = [], []
    for text, answer in pairs:
        if not isinstance(text, str) or not isinstance(answer, str):
            raise TypeError("an example without a text")
        texts.append(text)
        answers.append(answer)
    return Split(texts, _targets(answers, about), np.arange(len(texts)), [""] * len(texts))


def _targets(answers: Sequence[str], about: Mapping[str, Any]) -> np.ndarray:
    if about["output_kind"] == OutputKind.SINGLE:
        names = [readable_label(label) for label in about["labels"]]
        return np.array([names.index(answer) for answer in answers], dtype=np.int64)
    targets = np.empty(len(answers), dtype=object)
    targets[:] = [(answer,) for answer in answers]
    return targets


def _facts(about: Mapping[str, Any], instruction: str = "") -> TaskFacts:
    """The task as methods know it, spans and records put as texts; what only a plan needs is left empty."""
    kind = OutputKind(about["output_kind"])
    return TaskFacts(
        output_kind=kind if kind in CLASSIFIED else OutputKind.TEXT,
        labels=tuple(about["labels"]),
        descriptions={},
        num_fit=0,
        smallest_class=0,
        mean_tokens=0.0,
        max_tokens=about["max_tokens"],
        task=about["task"],
        instruction=instruction,
        max_answer_tokens=about["max_answer_tokens"],
    )


def _document(path: Path) -> dict[str, Any]:
    document = json_of(path)
    if not isinstance(document, dict):
        raise broken(path, TypeError("no JSON object"))
    return document
