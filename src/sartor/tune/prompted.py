"""What zero-shot, few-shot and retrieval share with a writer: a prompt for each input, and no training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from sartor.core.answer_schema import answer_schema, described
from sartor.core.base_model import API, BaseModel
from sartor.core.candidate import Answers, Dial, Fitted, Job
from sartor.core.conversation import Turn, conversation_text, readable, turns_of
from sartor.core.dataset import CHARACTERS_OF_A_TOKEN, PASSAGE_TOKENS, Split, TaskFacts
from sartor.core.decoding import MAX_NEW_TOKENS, WRITING_SLOWNESS, decoding_of
from sartor.core.extracted import answer_text, read_answers
from sartor.core.goal import OutputKind
from sartor.core.hashing import derived_seed
from sartor.core.output_form import LABELS, OUTPUT
from sartor.core.prompt import Prompt
from sartor.core.protocols import Engine
from sartor.core.recalled import Asks, Choose
from sartor.core.words import readable_label
from sartor.tune.at_once import FitByLookup
from sartor.tune.decoding import decoding_dials
from sartor.tune.named_labels import NAME_ONE, name_tokens, named_logits
from sartor.tune.nearest import NearestExamples
from sartor.tune.prompts import CHAT_FORMATS, FORMATS, Shot, informed, turns_for

WRITTEN = frozenset({OutputKind.TEXT, OutputKind.SPANS, OutputKind.FIELDS})
"""Kinds of output that a writer gives: texts, and spans and records as JSON."""
PROMPTED = WRITTEN | {OutputKind.SINGLE}
"""Kinds that a writer gives without training: it writes, or rates the names of labels."""
NOTHING = "N/A"
"""A text that says nothing: what a model says of it, it says of itself (contextual calibration, Zhao et
al. 2021, arXiv 2102.09690)."""
MOST_LISTED = 100
"""Labels that an instruction lists."""
LONGEST_PASSAGE = 3
"""Times as long as a usual one that a passage may be."""
LOOSE_JSON = 2
"""Times as many tokens as JSON without spaces takes: an API is not held to that form."""
PLACE = "<<<input>>>"
"""Stands for an input in a prompt that is shown."""
PICKS = {False: "the same", True: "the nearest"}
"""How examples are chosen, as packages name it."""
ShotsOf = Callable[[Sequence[str]], list[list[int]]]
"""Inputs to the rows that stand as examples in the prompt of each."""
PassagesOf = Callable[[Sequence[str]], list[list[str]]]
"""Inputs to the passages of documents that stand in the prompt of each."""
LOOKED_UP_BY = ("last message", "whole conversation")
"""What passages are looked up by, where an input is a conversation."""


def prompt_dials(facts: TaskFacts, base: BaseModel) -> tuple[Dial, ...]:
    """The format, and where labels are rated what is taken off their log-probability.

    An API takes turns only, says no probabilities, and is asked for the likeliest answer.
    """
    if base.architecture == API:
        return (format_dial(CHAT_FORMATS),)
    if facts.output_kind is not OutputKind.SINGLE:
        return (format_dial(), *decoding_dials(facts))
    doc = "What a label's log-probability is freed of: its length, its own likelihood, or both."
    choices = ("length and prior", "prior", "length", "nothing")
    correction = Dial("correction", choices[0], doc, choices=choices)
    return (format_dial(), correction, output_dial(LABELS))


def output_dial(form: str) -> Dial:
    """Which of the two ways to give labels this is; each takes part on its own, so there is no choice."""
    doc = "`labels`: the names of labels are rated; `class head`: a layer has an output for each."
    return Dial(OUTPUT, form, doc, choices=(form,))


def instruction_of(facts: TaskFacts, base: BaseModel | None = None) -> str:
    """What has to be done, and in which form the answer has to come; of labels with the list of them.

    An API has to name a label itself, so that it is told all of them.
    """
    if facts.output_kind is not OutputKind.SINGLE:
        return "\n".join(filter(None, (facts.instruction, described(facts))))
    told = facts.instruction or "Say to which category the message belongs."
    if base is not None and base.architecture == API:
        every = "; ".join(readable_label(label) for label in facts.labels)
        return f"{told} Categories: {every}. {NAME_ONE}"
    names = "; ".join(readable_label(label) for label in facts.labels[:MOST_LISTED])
    return f"{told} Categories: {names}." if len(facts.labels) <= MOST_LISTED else told


def prompt_room(
    facts: TaskFacts, settings: Mapping[str, Any], base: BaseModel | None = None
) -> int:
    """Most tokens of a prompt and its answer: as many for the input as where a model is tuned, as many for
    each example, and besides what the instruction and passages take.

    In the room of an input alone examples would be left out, and the list of many labels cut: a candidate
    with examples would then be one without.
    """
    told = math.ceil(len(instruction_of(facts, base).encode()) / CHARACTERS_OF_A_TOKEN)
    noted = math.ceil(LONGEST_PASSAGE * PASSAGE_TOKENS * settings.get("passages", 0))
    return facts.max_tokens * (1 + settings.get("shots", 0)) + told + noted


def format_dial(names: tuple[str, ...] = tuple(FORMATS)) -> Dial:
    """Which of the formats; the rows that choose decide."""
    doc = "How instruction, examples and input are put."
    return Dial("format", names[0], doc, choices=names, is_covered=True)


class PromptedFit(FitByLookup):
    """A writer that answers prompts; what it "learns" is which examples it may show.

    Args:
        job: Rows and settings.
        engine: Writes.
        shots_of: Chooses examples among the rows; None shows none.
        is_nearest: Whether each input gets examples of its own, and not all of them the same.
        passages_of: Finds passages of documents; None shows none.
    """

    def __init__(
        self,
        job: Job,
        engine: Engine,
        *,
        shots_of: ShotsOf | None,
        is_nearest: bool = False,
        passages_of: PassagesOf | None = None,
    ) -> None:
        super().__init__(job)
        self.engine = engine
        self.shots_of = shots_of
        self.passages_of = passages_of
        self.is_nearest = is_nearest

    def answers(self, texts: Sequence[str]) -> Answers:
        """What the base writes to some inputs, or how it rates the labels."""
        job = self.job
        assert job.base is not None
        if job.base.architecture == API:
            prompts = prompts_for(texts, job, shots_of=self.shots_of, passages_of=self.passages_of)
            return api_answers(texts, prompts, job.base, _Asking(self.engine), form=_form(job))
        if job.facts.output_kind is OutputKind.SINGLE:
            most = prompt_room(job.facts, job.settings)
            choose = partial(self.engine.choose, job.base, max_tokens=most)
            return Answers(label_logits(texts, job, shots_of=self.shots_of, choose=choose))
        written = self.engine.write(
            job.base,
            prompts_for(texts, job, shots_of=self.shots_of, passages_of=self.passages_of),
            max_new_tokens=job.settings.get(MAX_NEW_TOKENS, job.facts.max_answer_tokens),
            decoding=decoding_of(job.settings),
            schema=answer_schema(job.facts),
            max_tokens=prompt_room(job.facts, job.settings),
        )
        return read_answers(job.facts.output_kind, texts, written)

    def fitted(self) -> Fitted:
        """The prompt: instruction, format and the examples that may be shown."""
        base, form = self.job.base, _form(self.job)
        facts: dict[str, Any] = {
            "task": self.job.facts.task,
            "output_kind": str(self.job.facts.output_kind),
            "schema": answer_schema(self.job.facts),
            "instruction": instruction_of(self.job.facts, base),
            "told": self.job.facts.instruction,
            "settings": dict(self.job.settings),
            "max_tokens": form.max_tokens,
            "max_answer_tokens": form.max_new_tokens,
            "decoding": decoding_of(self.job.settings),
            "picks": "none" if self.shots_of is None else PICKS[self.is_nearest],
            "examples": self._examples(),
            "passages": [] if self.passages_of is None else list(self.job.facts.passages),
            "pattern": asdict(self._pattern()),
        }
        kind = "api_prompt" if base is not None and base.architecture == API else "prompt"
        return Fitted(kind, base, self.job.facts.labels, {}, facts)

    def _examples(self) -> list[list[str]]:
        """Inputs and answers that may be shown, in the order in which they stand."""
        if self.shots_of is None:
            return []
        rows, facts = self.job.rows, self.job.facts
        every = range(len(rows)) if self.job.settings["shots"] else range(0)
        shown_rows = every if self.is_nearest else self.shots_of([""])[0]
        return [[rows.texts[row], shot(rows, row, facts).answer] for row in shown_rows]

    def _pattern(self) -> Prompt:
        """The prompt with `PLACE` for an input: what any program can fill in. It has no passages."""
        text = PLACE
        if self.job.facts.is_conversation:
            text = conversation_text([Turn("user", PLACE)])
        return prompts_for([text], self.job, shots_of=self.shots_of)[0]


@dataclass(frozen=True)
class AnswerForm:
    """What an API's answers are read as."""

    kind: OutputKind
    labels: tuple[str, ...]
    schema: Mapping[str, Any] | None
    """JSON Schema that an answer has to keep; None: free text."""
    max_new_tokens: int
    max_tokens: int
    """Most tokens of a prompt and its answer."""


