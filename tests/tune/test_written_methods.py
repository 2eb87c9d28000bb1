"""Off-the-shelf writers and the nearest answer: who sees which examples, and what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sartor.core.candidate import Answers, Job
from sartor.core.conversation import Turn, conversation_text
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.core.prompt import Prompt
from sartor.core.protocols import Method
from sartor.tune.few_shot import FewShot
from sartor.tune.nearest_answer import NearestAnswer
from sartor.tune.prompted import (
    LOOKED_UP_BY,
    instruction_of,
    nearest_to_each,
    passages_near,
    prompts_for,
    shot,
)
from sartor.tune.prompts import FORMATS, NOTES
from sartor.tune.registry import METHODS
from sartor.tune.retrieval import Retrieval
from sartor.tune.zero_shot import ZeroShot

WRITER = SimpleNamespace(architecture="decoder", trunk_parameters=1000)
QUESTIONS = (
    "Where is my parcel?",
    "Can the trousers be made longer?",
    "How do I pay by invoice?",
    "Do you sew for children?",
    "My parcel is late, where is it?",
    "Can the sleeves be made shorter?",
)
REPLIES = ("On its way.", "Yes, by 4 cm.", "Ask us.", "No.", "On its way!", "Yes, by 3 cm.")


class Scribe:
    """An engine that writes down what it was asked and repeats the last line of it."""

    def __init__(self) -> None:
        self.asked: list[Prompt] = []

    def write(self, base: Any, prompts: Sequence[Prompt], **how: Any) -> Answers:
        self.asked += prompts
        said = np.empty(len(prompts), dtype=object)
        said[:] = [prompt.turns[-1].content.splitlines()[-1] for prompt in prompts]
        return Answers(np.zeros((len(prompts), 1), dtype=np.float32), said)

    def choose(
        self, base: Any, prompts: Sequence[Prompt], choices: Sequence[str], **how: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """One nat for each word that prompt and choice share, less one for each of the choice's letters."""
        self.asked += prompts
        num_tokens = np.array([len(choice) for choice in choices])
        asked = [set(p.turns[-1].content.lower().split()) for p in prompts]
        shared = [[10.0 * len(words & set(c.split())) for c in choices] for words in asked]
        return np.array(shared) - num_tokens, num_tokens


def rows(questions: Sequence[str] = QUESTIONS, replies: Sequence[str] = REPLIES) -> Split:
    targets = np.empty(len(questions), dtype=object)
    targets[:] = [(reply, f"{reply} (also right)") for reply in replies]
    return Split(list(questions), targets, np.arange(len(questions)), [""] * len(questions))


def facts(**changes: Any) -> TaskFacts:
    given: dict[str, Any] = {
        "output_kind": OutputKind.TEXT,
        "labels": (),
        "descriptions": {},
        "num_fit": 6,
        "smallest_class": 0,
        "mean_tokens": 8.0,
        "max_tokens": 128,
        "task": "generate",
        "instruction": "Answer the customer.",
        "mean_answer_tokens": 4.0,
        "max_answer_tokens": 16,
    }
    return TaskFacts(**(given | changes))


def job(method: Method, *, base: Any = WRITER, of: Split | None = None, **settings: Any) -> Job:
    about = facts()
    chosen = {dial.name: dial.default for dial in method.dials(about, base)} | settings
    return Job(about, chosen, base, of or rows(), 0)


def asked_by(method: Method, texts: Sequence[str], **settings: Any) -> list[str]:
    scribe = Scribe()
    fit = method.begin(job(method, **settings), scribe)  # type: ignore[arg-type]
    fit.advance(0)
    fit.answers(texts)
    return ["\n".join(turn.content for turn in prompt.turns) for prompt in scribe.asked]


def test_zero_shot_shows_the_instruction_and_no_example() -> None:
    [prompt] = asked_by(ZeroShot(), ["Where is it?"])
    assert prompt == "Answer the customer.\nWhere is it?"


def test_few_shot_shows_everyone_the_same_examples_and_another_draw_shows_others() -> None:
    first, second = asked_by(FewShot(), ["a?", "b?"], shots=2)
    assert first[: -len("a?")] == second[: -len("b?")]
    assert sum(reply in first for reply in REPLIES) == 2
    draws = {asked_by(FewShot(), ["a?"], shots=2, draw=draw)[0] for draw in range(3)}
    assert len(draws) > 1
    assert asked_by(FewShot(), ["a?"], shots=2) == asked_by(FewShot(), ["a?"], shots=2)


