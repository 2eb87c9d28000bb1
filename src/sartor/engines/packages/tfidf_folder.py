"""The baseline as ONNX: two tokenizers turn a text into ids, the graph does all the rest.

Each row goes through on its own (`Scan`), and only the weights of n-grams that it holds are
gathered: a message takes well under a millisecond whatever the vocabulary.

Shape letters: N texts, T ids, F n-grams, L longest n-gram, C labels.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sartor.core.candidate import Fitted
from sartor.engines.packages.card import ONNX_FILE

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

OPSET = 17
IR_VERSION = 8
"""Read by every onnxruntime since 1.12."""
EMPTY_TOKENIZER = {
    "version": "1.0",
    "added_tokens": [],
    "model": {"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"},
}
"""For the majority class, which looks at no text but must know how many there are."""


def write_tfidf_folder(fitted: Fitted, folder: Path) -> int:
    """Write `model.onnx` and one `tokenizer_UNIT.json` for each of its inputs `UNIT_ids`."""
    import onnx

    for block in fitted.facts["blocks"] or [{"unit": "word", "tokenizer": EMPTY_TOKENIZER}]:
        path = folder / f"tokenizer_{block['unit']}.json"
        path.write_text(json.dumps(block["tokenizer"], ensure_ascii=False), encoding="utf-8")
    model = tfidf_model(fitted)
    onnx.checker.check_model(model)
    (folder / ONNX_FILE).write_bytes(model.SerializeToString(deterministic=True))
    return 0


def tfidf_model(fitted: Fitted) -> ModelProto:
    """The graph: inputs `word_ids`, `character_ids` (N, T) int64, output `logits` (N, C)."""
    from onnx import TensorProto, helper, numpy_helper

    blocks = fitted.facts["blocks"]
    units = [block["unit"] for block in blocks]
    num_outputs = len(fitted.arrays["bias"])
    graph = helper.make_graph(
        [_rows_node(fitted) if blocks else _constant_node()],
        "tfidf",
        [
            helper.make_tensor_value_info(f"{unit}_ids", TensorProto.INT64, ["batch", f"{unit}s"])
            for unit in units or ["word"]
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", num_outputs])],
        initializer=[
            numpy_helper.from_array(value, name) for name, value in _constants(fitted).items()
        ],
    )
    if not blocks:
        graph.node.insert(0, helper.make_node("Shape", ["word_ids"], ["num_rows"], start=0, end=1))
        graph.node.insert(1, helper.make_node("Concat", ["num_rows", "width"], ["size"], axis=0))
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="sartor",
    )


def _constants(fitted: Fitted) -> dict[str, np.ndarray]:
    """Weights by name in the graph. The last row of each block is zero: see `_block_nodes`."""
    constants = {"bias": fitted.arrays["bias"].astype(np.float32)}
    if not fitted.facts["blocks"]:
        return constants | {"width": np.array([len(constants["bias"])], dtype=np.int64)}
    constants |= {
        "always": np.ones(1, dtype=np.float32),
        "tiny": np.array(1e-12, dtype=np.float32),
        "first_axis": np.zeros(1, dtype=np.int64),
    }
    for block in fitted.facts["blocks"]:
        unit = block["unit"]
        idf_F = fitted.arrays[f"{unit}.idf"].astype(np.float32)
        weight_FC = fitted.arrays[f"{unit}.weight"].astype(np.float32)
        constants[f"{unit}_idf"] = np.append(idf_F, np.float32(0))
        constants[f"{unit}_weight"] = np.vstack([weight_FC, np.zeros_like(weight_FC[:1])])
    return constants


def _constant_node() -> NodeProto:
    from onnx import helper

    return helper.make_node("Expand", ["bias", "size"], ["logits"])


def _rows_node(fitted: Fitted) -> NodeProto:
    from onnx import helper

    units = [block["unit"] for block in fitted.facts["blocks"]]
    return helper.make_node(
        "Scan",
        [f"{unit}_ids" for unit in units],
        ["logits"],
        body=_row_graph(fitted),
        num_scan_inputs=len(units),
    )


def _row_graph(fitted: Fitted) -> GraphProto:
    """One text: the logits that each block adds, and the bias."""
    from onnx import TensorProto, helper

    nodes, total, inputs = [], "bias", []
    for block in fitted.facts["blocks"]:
        unit = block["unit"]
        nodes += _block_nodes(block, fitted.arrays[f"{unit}.grams"])
        nodes.append(helper.make_node("Add", [total, f"{unit}_logits"], [f"{unit}_total"]))
        total = f"{unit}_total"
        inputs.append(helper.make_tensor_value_info(f"{unit}_row", TensorProto.INT64, ["length"]))
    output = helper.make_tensor_value_info(total, TensorProto.FLOAT, [len(fitted.arrays["bias"])])
    return helper.make_graph(nodes, "row", inputs, [output])


def _block_nodes(block: dict[str, Any], grams_FL: np.ndarray) -> list[NodeProto]:
    """Counts, (1 + ln count) x idf, division by the norm, weights of what was found.

    A feature that is always there, with idf and weights zero, keeps the lists of found
    n-grams from being empty, for which matrix products are not defined everywhere.
    """
    from onnx import helper

    unit = block["unit"]
    steps: tuple[tuple[str, list[str], str, dict[str, Any]], ...] = (
        ("Concat", ["counts", "=always"], "present", {"axis": 0}),
        ("NonZero", ["present"], "places", {}),
        ("Squeeze", ["places", "=first_axis"], "found", {}),
        ("Gather", ["present", "found"], "count", {}),
        ("Log", ["count"], "log_count", {}),
        ("Add", ["log_count", "=always"], "sublinear", {}),
        ("Gather", [f"={unit}_idf", "found"], "found_idf", {}),
        ("Mul", ["sublinear", "found_idf"], "value", {}),
        ("ReduceL2", ["value"], "norm", {"keepdims": 0}),
        ("Max", ["norm", "=tiny"], "divisor", {}),
        ("Div", ["value", "divisor"], "unit_value", {}),
        ("Gather", [f"={unit}_weight", "found"], "found_weight", {}),
        ("MatMul", ["unit_value", "found_weight"], "logits", {}),
    )

    def scoped(name: str) -> str:
        return name[1:] if name.startswith("=") else f"{unit}_{name}"

    nodes = [_counting_node(block, grams_FL, scoped("row"), scoped("counts"))]
    for operator, inputs, output, attributes in steps:
        names = [scoped(name) for name in inputs]
        nodes.append(helper.make_node(operator, names, [scoped(output)], **attributes))
    return nodes


def _counting_node(
    block: dict[str, Any], grams_FL: np.ndarray, source: str, target: str
) -> NodeProto:
    """ONNX's `TfIdfVectorizer` with plain counts: its pool lists n-grams shortest first."""
    from onnx import helper

    sizes_F = (grams_FL != 0).sum(axis=1)
    numbers_before = [
        int(sizes_F[sizes_F < size].sum()) for size in range(1, int(block["longest"]) + 1)
    ]
    return helper.make_node(
        "TfIdfVectorizer",
        [source],
        [target],
        mode="TF",
        min_gram_length=int(block["shortest"]),
        max_gram_length=int(block["longest"]),
        max_skip_count=0,
        ngram_counts=numbers_before,
        ngram_indexes=list(range(len(grams_FL))),
        pool_int64s=[int(value) for value in grams_FL[grams_FL != 0]],
    )
