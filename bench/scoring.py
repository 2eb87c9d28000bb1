"""How probable are the names of labels? Sartor's tree of labels against lm-eval's `HFLM.loglikelihood`.

    python -m bench.scoring [--runs 5] [--items 200] [--quick] [--json] [--keep]

A Llama of about 15 million parameters (random weights, 32,000 tokens, tied output layer, a tokenizer trained
on the spot) is asked for the log-probability of every label behind a prompt with five examples, which are
the same for all items: 77 labels of BANKING77, and 4 of them. Prompts are those of few-shot in the
tournament, which list the labels first; and for 77 labels also the examples alone. Both sides get the same
texts. Ours is `WriterEngine.choose`, what the tournament calls. The peer sorts by length and
answers labels that differ in their last token together, as it does by itself; it is measured as it comes
(batch size 1, the library's own threads) and at its best: batch size and threads tuned on one item, with
tuned malloc and threads that sleep. Its `batch_size: auto` is 64 on a CPU, plus the search for it.

The peer scores a slice of the items, and its seconds an item are taken for all of them; `slices` says how
many. A whole run counts all of the process: imports, loading, scoring. To be run on an idle machine: threads
that spin while others work count as the peer's CPU seconds.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.document import document, finish, read_rows
from bench.intent_rows import FILE, require_rows
from bench.sides import (
    TUNED,
    Watch,
    arguments_of,
    asked,
    equal,
    figure,
    is_all_equal,
    ratio,
    table,
    told,
)

WIDTH, LAYERS, HEADS, INNER, VOCABULARY, CONTEXT = 288, 6, 6, 768, 32_000, 1024
NUM_SHOTS = 5
TASKS = {"77 labels": (77, True), "77 labels, not listed": (77, False), "4 labels": (4, True)}
"""Labels, and whether the prompt lists them."""
PEER_ITEMS = {"77 labels": 2, "77 labels, not listed": 3, "4 labels": 50}
PEER_ITEMS_QUICK = {"77 labels": 1, "77 labels, not listed": 1, "4 labels": 8}
ITEMS, ITEMS_QUICK = 200, 24
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)
UNTUNED = {"batch_size": 16, "threads": 1}
"""In the quick form, in place of a search."""
ALLOWED, CLOSE = 1e-4, 2e-4
"""Nats between the sides; labels closer to each other than this may change places."""
MARKS = {77: {"an item": 100.0, "whole run": 60.0}, 4: {"an item": 5.0}}
"""Times that ours must be faster, by the number of labels."""


def main() -> None:
    """Measure, print, keep; exit code 1 where the sides disagree."""
    parser = arguments_of(__doc__)
    parser.add_argument("--items", type=int, default=ITEMS, help="items of a whole run")
    arguments = parser.parse_args()
    require_rows()
    runs = 1 if arguments.quick else arguments.runs
    items = ITEMS_QUICK if arguments.quick else arguments.items
    with tempfile.TemporaryDirectory(prefix="sartor-scoring-") as folder:
        asked("bench.scoring:write_base", {"base": folder})
        found = {
            name: compared(name, folder, items=items, runs=runs, is_quick=arguments.quick)
            for name in TASKS
        }
    result = _document(found, items, is_quick=arguments.quick)
    finish(result, as_json=arguments.json, keep="scoring" if arguments.keep else None)
    if not arguments.json:
        print(table(result))
    sys.exit(not is_all_equal(result))


def compared(name: str, base: str, *, items: int, runs: int, is_quick: bool) -> dict[str, Any]:
    """One task: the peer is tuned, then the sides take turns."""
    task = {"base": base, **questions(*TASKS[name], items)}
    slice_items = min(items, (PEER_ITEMS_QUICK if is_quick else PEER_ITEMS)[name])
    short = {**task, "contexts": task["contexts"][:slice_items]}
    best = UNTUNED if is_quick else tuned(short)
    told(f"{name}: the peer is best with {best}")
    sides: dict[str, list[dict[str, Any]]] = {"ours": [], "default": [], "best": []}
    for number in range(runs):
        sides["ours"].append(asked("bench.scoring:ours", task))
        sides["default"].append(asked("bench.scoring:peer", {**short, "batch_size": 1}))
        sides["best"].append(_at_best(short, best))
        told(f"{name}: run {number + 1} of {runs}")
    return {"sides": sides, "best": best, "slice": slice_items}


def questions(num_labels: int, is_listed: bool, items: int) -> dict[str, Any]:
    """Prompts with examples, and the names of the labels: the same texts for both sides."""
    from sartor.core.candidate import Job
    from sartor.core.dataset import Split, TaskFacts
    from sartor.core.goal import OutputKind
    from sartor.core.words import readable_label
    from sartor.tune.prompted import prompts_for, shot
    from sartor.tune.prompts import completed, turns_for

    rows = read_rows(FILE)
    known = sorted({row["label"] for row in rows})
    labels = tuple(known[:: max(1, len(known) // num_labels)][:num_labels])
    rows = [row for row in rows if row["label"] in labels]
    order = np.random.default_rng(0).permutation(len(rows))
    drawn = [rows[int(at)] for at in order[: NUM_SHOTS + items]]
    shown, texts = drawn[:NUM_SHOTS], [row["text"] for row in drawn[NUM_SHOTS:]]
    targets_N = np.array([labels.index(row["label"]) for row in shown])
    split = Split([row["text"] for row in shown], targets_N, np.arange(NUM_SHOTS), [""] * NUM_SHOTS)
    facts = TaskFacts(OutputKind.SINGLE, labels, {}, NUM_SHOTS, 0, 16.0, CONTEXT)
    every = list(range(NUM_SHOTS))
    if is_listed:
        job = Job(facts, {"format": "completion"}, None, split, 0)
        prompts = prompts_for(texts, job, shots_of=lambda asked_of: [every] * len(asked_of))
    else:
        shots = [shot(split, row, facts) for row in every]
        prompts = [completed("", shots, turns_for(t, is_conversation=False)) for t in texts]
    return {
        "contexts": [prompt.turns[0].content for prompt in prompts],
        "names": [readable_label(label) for label in labels],
    }


def ours(task: Mapping[str, Any]) -> dict[str, Any]:
    """What the tournament does for a decoder that rates labels."""
    from sartor.engines.threads import wait_without_spinning

    wait_without_spinning()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from sartor.base.resolve import resolve
    from sartor.core.conversation import Turn
    from sartor.core.prompt import Prompt
    from sartor.engines.writer_engine import WriterEngine

    base = resolve(task["base"], offline=True)
    engine = WriterEngine(max_tokens=CONTEXT, device="cpu")
    prompts = [Prompt((Turn("user", text),), is_continued=True) for text in task["contexts"]]
    engine.choose(base, prompts[:1], task["names"][:1])  # loads
    watch = Watch()
    scores_NC, num_tokens_C = engine.choose(base, prompts, task["names"])
    seconds = watch.seconds()
    tokens = [len(engine.renderer(base).prompt(p, answer_tokens=1).tokens_T) for p in prompts[:20]]
    return {
        "scores": scores_NC.tolist(),
        **seconds,
        "prompt_tokens": float(np.mean(tokens)),
        "label_tokens": int(num_tokens_C.sum()),
    }


def peer(task: Mapping[str, Any]) -> dict[str, Any]:
    """What `lm_eval` does for a task of multiple choice."""
    import torch

    harness = _harness(task)
    requests = _requests(task)
    watch = Watch()
    found = harness.loglikelihood(requests, disable_tqdm=True)
    scores_NC = np.array([value for value, _ in found]).reshape(len(task["contexts"]), -1)
    return {"scores": scores_NC.tolist(), **watch.seconds(), "threads": torch.get_num_threads()}


def peer_by_batch_size(task: Mapping[str, Any]) -> dict[str, Any]:
    """CPU seconds of one item with each batch size; the first goes twice, to warm up."""
    harness = _harness(task)
    requests = _requests({**task, "contexts": task["contexts"][:1]})
    seconds = {}
    for size in [task["sizes"][-1], *task["sizes"]]:
        harness.batch_size_per_gpu = size
        watch = Watch()
        harness.loglikelihood(requests, disable_tqdm=True)
        seconds[str(size)] = watch.seconds()["cpu"]
    return {"cpu": seconds}


def tuned(task: Mapping[str, Any]) -> dict[str, Any]:
    """The peer's best batch size and threads, by CPU seconds of one item."""
    tried = []
    question = {**task, "batch_size": BATCH_SIZES[0], "sizes": BATCH_SIZES}
    for threads in sorted({1, os.cpu_count() or 1}):
        found = asked(
            "bench.scoring:peer_by_batch_size", question, environment=TUNED, threads=threads
        )
        tried += [(cpu, int(size), threads) for size, cpu in found["cpu"].items()]
    _, size, threads = min(tried)
    return {"batch_size": size, "threads": threads}


