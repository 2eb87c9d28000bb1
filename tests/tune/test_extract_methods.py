"""Writers that extract: asked as they are and tuned, by the same path from row to text and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tiny_models as tiny
from extract_rows import as_rows, extract_facts
from jsonschema import Draft202012Validator
from writer_folders import CHATML, writer

from sartor.core.answer_schema import answer_schema
from sartor.core.candidate import Answers, Job
from sartor.core.goal import OutputKind
from sartor.core.prompt import Prompt
from sartor.engines.torch_engine import TorchEngine
from sartor.tune.few_shot import FewShot
from sartor.tune.full import Full
from sartor.tune.lora import Lora
from sartor.tune.registry import METHODS
from sartor.tune.retrieval import Retrieval
from sartor.tune.zero_shot import ZeroShot

SPANS, FIELDS = OutputKind.SPANS, OutputKind.FIELDS
TEXTS = ("Ann in Oslo", "Dov in Lima", "Fay", "wool")
MARKS = (
    ((0, 3, "name"), (7, 11, "place")),
    ((0, 3, "name"), (7, 11, "place")),
    ((0, 3, "name"),),
    (),
)
RECORDS = (
    {"n": 1, "to": "Oslo"},
    {"n": 2, "to": "Lima"},
    {"n": 3, "to": None},
    {"n": 4, "to": None},
)
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "to": {"type": ["string", "null"]}},
    "required": ["n"],
}
TARGETS = {SPANS: MARKS, FIELDS: RECORDS}


class Scribe:
    """An engine that writes down what it was asked, and gives one answer to all."""

    def __init__(self, said: str) -> None:
        self.said = said
        self.asked: list[Prompt] = []
        self.schemas: list[Any] = []

    def write(self, base: Any, prompts: Sequence[Prompt], *, schema: Any, **how: Any) -> Answers:
        self.asked += prompts
        self.schemas.append(schema)
        said = np.empty(len(prompts), dtype=object)
        said[:] = self.said
        return Answers(np.zeros((len(prompts), 1), dtype=np.float32), said)


A_WRITER = SimpleNamespace(architecture="decoder")


def job(method: Any, kind: OutputKind, base: Any = A_WRITER, **settings: Any) -> Job:
    about = extract_facts(kind, num_fit=4, schema=SCHEMA if kind is FIELDS else None)
    about = about.with_(max_answer_tokens=40, mean_answer_tokens=10.0, max_tokens=120)
    chosen = {dial.name: dial.default for dial in method.dials(about, base)} | settings
    return Job(about, chosen, base, as_rows(TEXTS, TARGETS[kind]), 0)


@pytest.mark.parametrize("method", [ZeroShot(), FewShot(), Retrieval()])
def test_spans_are_asked_for_as_json_and_read_from_it(method):
    scribe = Scribe('{"name":["Bob"],"place":["Rome","Paris"]}')
    fit = method.begin(job(method, SPANS), scribe)
    fit.advance(0)
    assert list(fit.answers(["Bob in Rome"]).written_N) == [((0, 3, "name"), (7, 11, "place"))]
    [prompt] = scribe.asked
    assert '"name", "place"' in prompt.turns[0].content
    assert scribe.schemas == [answer_schema(fit.job.facts)]
    shown = [turn.content for turn in prompt.turns if turn.role == "assistant"]
    allowed = {'{"name":["Ann"],"place":["Oslo"]}', '{"name":["Fay"]}', "{}"}
    assert set(shown) <= allowed | {'{"name":["Dov"],"place":["Lima"]}'}
    assert bool(shown) == (method.name != "zero_shot")


def test_records_are_asked_for_with_their_schema_and_read():
    scribe = Scribe('{"n":7}')
    fit = ZeroShot().begin(job(ZeroShot(), FIELDS), scribe)
    assert list(fit.answers(["x"]).written_N) == [{"n": 7}]
    assert '"integer"' in scribe.asked[0].turns[0].content
    fitted = fit.fitted()
    assert fitted.facts["output_kind"] == "fields"
    assert fitted.facts["schema"] == scribe.schemas[0]


def test_an_answer_that_is_no_record_is_none():
    fit = ZeroShot().begin(job(ZeroShot(), FIELDS), Scribe("I do not know"))
    assert list(fit.answers(["x"]).written_N) == [None]


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bases")
    return {
        "llama": writer("llama", folder / "llama", chat_template=CHATML),
        "t5": writer("t5", folder / "t5"),
    }


@pytest.mark.parametrize("family", ["llama", "t5"])
@pytest.mark.parametrize("kind", [SPANS, FIELDS])
def test_an_untrained_base_answers_in_form(bases, family, kind):
    engine = TorchEngine(tiny.Memory(), max_tokens=120)
    fit = ZeroShot().begin(
        job(ZeroShot(), kind, bases[family], format="before the last message"), engine
    )
    found = fit.answers(TEXTS)
    assert np.isfinite(found.logits_NC).all()
    for text, answer in zip(TEXTS, found.written_N, strict=True):
        if kind is FIELDS:
            Draft202012Validator(SCHEMA).validate(answer)
        else:
            assert all(
                0 <= s < e <= len(text) and label in ("name", "place") for s, e, label in answer
            )


@pytest.mark.parametrize(("method", "kind"), [(Full(), SPANS), (Lora(), FIELDS)])
def test_a_writer_learns_what_to_extract(bases, method, kind):
    rate = {"full": 3e-3, "lora": 1e-2}[method.name]
    of = job(method, kind, bases["llama"], batch_size=4, learning_rate=rate)
    fit = method.begin(of, TorchEngine(tiny.Memory(), max_tokens=120))
    fit.advance(64)
    right = sum(a == b for a, b in zip(fit.answers(TEXTS).written_N, TARGETS[kind], strict=True))
    assert right >= 3
    fitted = fit.fitted()
    assert fitted.facts["schema"] == json.loads(json.dumps(answer_schema(of.facts)))


def test_every_kind_of_extraction_has_a_baseline_and_a_writer():
    for kind in (SPANS, FIELDS):
        does = [METHODS.load(name).does for name in METHODS.names()]
        for architecture in (None, "decoder", "encoder-decoder"):
            assert any(kind in of.get(architecture, ()) for of in does), (kind, architecture)
    assert not any(FIELDS in METHODS.load(name).does.get("encoder", ()) for name in METHODS.names())
