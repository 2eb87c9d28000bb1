"""Small real workspaces: a tiny base model, messages with signal in them, whole runs in seconds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sartor.core.leaderboard import CandidateRow
from sartor.flow import run
from sartor.results import RunResult

WORDS = {
    "refund": "money back refund torn wrong return please",
    "delivery": "parcel late where order arrive courier tracking",
    "praise": "lovely thank wonderful happy coat great shop",
}
FILLER = [
    "the",
    "a",
    "my",
    "it",
    "is",
    "and",
    "to",
    "of",
    "for",
    "on",
    "with",
    "this",
    "that",
    "have",
    "been",
    "was",
]
SMALL = ("methods=[tfidf,head]", "bases=[tiny]", "max_tokens=24", "seeds=1")
"""Settings of a run that takes about two seconds."""


class Silent:
    """Watches and says nothing; keeps what it saw."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.notes: list[str] = []
        self.rows: list[CandidateRow] = []

    def step(self, title: str) -> None:
        self.steps.append(title)

    def note(self, line: str) -> None:
        self.notes.append(line)

    def candidate(self, row: CandidateRow) -> None:
        self.rows.append(row)

    def spent(self, share: float, seconds_left: float | None) -> None:
        assert 0 <= share <= 1


def one_thread() -> None:
    """Tests share the machine; equal thread counts make equal runs."""
    import torch

    torch.set_num_threads(1)


def messages(
    num_each: int, *, labels: Sequence[str] = tuple(WORDS), signal: float = 0.5, seed: int = 0
) -> list[dict[str, Any]]:
    """Texts whose words give the label away, some more, some less.

    Args:
        num_each: Rows of each label.
        labels: Keys of `WORDS`.
        signal: Share of words that belong to the label; the others say nothing.
        seed: Of the draw.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for label in labels:
        telling = WORDS[label].split()
        for number in range(num_each):
            words = [
                str(rng.choice(telling if rng.random() < signal else FILLER)) for _ in range(8)
            ]
            rows.append({"text": f"{' '.join(words)} {number}", "label": label})
    return [rows[int(at)] for at in rng.permutation(len(rows))]


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Rows as JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def workspace(folder: Path, rows: Iterable[Mapping[str, Any]], *, base: Path | None = None) -> Path:
    """A workspace over `rows.jsonl`, with the tiny base beside it under `tiny`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_jsonl(folder / "rows.jsonl", rows)
    (folder / "sartor.yaml").write_text("task: classify\ndata: [rows.jsonl]\n")
    if base is not None:
        link_base(folder, base)
    return folder


def split_workspace(
    folder: Path, *, base: Path, num_train: int = 50, signal: float = 0.35, seed: int = 0
) -> Path:
    """A workspace whose user has splits: one fold, so that a run takes a second or two."""
    folder.mkdir(parents=True)
    sizes = {"train": num_train, "valid": 70, "test": 40}
    for number, (name, num_each) in enumerate(sizes.items()):
        rows = messages(num_each, signal=signal, seed=100 * seed + number)
        write_jsonl(folder / f"{name}.jsonl", rows)
    lines = ["task: classify", "data:", *(f"  {name}: [{name}.jsonl]" for name in sizes)]
    (folder / "sartor.yaml").write_text("\n".join(lines) + "\n")
    link_base(folder, base)
    return folder


def link_base(folder: Path, base: Path) -> None:
    """The same base folder in every workspace, under the same name."""
    (folder / "tiny").symlink_to(base, target_is_directory=True)


def small_run(folder: Path, *settings: str, quick: bool = False) -> RunResult:
    """A whole run, watched by nobody."""
    return run(folder, settings=(*SMALL, *settings), quick=quick, progress=Silent())


def decision_document(result: RunResult) -> dict[str, Any]:
    """What a program reads."""
    return dict(json.loads((result.folder / "decision.json").read_text("utf-8")))


def write_tiny_base(folder: Path) -> Path:
    """A BERT of two layers and width 32 with random weights, as a hub would give it."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = sorted({word for text in WORDS.values() for word in text.split()} | set(FILLER))
    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    tokens = dict.fromkeys([*special, *letters, *(f"##{c}" for c in letters), *words])
    fast = Tokenizer(
        models.WordPiece({token: at for at, token in enumerate(tokens)}, unk_token="[UNK]")
    )
    fast.normalizer = normalizers.BertNormalizer(lowercase=True)
    fast.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    fast.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=fast,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    tokenizer.save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(tokens),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=64,
        pad_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = transformers.BertModel(config)
        for parameter in model.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(folder)
    return folder
