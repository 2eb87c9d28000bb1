"""Loads packages. Those that give labels are scored here: onnxruntime, tokenizers and numpy, no torch.

Shape letters: N texts, B rows of a batch, T ids, C labels (1 for a score).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sartor.core.errors import PackageError
from sartor.core.recalled import Recall, no_recall
from sartor.engines.packages.card import ONNX_FILE, TAGGER, Manifest, read_manifest
from sartor.engines.packages.loaded import LoadedPackage, onnx_files, valid_text

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

    from sartor.engines.packages.serve_tagger import ServedTagger
    from sartor.engines.packages.serve_writer import ServedWriter

TOKENIZER_OF_INPUT = {
    "input_ids": "tokenizer.json",
    "word_ids": "tokenizer_word.json",
    "character_ids": "tokenizer_character.json",
}


class ServedModel(LoadedPackage):
    """A package that gives labels or scores, loaded. Made by `load_package`.

    Args:
        folder: The package.
        manifest: Its `sartor.json`.
        session: Its `model.onnx`.
        tokenizers: Tokenizer of each input of ids.
    """

    def __init__(
        self,
        folder: Path,
        *,
        manifest: Manifest,
        session: InferenceSession,
        tokenizers: dict[str, Tokenizer],
    ) -> None:
        super().__init__(folder, manifest)
        self._session = session
        self._tokenizers = tokenizers
        self._has_mask = "attention_mask" in {i.name for i in session.get_inputs()}

    def logits(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Logits (N, C) float32, in the order of the texts; for a score the prediction itself.

        Texts of like length go together, so that little is spent on padding; longer texts than
        the model was trained for are cut, and counted in `num_truncated`.
        """
        logits_NC = np.empty((len(texts), len(self.manifest.output_names)), dtype=np.float32)
        ids = {name: self._ids(texts, name) for name in self._tokenizers}
        lengths_N = np.max([[len(row) for row in rows] for rows in ids.values()], axis=0)
        order = np.argsort(lengths_N, kind="stable")
        for start in range(0, len(texts), batch_size):
            rows_B = order[start : start + batch_size]
            logits_NC[rows_B] = self._session.run(["logits"], self._feed(ids, rows_B))[0]
        return logits_NC

    def _ask(self, texts: Sequence[str]) -> np.ndarray:
        return self.logits(texts)

    def _served_files(self) -> list[Path]:
        return onnx_files(self.folder, (TOKENIZER_OF_INPUT[name] for name in self._tokenizers))

    def _ids(self, texts: Sequence[str], name: str) -> list[list[int]]:
        encodings = self._tokenizers[name].encode_batch([valid_text(text) for text in texts])
        if name != "character_ids":
            self.is_truncated = [bool(encoding.overflowing) for encoding in encodings]
            self.num_truncated += sum(self.is_truncated)
        return [encoding.ids for encoding in encodings]

    def _feed(self, ids: dict[str, list[list[int]]], rows_B: np.ndarray) -> dict[str, np.ndarray]:
        """Padded inputs of some rows, by name; at least one column even for empty texts."""
        feed = {}
        for name, all_rows in ids.items():
            # As in training, a text without any token is read as one that pads.
            empty = [self.manifest.pad_id] if self._has_mask else []
            rows = [all_rows[row] or empty for row in rows_B]
            longest = max(1, *(len(row) for row in rows))
            feed[name] = np.full((len(rows), longest), self.manifest.pad_id, dtype=np.int64)
            mask_BT = np.zeros((len(rows), longest), dtype=np.int64)
            for place, row in enumerate(rows):
                feed[name][place, : len(row)] = row
                mask_BT[place, : len(row)] = 1
        if self._has_mask:
            feed["attention_mask"] = mask_BT
        return feed


def load_package(
    folder: Path, *, recall: Recall = no_recall, num_threads: int = 0
) -> ServedModel | ServedTagger | ServedWriter:
    """Load a package to answer messages; torch is imported only where answers are written.

    Args:
        folder: What `write_package` filled.
        recall: Finds what stands behind a package that writes or goes by rules; without it only models
            with an ONNX form can be served.
        num_threads: Threads of the runtime; 0 lets it choose.

    Raises:
        PackageError: A file is missing, broken or of another version.
    """
    manifest = read_manifest(folder)
    if manifest.is_written or manifest.is_ruled:
        from sartor.engines.packages.serve_writer import load_written

        return load_written(folder, manifest, recall)
    session = _session(folder / ONNX_FILE, num_threads)
    if manifest.kind == TAGGER:
        from sartor.engines.packages.serve_tagger import ServedTagger

        tokenizer = _tokenizer(folder / "tokenizer.json", manifest)
        return ServedTagger(folder, manifest=manifest, session=session, tokenizer=tokenizer)
    tokenizers = {
        node.name: _tokenizer(folder / TOKENIZER_OF_INPUT[node.name], manifest)
        for node in session.get_inputs()
        if node.name in TOKENIZER_OF_INPUT
    }
    return ServedModel(folder, manifest=manifest, session=session, tokenizers=tokenizers)


def _session(path: Path, num_threads: int) -> InferenceSession:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as states

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.log_severity_level = 3  # errors only
    refusals = (states.NoSuchFile, states.InvalidProtobuf, states.InvalidGraph, states.Fail)
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except refusals as error:
        raise _unreadable(path, error) from error


def _tokenizer(path: Path, manifest: Manifest) -> Tokenizer:
    """A tokenizer that cuts where the package says; the baseline's own files say it already."""
    from tokenizers import Tokenizer

    if not path.is_file():
        raise _unreadable(path, FileNotFoundError("no such file"))
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more precise
        raise _unreadable(path, error) from error
    tokenizer.no_padding()
    if manifest.max_tokens is not None:
        tokenizer.enable_truncation(manifest.max_tokens)
    return tokenizer


def _unreadable(path: Path, error: Exception) -> PackageError:
    return PackageError(
        where=str(path),
        problem=f"cannot be loaded ({str(error).splitlines()[0]}).",
        fix="Copy the whole package again from where it was written.",
    )
