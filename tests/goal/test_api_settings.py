"""`apis` in the goal: what may be said, what is refused, and that a key is never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from sartor.core.endpoint import TokenPrices
from sartor.core.errors import GoalError
from sartor.core.goal import Goal
from sartor.goal import load_goal, resolved_yaml

START = "task: classify\ndata: [rows.jsonl]\n"
WHOLE = (
    '{name: gpt-x, url: "https://host/v1/", model: some-model, key: API_KEY, '
    "prices: {input: 0.15, output: 0.6}, request: {max_tokens: null, max_completion_tokens: 40}, "
    "concurrency: 2, timeout_seconds: 5, attempts: 3}"
)


def loaded(text: str, folder: Path, *overrides: str) -> Goal:
    (folder / "sartor.yaml").write_text(START + text)
    return load_goal(folder / "sartor.yaml", methods=["head"], overrides=overrides)


def test_an_api_is_read_and_written_out_again(tmp_path: Path) -> None:
    goal = loaded(f"apis: [{WHOLE}]\n", tmp_path)
    [api] = goal.apis
    assert (api.url, api.key, api.prices) == ("https://host/v1", "API_KEY", TokenPrices(0.15, 0.6))
    assert api.request == {"max_tokens": None, "max_completion_tokens": 40}
    assert (api.host, api.is_encrypted, api.is_here) == ("host", True, False)
    (tmp_path / "again.yaml").write_text(resolved_yaml(goal))
    assert load_goal(tmp_path / "again.yaml", methods=["head"]).apis == goal.apis
    assert loaded(f"apis: {WHOLE}\n", tmp_path).apis == goal.apis
    assert loaded("", tmp_path, f"apis=[{WHOLE}]").apis == goal.apis


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:80"])
def test_a_server_on_this_machine_is_known(host: str, tmp_path: Path) -> None:
    [api] = loaded(f'apis: [{{name: a, url: "http://{host}/v1", model: m}}]\n', tmp_path).apis
    assert api.is_here


API = '{{name: {name}, url: "{url}", model: m{more}}}'
WRONG = {
    "`https://h/v1`": {"url": "https://h/v1/chat/completions"},
    "holds more than an address": {"url": "https://me:secret@h/v1"},
    "holds more than an address (": {"url": "https://h/v1?api_key=secret"},
    "`ftp://h` is not an address": {"url": "ftp://h"},
    "`h/v1` is not an address": {"url": "h/v1"},
    "is no name for an API": {"name": '"a b"'},
    "`tiny` is named twice": {"name": "tiny", "after": "bases: [tiny]\n"},
    "`stream` is said by Sartor itself": {"more": ", request: {stream: true}"},
    "`api_key` sounds like a secret": {"more": ", request: {api_key: secret}"},
    "`output` is missing": {"more": ", prices: {input: 1}"},
    "at least 0 is possible": {"more": ", prices: {input: -1, output: 1}"},
    "Did you mean `concurrency`?": {"more": ", concurency: 3"},
    "Did you mean `input`?": {"more": ", prices: {input: 1, output: 1, imput: 3}"},
    "at least 1 is possible": {"more": ", attempts: 0"},
}


@pytest.mark.parametrize(("said", "parts"), WRONG.items())
@pytest.mark.parametrize("is_override", [False, True])
def test_what_is_wrong_is_said_with_its_place(
    said: str, parts: dict[str, str], is_override: bool, tmp_path: Path
) -> None:
    api = API.format(**{"name": "a", "url": "https://h/v1", "more": "", **parts})
    text = "" if is_override else f"apis: [{api}]\n"
    overrides = [f"apis=[{api}]"] if is_override else []
    with pytest.raises(GoalError, match="apis") as caught:
        loaded(parts.get("after", "") + text, tmp_path, *overrides)
    assert said in str(caught.value)
    assert "secret@" not in str(caught.value)
    if not is_override:
        assert "secret" not in str(caught.value).replace("sounds like a secret", "")


@pytest.mark.parametrize("key", ["sk-abcDEF123", "0123456789abcdef", "deadbeefdeadbeef", "A KEY"])
@pytest.mark.parametrize("is_override", [False, True])
def test_a_key_in_place_of_its_variable_is_refused_and_not_repeated(
    key: str, is_override: bool, tmp_path: Path
) -> None:
    api = API.format(name="a", url="https://h/v1", more=f', key: "{key}"')
    with pytest.raises(GoalError, match="environment variable") as caught:
        loaded(
            "" if is_override else f"apis: [{api}]\n", tmp_path, *([f"apis=[{api}]"] * is_override)
        )
    assert key not in str(caught.value)
