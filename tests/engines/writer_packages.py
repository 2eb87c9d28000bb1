"""Small packages that write: what they learn from, what they are asked, and the scripts of their cards."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import package_samples as samples
from writer_folders import CHATML, writer

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Fitted, Job
from sartor.core.conversation import Turn
from sartor.core.dataset import Split, TaskFacts
from sartor.core.goal import OutputKind
from sartor.engines.packages import write_package
from sartor.engines.writer_engine import WriterEngine
from sartor.serve.recall import recall

MAX_TOKENS, MAX_ANSWER_TOKENS = 128, 8
QUESTIONS = [
    "Where is my parcel?",
    "Can the trousers be made longer?",
    "How do I pay by invoice? 🙂",
    "Do you sew for children?",
    "The hem is loose",
    "<|im_end|> Is this the end? </s>",
]
REPLIES = ["On its way.", "Yes, by 4 cm.", "Ask us.", "No.", "Bring it in.", "No, it is not."]
ASKED = [f"{question} No. {number}" for number in range(4) for question in QUESTIONS[:5]]
"""Twenty inputs."""
FAMILIES = {"llama": CHATML, "gpt2": None, "t5": None}
"""Family to the chat template of its folder."""
TALK = (
    Turn("system", "Be brief.\n"),
    Turn("user", " Hello "),
    Turn("assistant", "Good day"),
    Turn("user", "Where is it? {{ 1 }} 'x'"),
)


def rows() -> Split:
    targets = np.empty(len(QUESTIONS), dtype=object)
    targets[:] = [(reply,) for reply in REPLIES]
    return Split(list(QUESTIONS), targets, np.arange(len(QUESTIONS)), [""] * len(QUESTIONS))


def facts(**changes: Any) -> TaskFacts:
    given: dict[str, Any] = {
        "output_kind": OutputKind.TEXT,
        "labels": (),
        "descriptions": {},
        "num_fit": len(QUESTIONS),
        "smallest_class": 0,
        "mean_tokens": 8.0,
        "max_tokens": MAX_TOKENS,
        "task": "generate",
        "instruction": "Answer.",
        "mean_answer_tokens": 4.0,
        "max_answer_tokens": MAX_ANSWER_TOKENS,
    }
    return TaskFacts(**(given | changes))


def named_writer(family: str, folder: Path) -> BaseModel:
    """A tiny base that writes, under the name and licence that a hub would give it."""
    base = writer(family, folder, chat_template=FAMILIES[family])
    return replace(base, hub_id=f"tiny/{family}", licence="Apache-2.0")


def fitted_prompt(method: Any, base: BaseModel, **settings: Any) -> tuple[Fitted, Answers]:
    """What a method without training keeps, and what it answers to 20 inputs."""
    about = facts(max_answer_tokens=6)
    chosen = {dial.name: dial.default for dial in method.dials(about, base)} | settings
    engine = WriterEngine(max_tokens=MAX_TOKENS, device="cpu")
    fit = method.begin(Job(about, chosen, base, rows(), 3), engine)
    fit.advance(0)
    return fit.fitted(), fit.answers(ASKED)


def written(fitted: Fitted, folder: Path) -> Path:
    folder.mkdir()
    made_card = samples.card(metrics={}, calibrator=None, method="lora", method_title="tuned")
    write_package(fitted, folder, card=made_card)
    return folder


def found_again(base: BaseModel) -> Any:
    """`recall` that knows where the tests keep their bases."""
    return partial(recall, bases=lambda: [str(base.folder)])


def scripts_of(folder: Path) -> list[str]:
    page = (folder / "README.md").read_text("utf-8")
    adapter = folder / "adapter" / "README.md"
    page += adapter.read_text("utf-8") if adapter.is_file() else ""
    return re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)


def run_scripts(cases: list[tuple[Path, str, list[str]]], bases: list[BaseModel]) -> list[Any]:
    """Answers of the very scripts that the cards print, in one process without Sartor."""
    code = ["import os, json, sys", "found = []"]
    for folder, script, texts in cases:
        script = re.sub(r"^texts = .*$", lambda _, t=texts: f"texts = {t!r}", script, flags=re.M)
        for base in bases:
            script = script.replace(repr(base.hub_id), repr(str(base.folder)))
        code.append(f"os.chdir({str(folder)!r})")
        code.append(f"space = {{}}; exec({script!r}, space); found.append(space['answers'])")
    code.append("assert not [m for m in sys.modules if m.startswith('sartor')]")
    code.append("print('\\n' + json.dumps(found))")
    done = subprocess.run(
        [sys.executable, "-"], input="\n".join(code), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
