"""Packages repeat what was learned: oracles are transformers, PEFT and plain numpy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import package_samples as samples
import pytest
import yaml

from sartor.core.errors import PackageError
from sartor.engines.packages import check_package, load_package, write_package

# PEFT asks transformers for a property under its older name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
PICKLE_SUFFIXES = {".bin", ".pkl", ".pickle", ".pt", ".pth", ".joblib", ".npy", ".npz", ".zip"}
PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")


@pytest.fixture(scope="module")
def base_of(tmp_path_factory):
    """A tiny base model of a family, made once."""
    made = {}

    def make(family):
        if family not in made:
            made[family] = samples.tiny_base(family, tmp_path_factory.mktemp(family))
        return made[family]

    return make


@pytest.fixture(scope="module")
def bert_folder(base_of, tmp_path_factory):
    """A package that tests only read."""
    return written(samples.native_head(base_of("bert")), tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def adapter_folder(base_of, tmp_path_factory):
    """A package with an adapter that tests only read."""
    return written(samples.lora(base_of("bert"))[0], tmp_path_factory.mktemp("package"))


def written(fitted, folder):
    folder.mkdir(exist_ok=True)
    write_package(fitted, folder, card=samples.card())
    return folder


def assert_same(found, expected, tolerance=1e-4):
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize("family", samples.FAMILIES)
def test_a_class_head_of_every_family_answers_as_transformers_does(family, base_of, tmp_path):
    fitted = samples.native_head(base_of(family))
    expected = samples.native_logits(fitted, samples.TEXTS)
    assert np.ptp(expected, axis=0).min() > 0.01, "texts must not all look alike"
    served = load_package(written(fitted, tmp_path / "p"))
    assert_same(served.logits(samples.TEXTS), expected)


@pytest.mark.parametrize("family", samples.FAMILIES)
def test_an_adapter_of_every_family_is_merged_as_peft_scores_it(family, base_of, tmp_path):
    fitted, expected = samples.lora(base_of(family))
    served = load_package(written(fitted, tmp_path / "p"))
    assert_same(served.logits(samples.TEXTS), expected)


@pytest.mark.parametrize("family", samples.FAMILIES)
def test_a_pooled_head_of_every_family_answers_as_its_definition_says(family, base_of, tmp_path):
    fitted = samples.pooled_head(base_of(family))
    expected = samples.head_logits(fitted, *samples.trunk_output(fitted.base, samples.TEXTS))
    served = load_package(written(fitted, tmp_path / "p"))
    assert_same(served.logits(samples.TEXTS), expected)


@pytest.mark.parametrize(
    "facts",
    [
        {"pooling": "cls", "num_layers": 2, "activation": "relu"},
        {"pooling": "max", "num_layers": 2, "activation": "tanh", "normalise": True},
        {"pooling": "mean+max", "num_layers": 3},
        {"pooling": "mean+cls", "normalise": True, "scale": 20.0},
        {"output_labels": [2, 0, 0, 1, 2, 2], "scale": 5.0, "normalise": True},
    ],
    ids=lambda facts: "-".join(str(value) for value in facts.values()),
)
def test_every_form_of_pooled_head_answers_as_its_definition_says(facts, base_of, tmp_path):
    fitted = samples.pooled_head(base_of("bert"), **facts)
    expected = samples.head_logits(fitted, *samples.trunk_output(fitted.base, samples.TEXTS))
    served = load_package(written(fitted, tmp_path / "p"))
    assert_same(served.logits(samples.TEXTS), expected)


def test_an_adapter_under_a_pooled_head_is_merged_into_the_trunk(base_of, tmp_path):
    fitted, expected = samples.lora(base_of("mpnet"), pooling="mean+max")
    served = load_package(written(fitted, tmp_path / "p"))
    assert_same(served.logits(samples.TEXTS), expected)


def test_a_tuned_trunk_under_a_pooled_head_replaces_the_bases_tensors(base_of, tmp_path):
    fitted = samples.pooled_head(base_of("bert"))
    name = "encoder.layer.1.output.dense.weight"
    fitted.arrays[f"trunk.{name}"] = np.full((16, 24), 0.05, dtype=np.float32)
    written(fitted, tmp_path / "tuned")
    del fitted.arrays[f"trunk.{name}"]
    written(fitted, tmp_path / "plain")
    tuned, plain = (load_package(tmp_path / n).logits(samples.TEXTS) for n in ("tuned", "plain"))
    assert np.abs(tuned - plain).max() > 0.01


def test_a_label_without_any_output_gets_no_probability(base_of, tmp_path):
    fitted = samples.pooled_head(base_of("bert"), output_labels=[0, 2, 2])
    logits = load_package(written(fitted, tmp_path / "p")).logits(samples.TEXTS)
    assert (logits[:, 1] == -1e4).all()


@pytest.mark.parametrize("kind", ["class_head", "pooled_head", "adapter"])
def test_a_package_holds_no_pickle_and_no_path_of_this_machine(kind, base_of, request, tmp_path):
    base = base_of("bert")
    if kind == "pooled_head":
        folder = written(samples.pooled_head(base), tmp_path / "p")
    else:
        name = {"class_head": "bert_folder", "adapter": "adapter_folder"}[kind]
        folder = request.getfixturevalue(name)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        content = path.read_bytes()
        assert path.suffix not in PICKLE_SUFFIXES, path
        assert not content.startswith(PICKLE_STARTS), path
        assert str(base.folder).encode() not in content, path
        assert str(Path(sys.prefix)).encode() not in content, path


@pytest.mark.parametrize("kind", ["class_head", "pooled_head"])
def test_the_same_winner_gives_the_same_bytes(kind, base_of, tmp_path):
    make = {"class_head": samples.native_head, "pooled_head": samples.pooled_head}[kind]
    fitted = make(base_of("roberta"))
    first, second = (written(fitted, tmp_path / name) for name in "ab")
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert names == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    assert [n for n in names if (first / n).read_bytes() != (second / n).read_bytes()] == []


def test_a_tensor_that_nobody_learned_is_refused_by_name(base_of, tmp_path):
    fitted = samples.native_head(base_of("distilbert"))
    del fitted.arrays["pre_classifier.weight"]
    with pytest.raises(PackageError, match=r"pre_classifier\.weight"):
        written(fitted, tmp_path / "p")


def test_a_tensor_that_does_not_fit_the_base_is_refused_by_name(base_of, tmp_path):
    fitted = samples.native_head(base_of("bert"))
    fitted.arrays["classifier.weight"] = np.zeros((3, 9), dtype=np.float32)
    with pytest.raises(PackageError, match=r"classifier\.weight.*\(3, 9\).*\(3, 16\)"):
        written(fitted, tmp_path / "p")


def test_the_tokenizer_is_named_in_words_that_older_readers_know(base_of, bert_folder):
    base = base_of("bert")
    source = json.loads((base.folder / "tokenizer_config.json").read_text())
    assert source["tokenizer_class"] == "TokenizersBackend", "the case this test is about"
    config = json.loads((bert_folder / "tokenizer_config.json").read_text())
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert config["model_max_length"] == samples.MAX_TOKENS


def test_the_configuration_names_labels_and_problem_type(base_of, tmp_path):
    fitted = samples.native_head(base_of("modernbert"), output_kind="multi")
    config = json.loads((written(fitted, tmp_path / "p") / "config.json").read_text())
    assert config["id2label"] == dict(zip("012", samples.LABELS, strict=True))
    assert config["label2id"] == {label: i for i, label in enumerate(samples.LABELS)}
    assert config["problem_type"] == "multi_label_classification"
    assert config["architectures"] == ["ModernBertForSequenceClassification"]


def test_sartor_json_gives_back_the_card(base_of, tmp_path):
    fitted = samples.native_head(base_of("bert"))
    fitted.facts["thresholds"] = [0.4, 0.5, 0.6]
    served = load_package(written(fitted, tmp_path / "p"))
    assert served.card == samples.card()
    assert served.labels == samples.LABELS
    assert served.manifest.thresholds == (0.4, 0.5, 0.6)
    assert served.manifest.base["hub_id"] == "tiny/bert"


def test_the_adapter_names_its_base_by_hub_id_and_can_be_merged_by_peft(base_of, tmp_path):
    from peft import PeftModel
    from safetensors.numpy import load_file

    fitted, expected = samples.lora(base_of("bert"))
    folder = written(fitted, tmp_path / "p") / "adapter"
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "tiny/bert"
    assert load_file(folder / "adapter_model.safetensors").keys() == fitted.arrays.keys()
    model = PeftModel.from_pretrained(samples.native_model(fitted.base), folder).eval()
    logits = model(**samples.batch_of(fitted.base, samples.TEXTS)).logits.detach().numpy()
    assert_same(logits, expected)


def test_the_model_card_carries_metadata_that_the_hub_understands(adapter_folder):
    from huggingface_hub import ModelCard

    data = ModelCard.load(adapter_folder / "README.md").data
    assert (data.base_model, data.base_model_relation) == ("tiny/bert", "finetune")
    assert (data.library_name, data.pipeline_tag) == ("transformers", "text-classification")
    assert (data.license, data.language) == ("apache-2.0", None)
    assert data.eval_results[0].metric_value == 0.9
    adapter = ModelCard.load(adapter_folder / "adapter" / "README.md").data
    assert (adapter.library_name, adapter.base_model_relation) == ("peft", "adapter")


def test_a_base_without_hub_id_or_licence_is_not_invented(base_of, tmp_path):
    base = replace(base_of("bert"), hub_id=None, licence="unknown")
    page = (written(samples.native_head(base), tmp_path / "p") / "README.md").read_text()
    metadata = yaml.safe_load(page.split("---\n")[1])
    assert metadata.keys().isdisjoint({"base_model", "base_model_relation", "license", "language"})
    assert str(base.folder) not in page


def test_every_result_on_the_model_card_stands_with_its_interval(bert_folder):
    page = (bert_folder / "README.md").read_text()
    assert "| macro_f1 | 0.9000 | 0.8000 to 0.9500 | 20 | cluster bootstrap |" in page


def test_a_package_says_what_its_scripts_do_not_do_to_messages(base_of, tmp_path, bert_folder):
    (tmp_path / "p").mkdir()
    read = samples.card(reading={"repairs": True, "replaces_personal_data": True})
    write_package(samples.native_head(base_of("bert")), tmp_path / "p", card=read)
    assert "such as `<PHONE_1>`" in (tmp_path / "p" / "README.md").read_text()
    assert "<PHONE_1>" not in (bert_folder / "README.md").read_text()


def test_texts_that_are_cut_are_counted(bert_folder):
    from tokenizers import Tokenizer

    whole = Tokenizer.from_file(str(bert_folder / "tokenizer.json"))
    num_long = sum(len(whole.encode(text).ids) > samples.MAX_TOKENS for text in samples.TEXTS)
    assert 0 < num_long < len(samples.TEXTS)
    served = load_package(bert_folder)
    served.logits(samples.TEXTS)
    assert served.num_truncated == num_long
    p50, p95 = served.measure_latency(samples.TEXTS)
    assert 0 < p50 <= p95
    assert served.num_truncated == num_long, "measuring does not count"


def test_order_and_batch_size_do_not_change_the_answer(base_of, tmp_path):
    served = load_package(written(samples.native_head(base_of("mpnet")), tmp_path / "p"))
    together = served.logits(samples.TEXTS)
    alone = np.concatenate([served.logits([text]) for text in samples.TEXTS])
    backwards = served.logits(samples.TEXTS[::-1], batch_size=3)[::-1]
    assert np.abs(together - alone).max() < 1e-5
    assert np.abs(together - backwards).max() < 1e-5
    assert served.logits([]).shape == (0, 3)


def test_half_a_character_from_json_is_scored_and_does_not_crash(bert_folder):
    served = load_package(bert_folder)
    assert np.isfinite(served.logits([json.loads('"order \\ud83d"')])).all()


def test_a_package_passes_its_check_and_a_deviation_names_the_first_text(base_of, bert_folder):
    expected = samples.native_logits(samples.native_head(base_of("bert")), samples.TEXTS)
    check_package(bert_folder, samples.TEXTS, expected, 1e-3)
    moved = expected.copy()
    moved[6, 1] += 0.2
    with pytest.raises(PackageError, match=r"text 6.*a probability.*1 of 10 texts"):
        check_package(bert_folder, samples.TEXTS, moved, 1e-3)


def test_a_turned_decision_counts_only_where_the_margin_exceeds_the_tolerance(base_of, tmp_path):
    """The weights are moved so that two labels nearly tie, and the expectation tips the other way."""
    fitted = samples.native_head(base_of("bert"))
    logits = samples.native_logits(fitted, samples.TEXTS[:1])[0]
    best, second = np.argsort(logits)[[-1, -2]]
    fitted.arrays["classifier.bias"][second] += logits[best] - logits[second] - 2e-4
    folder = written(fitted, tmp_path / "p")
    expected = load_package(folder).logits(samples.TEXTS[:1])
    expected[0, second] += 4e-4
    check_package(folder, samples.TEXTS[:1], expected, 1e-3)
    with pytest.raises(PackageError, match=r"text 0.*the label, whose margin was 0\.0002"):
        check_package(folder, samples.TEXTS[:1], expected, 1e-4)


def test_several_labels_are_checked_against_their_thresholds(base_of, tmp_path):
    fitted = samples.native_head(base_of("bert"), output_kind="multi")
    logits = samples.native_logits(fitted, samples.TEXTS[:1])[0]
    # The first label's threshold lies just under what the model says of it.
    fitted.facts["thresholds"] = [float(1 / (1 + np.exp(-(logits[0] - 2e-4)))), 0.5, 0.5]
    folder = written(fitted, tmp_path / "p")
    expected = load_package(folder).logits(samples.TEXTS[:1])
    check_package(folder, samples.TEXTS[:1], expected, 1e-4)
    expected[0, 0] -= 5e-4
    with pytest.raises(PackageError, match=r"text 0.*a label, whose margin was 0\.0003"):
        check_package(folder, samples.TEXTS[:1], expected, 1e-4)


@pytest.mark.parametrize("damage", ["sartor.json", "model.onnx", "tokenizer.json"])
def test_a_package_without_one_of_its_files_is_refused_by_its_name(damage, bert_folder, tmp_path):
    folder = Path(shutil.copytree(bert_folder, tmp_path / "p"))
    (folder / damage).unlink()
    with pytest.raises(PackageError, match=damage):
        load_package(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sartor.json", "["),
        ("sartor.json", '{"a": ' * 20_000 + "1" + "}" * 20_000),
        ("tokenizer.json", "{"),
        ("tokenizer.json", '{"version": "1.0"}'),
        ("model.onnx", "no graph"),
    ],
)
def test_a_damaged_file_is_refused_by_its_name(name, content, bert_folder, tmp_path):
    folder = Path(shutil.copytree(bert_folder, tmp_path / "p"))
    (folder / name).write_text(content)
    with pytest.raises(PackageError, match=name):
        load_package(folder)


def test_a_package_of_another_schema_is_refused(bert_folder, tmp_path):
    folder = Path(shutil.copytree(bert_folder, tmp_path / "p"))
    document = json.loads((folder / "sartor.json").read_text())
    (folder / "sartor.json").write_text(json.dumps(document | {"schema": 99}))
    with pytest.raises(PackageError, match="schema 99"):
        load_package(folder)


def test_serving_imports_neither_torch_nor_transformers(bert_folder):
    code = (
        "import sys; from sartor.engines.packages import load_package; from pathlib import Path; "
        "print(load_package(Path(sys.argv[1])).logits(['order']).shape); "
        "heavy = {'torch', 'transformers', 'peft', 'sklearn', 'huggingface_hub'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(bert_folder)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "(1, 3)"), done.stderr


@pytest.mark.slow
def test_scripts_of_the_model_cards_load_every_kind_without_sartor(base_of, tmp_path):
    """The very scripts that the cards print, all in one process, on 500 real messages."""
    texts = samples.messages(500)
    assert len(set(texts)) > 450
    head = samples.native_head(base_of("roberta"))
    pooled = samples.pooled_head(
        base_of("mpnet"), pooling="mean+cls", num_layers=2, output_labels=[2, 0, 0, 1]
    )
    normalised = samples.pooled_head(base_of("bert"), pooling="mean+max", normalise=True, scale=9.0)
    adapter, adapter_logits = samples.lora(base_of("deberta-v2"), texts=texts)
    trunk_adapter, trunk_logits = samples.lora(base_of("modernbert"), pooling="mean", texts=texts)
    several = samples.native_head(base_of("distilbert"), output_kind="multi")
    several.facts["thresholds"] = [0.3, 0.5, 0.7]
    score = replace(
        samples.pooled_head(base_of("bert"), output_kind="score", output_labels=[0]), labels=()
    )
    cases = {
        "several_labels": (several, samples.native_logits(several, texts)),
        "score": (score, _logits(score, texts)),
        "class_head": (head, samples.native_logits(head, texts)),
        "pooled": (pooled, _logits(pooled, texts)),
        "normalised": (
            normalised,
            _logits(normalised, texts),
        ),
        "adapter": (adapter, adapter_logits),
        "trunk_adapter": (trunk_adapter, trunk_logits),
    }
    scripts = []
    for name, (fitted, _) in cases.items():
        folder = written(fitted, tmp_path / name)
        for number, script in enumerate(_scripts(folder / "README.md")):
            scripts.append(
                (name, folder, tmp_path / f"{name}{number}.json", _adapted(script, fitted, texts))
            )
    assert len(scripts) == 15
    _run_scripts(scripts)
    for name, _, result, _ in scripts:
        found = json.loads(result.read_text())
        assert_same(np.array(found, dtype=np.float32), cases[name][1])


def _logits(fitted, texts):
    return samples.head_logits(fitted, *samples.trunk_output(fitted.base, texts))


def _scripts(page):
    return re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL)


def _adapted(script, fitted, texts):
    """The script with the test's texts, and the base where it lies here instead of its hub id."""
    script = re.sub(r"^texts = .*$", lambda _: f"texts = {texts!r}", script, flags=re.M)
    return script.replace(f"{fitted.base.hub_id!r}", f"{str(fitted.base.folder)!r}")


def _run_scripts(scripts):
    """One process for all, as each import of torch costs seconds."""
    code = ["import os, json, sys"]
    for _, folder, result, script in scripts:
        code.append(f"os.chdir({str(folder)!r})")
        code.append(f"space = {{}}; exec({script!r}, space)")
        code.append(f"json.dump(space['logits'].tolist(), open({str(result)!r}, 'w'))")
    code.append("assert not [m for m in sys.modules if m.startswith('sartor')]")
    done = subprocess.run(
        [sys.executable, "-"], input="\n".join(code), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
