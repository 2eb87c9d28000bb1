"""Whole runs in which an API takes part: it wins, is left out, runs dry, dies, and is killed under way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from api_server import KEY, ApiServer, Fault, serving
from sartor import flow
from sartor.core.errors import GoalError, PackageError
from sartor.core.prediction import Prediction
from sartor.results import RunResult
from sartor.serve.api_access import ALLOWED_URL
from small_runs import WORDS, Silent, messages, write_jsonl

NAME = "TEST_API_KEY"
INPUT, OUTPUT = 3.0, 5.0


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, KEY)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


def label_of(said: list[dict[str, Any]]) -> str:
    """The label whose words a message has most of; what it cannot tell it says so."""
    words = said[-1]["content"].split()
    counts = {label: sum(word in WORDS[label].split() for word in words) for label in WORDS}
    best = max(counts, key=lambda label: counts[label])
    return f"Category: {best.title()}." if counts[best] else "I do not know."


def workspace(
    folder: Path, server: ApiServer, *, more: str = "", signal_share: float = 0.35
) -> Path:
    """Few messages to classify, and an API that can."""
    folder.mkdir(exist_ok=True)
    for number, (name, num_each) in enumerate({"train": 8, "valid": 8, "test": 8}.items()):
        rows = messages(num_each, signal=0.35, seed=number)
        write_jsonl(folder / f"{name}.jsonl", rows)
    splits = ", ".join(f"{name}: [{name}.jsonl]" for name in ("train", "valid", "test"))
    text = (
        f"task: classify\ndata: {{{splits}}}\nmethods: [majority, zero_shot]\nbases: [minilm-l6]\n"
    )
    return with_api(folder, server, text + "max_tokens: 64\nseeds: 1\n", more=more)


def with_api(folder: Path, server: ApiServer, text: str, *, more: str = "") -> Path:
    api = (
        f"{{name: api, url: '{server.url}', model: m, key: {NAME}, "
        f"prices: {{input: {INPUT}, output: {OUTPUT}}}{more}}}"
    )
    (folder / "sartor.yaml").write_text(f"{text}budget: {{usd: 1}}\napis: [{api}]\n")
    return folder


def run(folder: Path, *settings: str, quick: bool = False) -> RunResult:
    return flow.run(folder, settings=settings, quick=quick, progress=Silent())


def bill_of(result: RunResult) -> dict[str, Any]:
    [api] = result.decision.details["apis"]
    return dict(api["cost"])


def files_with_key(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()]


def only_api(folder: Path, server: ApiServer) -> Path:
    """The same without any other model."""
    workspace(folder, server)
    text = (folder / "sartor.yaml").read_text().replace("bases: [minilm-l6]\n", "")
    (folder / "sartor.yaml").write_text(text.replace("zero_shot]", "zero_shot, few_shot]"))
    return folder


def test_an_api_wins_is_packed_without_its_key_and_answers_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(label_of) as server:
        folder = workspace(tmp_path / "w", server)
        planned = flow.plan(folder, progress=Silent())
        assert not server.books.asked
        assert planned.usd > 0
        notes = "\n".join(planned.notes)
        assert f"72 rows are sent to 127.0.0.1:{server.url.split(':')[2][:-3]}" in notes
        assert "Personal data in them is sent as it stands" in notes

        result = run(folder)
        assert result.decision.winner is not None
        assert result.decision.winner["base"] == "api"
        assert max(server.books.asked.values()) == 1, "package and test are not paid twice"
        bill = bill_of(result)
        tokens = bill["prompt_tokens"], bill["answer_tokens"]
        assert tokens == (server.books.prompt_tokens, server.books.answer_tokens)
        assert bill["usd"] == pytest.approx(server.books.usd(INPUT, OUTPUT), rel=1e-12)
        winner = result.decision.candidates[0]
        asked = result.decision.details["apis"][0]["answers"]
        mean_usd = (asked["prompt_tokens"] * INPUT + asked["answer_tokens"] * OUTPUT) / 1e6
        mean_usd /= asked["num_requests"]
        assert winner.cost.usd_per_1k_requests == pytest.approx(1000 * mean_usd)
        assert winner.cost.latency_ms_p50 is not None
        assert winner.predicted_cost.usd_per_1k_requests is not None
        assert "72 rows are sent to" in result.report.read_text("utf-8")
        assert not files_with_key(folder)

        num_asked = sum(server.books.asked.values())
        known, unknown = flow.predict(folder, ["money back refund torn", "nothing of the kind"])
        assert sum(server.books.asked.values()) == num_asked + 2
        assert (known.labels, known.reason == "unreadable") == (("refund",), False)
        assert (unknown.labels, unknown.hand_over, unknown.reason) == ((), True, "unreadable")
        reply = flow.chat(folder).ask("parcel late courier")
        assert reply.prediction is not None
        assert reply.prediction.labels == ("delivery",)
        _refusals(result, folder, monkeypatch)
    assert not files_with_key(folder)


def _refusals(result: RunResult, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package alone, without a key, offline."""
    assert result.package is not None
    texts = ["money back refund"]
    with pytest.raises(PackageError, match=ALLOWED_URL):
        list(flow.predict(result.package, texts))
    kept = json.loads((result.package / "prompt.json").read_text())["endpoint"]
    assert kept["key"] == NAME
    monkeypatch.setenv(ALLOWED_URL, kept["url"])
    [alone] = flow.predict(result.package, texts)
    assert alone.labels == ("refund",)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for place in (folder, result.package):
        with pytest.raises(GoalError, match="forbids it"):
            list(flow.predict(place, texts))
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv(NAME)
    with pytest.raises(GoalError, match="holds no key"):
        list(flow.predict(folder, texts))


