"""A mailbox becomes a dataset: conversations to answer, texts to sort, and a card that hides nothing."""

from __future__ import annotations

from pathlib import Path

import mail_styles
import pytest
from mail_box import ASKED, changed, mbox
from mail_writing import as_mbox
from small_data import goal, prepared, two_classes, write_rows

from sartor.core.conversation import readable
from sartor.core.errors import DataError
from sartor.core.goal import Goal
from sartor.data.inputs import input_rows
from sartor.data.peek import peek

CHAT = Goal(task="chat", data={"all": ("inbox.mbox",)}, max_tokens=1024)


def _inbox(folder: Path) -> None:
    news = changed(ASKED, message_id="<n@x.example>", Precedence="bulk", Subject="News")
    (folder / "inbox.mbox").write_bytes(as_mbox(mail_styles.inbox()) + mbox(news))


def _counts(dataset) -> dict[str, int]:
    return {count.what: count.num_rows for count in dataset.card.counts}


def test_conversations_of_a_mailbox_are_learned_and_the_card_says_how_they_were_read(
    tmp_path: Path,
):
    _inbox(tmp_path)
    dataset = prepared(tmp_path, CHAT)
    counts = _counts(dataset)
    assert counts["threads with guessed agents"] == 80
    assert counts["newsletters and lists"] == 1
    answers = [text for texts in dataset.train.targets for text in texts]
    assert "Genoteerd, we beginnen vandaag met snijden." in answers
    assert not any(line.startswith((">", "-- ")) for text in answers for line in text.split("\n"))


def test_agents_of_the_goal_are_heeded_and_make_another_dataset(tmp_path: Path):
    _inbox(tmp_path)
    told = prepared(tmp_path, _goal_with_agents("support@hem.example"))
    assert "threads with guessed agents" not in _counts(told)
    with pytest.raises(DataError, match="nobody named there"):
        prepared(tmp_path, _goal_with_agents("@other.example"))


def _goal_with_agents(agent: str) -> Goal:
    """The same goal, with who answers."""
    return Goal(task="chat", data={"all": ("inbox.mbox",)}, max_tokens=1024, agents=(agent,))


def test_agents_without_mail_are_refused_instead_of_ignored(tmp_path: Path):
    write_rows(tmp_path / "rows.jsonl", two_classes())
    with pytest.raises(DataError, match="no file of `data` is mail or a chat"):
        prepared(tmp_path, goal(agents=("@hem.example",)))


def test_a_first_look_at_a_mailbox_takes_agents_and_counts_threads(tmp_path: Path):
    _inbox(tmp_path)
    guess = peek(["inbox.mbox"], tmp_path, task="chat", agents=["@hem.example"])
    assert guess.num_rows == 80
    assert guess.format == "chat"
    (tmp_path / "one.mbox").write_bytes(mbox(ASKED))
    with pytest.raises(DataError, match="--agents"):
        peek(["one.mbox"], tmp_path, task="chat")


def test_a_new_mail_is_answered_after_what_was_said_before(tmp_path: Path):
    (tmp_path / "new.eml").write_text(ASKED)
    told = _goal_with_agents("@hem.example")
    ((place, text, _),) = input_rows(tmp_path / "new.eml", told)
    assert place == "new.eml:1"
    assert "Is the coat warm?" in readable(text)
