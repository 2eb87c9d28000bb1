"""A file is what stands in it: formats are recognised, can be named, and are asked for where two fit."""

from __future__ import annotations

import json

import pytest
from exports import AGENTS, IOS, SLACK, TICKET, USERS, WHOLE, zipped
from small_data import goal, prepared

from sartor.core.errors import DataError, GoalError
from sartor.core.goal import Columns, DataFormat, Goal
from sartor.data.files import find_files
from sartor.data.peek import peek
from sartor.data.recognise import spelled_goal, to_learn_from


def found(folder, task: str = "chat", form: DataFormat | None = None, names=(".",)):
    """Name and reader of every file."""
    data = {"all": names}
    files = to_learn_from(find_files(data, folder=folder).files, Goal(task, data, format=form))
    return {file.name: file.format for file in files}


@pytest.mark.parametrize("form", WHOLE)
def test_every_format_is_recognised_by_what_stands_in_it(tmp_path, form):
    name, content = WHOLE[form]
    (tmp_path / name).write_bytes(content)
    assert found(tmp_path, names=(name,)) == {name: form}
    expected = {} if form == "message_log" else {name: form}
    assert found(tmp_path, "classify", names=(name,)) == (expected or {name: "csv"})


def test_all_formats_in_one_folder_are_told_apart(tmp_path):
    for name, content in WHOLE.values():
        (tmp_path / name).write_bytes(content)
    for name, content in SLACK.items():
        (tmp_path / "export" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "export" / name).write_text(content)
    (tmp_path / "ios.zip").write_bytes(zipped({"_chat.txt": IOS}))
    (tmp_path / "notes.txt").write_text("Ask Lena about the buttons.\nNote: not today\n")
    (tmp_path / "rows.jsonl").write_text('{"text": "a", "label": "b"}\n')
    assert found(tmp_path) == {
        **{name: form for form, (name, _) in WHOLE.items()},
        "export": "slack",
        "ios.zip": "whatsapp",
        "rows.jsonl": "jsonl",
    }
    assert find_files({"all": (".",)}, folder=tmp_path).passed_over == ("notes.txt",)


def test_what_is_named_is_not_looked_for(tmp_path):
    (tmp_path / "odd.txt").write_text("Ann: hello")
    assert found(tmp_path, form=DataFormat.TRANSCRIPT, names=("odd.txt",)) == {
        "odd.txt": "transcript"
    }
    assert found(tmp_path, form=DataFormat.WHATSAPP_DAY_FIRST, names=("odd.txt",)) == {
        "odd.txt": "whatsapp_day_first"
    }


def test_a_text_that_is_nothing_known_is_refused_by_name(tmp_path):
    (tmp_path / "odd.txt").write_text("hello\nyou\n")
    with pytest.raises(DataError, match="does not look like a chat of WhatsApp or a transcript"):
        found(tmp_path, names=("odd.txt",))


def test_two_possible_formats_are_a_question(tmp_path):
    log = [{"conversation_id": "a", "role": role, "text": "hi"} for role in ("user", "agent")]
    both = [{**TICKET, **row} for row in log]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in both))
    with pytest.raises(GoalError, match="tickets of Zendesk or as a log") as caught:
        found(tmp_path, names=("t.jsonl",))
    assert "`format: zendesk` or `format: message_log`" in caught.value.fix


def test_users_beside_tickets_are_no_rows(tmp_path):
    (tmp_path / "tickets.json").write_text(json.dumps({"tickets": [TICKET] * 2}))
    (tmp_path / "users.json").write_text(json.dumps({"users": USERS}))
    assert found(tmp_path) == {"tickets.json": "zendesk"}
    assert found(tmp_path, form=DataFormat.ZENDESK) == {"tickets.json": "zendesk"}


def test_rows_of_one_text_each_stay_what_they_are(tmp_path):
    rows = [{"conversation_id": at // 2, "text": f"message {at}", "label": "a"} for at in range(8)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert set(found(tmp_path).values()) == {"jsonl"}


@pytest.mark.parametrize("form", [None, *DataFormat])
def test_a_goal_for_rows_names_no_format_of_files(form):
    spelled = spelled_goal(Goal("chat", {}, format=form)).format
    assert spelled in (form, DataFormat.CHAT)
    assert str(spelled) not in (
        "zendesk",
        "slack",
        "whatsapp",
        "transcript",
        "message_log",
        "intercom",
    )


def _tickets(num_tickets: int) -> str:
    tickets = [
        {
            "id": at,
            "requester_id": 1_000 + at,
            "assignee_id": 902,
            "tags": ["ab"[at % 2]],
            "comments": [
                {"author_id": 1_000 + at, "body": f"Question number {at}", "public": True},
                {"author_id": 902, "body": f"Answer number {at}", "public": True},
            ],
        }
        for at in range(num_tickets)
    ]
    return json.dumps({"tickets": tickets, "users": USERS})


def test_tickets_are_learned_from_as_chats_and_as_texts_with_tags(tmp_path):
    (tmp_path / "t.json").write_text(_tickets(60))
    chats = prepared(tmp_path, Goal("chat", {"all": ("t.json",)}))
    assert len(chats.development.texts) + chats.test.num_examples == 60
    tagged = prepared(tmp_path, goal("t.json", columns=Columns(output="tags")))
    assert tagged.labels == ("a", "b")
    assert tagged.train.texts[0].startswith("Question number")
    named = prepared(tmp_path, goal("t.json", format=DataFormat.ZENDESK))
    assert named.labels == ("a", "b")


def test_what_was_left_out_is_counted_in_the_card(tmp_path):
    comment = {"author_id": 902, "body": "odd", "public": False}
    tickets = json.loads(_tickets(60))
    tickets["tickets"][0]["comments"].append(comment)
    (tmp_path / "t.json").write_text(json.dumps(tickets))
    card = prepared(tmp_path, Goal("chat", {"all": ("t.json",)})).card
    (count,) = [one for one in card.counts if one.what == "internal notes"]
    assert (count.num_rows, count.examples) == (1, ("t.json:1",))


def test_a_changed_day_of_a_slack_folder_is_another_dataset(tmp_path):
    from sartor.core.hashing import path_hash

    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.json").write_text("[]")
    before = path_hash(tmp_path)
    (tmp_path / "a" / "x.json").write_text("[ ]")
    assert path_hash(tmp_path) != before


@pytest.mark.parametrize("form", [form for form in WHOLE if form not in AGENTS])
def test_init_sees_conversations(tmp_path, form):
    name, content = WHOLE[form]
    (tmp_path / name).write_bytes(content)
    guess = peek([name], tmp_path, task="chat")
    assert (guess.format, guess.is_exact) == (DataFormat.CHAT, True)


def test_the_folder_of_a_slack_export_is_learned_from(tmp_path):
    users = [{"id": "U1", "name": "ann"}, {"id": "U2", "name": "Hem Support"}]
    lines = [
        {"user": user, "text": f"{user} says {at}", "ts": f"{at}.{turn}", "thread_ts": f"{at}.0"}
        for at in range(1_772_442_840, 1_772_442_900)
        for turn, user in enumerate(("U1", "U2"))
    ]
    (tmp_path / "export" / "fittings").mkdir(parents=True)
    (tmp_path / "export" / "users.json").write_text(json.dumps(users))
    (tmp_path / "export" / "channels.json").write_text("[]")
    (tmp_path / "export" / "fittings" / "2026-03-02.json").write_text(json.dumps(lines))
    data = prepared(tmp_path, Goal("chat", {"all": ("export",)}))
    assert len(data.train) > 0
    assert str(data.train.targets[0][0]).startswith("U2 says")
