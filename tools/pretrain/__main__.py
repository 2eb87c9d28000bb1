"""All stages by one command; what is done already is not done again.

python -m tools.pretrain all --size mini --hours 2.4 --threads 2 --out OUT
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tools.pretrain.sources import KINDS

DATA = Path("../shared/data")
STAGES = ("corpus", "tokenizer", "baseline", "train", "evaluate", "card")


def main() -> None:
    """Run one stage, or all."""
    parser = argparse.ArgumentParser(prog="python -m tools.pretrain", description=__doc__)
    parser.add_argument("stage", choices=(*STAGES, "all"))
    parser.add_argument("--size", choices=("nano", "mini"), default="mini")
    parser.add_argument("--hours", type=float, default=2.4, help="for the training alone")
    parser.add_argument("--tokens", type=int, help="train on so many tokens, whatever the time")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data} is absent: name the folder of the data sets with --data.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    _set_threads(arguments.threads)
    for stage in STAGES if arguments.stage == "all" else (arguments.stage,):
        print(f"{stage} ...", flush=True)
        RUN[stage](arguments)


def corpus(arguments: argparse.Namespace) -> None:
    """Clean documents and chats, and what an independent look at them finds."""
    from tools.pretrain.audit import audit
    from tools.pretrain.corpus import make_corpus

    folder = arguments.out / "corpus"
    if (folder / "audit.json").is_file():
        return
    make_corpus(arguments.data, folder)
    found = audit(arguments.data, folder)
    left = {
        name: row
        for name, row in found["measured_sets"].items()
        if row["overlaps_left_in_corpus"] or row["overlaps_left_in_chats"]
    }
    if left:
        (folder / "audit.json").rename(folder / "audit.failed.json")
        raise SystemExit(f"the corpus overlaps with what is measured on: {json.dumps(left)}")


def tokenizer(arguments: argparse.Namespace) -> None:
    """The vocabulary, and the corpus in tokens."""
    from tools.pretrain.streams import encode_corpus
    from tools.pretrain.tokenizer import save, train_tokenizer, vocabulary_texts

    sizes = arguments.out / "tokens" / "sizes.json"
    if sizes.is_file():
        return
    shutil.rmtree(arguments.out / "tokens", ignore_errors=True)
    save(train_tokenizer(vocabulary_texts(arguments.out / "corpus")), arguments.out / "tokenizer")
    streams = encode_corpus(arguments.out, "train")
    sizes.write_text(json.dumps({kind: len(streams[kind]) for kind in KINDS}) + "\n", "utf-8")


def baseline(arguments: argparse.Namespace) -> None:
    """The 5-gram model's figures."""
    from tools.pretrain.baseline import BASELINE_FILE, measure_baseline

    if not (arguments.out / BASELINE_FILE).is_file():
        measure_baseline(arguments.out)


def train(arguments: argparse.Namespace) -> None:
    """Train from wherever the folder stands, and export."""
    from tools.pretrain.models import model_folder

    target = model_folder(arguments.out, arguments.size)
    if target.is_dir():
        return
    import torch

    from sartor.base.pretraining import FILTER_FILE
    from tools.pretrain.train import Training

    torch.set_num_threads(arguments.threads)

    training = Training(arguments.out, arguments.size, seed=arguments.seed)
    if arguments.tokens:
        training.run(num_tokens=arguments.tokens)
    else:
        training.run(seconds=arguments.hours * 3600)
    training.export()
    shutil.copy(arguments.out / "corpus" / FILTER_FILE, target.parent / FILTER_FILE)


def evaluate(arguments: argparse.Namespace) -> None:
    """Bits per byte beside the baseline, probes, curves."""
    import torch

    from tools.pretrain.curves import draw_curves
    from tools.pretrain.evaluate import EVALUATION_FILE
    from tools.pretrain.evaluate import evaluate as measure

    torch.set_num_threads(arguments.threads)

    if not (arguments.out / arguments.size / EVALUATION_FILE).is_file():
        draw_curves(arguments.out, arguments.size)
        measure(arguments.out, arguments.size)


def card(arguments: argparse.Namespace) -> None:
    """The model card, and how many bytes are shipped."""
    from tools.pretrain.card import write_card

    write_card(arguments.out, arguments.size)
    models = arguments.out / "models"
    sizes = {
        str(file.relative_to(models)): file.stat().st_size
        for file in sorted(models.rglob("*"))
        if file.is_file()
    }
    print(json.dumps({**sizes, "total": sum(sizes.values())}, indent=1))


def _set_threads(num_threads: int) -> None:
    """Before any library is loaded that reads these variables once."""
    from sartor.engines.threads import wait_without_spinning

    wait_without_spinning()
    os.environ["OMP_NUM_THREADS"] = os.environ["RAYON_NUM_THREADS"] = str(num_threads)


RUN: dict[str, Callable[[argparse.Namespace], None]] = {
    "corpus": corpus,
    "tokenizer": tokenizer,
    "baseline": baseline,
    "train": train,
    "evaluate": evaluate,
    "card": card,
}

if __name__ == "__main__":
    main()
