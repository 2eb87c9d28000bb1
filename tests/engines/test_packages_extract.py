"""Packages that extract repeat what was measured, as served and by the scripts that their cards print."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import package_samples as samples
import pytest
import tiny_models as tiny
from safetensors.numpy import load_file, save_file
from writer_folders import CHATML, writer
from writer_packages import run_scripts, scripts_of

sys.path.append(str(Path(__file__).parents[1] / "tune"))
from extract_rows import as_rows, extract_facts, span_rows

from sartor.core.candidate import Answers, Fitted, Job
from sartor.core.dataset import Split, TaskFacts
from sartor.core.errors import PackageError
from sartor.core.goal import OutputKind
from sartor.engines.packages import check_written_package, load_package, write_package
from sartor.engines.torch_engine import TorchEngine
from sartor.engines.writer_engine import WriterEngine
from sartor.serve.recall import recall
from sartor.tune.crf import Crf
from sartor.tune.few_shot import FewShot
from sartor.tune.field_rules import FieldRules
from sartor.tune.full import Full
from sartor.tune.gazetteer import Gazetteer
from sartor.tune.lora import Lora
from sartor.tune.token_head import TokenHead

# PEFT asks transformers for a property under its older name.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
]
MAX_TOKENS = 24
LONG = " ".join(["Ann asked for a coat in Utrecht ,"] * 12)
TEXTS = [
    *span_rows(12).texts,
    "",
    "  \n ",
    " Zoltan lives in New  Delhi now, says ANN. ",
    "日本 cafe\u0301 👩‍🚀 Utrecht",
    "x" * 300,
    f"Fay {'y' * 300} Oslo",
    LONG,
    json.loads('"Ann \\ud83d Oslo"'),
]
"""Also empty, blank, of one endless word, longer than a window, with half an emoji."""


@dataclass(frozen=True)
class Packed:
    """A package, and what was measured of what is in it."""

    folder: Path
    fitted: Fitted
    answers: Answers


def texts_of_whole_signs() -> list[str]:
    return [text.encode("utf-8", "replace").decode("utf-8") for text in TEXTS]


def packed(method: Any, base: Any, folder: Path, rows: Split, **changes: Any) -> Packed:
    """Learn a little, answer, pack."""
    about = changes.pop("facts", None) or extract_facts(max_tokens=MAX_TOKENS)
    settings = {dial.name: dial.default for dial in method.dials(about, base)} | changes
    engine = TorchEngine(tiny.Memory(), max_tokens=MAX_TOKENS) if base else None
    fit = method.begin(Job(about, settings, base, rows, 0), engine)
    fit.advance(6 if base else 0)
    answers = fit.answers(texts_of_whole_signs())
    folder.mkdir()
    card = samples.card(metrics={}, calibrator=None, method=method.name, method_title=method.title)
    write_package(fit.fitted(), folder, card=card)
    return Packed(folder, fit.fitted(), answers)


ORDERS = [
    ("2 coats of 1.250,50 for Ann", {"customer": {"name": "Ann"}, "number": 2, "price": 1250.5}),
    ("3 coats of 99,00 for Bert", {"customer": {"name": "Bert"}, "number": 3, "price": 99.0}),
    ("1 coat of 120.75 for Ann, blue", {"customer": {"name": "Ann"}, "number": 1, "price": 120.75}),
    ("4 coats of 10,20 for Bert in red", {"customer": {"name": "Bert"}, "number": 4}),
]
COLOURS = {"blue": ["blue"], "red": ["red"]}


def order_rows() -> Split:
    texts, records = [], []
    for text, record in ORDERS * 4:
        colours = [word for word in COLOURS if word in text]
        texts.append(text)
        records.append({**record, "paid": False, **({"colours": colours} if colours else {})})
    return as_rows(texts, records)


WITHOUT_MODEL = {"crf": Crf, "gazetteer": Gazetteer, "field_rules": FieldRules}
TAGGERS = [
    ("bert", TokenHead),
    ("roberta", TokenHead),
    ("modernbert", TokenHead),
    ("bert", Full),
    ("bert", Lora),
    ("modernbert", Lora),
]
EVERY = [*((name, None) for name in WITHOUT_MODEL), *TAGGERS]


@pytest.fixture(scope="module")
def package_of(tmp_path_factory):
    """A package that tests only read, made once."""
    made: dict[Any, Packed] = {}

    def package(name: str, method: Any = None) -> Packed:
        if (name, method) not in made:
            folder = tmp_path_factory.mktemp("extract")
            if method:
                base = replace(tiny.tiny_base(name, folder / "base"), hub_id=f"tiny/{name}")
                faster = {"learning_rate": 2e-2 if method is TokenHead else 2e-3}
                made[name, method] = packed(
                    method(), base, folder / "p", span_rows(), batch_size=4, **faster
                )
            elif name == "field_rules":
                about = extract_facts(OutputKind.FIELDS)
                made[name, method] = packed(
                    FieldRules(), None, folder / "p", order_rows(), facts=about
                )
            else:
                made[name, method] = packed(WITHOUT_MODEL[name](), None, folder / "p", span_rows())
        return made[name, method]

    return package


def of(name: str, method: Any) -> str:
    return name if method is None else f"{name}-{method.__name__}"


@pytest.mark.parametrize(("name", "method"), EVERY, ids=[of(*pair) for pair in EVERY])
def test_a_package_answers_what_was_measured(package_of, name: str, method: Any) -> None:
    made = package_of(name, method)
    distinct = {repr(answer) for answer in made.answers.written_N}
    assert len(distinct) > 2, "answers must not all be alike"
    served = load_package(made.folder, recall=recall)
    found = served.answers(TEXTS)
    assert list(found.written_N) == list(made.answers.written_N)
    np.testing.assert_allclose(found.logits_NC, made.answers.logits_NC, atol=1e-4)
    checked = check_written_package(
        made.folder, texts_of_whole_signs(), made.answers, recall=recall
    )
    assert (checked.num_texts, checked.num_different) == (len(TEXTS), 0)
    one_by_one = [served.answers([text]).written_N[0] for text in TEXTS]
    assert one_by_one == list(found.written_N)


@pytest.mark.parametrize(("name", "method"), EVERY, ids=[of(*pair) for pair in EVERY])
def test_a_package_holds_json_and_tensors_and_no_path(package_of, name: str, method: Any) -> None:
    made = package_of(name, method)
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    allowed = {".json", ".safetensors", ".onnx", ".md", ".txt", ".jinja"}
    assert {path.suffix for path in files} <= allowed
    for path in files:
        if path.suffix in (".json", ".md"):
            assert str(made.folder.parent) not in path.read_text("utf-8"), path.name
    served = load_package(made.folder, recall=recall)
    sizes = [path.stat().st_size for path in files]
    assert 0 < served.size_bytes <= sum(sizes)
    p50, p95 = served.measure_latency(TEXTS[:4])
    assert 0 < p50 <= p95
    assert served.num_truncated == 0


def plain(answer: Any) -> Any:
    """Spans without their words, or a record."""
    if isinstance(answer, list | tuple):
        return [
            (line["start"], line["end"], line["label"]) if isinstance(line, dict) else tuple(line)
            for line in answer
        ]
    return answer


def test_the_scripts_of_the_cards_say_the_same_without_sartor(package_of) -> None:
    cases, wanted = [], []
    texts = texts_of_whole_signs()
    for name, method in EVERY:
        made = package_of(name, method)
        scripts = scripts_of(made.folder)
        assert len(scripts) == (2 if method else 1)
        cases += [(made.folder, script, texts) for script in scripts]
        wanted += [made.answers.written_N] * len(scripts)
    for (folder, *_), found, expected in zip(cases, run_scripts(cases, []), wanted, strict=True):
        assert [plain(answer) for answer in found] == [plain(a) for a in expected], folder
        for text, answer in zip(texts, found, strict=True):
            spans = answer if isinstance(answer, list) else []
            assert all(span["text"] == text[span["start"] : span["end"]] for span in spans)


def test_transformers_loads_a_tagger_with_the_names_of_its_tags(package_of) -> None:
    import transformers

    made = package_of("bert", TokenHead)
    model, about = transformers.AutoModelForTokenClassification.from_pretrained(
        made.folder, output_loading_info=True
    )
    assert not about["missing_keys"]
    assert not about["unexpected_keys"]
    names = {0: "O", 1: "B-name", 2: "I-name", 3: "B-place", 4: "I-place"}
    assert model.config.id2label == names
    tokenizer = transformers.AutoTokenizer.from_pretrained(made.folder)
    pipe = transformers.pipeline("token-classification", model=model, tokenizer=tokenizer)
    assert {line["entity"] for line in pipe("Ann lives in Utrecht now .")} <= set(names.values())


def test_a_long_text_is_read_to_its_end_and_an_endless_word_is_said_to_be_cut(package_of) -> None:
    served = load_package(package_of("bert", Full).folder)
    [spans] = served.answers([LONG]).written_N
    assert spans[-1][0] > len(LONG) - 40
    assert served.is_truncated == [False]
    served = load_package(package_of("roberta", TokenHead).folder)
    served.answers(["Ann", "z" * 300])
    assert served.is_truncated == [False, True]
    assert served.num_truncated == 1


def test_the_check_tells_a_turned_near_tie_from_another_model(
    package_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = package_of("bert", Full)
    texts = texts_of_whole_signs()
    turned = made.answers.written_N.copy()
    turned[0] = ((0, 3, "place"),)
    with pytest.raises(PackageError, match=r"text 0.*its answer; 1 of \d+ texts"):
        check_written_package(made.folder, texts, Answers(made.answers.logits_NC, turned))
    with monkeypatch.context() as wide:
        wide.setattr("sartor.engines.packages.check_written.MAX_LOG_PROBABILITY_DIFFERENCE", 1e9)
        tie = check_written_package(made.folder, texts, Answers(made.answers.logits_NC, turned))
        assert tie.num_different == 1
        turned[0] = ((1, 3, "place"),)
        with pytest.raises(PackageError, match="its answer"):  # begins inside a word
            check_written_package(made.folder, texts, Answers(made.answers.logits_NC, turned))
    shifted = Answers(made.answers.logits_NC + np.float32(2e-3), made.answers.written_N)
    with pytest.raises(PackageError, match="log-probability"):
        check_written_package(made.folder, texts, shifted)


@pytest.mark.parametrize(
    ("name", "file", "content"),
    [
        ("crf", "features.json", '["bias"]'),
        ("crf", "features.json", "{"),
        (
            "crf",
            "surfaces.json",
            '{"is_cased": false, "surfaces": [{"words": ["a"], "label": "no"}]}',
        ),
        (
            "gazetteer",
            "surfaces.json",
            '{"is_cased": true, "surfaces": [{"words": [], "label": "name"}]}',
        ),
        ("gazetteer", "surfaces.json", "[]"),
        ("field_rules", "rules.json", '[{"path": ["a"], "rule": {"how": "known"}}]'),
        ("field_rules", "rules.json", '[{"path": ["a"], "rule": {"how": "guess", "else": 1}}]'),
        (
            "field_rules",
            "rules.json",
            '[{"path": ["a"], "rule": {"how": "shaped", "pattern": "(", "which": 0, "type": "string", '
            '"else": 1}}]',
        ),
        ("field_rules", "rules.json", '[{"path": "a", "rule": {"how": "always", "else": 1}}]'),
    ],
)
def test_a_damaged_file_is_named(package_of, tmp_path: Path, name: str, file: str, content: str):
    made = package_of(name)
    for path in made.folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    load_package(tmp_path, recall=recall)
    (tmp_path / file).write_text(content)
    with pytest.raises(PackageError, match=rf"{re.escape(file)}|weights\.safetensors") as raised:
        load_package(tmp_path, recall=recall)
    assert "Copy the whole package again" in raised.value.fix


def test_weights_of_another_shape_are_refused(package_of, tmp_path: Path) -> None:
    made = package_of("crf")
    for path in made.folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    arrays = load_file(tmp_path / "weights.safetensors")
    save_file({**arrays, "steps": arrays["steps"][:2]}, tmp_path / "weights.safetensors")
    with pytest.raises(PackageError, match="shapes"):
        load_package(tmp_path, recall=recall)


def writer_facts(kind: OutputKind) -> TaskFacts:
    schema = {
        "type": "object",
        "properties": {
            "customer": {"type": "string", "maxLength": 8},
            "number": {"type": "integer"},
        },
        "required": ["customer"],
    }
    return extract_facts(
        kind,
        descriptions={"name": "who it is for"} if kind is OutputKind.SPANS else {},
        schema=schema if kind is OutputKind.FIELDS else None,
        max_tokens=256,
        max_answer_tokens=40,
        mean_answer_tokens=8.0,
    )


@pytest.mark.parametrize("kind", [OutputKind.SPANS, OutputKind.FIELDS])
@pytest.mark.parametrize(("family", "trains"), [("llama", "all"), ("llama", None), ("t5", "lora")])
def test_a_writer_is_held_to_its_schema_when_it_is_served(
    kind: OutputKind, family: str, trains: str | None, tmp_path: Path
) -> None:
    template = CHATML if family == "llama" else None
    base = writer(family, tmp_path / "base", chat_template=template)
    about = writer_facts(kind)
    rows = span_rows(6)
    if kind is OutputKind.FIELDS:
        rows = as_rows(rows.texts, [{"customer": text[:3], "number": 2} for text in rows.texts])
    if trains:
        settings = {"learning_rate": 0.01, "batch_size": 3, "rank": 2, "alpha": 8, "dropout": 0.0}
        job = Job(about, settings, base, rows, 3)
        fit = WriterEngine(max_tokens=256, device="cpu").tune(job, trains=trains)
        fit.advance(1)
    else:
        settings = {dial.name: dial.default for dial in FewShot().dials(about, base)}
        engine = TorchEngine(tiny.Memory(), max_tokens=256)
        fit = FewShot().begin(Job(about, settings, base, rows, 3), engine)
        fit.advance(0)
    asked = list(rows.texts)
    answers = fit.answers(asked)
    folder = tmp_path / "p"
    folder.mkdir()
    write_package(fit.fitted(), folder, card=samples.card(metrics={}, calibrator=None))
    again = partial(recall, bases=lambda: [str(base.folder)])
    checked = check_written_package(folder, asked, answers, recall=again)
    assert (checked.num_texts, checked.num_different) == (6, 0)
    found = load_package(folder, recall=again).answers([*asked, "Something else"])
    assert list(found.written_N[:6]) == list(answers.written_N)
    if kind is OutputKind.FIELDS:
        assert all("customer" in record for record in found.written_N)
