"""The whole recipe by its one command, from data sets of a few rows to a model card."""

from __future__ import annotations

import gzip
import json
import lzma
import random
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tools.pretrain.__main__ import main
from tools.pretrain.sources import MEASURED
from toy_text import sentence
from transformers import AutoModelForCausalLM, AutoTokenizer

from sartor.base.pretraining import is_in_pretraining

MEASURED_ROW = "the night porter keeps every lost umbrella in a box behind the lift"
NUM_GROUPS = 60


def write(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    opened = lzma.open if file.suffix == ".xz" else gzip.open
    with opened(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data sets in the form of the real ones; some rows repeat what is measured on."""
    folder = tmp_path_factory.mktemp("data")
    rng = random.Random(1)

    def text(num_sentences: int = 8) -> str:
        told = [sentence(rng) for _ in range(num_sentences)]
        return " ".join([*told[:4], f"They say {MEASURED_ROW}!" * (rng.random() < 0.1), *told[4:]])

    for name, columns in MEASURED.items():
        write(
            folder / f"{name}.jsonl.gz", [{"path": "x.md"} | dict.fromkeys(columns, MEASURED_ROW)]
        )
    write(
        folder / "pretrain/novels/part1.jsonl.xz",
        (
            {"author": "A", "title": f"T{n}", "text": text() + "\n" + text()}
            for n in range(NUM_GROUPS)
        ),
    )
    articles = [f"a/{n}.md" for n in range(NUM_GROUPS)]
    write(
        folder / "pretrain/office_support/articles.jsonl.xz",
        (
            {"title": f"Case {path}", "text": text() + "\n\n" + text(), "source": path}
            for path in articles
        ),
    )
    parts = ("description", "symptoms", "cause", "resolution")
    write(
        folder / "office_support/qa.jsonl.gz",
        (
            {"path": path, "title": f"Case {path}"} | {part: text(2) for part in parts}
            for path in articles
        ),
    )
    write(
        folder / "pretrain/oss_docs/docs.jsonl.xz",
        ({"repo": "r", "path": f"{n}.md", "text": text()} for n in range(NUM_GROUPS)),
    )
    write(folder / "multidogo/train.jsonl.gz", turns(rng))
    faq = ("question", "fact", "answer", "response")
    for name in ("knowledge_train", "responses_val"):
        write(
            folder / f"dstc9_faq/{name}.jsonl.gz",
            (
                {"entity": f"E{n}"} | {part: sentence(rng) for part in faq}
                for n in range(NUM_GROUPS)
            ),
        )
    actions = [{"text": sentence(rng), "subtext": [sentence(rng)]}]
    write(
        folder / "abcd_guidelines/guidelines.jsonl.gz",
        [{"flow": "f", "subflow": "s", "instructions": [sentence(rng)], "actions": actions}],
    )
    write(
        folder / "tatoeba_en_es/train.jsonl.gz",
        ({"en": sentence(rng), "es": f"Dice que: {sentence(rng)}"} for _ in range(300)),
    )
    return folder


def turns(rng: random.Random) -> Iterable[dict[str, Any]]:
    for number in range(NUM_GROUPS):
        for turn in range(5):
            name = rng.choice(("ada", "bo"))
            yield {
                "conv": f"c{number}",
                "turn": turn,
                "text": f"i am {name} and {sentence(rng)}",
                "domain": ("media", "finance", "airline", "software")[number % 4],
                "slots": [{"slot": "name", "value": name}, {"slot": "cost", "value": "number"}],
                "intents": [
                    ("checkbalance", "bookflight", "lostcard", "softwareupdate")[number % 4]
                ],
            }


@pytest.mark.slow
def test_one_command_makes_a_model_with_its_card(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = f"pretrain all --size nano --tokens 16384 --threads 1 --out {tmp_path} --data {data}"
    monkeypatch.setattr(sys, "argv", command.split())
    main()
    corpus = "".join(file.read_text("utf-8") for file in (tmp_path / "corpus").glob("*.jsonl"))
    assert "umbrella" not in corpus
    assert "<NAME>" in corpus
    model = tmp_path / "models" / "sartor-nano"
    assert AutoModelForCausalLM.from_pretrained(model).num_parameters() > 500_000
    assert AutoTokenizer.from_pretrained(model).chat_template
    article = (tmp_path / "corpus" / "support.train.jsonl").read_text("utf-8").splitlines()[0]
    assert is_in_pretraining(json.loads(article)["text"], model.parent / "pretraining_runs.npz")
    card = (model / "README.md").read_text("utf-8")
    assert "CDLA-Permissive-1.0" in card
    assert "| banking77/test |" in card
    assert (model / "curves.svg").is_file()

    weights = (model / "model.safetensors").stat().st_mtime_ns
    main()
    assert (model / "model.safetensors").stat().st_mtime_ns == weights


def test_absent_data_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = f"pretrain corpus --out {tmp_path} --data {tmp_path / 'none'}"
    monkeypatch.setattr(sys, "argv", command.split())
    with pytest.raises(SystemExit):
        main()
    assert "--data" in capsys.readouterr().err
