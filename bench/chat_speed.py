"""How soon does a chat answer, and how fast does it go on? A Llama of sartor-mini's size, streamed.

    python -m bench.chat_speed [--runs 9] [--quick] [--threads 2] [--json] [--keep]

The weights are drawn at random, since only their number counts; tokens that write no text of their own are
never chosen, so every answer runs to its limit and every token is a piece. A package is written, loaded as
`sartor chat` loads it, and asked by the same conversation. Warm: one conversation comes before the clock
counts.

first token     from the message to its first piece, at the start of a conversation
next message    the same for the third message: keys and values of what was said are kept
tokens a second from the first piece to the last, of answers of 64 tokens
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from tools.pretrain.models import SIZES, config_of
from tools.pretrain.tokenizer import BOS, END_OF_TURN, PAD, save, train_tokenizer

from bench.document import document, finish
from sartor.core.candidate import Fitted
from sartor.serve.conversation import Conversation

ANSWER_TOKENS = 64
LEAST_RUNS = 5
MESSAGES = (
    "Where is my coat? I ordered it five weeks ago and the page still says cutting.",
    "It is for a wedding on the twelfth. Can it be made faster than that?",
    "And could the sleeves be two centimetres shorter, please?",
)


def main() -> None:
    """Make the model, time it, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=9, help="conversations that are timed")
    parser.add_argument("--quick", action="store_true", help="only as many as a median needs")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    runs = LEAST_RUNS if arguments.quick else max(LEAST_RUNS, arguments.runs)
    with tempfile.TemporaryDirectory() as folder:
        talk = packed(Path(folder))
        timed(talk)
        found = [timed(talk) for _ in range(runs)]
    figures = {
        name: figure([run[name] for run in found], unit)
        for name, unit in (
            ("first token", "ms"),
            ("next message", "ms"),
            ("tokens a second", "tokens/s"),
        )
    }
    result = document("chat_speed", figures=figures, num_threads=arguments.threads)
    finish(result, as_json=arguments.json, keep="chat_speed" if arguments.keep else None)
    if not arguments.json:
        for name, one in figures.items():
            print(f"{name:16} {one['value']:8.1f} {one['unit']} ({one['low']} to {one['high']})")


def timed(talk: Conversation) -> dict[str, float]:
    """One conversation of three messages."""
    talk.restart()
    first, _ = asked(talk, MESSAGES[0])
    asked(talk, MESSAGES[1])
    following, per_second = asked(talk, MESSAGES[2])
    return {"first token": first, "next message": following, "tokens a second": per_second}


def asked(talk: Conversation, message: str) -> tuple[float, float]:
    """Milliseconds to the first piece, and tokens a second from there to the end."""
    start = time.perf_counter()
    pieces = iter(talk.ask(message).pieces)
    next(pieces)
    first = time.perf_counter()
    num_pieces = sum(1 for _ in pieces)
    end = time.perf_counter()
    assert num_pieces > ANSWER_TOKENS // 2, "tokens without text were chosen"
    return 1000 * (first - start), (ANSWER_TOKENS - 1) / (end - first)


def figure(values: Sequence[float], unit: str) -> dict[str, Any]:
    """Median, fastest and slowest."""
    return {
        "value": round(statistics.median(values), 1),
        "low": round(min(values), 1),
        "high": round(max(values), 1),
        "unit": unit,
        "runs": len(values),
    }


def packed(folder: Path) -> Conversation:
    """The package of a random model, loaded as `sartor chat` does it."""
    from sartor import flow
    from sartor.base.resolve import resolve
    from sartor.engines.packages import PackageCard, write_package

    write_base(folder / "base")
    base = resolve(str(folder / "base"), offline=True)
    facts = {
        "task": "chat",
        "output_kind": "text",
        "trained": "all",
        "max_tokens": base.context_tokens,
        "max_answer_tokens": ANSWER_TOKENS,
        "schema": None,
    }
    package = folder / "package"
    package.mkdir()
    card = PackageCard("bench", "", "full", "random weights", {}, "", {})
    write_package(Fitted("writer", base, (), {}, facts), package, card=card)
    talk = flow.chat(package)
    assert isinstance(talk, Conversation)
    return talk


def write_base(folder: Path) -> None:
    """Configuration, tokenizer and chat template of the recipe; weights at random."""
    from transformers import LlamaForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = train_tokenizer(texts())
    save(tokenizer, folder)
    ids = {name: tokenizer.token_to_id(text) for name, text in CONTROLS.items()}
    config = config_of(SIZES["mini"], vocabulary=tokenizer.get_vocab_size(), **ids)
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        # Small embeddings and loud layers: else a tied model repeats the token that it has just read.
        for name, weight in model.named_parameters():
            if weight.dim() > 1:
                weight.mul_(0.5 if "embed" in name else 8.0)
        is_silent = [not is_text(tokenizer, number) for number in range(config.vocab_size)]
        model.get_input_embeddings().weight[torch.tensor(is_silent)] = 0.0
    model.save_pretrained(folder)


CONTROLS = {"pad_id": PAD, "bos_id": BOS, "eos_id": END_OF_TURN}


def is_text(tokenizer: Any, number: int) -> bool:
    """Whether a token alone is whole characters."""
    text = tokenizer.decode([number], skip_special_tokens=True)
    return bool(text.strip()) and "\ufffd" not in text


def texts() -> list[str]:
    """What the vocabulary is learned from: the bundled replies and messages."""
    folder = resources.files("sartor").joinpath("examples", "hem")
    lines = folder.joinpath("replies.jsonl").read_text("utf-8").splitlines()
    said = [turn["content"] for line in lines for turn in json.loads(line)["messages"]]
    return [*said, *folder.joinpath("messages.csv").read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main()
