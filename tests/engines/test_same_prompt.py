"""The same prompt in training, in `predict` and in `chat`: what the model reads, token by token."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import package_samples as samples
import pytest
import templates
import writer_folders

from sartor.base.resolve import resolve
from sartor.cli.chat import Session
from sartor.core.candidate import Job
from sartor.core.conversation import Turn, conversation_text
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.engines.lesson_rows import row_lessons
from sartor.engines.packages import load_package, write_package
from sartor.engines.packages.serve_writer import ServedWriter
from sartor.engines.rendering import Renderer
from sartor.engines.writer_engine import WriterEngine
from sartor.engines.writing.writer import Writer
from sartor.serve.conversation import About, Conversation
from sartor.serve.recall import recall

MAX_TOKENS, ANSWER_TOKENS = 160, 12
ABOUT = About("tiny", "a tiny one", keeps_turns=True)
MESSAGES = ("Where is my coat? 🙂", "  And the trousers? </s>", "שלום, thank you!")
FACTS = TaskFacts(
    output_kind=OutputKind.TEXT,
    labels=(),
    descriptions={},
    num_fit=2,
    smallest_class=0,
    mean_tokens=8.0,
    max_tokens=MAX_TOKENS,
    task="chat",
    max_answer_tokens=ANSWER_TOKENS,
)


def rows(*pairs: tuple[str, str]) -> Split:
    targets = np.empty(len(pairs), dtype=object)
    targets[:] = [(answer,) for _, answer in pairs]
    texts = [text for text, _ in pairs]
    return Split(texts, targets, np.arange(len(pairs)), [""] * len(pairs))


def package(folder: Path, template: str | None) -> tuple[ServedWriter, Renderer]:
    """A tiny Llama with a chat template, trained for a step and packed; and the renderer of its training."""
    base_folder = folder / "base"
    writer_folders.save_model("llama", base_folder, vocab_size=400, max_position_embeddings=512)
    templates.base(base_folder, template=template)
    made = resolve(str(base_folder), offline=True)
    learned = rows((conversation_text([Turn("user", "Do you sew?")]), "Yes."))
    job = Job(FACTS, {"learning_rate": 0.01, "batch_size": 1}, made, learned, 3)
    fit = WriterEngine(max_tokens=MAX_TOKENS, device="cpu").tune(job, trains="all")
    fit.advance(1)
    packed = folder / "package"
    packed.mkdir()
    card = samples.card(metrics={}, calibrator=None, method="full", method_title="tuned")
    write_package(fit.fitted(), packed, card=card)
    served = load_package(packed, recall=recall)
    assert isinstance(served, ServedWriter)
    return served, Renderer(made, max_tokens=MAX_TOKENS)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Every prompt that a writer is given, as token ids."""
    seen: list[list[int]] = []
    check = Writer._check

    def noting(self: Writer, prompts: Any, *rest: Any) -> None:
        seen.extend(np.asarray(prompt).tolist() for prompt in prompts)
        check(self, prompts, *rest)

    monkeypatch.setattr(Writer, "_check", noting)
    return seen


EVERY = {**templates.TEMPLATES, "no template": None}


@pytest.mark.parametrize("name", EVERY)
def test_training_predict_and_chat_read_the_same_tokens(
    name: str, tmp_path: Path, read: list[list[int]]
) -> None:
    served, renderer = package(tmp_path, EVERY[name])
    talk = Conversation(served, ABOUT)
    texts, chatted = [], []
    for message in MESSAGES:
        texts.append(conversation_text([*talk.turns, Turn("user", message)]))
        chatted.append("".join(talk.ask(message).pieces))
    in_chat = read.copy()
    read.clear()
    predicted = [served.answers([text]).written_N[0] for text in texts]
    assert read == in_chat
    lessons = row_lessons(rows(*zip(texts, ["Yes."] * 3, strict=True)), FACTS, renderer)
    trained = [lesson.prompt.tokens_T.tolist() for lesson in lessons]
    assert trained == in_chat
    assert chatted == predicted, "keys and values kept across turns change no answer"
    assert len({*map(tuple, in_chat)}) == 3


def counting(served: ServedWriter) -> Callable[[], int]:
    """How many tokens the model has read or written since the last call."""
    assert served._model is not None
    seen = [0]
    served._model.trunk.register_forward_pre_hook(
        lambda _, arguments, given: seen.__setitem__(0, seen[0] + given["input_ids"].shape[1]),
        with_kwargs=True,
    )

    def since() -> int:
        found, seen[0] = seen[0], 0
        return found

    return since


