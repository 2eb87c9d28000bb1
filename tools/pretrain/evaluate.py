"""What a trained size is worth: bits per byte beside the 5-gram model, and answers to held-out prompts.

Writes OUT/SIZE/evaluation.json and OUT/SIZE/curves.svg. Intervals come from drawing documents anew with
replacement, the same documents for both models.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer, LlamaForCausalLM

from tools.pretrain.baseline import BASELINE_FILE
from tools.pretrain.bits import HeldOut, document_bits, held_out
from tools.pretrain.models import CONTEXT, model_folder
from tools.pretrain.streams import SHARE_OF_TASK

EVALUATION_FILE = "evaluation.json"
STRIDE = 512
NUM_DRAWS = 1_000
MOST_TOKENS = 120_000
"""Of each kind; all there is, but for novels."""
NUM_PROBES = 40
"""Held-out chats of each task."""
MOST_ANSWER_TOKENS = 48
LABEL_TASKS = ("choose a domain", "choose an intent")
CHANCE_OF_LABEL = (1 / 2 + 1 / 3 + 1 / 4) / 3
"""Prompts offer two, three or four labels, equally often."""
_WORD = re.compile(r"\w+")


def evaluate(folder: Path, name: str) -> dict[str, Any]:
    """Measure the exported model, as users load it.

    Args:
        folder: With `corpus`, `tokenizer` and the baseline.
        name: Of the size.
    """
    place = folder / name
    model = LlamaForCausalLM.from_pretrained(model_folder(folder, name), dtype=torch.float32)
    baseline = json.loads((folder / BASELINE_FILE).read_text("utf-8"))
    found = {
        "num_parameters": model.num_parameters(),
        "bits_per_byte": {
            kind: _beside(model, texts, baseline[kind])
            for kind, texts in held_out(folder).items()
            if texts.documents
        },
        "probes": probes(folder, model),
    }
    (place / EVALUATION_FILE).write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return found


def _beside(model: Any, texts: HeldOut, baseline: dict[str, Any]) -> dict[str, Any]:
    """Bits per byte of both models, and by how much ours is cheaper, with an interval."""
    sizes_D = np.cumsum([len(tokens) for tokens in texts.documents])
    count = max(1, int((sizes_D <= MOST_TOKENS).sum()))
    ours_D = document_bits(model, texts.documents[:count], length=CONTEXT, stride=STRIDE)
    theirs_D = np.array(baseline["document_bits"][:count])
    of_all_D = np.array(baseline["document_bits_from_all_kinds"][:count])
    bytes_D = np.array(texts.num_bytes[:count])
    draws = np.random.default_rng(0).integers(0, count, size=(NUM_DRAWS, count))
    ours_B = ours_D[draws].sum(axis=1)

    def saved(peer_D: np.ndarray) -> dict[str, Any]:
        gains_B = 1 - ours_B / peer_D[draws].sum(axis=1)
        interval = [round(float(np.quantile(gains_B, q)), 4) for q in (0.025, 0.975)]
        return {"share": round(float(1 - ours_D.sum() / peer_D.sum()), 4), "interval": interval}

    return {
        "model": round(float(ours_D.sum() / bytes_D.sum()), 4),
        "kneser_ney": round(float(theirs_D.sum() / bytes_D.sum()), 4),
        "kneser_ney_from_all_kinds": round(float(of_all_D.sum() / bytes_D.sum()), 4),
        "saved": saved(theirs_D),
        "saved_from_all_kinds": saved(of_all_D),
        "documents": count,
        "bytes": int(bytes_D.sum()),
    }


def probes(folder: Path, model: Any) -> dict[str, dict[str, Any]]:
    """Task to how its held-out prompts are answered.

    `exact`: share of answers equal to the reference but for case and signs; `word_f1`: mean overlap of words;
    `stops`: share of answers that end by themselves.
    """
    tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")
    by_task: dict[str, list[list[list[str]]]] = {task: [] for task in SHARE_OF_TASK}
    with (folder / "corpus" / "chats.held_out.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            by_task[row["task"]].append(row["turns"])
    found = {}
    for task, chats in by_task.items():
        if not chats:
            continue
        order = np.random.default_rng(0).permutation(len(chats))[:NUM_PROBES]
        answers = [_answer(model, tokenizer, chats[place][:-1]) for place in order]
        wanted = [chats[place][-1][1] for place in order]
        found[task] = _score(answers, wanted) | {
            "example": {
                "prompt": chats[order[0]][-2][1][:300],
                "answer": answers[0][0][:300],
                "reference": wanted[0][:300],
            }
        }
    return found


def _answer(model: Any, tokenizer: Any, turns: list[list[str]]) -> tuple[str, bool]:
    """The likeliest answer, token by token, and whether it ended by itself."""
    messages = [{"role": role, "content": words} for role, words in turns]
    inputs = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    prompt = inputs["input_ids"][:, -(CONTEXT - MOST_ANSWER_TOKENS) :]
    output = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=MOST_ANSWER_TOKENS,
        do_sample=False,
    )[0, prompt.shape[1] :]
    has_ended = bool(len(output)) and int(output[-1]) == tokenizer.eos_token_id
    return tokenizer.decode(output, skip_special_tokens=True).strip(), has_ended


def _score(answers: list[tuple[str, bool]], wanted: list[str]) -> dict[str, Any]:
    pairs = [
        (_words(answer), _words(right)) for (answer, _), right in zip(answers, wanted, strict=True)
    ]
    return {
        "chats": len(pairs),
        "exact": round(float(np.mean([mine == right for mine, right in pairs])), 3),
        "word_f1": round(float(np.mean([_f1(mine, right) for mine, right in pairs])), 3),
        "stops": round(float(np.mean([has_ended for _, has_ended in answers])), 3),
    }


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _f1(mine: list[str], right: list[str]) -> float:
    """Overlap of words, as in SQuAD (Rajpurkar et al. 2016)."""
    shared = (Counter(mine) & Counter(right)).total()
    return 2 * shared / (len(mine) + len(right)) if shared else float(mine == right)
