"""Data to text, from nothing: a tiny T5 and a tiny BART of random weights on the cleaned E2E data.

    python -m bench.e2e [--json] [--keep] [--quick] [--hours HOURS] [--methods NAME ...]

No base model knows the task or the language before: encoder-decoders are proven the way decoders are.
The restaurants' facts go in, a sentence comes out (Dušek et al. 2019, W19-8652). Of the file that is free to
train on here (the paper's dev) every tenth set of facts chooses; `test` is the paper's, and shares no facts
with it. Every input of `test` has several right answers. Beside them answers the baseline without a language
model: the answer to the most similar facts. The mark is stated before any run: 0.30 BLEU and 0.50 chrF.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.document import SHARED, document, finish, progress_lines, read_rows, write_rows
from sartor import flow

MARKS = {"bleu": 0.30, "chrf": 0.50}
METHODS = ("nearest_answer", "full")
EVERY_TENTH = 10
NUM_TOKENS = 1000
WIDTH, LAYERS, HEADS = 256, 3, 4
LEARNING_RATE, BATCH_SIZE = 5e-4, 32
"""Weights that know nothing take larger steps than pretrained ones, over more rows."""
SPECIAL = ("<pad>", "</s>", "<unk>", "<s>")


def main() -> None:
    """Run it, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    parser.add_argument("--quick", action="store_true", help="T5 alone, few rows, two epochs")
    parser.add_argument("--hours", type=float, default=2.0, help="budget of the run")
    parser.add_argument("--methods", nargs="*", default=METHODS, help="only these methods")
    arguments = parser.parse_args()
    figures, verdict, settings = decided(
        arguments.methods, hours=arguments.hours, is_quick=arguments.quick
    )
    result = document(
        "e2e",
        figures=figures,
        verdict=verdict,
        settings=settings,
        marks=MARKS,
        hours=arguments.hours,
    )
    finish(result, as_json=arguments.json, keep="e2e" if arguments.keep else None)
    if not arguments.json:
        print(table(result))


def decided(
    methods: Sequence[str], *, hours: float, is_quick: bool
) -> tuple[dict[str, dict[str, Any]], str, dict[str, Any]]:
    """Scores of every finalist on `test`, the headline, and the settings of each."""
    families = ("t5",) if is_quick else ("t5", "bart")
    figures: dict[str, dict[str, Any]] = {}
    settings: dict[str, Any] = {}
    headlines = []
    start = time.monotonic()
    for family in families:
        with tempfile.TemporaryDirectory() as folder:
            workspace = Path(folder)
            rows = splits(most=200 if is_quick else None)
            for split, chosen in rows.items():
                write_rows(workspace / f"{split}.jsonl", chosen)
            save_base(family, workspace / family, [row["mr"] + row["ref"] for row in rows["train"]])
            text = goal(family, methods, hours / len(families))
            (workspace / "sartor.yaml").write_text(text, "utf-8")
            result = flow.run(workspace, quick=is_quick, progress=progress_lines())
        headlines.append(f"{family}: {result.decision.headline}")
        for candidate in result.decision.candidates:
            if candidate.test is None:
                continue
            name = f"{family} {candidate.method}" if candidate.base else candidate.method
            settings[name] = dict(candidate.settings)
            figures |= {f"{name} {metric}": _figure(candidate.test[metric]) for metric in MARKS}
    seconds = round(time.monotonic() - start, 1)
    figures["seconds"] = {"value": seconds, "low": None, "high": None, "unit": "s"}
    return figures, " ".join(headlines), settings