def _form(job: Job) -> AnswerForm:
    facts = job.facts
    room = job.settings.get(MAX_NEW_TOKENS, facts.max_answer_tokens)
    most = prompt_room(facts, job.settings, job.base)
    if job.base is not None and job.base.architecture == API:
        is_named = facts.output_kind is OutputKind.SINGLE
        is_text = facts.output_kind is OutputKind.TEXT
        room = name_tokens(facts.labels) if is_named else room if is_text else LOOSE_JSON * room
        most += room - facts.max_answer_tokens  # what is read stays as long as elsewhere
    return AnswerForm(
        facts.output_kind,
        facts.labels,
        answer_schema(facts),
        max_new_tokens=room,
        max_tokens=most,
    )


class _Asking:
    """An engine as one that only asks APIs, for the likeliest answer."""

    def __init__(self, engine: Engine) -> None:
        self.write = partial(engine.write, decoding={})


def api_answers(
    texts: Sequence[str],
    prompts: Sequence[Prompt],
    base: BaseModel,
    engine: Asks,
    *,
    form: AnswerForm,
) -> Answers:
    """What an API says to some inputs, read as labels, spans, records or as it is.

    Args:
        texts: Inputs.
        prompts: What is asked for each.
        base: The API.
        engine: Asks it.
        form: What its answers are read as.
    """
    said = engine.write(
        base,
        prompts,
        max_new_tokens=form.max_new_tokens,
        schema=form.schema,
        max_tokens=form.max_tokens,
    )
    assert said.written_N is not None
    assert said.asked is not None
    if form.kind is not OutputKind.SINGLE:
        return read_answers(form.kind, texts, said)
    logits_NC, num_unknown = named_logits(list(said.written_N), form.labels)
    return Answers(logits_NC, asked=replace(said.asked, num_unknown=num_unknown))


