"""Trials: a candidate trained to some epoch and scored, each piece of work done once and kept.

A trial is found again by what went into it: data, folds, base, method, settings, seed and epoch. So to
resume is to run again, and a second run repeats nothing. What is not found is done here, or in a process of
its own; either way it is found afterwards.

Shape letters: N rows, S scored rows, C labels.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sartor.core.candidate import Answers, Fitted, Job, State
from sartor.core.dataset import Split, TaskFacts
from sartor.core.endpoint import Asked
from sartor.core.errors import OutOfTime, TrialError
from sartor.core.hashing import content_hash
from sartor.core.protocols import Artifact, Artifacts, Engine, Fit
from sartor.decide.choosing import Choosing
from sartor.decide.entrant import Entrant
from sartor.decide.worker import Worker

CHECKED_TEXTS = 32
"""Texts by which a finalist shows that it gives numbers."""
TRIAL_VERSION = 6
"""Raised when a change of the engine makes old scores mean something else."""


@dataclass(frozen=True)
class FoldAnswers:
    """What a candidate says to one fold's rows, and the seconds that making it took."""

    answers: Answers
    seconds: float


class Trials:
    """Runs trials for one tournament.

    Args:
        facts: Of the task.
        choosing: Rows and folds.
        engine: Trains and scores.
        artifacts: Where finished work is kept.
        data_hash: Of the dataset.
        seed: Of the run.
        is_apart: Whether trials run in a process of their own; only where `can_fork`.
    """

    def __init__(
        self,
        *,
        facts: TaskFacts,
        choosing: Choosing,
        engine: Engine,
        artifacts: Artifacts,
        data_hash: str,
        seed: int,
        is_apart: bool = False,
    ) -> None:
        self.facts = facts
        self.choosing = choosing
        self.engine = engine
        self.artifacts = artifacts
        self.seed = seed
        self._about = [TRIAL_VERSION, data_hash, choosing.fingerprint(), facts.max_tokens]
        self._warm: tuple[str, float, Fit] | None = None
        self._pieces: dict[str, Callable[..., None]] = {
            "read": self._read,
            "score": self._score,
            "train": self._train,
            "answer": self._answer,
        }
        self._worker = Worker(self._piece) if is_apart else None

    def close(self) -> None:
        """End the process of the trials, whatever it does; what is finished stays."""
        if self._worker is not None:
            self._worker.close()

    def read_once(self, entrant: Entrant) -> None:
        """One pass over an entrant's base for all rows that choosing may use."""
        self._do("read", entrant)

    def fold_answers(
        self,
        entrant: Entrant,
        settings: Mapping[str, Any],
        *,
        epochs: float,
        deadline: float = math.inf,
    ) -> Iterator[FoldAnswers]:
        """Train to `epochs` epochs and score, fold by fold; whoever has seen enough may leave.

        Args:
            entrant: Who.
            settings: With which.
            epochs: In all.
            deadline: `time.monotonic()` after which no further fold or rung begins.

        Raises:
            OutOfTime: There is more to do, and the deadline is over.
            TrialError: This candidate failed; the tournament can go on without it.
        """
        for index in range(len(self.choosing.folds)):
            key = self._key(entrant, settings, f"fold {index}")
            name = _at(_said(key, entrant, settings), epochs)
            work = (entrant, settings, index, epochs, deadline)
            part = self._done("scores", name, "score", *work)
            yield FoldAnswers(_loaded(part), float(part.facts["seconds"]))

    def forget(self, entrant: Entrant, settings: Mapping[str, Any]) -> None:
        """Give back the disk that a trial which will not go on has taken."""
        for index in range(len(self.choosing.folds)):
            key = self._key(entrant, settings, f"fold {index}")
            self._drop_states(key, entrant.rungs)

    def train(
        self, entrant: Entrant, settings: Mapping[str, Any], *, epochs: float, seed: int
    ) -> float:
        """Train a finalist on every row that choosing used, with a seed of its own.

        Returns:
            Seconds it took. What it learned is kept until `release`.
        """
        key = self._key(entrant, settings, f"finalist {seed}")
        name = _at(_said(key, entrant, settings), epochs)
        found = self._done("trained", name, "train", entrant, settings, epochs, seed)
        return float(found.facts["seconds"])

    def answers_of(
        self,
        entrant: Entrant,
        settings: Mapping[str, Any],
        *,
        epochs: float,
        seed: int,
        texts: Sequence[str],
    ) -> Answers:
        """What a trained finalist says to other texts."""
        key = self._key(entrant, settings, f"finalist {seed}")
        said = _said(key, entrant, settings)
        name = f"{_at(said, epochs)}-{content_hash(list(texts))}"
        work = (entrant, settings, epochs, seed, list(texts))
        return _loaded(self._done("answers", name, "answer", *work))

    def fitted(
        self, entrant: Entrant, settings: Mapping[str, Any], *, epochs: float, seed: int
    ) -> Fitted:
        """What a finalist learned, ready to be packaged; nothing is trained afterwards."""
        self.close()  # so that the model lies in memory once
        key = self._key(entrant, settings, f"finalist {seed}")
        self._finalist(key, entrant, settings, epochs, seed)
        return self._fit_of(_said(key, entrant, settings), epochs).fitted()

    def release(self, entrant: Entrant, settings: Mapping[str, Any], *, seed: int) -> None:
        """Give back the disk of a finalist whose answers and package are done."""
        self._drop_states(self._key(entrant, settings, f"finalist {seed}"), entrant.rungs)

    def _finalist(
        self, key: str, entrant: Entrant, settings: Mapping[str, Any], epochs: float, seed: int
    ) -> float:
        job = self._job(entrant, settings, self.choosing.rows, seed)
        return self._advance(key, entrant, job, epochs, keeps=True)

    def _done(self, kind: str, name: str, piece: str, entrant: Entrant, *work: Any) -> Artifact:
        """The artifact that a piece of work leaves; the work is done if it is not there."""
        found = self.artifacts.find(kind, name)
        if found is None:
            self._do(piece, entrant, *work)
            found = self.artifacts.find(kind, name)
        assert found is not None, f"{piece} left no {kind}/{name}"
        return found

    def _do(self, piece: str, entrant: Entrant, *work: Any) -> None:
        """Here, or in the process of the trials."""
        if self._worker is None:
            self._piece(piece, entrant, *work)
        else:
            self._worker(piece, entrant, *work)

    def _piece(self, piece: str, entrant: Entrant, *work: Any) -> None:
        with _Border(entrant):
            self._pieces[piece](entrant, *work)

    def _read(self, entrant: Entrant) -> None:
        assert entrant.base is not None
        self.engine.features(entrant.base, self.choosing.rows.texts, entrant.base.pooling)

    def _score(
        self,
        entrant: Entrant,
        settings: Mapping[str, Any],
        index: int,
        epochs: float,
        deadline: float,
    ) -> None:
        """Train on one fold's rows and answer the others."""
        _check_time(entrant, deadline)
        key = self._key(entrant, settings, f"fold {index}")
        said = _said(key, entrant, settings)
        fold = self.choosing.folds[index]
        job = self._job(entrant, settings, self.choosing.rows.take(fold.fit_rows), self.seed)
        texts = [self.choosing.rows.texts[int(row)] for row in fold.score_rows]
        keeps = entrant.is_repeated
        spent = self._advance(key, entrant, job, epochs, keeps=keeps, deadline=deadline)
        start = time.perf_counter()
        answers = self._asked(said, entrant, epochs, texts)
        spent += time.perf_counter() - start
        self.artifacts.put("scores", _at(said, epochs), _stored(answers, seconds=spent))

    def _train(
        self, entrant: Entrant, settings: Mapping[str, Any], epochs: float, seed: int
    ) -> None:
        """Train a finalist, and see that it gives numbers."""
        key = self._key(entrant, settings, f"finalist {seed}")
        said = _said(key, entrant, settings)
        spent = self._finalist(key, entrant, settings, epochs, seed)
        self._asked(said, entrant, epochs, self.choosing.rows.texts[:CHECKED_TEXTS])
        facts = {"seconds": spent, "epochs": epochs}
        self.artifacts.put("trained", _at(said, epochs), State({}, facts))

    def _answer(
        self,
        entrant: Entrant,
        settings: Mapping[str, Any],
        epochs: float,
        seed: int,
        texts: Sequence[str],
    ) -> None:
        """Ask a trained finalist."""
        key = self._key(entrant, settings, f"finalist {seed}")
        said = _said(key, entrant, settings)
        self._finalist(key, entrant, settings, epochs, seed)
        answers = self._asked(said, entrant, epochs, texts)
        name = f"{_at(said, epochs)}-{content_hash(list(texts))}"
        self.artifacts.put("answers", name, _stored(answers))

    def _advance(
        self,
        key: str,
        entrant: Entrant,
        job: Job,
        epochs: float,
        *,
        keeps: bool,
        deadline: float = math.inf,
    ) -> float:
        """Bring a trial to `epochs`, from the nearest stored state; seconds spent in all."""
        spent, done, fit = self._nearest(key, entrant, job, epochs)
        steps = [rung for rung in entrant.rungs if done < rung < epochs]
        for rung in [*steps, *([epochs] if epochs > done else [])]:
            _check_time(entrant, deadline)
            start = time.perf_counter()
            fit.advance(rung)
            spent += time.perf_counter() - start
            if keeps:
                state = fit.state()
                kept = State(state.arrays, {**state.facts, "seconds": spent})
                self.artifacts.put("state", _at(key, rung), kept)
                self._drop_states(key, [r for r in entrant.rungs if r < rung])
        self._warm = (_said(key, entrant, job.settings), epochs, fit)
        return spent

    def _nearest(
        self, key: str, entrant: Entrant, job: Job, epochs: float
    ) -> tuple[float, float, Fit]:
        """The furthest stored state not beyond `epochs`, or a new fit."""
        for rung in sorted((r for r in entrant.rungs if r <= epochs), reverse=True):
            found = self.artifacts.find("state", _at(key, rung))
            if found is None:
                continue
            seconds = float(found.facts["seconds"])
            said = _said(key, entrant, job.settings)
            if self._warm is not None and self._warm[:2] == (said, rung):
                return seconds, rung, self._warm[2]
            self._warm = None
            fit = entrant.method.begin(job, self.engine)
            fit.restore(State(found.arrays(), dict(found.facts)))
            return seconds, rung, fit
        self._warm = None
        return 0.0, -1, entrant.method.begin(job, self.engine)

    def _asked(self, said: str, entrant: Entrant, epochs: float, texts: Sequence[str]) -> Answers:
        answers = self._fit_of(said, epochs).answers(texts)
        if answers.written_N is None:
            _check_finite(answers.logits_NC, entrant)
        return answers

    def _fit_of(self, said: str, epochs: float) -> Fit:
        assert self._warm is not None
        assert self._warm[:2] == (said, epochs)
        return self._warm[2]

    def _job(self, entrant: Entrant, settings: Mapping[str, Any], rows: Split, seed: int) -> Job:
        return Job(self.facts, dict(settings), entrant.base, rows, seed)

    def _key(self, entrant: Entrant, settings: Mapping[str, Any], part: str) -> str:
        """What is learned with some settings: how answers are written afterwards is no part of it."""
        base = entrant.base.fingerprint if entrant.base else ""
        answers = {dial.name for dial in entrant.dials if dial.is_of_answers}
        learned = {name: value for name, value in settings.items() if name not in answers}
        return content_hash(self._about, entrant.method.name, base, learned, part, self.seed)

    def _drop_states(self, key: str, rungs: Sequence[float]) -> None:
        for rung in rungs:
            self.artifacts.drop("state", _at(key, rung))