def test_retrieval_shows_each_the_examples_most_like_it_the_nearest_last() -> None:
    parcel, sleeves = asked_by(Retrieval(), ["where is the parcel", "longer sleeves"], shots=2)
    assert "On its way" in parcel
    assert "cm" not in parcel
    assert "Yes, by 3 cm." in sleeves
    assert parcel.index("late") < parcel.index("Where is my parcel?"), "the nearest comes last"


@pytest.mark.parametrize("method", [ZeroShot(), FewShot(), Retrieval()])
def test_every_format_is_a_setting(method: Method) -> None:
    [dial] = [dial for dial in method.dials(facts(), WRITER) if dial.name == "format"]  # type: ignore[arg-type]
    assert len(dial.choices) >= 5
    seen = {asked_by(method, ["What now?"], format=choice)[0] for choice in dial.choices}
    assert len(seen) >= 4


PASSAGES = (
    "Parcels: They take three days.",
    "Sewing: Trousers are made longer by 4 cm at most.",
    "Payment: By card or by invoice.",
)


def informed_by(texts: Sequence[str], *, task: str = "generate", **settings: Any) -> list[str]:
    """What retrieval with documents asks, and the last turn alone."""
    about = facts(passages=PASSAGES, task=task)
    chosen = {dial.name: dial.default for dial in Retrieval().dials(about, WRITER)} | settings  # type: ignore[arg-type]
    scribe = Scribe()
    fit = Retrieval().begin(Job(about, chosen, WRITER, rows(), 0), scribe)  # type: ignore[arg-type]
    fit.answers(texts)
    return [prompt.turns[-1].content for prompt in scribe.asked]


def test_passages_like_the_input_stand_behind_it_the_nearest_first() -> None:
    [parcel] = informed_by(["where do parcels go, by card?"], passages=2)
    asked, heading, first, second = parcel.split("\n\n", 1)[0], *parcel.splitlines()[2:5]
    assert asked == "where do parcels go, by card?"
    assert heading == NOTES
    assert {first, second} == {f"- {PASSAGES[0]}", f"- {PASSAGES[2]}"}


@pytest.mark.parametrize("put", FORMATS)
def test_every_format_holds_the_passages_once(put: str) -> None:
    about = facts(passages=PASSAGES)
    chosen = {"format": put, "shots": 1, "passages": 1}
    of = Job(about, chosen, WRITER, rows(), 0)  # type: ignore[arg-type]
    [prompt] = prompts_for(
        ["By invoice?"], of, shots_of=nearest_to_each(of), passages_of=passages_near(of)
    )
    said = "\n".join(turn.content for turn in prompt.turns)
    assert said.count(PASSAGES[2]) == 1
    assert said.index("By invoice?") < said.index(NOTES)


def test_without_passages_or_examples_the_prompt_is_that_of_zero_shot() -> None:
    assert informed_by(["By invoice?"], passages=0, shots=0) == ["By invoice?"]
    assert informed_by(["qqq xyz"], passages=2, shots=0) == ["qqq xyz"], "nothing is like it"


def test_a_conversation_is_looked_up_by_its_last_message_or_as_a_whole() -> None:
    turns = [
        Turn("user", "parcels take how long?"),
        Turn("assistant", "Days."),
        Turn("user", "invoice?"),
    ]
    text = conversation_text(turns)
    about = facts(passages=PASSAGES, task="chat")
    found = {}
    for by in LOOKED_UP_BY:
        chosen = {"format": "system turn", "shots": 0, "passages": 1, "looked_up_by": by}
        near = passages_near(Job(about, chosen, WRITER, rows(), 0))  # type: ignore[arg-type]
        assert near is not None
        [found[by]] = near([text])
    assert found == {LOOKED_UP_BY[0]: [PASSAGES[2]], LOOKED_UP_BY[1]: [PASSAGES[0]]}


def test_documents_make_how_many_and_which_a_matter_of_the_rows_that_choose() -> None:
    def names(**changes: Any) -> dict[str, tuple[Any, ...]]:
        return {d.name: d.choices for d in Retrieval().dials(facts(**changes), WRITER)}  # type: ignore[arg-type]

    assert "passages" not in names()
    told = names(passages=PASSAGES)
    assert 0 in told["shots"]
    assert {0, 1} < set(told["passages"])
    assert "looked_up_by" in names(passages=PASSAGES, task="chat")
    assert "looked_up_by" not in told