def prompts_for(
    texts: Sequence[str],
    job: Job,
    *,
    shots_of: ShotsOf | None,
    passages_of: PassagesOf | None = None,
) -> list[Prompt]:
    """Inputs as they are asked of a base that is not trained.

    Args:
        texts: Inputs.
        job: Rows with examples, settings and what is known of the task.
        shots_of: Chooses examples among the rows; None shows none.
        passages_of: Finds passages of documents; None shows none.
    """
    facts = job.facts
    chosen = shots_of(texts) if shots_of else [[] for _ in texts]
    noted = passages_of(texts) if passages_of else [[] for _ in texts]
    put = FORMATS[job.settings["format"]]
    return [
        put(
            instruction_of(facts, job.base),
            [shot(job.rows, row, facts) for row in rows],
            informed(turns_for(text, is_conversation=facts.is_conversation), passages),
        )
        for text, rows, passages in zip(texts, chosen, noted, strict=True)
    ]


def label_logits(
    texts: Sequence[str], job: Job, *, shots_of: ShotsOf | None, choose: Choose
) -> np.ndarray:
    """Log-probabilities of the labels' names, corrected, (N, C).

    Args:
        texts: Inputs.
        job: Rows with examples, settings and what is known of the task.
        shots_of: Chooses examples among the rows; None shows none.
        choose: Rates answers.
    """
    names = [readable_label(label) for label in job.facts.labels]
    correction = job.settings["correction"]
    nothing = [NOTHING] if "prior" in correction else []
    asked = prompts_for([*texts, *nothing], job, shots_of=shots_of)
    scores_NC, num_tokens_C = choose(asked, names)
    if "length" in correction:
        scores_NC = scores_NC / num_tokens_C
    if nothing:
        scores_NC = scores_NC[:-1] - scores_NC[-1]
    return scores_NC.astype(np.float32)


