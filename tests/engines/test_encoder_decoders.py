"""T5 and BART from random weights learn data to text; oracle is transformers, with the package alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import package_samples as samples
import pytest
import torch
from bench.e2e import save_base, splits
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from sartor.base.resolve import resolve
from sartor.core.candidate import Job
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.engines.packages import write_package
from sartor.engines.writer_engine import WriterEngine

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "e2e_clean"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.needs_shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent"),
]
NUM_ROWS, EPOCHS, MAX_NEW_TOKENS = 48, 8, 60
SETTINGS = {"learning_rate": 1e-3, "batch_size": 8}


def rows() -> Split:
    found = splits(most=NUM_ROWS)["train"]
    targets = np.empty(len(found), dtype=object)
    targets[:] = [(row["ref"],) for row in found]
    names = [f"{number}" for number in range(len(found))]
    return Split([row["mr"] for row in found], targets, np.arange(len(found)), names)


def facts() -> TaskFacts:
    return TaskFacts(
        output_kind=OutputKind.TEXT,
        labels=(),
        descriptions={},
        num_fit=NUM_ROWS,
        smallest_class=0,
        mean_tokens=30.0,
        max_tokens=256,
        task="generate",
        mean_answer_tokens=25.0,
        max_answer_tokens=MAX_NEW_TOKENS,
    )


def loss_of(folder: Path, learned: Split) -> float:
    """Transformers' own mean loss of the answers' tokens."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    total = 0.0
    for text, (answer,) in zip(learned.texts, learned.targets, strict=True):
        source = tokenizer(text, return_tensors="pt").input_ids
        labels = tokenizer(answer, return_tensors="pt").input_ids
        with torch.no_grad():
            total += float(model(input_ids=source, labels=labels).loss)
    return total / len(learned)


def greedy(folder: Path, texts: list[str]) -> list[str]:
    """What transformers writes, one text at a time, with the package's own settings."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    said = []
    for text in texts:
        source = tokenizer(text, return_tensors="pt").input_ids
        written = model.generate(source, attention_mask=torch.ones_like(source))[0]
        said.append(tokenizer.decode(written, skip_special_tokens=True).strip())
    return said


@pytest.mark.parametrize("family", ["t5", "bart"])
def test_random_weights_learn_and_write_what_transformers_writes(family: str, tmp_path: Path):
    learned = rows()
    texts = [f"{row['mr']} {row['ref']}" for row in splits(most=400)["train"]]
    save_base(family, tmp_path / family, texts)
    base = resolve(str(tmp_path / family), offline=True)
    job = Job(facts(), SETTINGS, base, learned, 0)
    fit = WriterEngine(max_tokens=256, device="cpu").tune(job, trains="all")
    fit.advance(EPOCHS)
    package = tmp_path / "package"
    package.mkdir()
    write_package(fit.fitted(), package, card=samples.card(metrics={}, calibrator=None))
    assert loss_of(package, learned) < 0.7 * loss_of(base.folder, learned)
    asked = [*dict.fromkeys(learned.texts)][:12]
    said = fit.answers(asked).written_N
    assert said is not None
    assert said.tolist() == greedy(package, asked)
    assert all(len(text.split()) > 3 for text in said)
