"""Safetensors headers: what they say is counted, what they claim is checked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save, save_file

from sartor.base.weights import read_shapes, weight_files
from sartor.core.errors import BaseModelError


def header(document: object, data: bytes = b"") -> bytes:
    content = json.dumps(document).encode()
    return len(content).to_bytes(8, "little") + content + data


def tensor(shape: list, begin: int, end: int) -> dict:
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


def test_the_trunk_is_counted_without_buffers_and_old_heads(model) -> None:
    shapes = read_shapes(weight_files(model.folder))
    assert shapes.num_parameters == 11 * 8 + 34 * 8 + 2 * 8 * 16
    assert shapes.multiplied(shared_layer_uses=1) == 2 * 8 * 16
    assert shapes.num_layers == 2
    assert shapes.token_embeddings == (11, 8)


def test_shards_are_counted_together(model) -> None:
    whole = read_shapes(weight_files(model.folder))
    (model.folder / "model.safetensors").unlink()
    weight_map = {}
    for number, (name, shape) in enumerate(whole.shapes.items()):
        file = f"model-{number:05d}-of-00004.safetensors"
        save_file({name: np.zeros(shape, np.float32)}, model.folder / file)
        weight_map[name] = file
    model.write("model.safetensors.index.json", {"weight_map": weight_map})
    assert read_shapes(weight_files(model.folder)) == whole


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234",
        b"\xff" * 64,
        (10**9).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{",
        header([]),
        header({"a": 3}),
        header({"a": {"dtype": "F32", "shape": [1]}}),
        header({"a": tensor([-1], 0, 4)}, b"1234"),
        header({"a": tensor([True], 0, 4)}, b"1234"),
        header({"a": tensor([1], 4, 0)}, b""),
        header({"a": tensor([2], 0, 8)}, b"1234"),
        header({"a": tensor([1], 0, 4)}, b"12345678"),
        (100_000).to_bytes(8, "little") + b"[" * 100_000,
    ],
    ids=range(14),
)
def test_a_file_that_is_no_whole_safetensors_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(BaseModelError, match="no whole safetensors file") as refusal:
        read_shapes((path,))
    assert refusal.value.where == str(path)


def test_a_download_cut_short_says_how_much_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    content = save({"a": np.zeros(1000, np.float32)})
    path.write_bytes(content[:-100])
    with pytest.raises(BaseModelError, match=f"{len(content) - 100:,} and should have"):
        read_shapes((path,))


def test_a_git_lfs_pointer_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    with pytest.raises(BaseModelError, match="git lfs pull"):
        read_shapes((path,))
