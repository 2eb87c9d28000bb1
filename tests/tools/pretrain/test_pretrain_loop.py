"""Training goes on after a crash as if nothing had happened, learns, and exports what transformers loads."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tools.pretrain.bits import HeldOut, bits_per_byte, held_out
from tools.pretrain.models import Size
from tools.pretrain.muon import orthogonal
from tools.pretrain.streams import SHARE_OF_KIND, SHARE_OF_TASK, Streams
from tools.pretrain.train import Position, Recipe, Training
from transformers import AutoModelForCausalLM

pytestmark = pytest.mark.slow

SIZE = Size(32, 2, 2, 1, 64, 1e-2, 1e-2)
RECIPE = Recipe(
    step_tokens=256,
    window_tokens=(32, 64, 128),
    warm_up_steps=4,
    log_steps=5,
    evaluate_steps=10,
    evaluate_tokens=200,
    save_seconds=0.0,
)
NUM_STEPS = 30


@pytest.fixture
def folder(toy_folder: Path, tmp_path: Path) -> Path:
    for part in ("corpus", "tokenizer"):
        (tmp_path / part).symlink_to(toy_folder / part)
    torch.set_num_threads(1)
    return tmp_path


def training(folder: Path, name: str, recipe: Recipe = RECIPE) -> Training:
    return Training(folder, name, size=SIZE, recipe=recipe)


def run(folder: Path, name: str, recipe: Recipe = RECIPE) -> Path:
    training(folder, name, recipe).run(num_tokens=NUM_STEPS * RECIPE.step_tokens)
    return folder / name


def log(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place / "log.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("crash_at", [3, 19, 26])
def test_a_crashed_training_goes_on_to_the_same_bits(folder: Path, crash_at: int) -> None:
    straight = run(folder, "straight")
    crashed = training(folder, "crashed")
    crashed.run(
        num_tokens=NUM_STEPS * RECIPE.step_tokens,
        is_stopped=lambda: crashed.position.step == crash_at,
    )
    assert training(folder, "crashed").position.step == crash_at - 1
    again = run(folder, "crashed")
    first, second = (load_file(place / "state.safetensors") for place in (straight, again))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert [line["step"] for line in log(straight)] == [line["step"] for line in log(again)]


def test_bits_per_byte_fall(folder: Path) -> None:
    place = run(folder, "toy")
    lines = log(place)
    measured = [line["bits_per_byte"] for line in lines if "bits_per_byte" in line]
    assert all(measured[-1][kind] < measured[0][kind] for kind in measured[0])
    assert {line["phase"] for line in lines} == {0, 1, 2}


def test_a_training_by_the_clock_plans_its_end(folder: Path) -> None:
    whole = training(folder, "clock")
    whole.run(seconds=3.0)
    position = whole.position
    assert 0 < position.decay_start < position.step == position.num_steps
    assert position.seconds < 6.0


def test_the_export_is_what_transformers_loads(folder: Path) -> None:
    done = training(folder, "toy")
    done.run(num_tokens=10 * RECIPE.step_tokens)
    done.export()
    model = AutoModelForCausalLM.from_pretrained(folder / "models" / "sartor-toy")
    assert model.dtype == torch.bfloat16
    assert model.config.tie_word_embeddings
    prompt = torch.tensor([[1, 50, 51]])
    told = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=4)
    assert told.shape[1] > 3
    assert set(model.generation_config.eos_token_id) == {1, 5}


def test_the_rate_falls_to_nothing_and_the_phases_follow() -> None:
    position = Position()
    assert position.decayed_share == 0.0
    position.plan(decay_start=60, num_decay_steps=40)
    shares = []
    for position.step in range(100):
        shares.append(position.decayed_share)
    assert shares[59:61] == [0.0, 0.0]
    assert shares[99] == pytest.approx(39 / 40)
    assert (np.diff(shares) >= 0).all()


def test_windows_of_a_step_are_the_same_every_time_and_keep_the_shares(folder: Path) -> None:
    streams = Streams(
        {kind: np.full(500, place, dtype=np.uint16) for place, kind in enumerate(SHARE_OF_KIND)}
    )
    draw = {"batch_size": 64, "length": 20, "seed": 1}
    assert (streams.windows(7, **draw) == streams.windows(7, **draw)).all()
    first = np.concatenate([streams.windows(step, **draw)[:, 0] for step in range(100)])
    shares = np.bincount(first) / len(first)
    np.testing.assert_allclose(shares, list(SHARE_OF_KIND.values()), atol=0.02)
    assert sum(SHARE_OF_KIND.values()) == pytest.approx(1.0)
    assert sum(SHARE_OF_TASK.values()) == pytest.approx(1.0)


def test_bits_do_not_depend_on_how_a_text_is_cut_when_the_window_holds_it(folder: Path) -> None:
    model = training(folder, "toy").model
    texts = next(iter(held_out(folder).values()))
    whole = bits_per_byte(model, texts, length=256, stride=256)
    assert whole == pytest.approx(bits_per_byte(model, texts, length=300, stride=100), rel=1e-5)
    cut = bits_per_byte(model, texts, length=32, stride=16)
    assert cut == pytest.approx(whole, rel=0.05)


def test_bits_per_byte_are_those_of_the_loss_by_hand(folder: Path) -> None:
    model = training(folder, "toy").model
    document = np.array([1, 40, 41, 42, 43, 44])
    tokens = torch.from_numpy(document)[None]
    with torch.no_grad():
        loss = model(input_ids=tokens, labels=tokens).loss.item()
    expected = loss * 5 / math.log(2) / 12
    texts = HeldOut([document], [12])
    assert bits_per_byte(model, texts, length=64, stride=64) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("is_coarse", [False, True])
@pytest.mark.parametrize("shape", [(24, 60), (60, 24), (32, 32)])
def test_muon_moves_all_directions_alike(shape: tuple[int, int], is_coarse: bool) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    made = orthogonal(matrix, is_coarse=is_coarse)
    values = torch.linalg.svdvals(made)
    assert 0.5 < values.min() < values.max() < 1.3
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    alignment = (u.T @ made @ v.T).diagonal()
    assert alignment.min() > 0.5


def test_nothing_is_left_behind_of_a_state_half_written(folder: Path) -> None:
    place = run(folder, "toy")
    shutil.copy(place / "state.safetensors", place / "state.tmp")
    (place / "state.tmp").write_bytes((place / "state.tmp").read_bytes()[:100])
    assert training(folder, "toy").position.step == NUM_STEPS
