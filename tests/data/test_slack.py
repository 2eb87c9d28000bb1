"""Exports of Slack: threads become conversations, from the archive and from its folder."""

from __future__ import annotations

import pytest
from exports import SLACK, SLACK_ROWS, dropped, read_as, rows_of, said, zipped

from sartor.core.errors import DataError
from sartor.data.slack_text import plain_slack


def _folder(path, files):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(content)
    return path


@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.parametrize("agents", [["Lena"], ["U2"], ["LENA@hem.example"]])
def test_threads_and_stretches_of_talk_are_rows(tmp_path, is_zip, agents):
    if is_zip:
        found = read_as("slack", tmp_path / "s.zip", zipped(SLACK), agents=agents)
    else:
        found = read_as("slack", _folder(tmp_path / "s", SLACK), agents=agents)
    assert rows_of(found) == SLACK_ROWS
    assert dropped(found) == {"system lines": 1, "messages of bots": 1, "attachments": 1}


def test_an_archive_with_a_folder_around_everything_is_read(tmp_path):
    inner = {f"Hem export/{name}": content for name, content in SLACK.items()}
    found = read_as("slack", tmp_path / "s.zip", zipped(inner), agents=["Lena"])
    assert rows_of(found) == SLACK_ROWS


def test_who_answers_is_asked_with_the_speakers(tmp_path):
    with pytest.raises(DataError, match="does not say who answers") as caught:
        read_as("slack", tmp_path / "s.zip", zipped(SLACK))
    assert "`Ann` (4), `Lena` (2)" in caught.value.problem


def test_agents_that_never_speak_are_a_mistake(tmp_path):
    with pytest.raises(DataError, match="no message of those named") as caught:
        read_as("slack", tmp_path / "s.zip", zipped(SLACK), agents=["lenna"])
    assert "Did you mean `Lena`?" in caught.value.fix


def test_several_customers_in_one_thread_make_the_thread_the_group(tmp_path):
    files = {**SLACK, "users.json": "[]"}
    found = read_as("slack", tmp_path / "s.zip", zipped(files), agents=["U9", "U2"])
    assert [row["group"] for row in rows_of(found)] == ["U1"] * 3
    day = SLACK["fittings/2026-03-03.json"].replace('"U1"', '"U3"')
    files = {**SLACK, "fittings/2026-03-03.json": day}
    first = rows_of(read_as("slack", tmp_path / "s.zip", zipped(files), agents=["Lena"]))[0]
    assert first["group"] == first["conversation"]
    assert [role for role, _ in said(first)] == ["u", "a", "u"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<@U2> hi", "@Lena hi"),
        ("<@U9|kim> hi", "@kim hi"),
        ("<!here> <!subteam^S1|@tailors>", "@here @tailors"),
        ("<https://hem.example>", "https://hem.example"),
        ("<mailto:a@hem.example|a@hem.example>", "a@hem.example"),
        ("1 &lt; 2 &amp;lt; 3", "1 < 2 &lt; 3"),
        ("<" * 50_000, "<" * 50_000),
    ],
)
def test_markup_reads_as_slack_shows_it(markup, text):
    assert plain_slack(markup, lambda user: {"U2": "Lena"}.get(user, user)) == text


def test_what_is_no_export_is_named(tmp_path):
    with pytest.raises(DataError, match=r"holds no `users.json`"):
        read_as("slack", tmp_path / "s.zip", zipped({"a.json": "[]"}))
