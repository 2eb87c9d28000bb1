"""Answers of a package: what `predict` and `chat` of `flow` are made of.

Labels are decided from logits by the thresholds that the package carries; texts, spans and records are
passed on as they were written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sartor.asking import access_of_user
from sartor.core.errors import GoalError, WorkspaceError
from sartor.core.goal import CLASSIFIED, OutputKind
from sartor.delivery import latest_finished, load
from sartor.intake import read_goal
from sartor.store.workspace import Workspace

if TYPE_CHECKING:
    from sartor.core.prediction import Prediction
    from sartor.engines.packages.serve import ServedModel
    from sartor.engines.packages.serve_tagger import ServedTagger
    from sartor.engines.packages.serve_writer import ServedWriter
    from sartor.serve.answer import Rules
    from sartor.serve.conversation import Conversation, OneByOne

    Served = ServedModel | ServedTagger | ServedWriter

PREDICTED_AT_ONCE = 256
WRITTEN_AT_ONCE = 32


def served_in(folder: Path) -> Served:
    """The champion of a workspace, or the package that lies in the folder itself, ready to answer."""
    package, bases = _package_in(folder)
    api = None
    if asks_api(package):
        api = access_of_user(None if package == folder else folder)
    return load(package, workspace=folder, bases=bases, api=api)


def answered(served: Served, texts: Iterator[str]) -> Iterator[Prediction]:
    """Answers in the order of the texts, of which a few hundred are read at a time."""
    from sartor.serve.reading import Reading, restored

    reading = Reading.of(served.card.reading)
    is_conversation = served.manifest.is_conversation
    values: deque[Mapping[str, str]] = deque()

    def read() -> Iterator[str]:
        for text in texts:
            message = reading.conversation(text) if is_conversation else reading.text(text)
            values.append(message.values)
            yield message.text

    for prediction in _answered(served, read()):
        known = values.popleft()
        if prediction.text is None:
            yield prediction
        else:
            yield replace(prediction, text=restored(prediction.text, known))


def _answered(served: Served, texts: Iterator[str]) -> Iterator[Prediction]:
    from sartor.engines.packages.serve import ServedModel
    from sartor.engines.packages.serve_writer import ServedWriter

    if isinstance(served, ServedModel | ServedWriter) and served.output_kind in CLASSIFIED:
        return _decided(served, texts)
    assert not isinstance(served, ServedModel), "a model with logits decides"
    return _written_to(served, texts)


def conversation_with(served: Served, *, system: str) -> Conversation | OneByOne:
    """A conversation, or messages answered one by one where the package keeps no turns.

    Args:
        served: Who answers.
        system: What the conversation begins with; empty for nothing.

    Raises:
        GoalError: `system` would have no effect.
    """
    from sartor.engines.packages.serve_writer import ServedWriter
    from sartor.serve.conversation import About, Conversation, OneByOne
    from sartor.serve.reading import Reading

    card = served.card
    about = About(card.name, card.method_title, served.manifest.is_conversation)
    if system and not about.keeps_turns:
        raise GoalError(
            where="--system",
            problem="has no effect: this package answers every message by itself.",
            fix="Leave it out.",
        )
    if isinstance(served, ServedWriter) and served.output_kind is OutputKind.TEXT:
        return Conversation(served, about, system=system, reading=Reading.of(card.reading))
    return OneByOne(lambda message: next(answered(served, iter([message]))), about)


def asks_api(package: Path) -> bool:
    """Whether an API stands behind a package."""
    from sartor.engines.packages.card import API_PROMPT, read_manifest

    return read_manifest(package).kind == API_PROMPT


def _package_in(folder: Path) -> tuple[Path, Callable[[], Sequence[str]]]:
    """The package of a workspace's latest run, or the folder where it is one; and where bases are named."""
    if (folder / "sartor.json").is_file() and not (folder / "sartor.yaml").exists():
        return folder, tuple
    package = latest_finished(folder).package
    if package is None:
        raise WorkspaceError(
            where=str(folder / "runs"),
            problem="the latest run has no package.",
            fix=f"Run `sartor run {folder}` again; finished work is kept.",
        )
    return package, partial(_bases_named, folder)


def _bases_named(folder: Path) -> tuple[str, ...]:
    return read_goal(Workspace.open(folder), ()).bases


def _decided(served: ServedModel | ServedWriter, texts: Iterator[str]) -> Iterator[Prediction]:
    """Labels or scores."""
    from sartor.serve.answer import answers

    rules = _rules_of(served)
    while chunk := list(islice(texts, PREDICTED_AT_ONCE)):
        logits_NC = served.logits(chunk)
        yield from answers(rules, logits_NC, served.is_truncated)


def _rules_of(served: ServedModel | ServedWriter) -> Rules:
    from sartor.evaluate.calibration import Calibrator
    from sartor.serve.answer import Rules

    card = served.card
    assert card.calibrator is not None
    return Rules(
        kind=served.output_kind,
        labels=served.labels,
        calibrator=Calibrator.from_dict(dict(card.calibrator)),
        automation_threshold=card.automation_threshold,
        scope_threshold=card.scope_threshold,
    )


def _written_to(served: ServedTagger | ServedWriter, texts: Iterator[str]) -> Iterator[Prediction]:
    """Texts, spans or records: fewer at a time, for each takes its time."""
    from sartor.serve.answer import written_answers

    while chunk := list(islice(texts, WRITTEN_AT_ONCE)):
        said = served.answers(chunk)
        yield from written_answers(
            served.output_kind,
            chunk,
            said,
            served.is_truncated,
            has_probability=served.has_probability,
        )