def test_only_the_first_of_several_right_answers_is_shown() -> None:
    [prompt] = asked_by(FewShot(), ["a?"], shots=6)
    assert "also right" not in prompt


def answered(texts: Sequence[str], *, of: Split | None = None, **settings: Any) -> list[str]:
    method = NearestAnswer()
    fit = method.begin(job(method, base=None, of=of, **settings), None)  # type: ignore[arg-type]
    fit.advance(0)
    found = fit.answers(texts).written_N
    assert found is not None
    return list(found)


def test_the_baseline_repeats_the_answer_to_the_most_similar_question() -> None:
    assert answered(["how to pay by invoice", "trousers longer?"]) == ["Ask us.", "Yes, by 4 cm."]


def test_of_several_neighbours_the_answer_that_they_agree_on_is_given() -> None:
    questions = ["late parcel", "late parcel today", "late parcel please", "blue"]
    replies = ["Never.", "It is on its way.", "It is on its way now.", "x"]
    about = rows(questions, replies)
    assert answered(["late parcel"], of=about) == ["Never."]
    assert answered(["late parcel"], of=about, neighbours=3) == ["It is on its way."]


def test_conversations_are_compared_as_people_read_them() -> None:
    """JSON that both share says nothing about what was asked."""

    def talk(text: str) -> str:
        return conversation_text([Turn("system", "Be brief."), Turn("user", text)])

    method = NearestAnswer()
    about = rows([talk(question) for question in QUESTIONS])
    of_chat = Job(facts(task="chat"), {"neighbours": 1}, None, about, 0)
    found = method.begin(of_chat, None).answers([talk("invoice?")]).written_N  # type: ignore[arg-type]
    assert list(found) == ["Ask us."]


LABELS = ("late", "invoice_question", "long_trousers_and_sleeves")


def label_logits(method: Method, texts: Sequence[str], **settings: Any) -> np.ndarray:
    about = facts(output_kind=OutputKind.SINGLE, labels=LABELS, task="classify", instruction="")
    chosen = {dial.name: dial.default for dial in method.dials(about, WRITER)} | settings  # type: ignore[arg-type]
    of = Split(list(QUESTIONS), np.array([0, 2, 1, 1, 0, 2]), np.arange(6), [""] * 6)
    fit = method.begin(Job(about, chosen, WRITER, of, 0), Scribe())  # type: ignore[arg-type]
    return fit.answers(texts).logits_NC


@pytest.mark.parametrize("method", [ZeroShot(), FewShot(), Retrieval()])
def test_labels_are_rated_by_their_names(method: Method) -> None:
    """Named in words, as a writer would write them; the long name must not lose by its length."""
    texts = ["it is late", "an invoice question", "long trousers and sleeves"]
    logits_NC = label_logits(method, texts)
    assert logits_NC.shape == (3, 3)
    assert logits_NC.dtype == np.float32
    assert logits_NC.argmax(axis=1).tolist() == [0, 1, 2]


def test_each_correction_takes_off_what_it_says() -> None:
    texts = ["nothing of it"]
    put = {"format": "before the last message"}
    raw = label_logits(ZeroShot(), texts, correction="nothing", **put)[0]
    lengths = np.array([len(name.replace("_", " ")) for name in LABELS])
    by_length = label_logits(ZeroShot(), texts, correction="length", **put)[0]
    assert by_length == pytest.approx(raw / lengths, rel=1e-5)
    by_prior = label_logits(ZeroShot(), texts, correction="prior", **put)[0]
    assert by_prior == pytest.approx(np.zeros(3), abs=1e-5), "it says no more than no text"


def test_the_instruction_lists_the_labels_and_examples_are_answered_by_them() -> None:
    about = facts(output_kind=OutputKind.SINGLE, labels=LABELS, task="classify", instruction="")
    assert "late; invoice question; long trousers and sleeves" in instruction_of(about)
    of = Split(list(QUESTIONS), np.array([0, 2, 1, 1, 0, 2]), np.arange(6), [""] * 6)
    assert shot(of, 2, about).answer == "invoice question"


def test_methods_that_write_are_offered_for_written_answers_and_no_other() -> None:
    for name in METHODS.names():
        method = METHODS.load(name)()
        writes = {a for a, kinds in method.does.items() if OutputKind.TEXT in kinds}
        assert writes <= {None, "decoder", "encoder-decoder", "api"}, name
        assert "api" not in writes or method.family == "off_the_shelf", name