def splits(*, most: int | None = None) -> dict[str, list[dict[str, Any]]]:
    """Facts and sentences; equal facts stay in one split.

    Args:
        most: Rows of each split; None for all.
    """
    folder = SHARED / "data" / "e2e_clean"
    known = read_rows(folder / "dev.jsonl.gz")
    number_of = {mr: number for number, mr in enumerate(sorted({row["mr"] for row in known}))}
    chooses = [number_of[row["mr"]] % EVERY_TENTH == 0 for row in known]
    found = {
        "train": [row for row, is_out in zip(known, chooses, strict=True) if not is_out],
        "valid": [row for row, is_in in zip(known, chooses, strict=True) if is_in],
        "test": read_rows(folder / "test.jsonl.gz"),
    }
    return {
        split: [{"mr": row["mr"], "ref": row["ref"]} for row in rows[:most]]
        for split, rows in found.items()
    }


def save_base(family: str, folder: Path, texts: Sequence[str]) -> None:
    """A folder as of a base model: random weights, and a byte-level tokenizer of the rows to learn from."""
    import torch
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    save_tokenizer(folder, texts, begins=family == "bart")
    ids = {"pad_token_id": 0, "eos_token_id": 1, "vocab_size": NUM_TOKENS}
    sizes: dict[str, Any] = {
        "t5": {
            "num_layers": LAYERS,
            "num_heads": HEADS,
            "d_kv": WIDTH // HEADS,
            "d_ff": 2 * WIDTH,
            "decoder_start_token_id": 0,
        },
        "bart": {
            "encoder_layers": LAYERS,
            "decoder_layers": LAYERS,
            "encoder_attention_heads": HEADS,
            "decoder_attention_heads": HEADS,
            "encoder_ffn_dim": 2 * WIDTH,
            "decoder_ffn_dim": 2 * WIDTH,
            "max_position_embeddings": 512,
            "bos_token_id": 3,
            "decoder_start_token_id": 1,
            "forced_eos_token_id": None,
        },
    }[family]
    torch.manual_seed(0)
    config = AutoConfig.for_model(family, d_model=WIDTH, **ids, **sizes)
    AutoModelForSeq2SeqLM.from_config(config).save_pretrained(folder)


def save_tokenizer(folder: Path, texts: Sequence[str], *, begins: bool) -> None:
    """Byte pairs; every text ends with `</s>`, of BART it also begins with `<s>`."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    fast = Tokenizer(models.BPE(unk_token="<unk>"))
    fast.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=NUM_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=list(SPECIAL),
        show_progress=False,
    )
    fast.train_from_iterator(texts, trainer)
    fast.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>" if begins else "$A </s>",
        special_tokens=[(name, SPECIAL.index(name)) for name in ("<s>", "</s>")],
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=fast,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
    )
    tokenizer.save_pretrained(folder)


def goal(family: str, methods: Sequence[str], hours: float) -> str:
    """`sartor.yaml` of the task."""
    marks = ", ".join(f"{name}: {value}" for name, value in MARKS.items())
    lines = [
        "task: generate",
        "data: {train: [train.jsonl], valid: [valid.jsonl], test: [test.jsonl]}",
        "columns: {input: mr, output: ref}",
        f"targets: {{{marks}}}",
        f"bases: [./{family}]",
        f"methods: [{', '.join(methods)}]",
        f"settings: {{full: {{learning_rate: {LEARNING_RATE}, batch_size: {BATCH_SIZE}}}}}",
        f"budget: {{hours: {hours:g}}}",
        "seeds: 1",
    ]
    return "\n".join(lines) + "\n"


def _figure(estimate: Any) -> dict[str, Any]:
    return {
        "value": round(estimate.value, 5),
        "low": round(estimate.low, 5),
        "high": round(estimate.high, 5),
        "unit": "share",
    }


def table(result: dict[str, Any]) -> str:
    """One line a figure, and the headlines."""
    lines = []
    for name, figure in result["figures"].items():
        interval = (
            f"({figure['low']:.3f} to {figure['high']:.3f})" if figure["low"] is not None else ""
        )
        lines.append(f"{name:36} {figure['value']:8.4f} {interval}")
    return "\n".join([*lines, result["verdict"]])


if __name__ == "__main__":
    main()
