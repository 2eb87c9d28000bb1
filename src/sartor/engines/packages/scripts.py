"""Copy-paste scripts that load a package without Sartor; the model card prints them.

Each is run in the package's folder and ends with `logits` (N, C) and the answers printed.
"""

from __future__ import annotations

from sartor.core.goal import OutputKind
from sartor.engines.packages.card import Manifest

HEAD = """\
texts = ["Where is my order?", "Please cancel it."]
about = json.load(open("sartor.json", encoding="utf-8"))
"""

ONNX_TRANSFORMER = """\
import json

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

{head}
tokenizer = Tokenizer.from_file("tokenizer.json")
tokenizer.enable_truncation(about["max_tokens"])
tokenizer.enable_padding(pad_id=about["pad_id"])
encodings = tokenizer.encode_batch(texts)
session = onnxruntime.InferenceSession("model.onnx")
inputs = {{
    "input_ids": np.array([e.ids for e in encodings], dtype=np.int64),
    "attention_mask": np.array([e.attention_mask for e in encodings], dtype=np.int64),
}}
logits = session.run(["logits"], inputs)[0]
{answer}"""

ONNX_TFIDF = """\
import json

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

{head}
session = onnxruntime.InferenceSession("model.onnx")
inputs = {{}}
for node in session.get_inputs():  # word_ids, character_ids, or one of them
    tokenizer = Tokenizer.from_file(f"tokenizer_{{node.name.removesuffix('_ids')}}.json")
    tokenizer.enable_padding(pad_id=about["pad_id"])
    rows = [e.ids or [0] for e in tokenizer.encode_batch(texts)]
    inputs[node.name] = np.array(rows, dtype=np.int64)
logits = session.run(["logits"], inputs)[0]
{answer}"""

TRANSFORMERS = """\
import json

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

{head}
tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForSequenceClassification.from_pretrained(".").eval()
batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
with torch.inference_mode():
    logits = model(**batch).logits.numpy()
{answer}"""

PEFT = """\
import json

import numpy as np
import torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

{head}
base = {base!r}
tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForSequenceClassification.from_pretrained(
    base, num_labels=max(1, len(about["labels"])), dtype=torch.float32{padding}
)
model = PeftModel.from_pretrained(model, "adapter").eval()
batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
with torch.inference_mode():
    logits = model(**batch).logits.numpy()
{answer}"""

SENTENCE_TRANSFORMERS = """\
import json

import numpy as np
from sentence_transformers import SentenceTransformer

{head}
outputs = SentenceTransformer(".").encode(texts)
{mapping}
{answer}"""

BEST_OF_EACH_LABEL = """\
names = json.load(open("labels.json", encoding="utf-8"))
of_output = np.array(names["output_labels"])  # several outputs may stand for one label
logits = np.stack(
    [outputs[:, of_output == name].max(axis=1, initial=-1e4) for name in names["labels"]], axis=1
)"""

ANSWERS = {
    OutputKind.SINGLE: """\
for text, row in zip(texts, logits):
    print(about["labels"][row.argmax()], "|", text)
""",
    OutputKind.MULTI: """\
thresholds = np.array(about["thresholds"] or [0.5] * len(about["labels"]))
for text, row in zip(texts, 0.5 * (1 + np.tanh(logits / 2))):
    print([about["labels"][i] for i in np.flatnonzero(row >= thresholds)], "|", text)
""",
    OutputKind.SCORE: """\
for text, row in zip(texts, logits):
    print(float(row[0]), "|", text)
""",
}


def loading_scripts(manifest: Manifest) -> dict[str, str]:
    """Library to the script that loads the package with it, the native one first."""
    if manifest.kind == "tfidf":
        templates = {"onnxruntime": ONNX_TFIDF}
    elif manifest.is_pooled:
        templates = {
            "sentence-transformers": SENTENCE_TRANSFORMERS,
            "onnxruntime": ONNX_TRANSFORMER,
        }
    else:
        templates = {"transformers": TRANSFORMERS, "onnxruntime": ONNX_TRANSFORMER}
        if manifest.kind == "adapter":
            templates["peft"] = PEFT
    base = manifest.base or {}
    is_decoder = base.get("architecture") == "decoder"
    return {
        library: template.format(
            head=HEAD,
            answer=ANSWERS[manifest.output_kind],
            mapping="logits = outputs"
            if manifest.output_kind is OutputKind.SCORE
            else BEST_OF_EACH_LABEL,
            padding=', pad_token_id=about["pad_id"]' if is_decoder else "",
            base=base.get("hub_id") or base.get("id"),
        )
        for library, template in templates.items()
    }