def test_of_a_conversation_that_goes_on_only_what_is_new_is_read(tmp_path: Path) -> None:
    served, _ = package(tmp_path, templates.TEMPLATES["chatml"])
    since = counting(served)
    talk = Conversation(served, ABOUT)
    lengths, num_read = [], []
    for message in MESSAGES:
        text = conversation_text([*talk.turns, Turn("user", message)])
        size = served.prompt_tokens(text)
        assert size is not None
        lengths.append(len(size.tokens_T))
        list(talk.ask(message).pieces)
        num_read.append(since())
    assert num_read[0] == lengths[0] + ANSWER_TOKENS - 1
    for turn in (1, 2):
        new = lengths[turn] - lengths[turn - 1]
        assert num_read[turn] <= new + ANSWER_TOKENS, "nothing was read twice"
        assert num_read[turn] < lengths[turn]


def test_what_no_longer_fits_is_said_and_left_out_as_in_predict(
    tmp_path: Path, read: list[list[int]]
) -> None:
    served, _ = package(tmp_path, templates.TEMPLATES["chatml"])
    talk = Conversation(served, ABOUT)
    said: list[str] = []
    for number in range(6):
        before = [*talk.turns, Turn("user", f"Where is coat number {number}, the green one?")]
        reply = talk.ask(before[-1].content)
        said += reply.notes
        list(reply.pieces)
        in_chat = read.pop()
        served.answers([conversation_text(before)])
        assert read.pop() == in_chat
    assert "The 2 oldest turns no longer fit and are left out of what the model reads." in said
    assert len(talk.turns) == 12, "nothing that was said is forgotten"
    [note] = talk.ask("where is it " * 99).notes[-1:]
    assert note == "This is longer than the model reads: a part of it is left out."


def test_a_stopped_answer_is_kept_as_far_as_it_came_and_the_talk_goes_on(tmp_path: Path) -> None:
    served, _ = package(tmp_path, templates.TEMPLATES["chatml"])
    whole = "".join(Conversation(served, ABOUT).ask(MESSAGES[0]).pieces)
    talk = Conversation(served, ABOUT)
    reply = talk.ask(MESSAGES[0])
    first = next(reply.pieces)
    reply.close()
    assert talk.turns == [Turn("user", MESSAGES[0]), Turn("assistant", first)]
    assert whole.startswith(first)
    assert whole != first
    text = conversation_text([*talk.turns, Turn("user", MESSAGES[1])])
    assert "".join(talk.ask(MESSAGES[1]).pieces) == served.answers([text]).written_N[0]
    talk.restart()
    assert talk.turns == []
    assert "".join(talk.ask(MESSAGES[0]).pieces) == whole


def test_an_answer_that_reaches_the_longest_says_so(tmp_path: Path) -> None:
    served, _ = package(tmp_path, templates.TEMPLATES["chatml"])
    reply = Conversation(served, ABOUT).ask(MESSAGES[0])
    assert reply.end_note == ""
    list(reply.pieces)
    assert reply.end_note.startswith("The answer was cut")


class Interrupted:
    """A standard output in front of which somebody presses Ctrl-C."""

    def __init__(self, *, after: int) -> None:
        self.left = after
        self.text = ""

    def write(self, text: str) -> int:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Nothing is held."""


def test_ctrl_c_stops_an_answer_at_a_terminal_and_the_command_in_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served, _ = package(tmp_path, templates.TEMPLATES["chatml"])
    talk = Conversation(served, ABOUT)
    session = Session(talk, may_be_stopped=True)
    out = Interrupted(after=3)
    monkeypatch.setattr(sys, "stdout", out)
    session.hold(iter(MESSAGES[:2]))
    first, second = session.record
    assert (first["is_stopped"], second["is_stopped"]) == (True, False)
    assert "Stopped.\n" in capsys.readouterr().err
    whole = served.answers([conversation_text([Turn("user", MESSAGES[0])])]).written_N[0]
    assert whole.startswith(first["text"])
    assert len(first["text"]) < len(whole)
    assert talk.turns[1] == Turn("assistant", first["text"])
    assert len(talk.turns) == 4
    monkeypatch.setattr(sys, "stdout", Interrupted(after=3))
    with pytest.raises(KeyboardInterrupt):
        Session(Conversation(served, ABOUT)).hold(iter(MESSAGES))