def write_base(task: Mapping[str, Any]) -> dict[str, Any]:
    """A Llama of random weights whose tokenizer knows the data's words."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    fast = Tokenizer(models.BPE())
    fast.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<s>", "</s>"],
        show_progress=False,
    )
    fast.train_from_iterator((f"{row['text']} {row['label']}" for row in read_rows(FILE)), trainer)
    fast.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 0)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=fast, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    ).save_pretrained(task["base"])
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        max_position_embeddings=CONTEXT,
        initializer_range=0.05,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    model.save_pretrained(task["base"])
    return {"parameters": model.num_parameters()}


def _harness(task: Mapping[str, Any]) -> Any:
    from lm_eval.models.huggingface import HFLM

    return HFLM(
        pretrained=task["base"], device="cpu", dtype="float32", batch_size=task["batch_size"]
    )


def _requests(task: Mapping[str, Any]) -> list[Any]:
    from lm_eval.api.instance import Instance

    return [
        Instance("loglikelihood", {}, (context, f" {name}\n"), 0)
        for context in task["contexts"]
        for name in task["names"]
    ]


def _at_best(task: Mapping[str, Any], best: Mapping[str, Any]) -> dict[str, Any]:
    question = {**task, "batch_size": best["batch_size"]}
    return asked("bench.scoring:peer", question, environment=TUNED, threads=best["threads"])


def _document(found: Mapping[str, Any], items: int, *, is_quick: bool) -> dict[str, Any]:
    ratios: dict[str, Any] = {}
    figures: dict[str, Any] = {}
    same: dict[str, Any] = {}
    marks: dict[str, float] = {}
    for name, one in found.items():
        mine, num = one["sides"]["ours"], one["slice"]
        for side in ("default", "best"):
            theirs = one["sides"][side]
            of_item, of_run = _scaled(theirs, num, items)
            ratios[f"{name}, an item, peer at its {side}"] = ratio(
                [run["cpu"] / items for run in mine], of_item, "CPU seconds an item"
            )
            ratios[f"{name}, whole run, peer at its {side}"] = ratio(
                [run["process_cpu_seconds"] for run in mine],
                of_run,
                f"CPU seconds of {items} items, the peer's scaled from {num}",
            )
            for what, least in MARKS[TASKS[name][0]].items():
                marks[f"{name}, {what}, peer at its {side}"] = least
            same |= _same(f"{name}, peer at its {side}", mine, theirs)
        wall = [run["wall"] / items for run in mine]
        figures[f"{name}, ours on the clock"] = figure(wall, "seconds an item")
        for what in ("prompt_tokens", "label_tokens"):
            label = f"{name}, {what.replace('_', ' ')}"
            figures[label] = figure([run[what] for run in mine], "tokens")
    slices = {name: {"items": items, "peer_items": one["slice"]} for name, one in found.items()}
    best = {name: one["best"] for name, one in found.items()}
    return document(
        "scoring",
        figures=figures,
        ratios=ratios,
        equal=same,
        marks={} if is_quick else marks,
        slices=slices,
        peer_at_its_best=best,
    )


def _scaled(
    runs: Sequence[Mapping[str, Any]], num: int, items: int
) -> tuple[list[float], list[float]]:
    """CPU seconds an item, and of a whole run: what is not scoring counts once."""
    of_item = [run["cpu"] / num for run in runs]
    rest = [run["process_cpu_seconds"] - run["cpu"] for run in runs]
    return of_item, [once + items * one for once, one in zip(rest, of_item, strict=True)]


def _same(
    name: str, mine: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Largest difference of the scores, and items whose clear winner is another."""
    far, num_others = 0.0, 0
    for one, other in zip(mine, theirs, strict=True):
        theirs_NC = np.array(other["scores"])
        ours_NC = np.array(one["scores"])[: len(theirs_NC)]
        far = max(far, float(np.abs(ours_NC - theirs_NC).max()))
        best_N2 = np.sort(theirs_NC, axis=1)[:, -2:]
        is_clear_N = best_N2[:, 1] - best_N2[:, 0] > CLOSE
        is_other_N = ours_NC.argmax(axis=1) != theirs_NC.argmax(axis=1)
        num_others += int((is_clear_N & is_other_N).sum())
    return {
        f"{name}: nats between the sides": equal(far, ALLOWED),
        f"{name}: items with another winner": equal(num_others, 0),
    }


if __name__ == "__main__":
    main()