@pytest.mark.slow
def test_a_second_run_pays_for_nothing_and_decides_the_same(tmp_path: Path) -> None:
    with serving(label_of) as server:
        folder = workspace(tmp_path / "w", server)
        first = run(folder)
        num_asked = sum(server.books.asked.values())
        again = run(folder, "tolerance=0.02")
        assert sum(server.books.asked.values()) == num_asked
    assert not again.is_reused
    assert again.decision.winner == first.decision.winner
    assert bill_of(again)["num_paid"] == 0


LEFT_OUT = {
    "offline": (("constraints.offline=true",), "`offline` (or HF_HUB_OFFLINE) forbids"),
    "no money": (("budget={hours: 1}",), "it costs money, and `budget: usd` allows none"),
    "a tiny budget": (("budget.usd=0.0001",), "do not fit the budget of 0.0001 USD"),
}


@pytest.mark.parametrize(("settings", "why"), LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_an_api_is_left_out_with_its_reason(
    settings: tuple[str, ...], why: str, tmp_path: Path
) -> None:
    with serving(label_of) as server:
        folder = workspace(tmp_path / "w", server)
        planned = flow.plan(folder, settings=settings, progress=Silent())
        [row] = [row for row in planned.rows if row.base == "api"]
        assert row.left_out_because is not None
        assert why in row.left_out_because
    assert not server.books.asked


def test_a_run_without_the_money_for_an_api_sends_nothing(tmp_path: Path) -> None:
    with serving(label_of) as server:
        folder = workspace(tmp_path / "w", server)
        result = run(folder, "budget.usd=0.0001", quick=True)
    assert not server.books.asked
    assert result.decision.winner is not None
    assert result.decision.winner["base"] != "api"
    left_out = [c.stopped_because or "" for c in result.decision.candidates if c.base == "api"]
    assert any("do not fit the budget of 0.0001 USD" in because for because in left_out)


@pytest.mark.parametrize("missing", ["key", "price", "limit", "offline"])
def test_what_an_api_lacks_leaves_it_out_before_anything_is_sent(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = {
        "key": f"the environment variable {NAME} holds no key",
        "price": "no list has a price for `m`",
        "limit": "sets no limit to its answers",
        "offline": "forbids to ask",
    }[missing]
    with serving(label_of) as server:
        more = ", request: {max_tokens: null}" if missing == "limit" else ""
        folder = workspace(tmp_path / "w", server, more=more)
        if missing == "key":
            monkeypatch.delenv(NAME)
        if missing == "offline":
            monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        if missing == "price":
            goal = folder / "sartor.yaml"
            prices = f", prices: {{input: {INPUT}, output: {OUTPUT}}}"
            goal.write_text(goal.read_text().replace(prices, ""))
        planned = flow.plan(folder, progress=Silent())
    [row] = [row for row in planned.rows if row.base == "api"]
    assert row.left_out_because is not None
    assert why in row.left_out_because


def test_an_api_that_no_method_asks_is_named(tmp_path: Path) -> None:
    with serving(label_of) as server:
        folder = workspace(tmp_path / "w", server)
        planned = flow.plan(folder, settings=("methods=[tfidf]",), progress=Silent())
    assert any("`apis: api` changed nothing" in note for note in planned.notes)


def test_a_run_goes_on_without_an_api_that_dies(tmp_path: Path) -> None:
    def fault_of(number: int, said: Any) -> Fault | None:
        return (
            Fault(401, body=b'{"error": {"code": "account_deactivated"}}') if number > 20 else None
        )

    with serving(label_of, fault_of=fault_of) as server:
        folder = workspace(tmp_path / "w", server)
        result = run(folder)
    assert result.decision.winner is not None
    assert result.decision.winner["base"] != "api"
    page = result.report.read_text("utf-8")
    assert "gives no answers: HTTP 401 (account_deactivated)" in page
    assert "answers that came are kept" in page
    bill = bill_of(result)
    assert bill["usd"] == pytest.approx(server.books.usd(INPUT, OUTPUT), rel=1e-12)
    assert not files_with_key(folder)


@pytest.mark.slow
def test_the_next_best_wins_where_the_api_dies_once_it_has_won(tmp_path: Path) -> None:
    test_rows = {row["text"] for row in messages(8, signal=0.35, seed=2)}

    def fault_of(number: int, said: list[dict[str, Any]]) -> Fault | None:
        return Fault(403) if said[-1]["content"] in test_rows else None

    with serving(label_of, fault_of=fault_of) as server:
        folder = workspace(tmp_path / "w", server)
        result = run(folder)
    assert result.decision.winner is not None
    assert result.decision.winner["base"] != "api"
    assert "after it was chosen" in result.report.read_text("utf-8")


@pytest.mark.slow
def test_money_that_runs_out_ends_the_asking_and_not_the_run(tmp_path: Path) -> None:
    """The endpoint takes more tokens than anybody could plan with."""
    budget = 0.03
    with serving(lambda said: "refund " * 60) as server:
        folder = workspace(tmp_path / "w", server)
        result = run(folder, f"budget.usd={budget}")
    paid = server.books.usd(INPUT, OUTPUT)
    assert 0 < paid <= budget
    assert bill_of(result)["usd"] == pytest.approx(paid, rel=1e-12)
    assert "the money of the budget was over" in result.report.read_text("utf-8")
    assert result.decision.winner is not None


def test_answers_that_name_no_label_are_counted_and_win_nothing(tmp_path: Path) -> None:
    with serving(lambda said: "No idea, sorry.") as server:
        folder = only_api(tmp_path / "w", server)
        result = run(folder, quick=True)
    assert result.decision.winner is not None
    assert result.decision.winner["base"] != "api"
    asked = result.decision.details["apis"][0]["answers"]
    assert asked["num_unknown"] == asked["num_requests"] > 0
    assert "name none of the labels and count as wrong" in result.report.read_text("utf-8")


def test_nothing_is_paid_twice_after_a_kill(tmp_path: Path) -> None:
    """Killed without warning while requests are under way; later every answer that was paid is found."""
    with serving(label_of) as server:
        folder = workspace(tmp_path / "w", server, more=", concurrency: 3")
        server.stops_after = 25
        start = "from sartor.cli.main import main; main()"
        command = [sys.executable, "-c", start, "run", str(folder)]
        environment = {**os.environ, NAME: KEY, "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        deadline = time.monotonic() + 120
        while server.may_answer.is_set() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()[0].decode()
        time.sleep(0.3)  # what was answered has arrived
        os.killpg(process.pid, signal.SIGKILL)
        output = process.communicate()[0]
        answered = dict(server.books.answered)
        assert len(answered) == 25
        server.stops_after = None
        server.may_answer.set()
        result = run(folder)
        assert all(server.books.answered[content] == 1 for content in answered)
        assert set(server.books.answered.values()) == {1}
        bill = bill_of(result)
        assert bill["usd"] == pytest.approx(server.books.usd(INPUT, OUTPUT), rel=1e-12)
        assert 0 < bill["num_unsure"] <= 3, "those under way may have been charged"
    assert result.decision.winner is not None
    assert result.decision.winner["base"] == "api"
    assert KEY.encode() not in output
    assert not files_with_key(folder)


PLACES = ["attic", "cellar", "hall", "kitchen", "porch"]


def written_workspace(folder: Path, server: ApiServer, task: str, *, head: str = "") -> Path:
    """Where coats hang, as a text, a reply of a chat, a translation or a record."""
    folder.mkdir()
    for name, first in {"train": 0, "valid": 100, "test": 200}.items():
        write_jsonl(folder / f"{name}.jsonl", [_row(task, i) for i in range(first, first + 12)])
    splits = ", ".join(f"{name}: [{name}.jsonl]" for name in ("train", "valid", "test"))
    text = (
        f"task: {task}\ndata: {{{splits}}}\n{head}seeds: 1\nmax_tokens: 256\nbases: [sartor-nano]\n"
    )
    return with_api(folder, server, text)


def _row(task: str, i: int) -> dict[str, Any]:
    place = PLACES[i % 5]
    asked = f"Where is coat {i}? It may be in the {place}."
    if task == "chat":
        said = [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": f"In the {place}."},
        ]
        return {"messages": said}
    if task == "extract":
        return {"text": asked, "record": {"place": place}}
    if task == "translate":
        return {"en": asked, "es": f"en {place}"}
    return {"prompt": asked, "completion": f"In the {place}."}


def place_in(said: list[dict[str, Any]]) -> str:
    return said[-1]["content"].rstrip(".").split()[-1]


WRITTEN = {
    "generate": ("methods: [zero_shot]\n", lambda said: f"In the {place_in(said)}."),
    "chat": ("methods: [zero_shot]\n", lambda said: f"In the {place_in(said)}."),
    "translate": (
        "methods: [copy, zero_shot]\nlanguages: {from: English, to: Spanish}\n",
        lambda said: f"en {place_in(said)}",
    ),
    "extract": (
        "methods: [field_rules, zero_shot]\nschema: {type: object, properties: {place: {type: string}}, "
        "required: [place]}\n",
        lambda said: f'Here it is: {{"place": "{place_in(said)}"}}',
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("task", WRITTEN)
def test_written_and_extracted_answers_come_from_an_api_too(task: str, tmp_path: Path) -> None:
    head, answer = WRITTEN[task]
    with serving(answer) as server:
        folder = written_workspace(tmp_path / "w", server, task, head=head)
        settings = ("methods=[zero_shot]",) if task == "extract" else ()
        result = flow.run(folder, settings=settings, quick=True, progress=Silent())
        assert result.decision.winner is not None
        assert result.decision.winner["base"] == "api"
        assert max(server.books.asked.values()) == 1
        asked = "Where is coat 4? It may be in the cellar."
        text = json.dumps([{"role": "user", "content": asked}]) if task == "chat" else asked
        [said] = flow.predict(folder, [text])
        assert _content(said) == answer([{"content": asked}]).removeprefix("Here it is: ")
        if task == "chat":
            talk = flow.chat(folder)
            assert "".join(talk.ask(asked).pieces) == "In the cellar."
            assert "".join(talk.ask("And coat 5? In the hall.").pieces) == "In the hall."
            assert len(server.books.bodies[-1]["messages"]) >= 3
    assert not files_with_key(folder)


def _content(said: Prediction) -> str:
    return json.dumps(said.record) if said.text is None else said.text


@pytest.mark.slow
def test_an_embedded_model_behind_an_endpoint_takes_part(tmp_path: Path) -> None:
    """The embedded writer as it would be served: what the run measures is what the model says by itself."""
    from sartor.base.resolve import resolve
    from sartor.core.conversation import Turn
    from sartor.core.prompt import Prompt
    from sartor.engines.writer_engine import WriterEngine
    from small_runs import one_thread

    one_thread()
    base = resolve("sartor-nano", offline=True)
    engine = WriterEngine(max_tokens=512, device="cpu")
    lock = threading.Lock()

    def answer(said: list[dict[str, Any]]) -> str:
        turns = tuple(Turn(turn["role"], turn["content"]) for turn in said)
        with lock:
            written = engine.write(base, [Prompt(turns)], max_new_tokens=12, decoding={})
        assert written.written_N is not None
        return str(written.written_N[0]) or "nothing"

    with serving(answer) as server:
        folder = written_workspace(
            tmp_path / "w", server, "generate", head="methods: [zero_shot]\n"
        )
        result = flow.run(folder, quick=True, progress=Silent())
        [asked] = [c for c in result.decision.candidates if c.base == "api" and c.valid]
        alone = [c for c in result.decision.candidates if c.base == "sartor-nano" and c.valid]
        assert asked.valid["chrf"].value == pytest.approx(alone[0].valid["chrf"].value, abs=0.15)
        bill = bill_of(result)
        assert bill["num_paid"] == sum(server.books.answered.values()) > 0
        assert bill["usd"] == pytest.approx(server.books.usd(INPUT, OUTPUT), rel=1e-12)