def shot(rows: Split, row: int, facts: TaskFacts) -> Shot:
    """One row as an example."""
    turns = turns_for(rows.texts[row], is_conversation=facts.is_conversation)
    if facts.output_kind is OutputKind.SINGLE:
        return Shot(turns, readable_label(facts.labels[int(rows.targets[row])]))
    return Shot(turns, answer_text(facts.output_kind, rows.texts[row], rows.targets[row]))


def same_for_all(job: Job) -> ShotsOf:
    """As many rows as `shots` says, drawn once: which draw is itself a setting."""
    rng = np.random.default_rng(derived_seed(job.seed, "shots", job.settings["draw"]))
    drawn = rng.permutation(len(job.rows))[: job.settings["shots"]].tolist()
    return lambda texts: [drawn] * len(texts)


def nearest_to_each(job: Job) -> ShotsOf:
    """The rows most like each input, the most similar last: it is what a writer attends to most."""
    index: list[NearestExamples] = []

    def of(texts: Sequence[str]) -> list[list[int]]:
        if not job.settings["shots"]:
            return [[] for _ in texts]
        if not index:
            index.append(NearestExamples(shown(job.rows.texts, job.facts), max_tokens=256))
        nearest_NK, _ = index[0].of(shown(texts, job.facts), job.settings["shots"])
        return [row[::-1].tolist() for row in nearest_NK]

    return of


def passages_near(job: Job) -> PassagesOf | None:
    """The passages most like each input, the most similar first, of those that share anything with it."""
    num, passages = job.settings.get("passages", 0), job.facts.passages
    if not num or not passages:
        return None
    index: list[NearestExamples] = []

    def of(texts: Sequence[str]) -> list[list[str]]:
        if not index:
            index.append(NearestExamples(passages, max_tokens=256))
        found_NK, cosines_NK = index[0].of(_asked_by(texts, job), num)
        return [
            [passages[place] for place, cosine in zip(places, cosines, strict=True) if cosine > 0]
            for places, cosines in zip(found_NK, cosines_NK, strict=True)
        ]

    return of


def _asked_by(texts: Sequence[str], job: Job) -> list[str]:
    """What passages are looked up by: of a conversation its last message, or all of it."""
    if job.facts.is_conversation and job.settings.get("looked_up_by") == LOOKED_UP_BY[0]:
        return [turns_of(text)[-1].content for text in texts]
    return shown(texts, job.facts)


def shown(texts: Sequence[str], facts: TaskFacts) -> list[str]:
    """Inputs as a person reads them."""
    return [readable(text) for text in texts] if facts.is_conversation else list(texts)


def writing_flops(
    facts: TaskFacts, base: BaseModel, *, num_shots: int, num_passages: int = 0
) -> float:
    """Planned operations of answering the rows that are scored once, 2 for each weight and token.

    Who was not trained may not know when to stop: each answer is planned to be as long as answers may be.

    Args:
        facts: Of the task.
        base: Its trunk is multiplied for every token, its output layer for those that are written.
        num_shots: Examples in the prompt.
        num_passages: Passages of documents in the prompt.
    """
    if base.architecture == API:
        return 0.0  # nothing is computed here; the plan counts requests
    request = facts.tokens_of_request(num_shots=num_shots, num_passages=num_passages)
    most = prompt_room(facts, {"shots": num_shots, "passages": num_passages})
    read_tokens = min(request - facts.mean_answer_tokens, most, base.context_tokens)
    if facts.output_kind is OutputKind.SINGLE:
        rated = facts.label_tokens
        one = base.trunk_parameters * (read_tokens + rated) + base.output_parameters * rated
    else:
        written = WRITING_SLOWNESS * facts.max_answer_tokens
        one = base.trunk_parameters * (read_tokens + written) + base.output_parameters * written
    return 2.0 * one * facts.num_scored
