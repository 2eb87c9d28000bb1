"""Loading a base: quietly, and never with a trunk that was filled with random numbers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import tiny_models as tiny
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

from sartor.base.resolve import resolve
from sartor.core.errors import BaseModelError, TrialError
from sartor.engines.encoder import layer_list, load_classifier, load_trunk, tokenize
from sartor.engines.padding import padding_id

EVERY_FAMILY = (*tiny.FAMILIES, "albert", "deberta")
LOADS = """
import sys, warnings
warnings.simplefilter("error")
sys.path.insert(0, sys.argv[1])
import tiny_models as tiny
from sartor.base.resolve import resolve
from sartor.engines.encoder import load_classifier, load_trunk
base = resolve(sys.argv[2], offline=True)
load_trunk(base)
load_classifier(base, tiny.facts())
"""


@pytest.mark.slow
def test_loading_a_base_says_nothing(base_of):
    command = [sys.executable, "-c", LOADS, str(Path(__file__).parent), str(base_of("bert").folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_every_family_loads_without_a_warning(base_of, family, capfd):
    base = base_of(family)
    load_trunk(base)
    load_classifier(base, tiny.facts())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_token_ids_are_those_of_transformers(base_of, family):
    texts = [*tiny.TEXTS, *tiny.UNSEEN]
    batch = tiny.encoded(base_of(family), texts)
    ours = tokenize(base_of(family), texts, max_tokens=tiny.MAX_TOKENS)
    theirs = [ids[mask == 1] for ids, mask in zip(*batch.values(), strict=True)]
    assert [list(ids) for ids in ours] == [ids.tolist() for ids in theirs]


@pytest.mark.parametrize("read", [partial(tokenize, texts=["a"], max_tokens=9), padding_id])
def test_a_tokenizer_that_the_library_refuses_is_named(base_of, tmp_path, read):
    folder = shutil.copytree(base_of("bert").folder, tmp_path / "damaged")
    whole = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    whole["model"]["type"] = "Runes"
    (folder / "tokenizer.json").write_text(json.dumps(whole), "utf-8")
    base = resolve(str(folder), offline=True)
    with pytest.raises(BaseModelError) as caught:
        read(base)
    assert caught.value.where == str(folder / "tokenizer.json")


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_a_base_that_lacks_a_weight_of_its_trunk_is_refused(base_of, family, tmp_path):
    folder = shutil.copytree(base_of(family).folder, tmp_path / "damaged")
    weights = load_file(folder / "model.safetensors")
    gone = max(name for name in weights if name.endswith("weight") and "pooler" not in name)
    del weights[gone]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    base = resolve(str(folder), offline=True)
    for load in (lambda: load_trunk(base), lambda: load_classifier(base, tiny.facts())):
        with pytest.raises(BaseModelError, match=gone.replace(".", r"\.")):
            load()


def test_a_base_may_lack_the_pooler_that_is_new_anyway(base_of, tmp_path):
    folder = shutil.copytree(base_of("bert").folder, tmp_path / "no pooler")
    weights = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if "pooler" not in name}
    assert len(kept) < len(weights)
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    loaded = load_classifier(resolve(str(folder), offline=True), tiny.facts())
    found = loaded.base_model.state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in kept.items())
    assert {name for name in found if "pooler" in name} == weights.keys() - kept.keys()


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_somebodys_classifier_with_other_labels_serves_as_a_base(base_of, family, tmp_path):
    folder = shutil.copytree(base_of(family).folder, tmp_path / "classifier")
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=5)
    model.save_pretrained(folder)
    base = resolve(str(folder), offline=True)
    loaded = load_classifier(base, tiny.facts())
    assert loaded.num_labels == 3
    for name, weight in load_trunk(base).state_dict().items():
        if "pooler" not in name:
            assert torch.equal(weight, loaded.base_model.state_dict()[name])


def test_a_family_without_a_list_of_layers_fails_as_a_trial(base_of):
    with pytest.raises(TrialError, match="albert"):
        layer_list(load_trunk(base_of("albert")))