def _check_time(entrant: Entrant, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise OutOfTime(
            where=entrant.name,
            problem="the time of the budget was over.",
            fix="Give `budget: hours` more.",
        )


def _said(key: str, entrant: Entrant, settings: Mapping[str, Any]) -> str:
    """The same for what is answered: it depends on how answers are written too."""
    ours = {dial.name: settings[dial.name] for dial in entrant.dials if dial.is_of_answers}
    return content_hash(key, ours) if ours else key


def _at(key: str, epochs: float) -> str:
    """A trial after some epochs, as the name of an artifact."""
    return f"{key}-{epochs:g}".replace(".", "_")


def _stored(answers: Answers, **facts: Any) -> State:
    """Answers in the form of an artifact: what was written is JSON."""
    if answers.written_N is not None:
        facts["written"] = answers.written_N.tolist()
    if answers.asked is not None:
        facts["asked"] = asdict(answers.asked)
    return State({"logits": answers.logits_NC}, facts)


def _loaded(artifact: Artifact) -> Answers:
    written, asked = artifact.facts.get("written"), artifact.facts.get("asked")
    if asked is not None:
        lists = {name: tuple(asked[name]) for name in ("is_cut", "seconds")}
        asked = Asked(**{**asked, **lists})
    if written is None:
        return Answers(artifact.arrays()["logits"], asked=asked)
    written_N = np.empty(len(written), dtype=object)
    written_N[:] = [_hashable(answer) for answer in written]
    return Answers(artifact.arrays()["logits"], written_N, asked)


def _hashable(answer: Any) -> Any:
    """JSON has no tuples: the spans of a text come back as lists."""
    return tuple(tuple(span) for span in answer) if isinstance(answer, list) else answer


def _check_finite(logits: np.ndarray, entrant: Entrant) -> None:
    if not np.isfinite(logits).all():
        raise TrialError(
            where=entrant.name,
            problem="gives scores that are not numbers.",
            fix="Lower `learning_rate` for this method under `settings:`.",
        )


class _Border:
    """The one typed border around trials: what a library throws at a candidate stops that candidate."""

    def __init__(self, entrant: Entrant) -> None:
        self.entrant = entrant

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, TrialError) or error is None:
            return
        if isinstance(error, RuntimeError | MemoryError | ArithmeticError | ValueError):
            raise TrialError(
                where=self.entrant.name,
                problem=f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}"
                if str(error).strip()
                else type(error).__name__,
                fix="Leave the method out under `methods:`, or pin other `settings:`.",
            ) from error
