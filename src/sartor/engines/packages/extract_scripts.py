"""Copy-paste scripts that extract with a package without Sartor; the model card prints them.

Each is run in the package's folder and ends with `answers`, one for each of `texts`: a list of passages with
`start`, `end`, `label` and `text`, or a record.
"""

from __future__ import annotations

from sartor.core.goal import OutputKind
from sartor.engines.packages.card import HEADED_FAMILIES, Manifest

TEXTS = """\
texts = ["Ann Smit of Utrecht asks where her 2 coats are.", "Please cancel it."]"""
SPANS = """\
about = json.load(open("tagging.json", encoding="utf-8"))
labels, word = about["labels"], re.compile(about["words"])


def passages(text, marked):
    return [{"start": s, "end": e, "label": of, "text": text[s:e]} for s, e, of in marked]
"""
LISTED = """\
listed = json.load(open("surfaces.json", encoding="utf-8"))
known = {tuple(line["words"]): line["label"] for line in listed["surfaces"]}
longest = max(map(len, known), default=0)


def matches(text, words):  # first word, last word and label of the known wordings, the longest first
    spoken = [text[start:end] for start, end in words]
    spoken = spoken if listed["is_cased"] else [w.casefold() for w in spoken]
    found, at = [], 0
    while at < len(spoken):
        for length in range(min(longest, len(spoken) - at), 0, -1):
            label = known.get(tuple(spoken[at : at + length]))
            if label is not None:
                found.append((at, at + length - 1, label))
                at += length - 1
                break
        at += 1
    return found
"""
DECODE = """\
def best_path(scores, steps):  # the tags with the largest sum of scores and steps
    best, back = scores[0] + steps[0], []
    for of_word in scores[1:]:
        through = best[:, None] + steps[1:]
        back.append(through.argmax(axis=0))
        best = through.max(axis=0) + of_word
    path = [int(best.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return path[::-1]


def spans_of(words, path):  # 0 is outside; 1 + 2k begins a span of label k, 2 + 2k goes on with it
    spans, before = [], 0
    for (start, end), tag in zip(words, path):
        if tag and tag % 2 == 0 and before in (tag, tag - 1):
            spans[-1] = (spans[-1][0], end, spans[-1][2])
        elif tag:
            spans.append((start, end, labels[(tag - 1) // 2]))
        before = tag
    return spans


tags = np.arange(1 + 2 * len(labels))
goes_on = (np.arange(-1, len(tags))[:, None] == tags) | (np.arange(-1, len(tags))[:, None] == tags - 1)
steps = np.where((tags > 0) & (tags % 2 == 0) & ~goes_on, -1e9, 0.0)  # a span begins at its beginning
"""
ANSWER = """\
answers = []
for text in texts:
    words = [found.span() for found in word.finditer(text)]
    marked = {marked}
    answers.append(passages(text, marked))
    print(answers[-1])
"""

GAZETTEER = f"""\
import json
import re

{TEXTS}
{SPANS}

{LISTED}

{ANSWER.format(marked="[(words[a][0], words[b][1], label) for a, b, label in matches(text, words)]")}"""

CRF = f"""\
import json
import re
from itertools import groupby

import numpy as np
from safetensors.numpy import load_file

{TEXTS}
{SPANS}

{LISTED}

{DECODE}
names = json.load(open("features.json", encoding="utf-8"))
number_of = {{name: number for number, name in enumerate(names)}}
weights = load_file("weights.safetensors")
weight, steps = weights["weight"].astype(np.float64), steps + weights["steps"]


def kind(sign):
    if sign.isupper() or sign.istitle():
        return "X"
    return "x" if re.match(r"[^\\W\\d_]", sign) else "0" if re.match(r"\\d", sign) else sign


def own(of):
    lower, shape = of.lower(), "".join(map(kind, of))
    short, lengths = "".join(k for k, _ in groupby(shape)), range(1, min(4, len(of)) + 1)
    first, last = [f"first:{{lower[:n]}}" for n in lengths], [f"last:{{lower[-n:]}}" for n in lengths]
    names = [f"lower:{{lower}}", f"shape:{{short}}", f"word:{{of}}", f"long shape:{{shape[:12]}}"]
    return [*names, *first, *last]


def scores_of(text, words):
    spoken = [text[start:end] for start, end in words]
    marks = {{n: (n == a, of) for a, b, of in matches(text, words) for n in range(a, b + 1)}}
    scores = np.zeros((len(words), weight.shape[1]))
    for at, of in enumerate(spoken):
        features = ["bias", *own(of)]
        for step in (-2, -1, 1, 2):
            inside = 0 <= at + step < len(words)
            near = own(spoken[at + step])[:2] if inside else ["edge"]
            features += [f"{{step}}:{{name}}" for name in near]
        if at:
            features.append(f"pair:{{spoken[at - 1].lower()}}|{{of.lower()}}")
        if at in marks:
            features.append(f"listed {{'B' if marks[at][0] else 'I'}}:{{marks[at][1]}}")
        scores[at] = weight[[number_of[name] for name in features if name in number_of]].sum(axis=0)
    return scores


{ANSWER.format(marked="spans_of(words, best_path(scores_of(text, words), steps)) if words else []")}"""

TAGGER = """\
import json
import re

import numpy as np
{imports}

{texts}
{spans}

{decode}

limit = json.load(open("sartor.json", encoding="utf-8"))["max_tokens"]
tokenizer = Tokenizer.from_file("tokenizer.json")
tokenizer.enable_truncation(limit)
{load}


def places(encoding):
    pairs = enumerate(zip(encoding.offsets, encoding.special_tokens_mask))
    return [(token, *place) for token, (place, is_special) in pairs if not is_special]


def windows(text, words):  # first word of each, and the one after its last; None: the text as it stands
    encoding = tokenizer.encode(text)
    if not encoding.overflowing or len(words) < 2:
        return [None]
    tokens = [place for part in [encoding, *encoding.overflowing] for place in places(part)]
    begins = np.maximum.accumulate([begin for _, begin, _ in tokens])
    starts = np.searchsorted(begins, [start for start, _ in words])
    ends = np.append(starts[1:], max(starts[-1] + 1, len(tokens)))
    most = max(1, int(about["window_fill"] * (limit - len(tokenizer.encode("").ids))))
    found, first = [], 0
    while True:
        last = max(first + 1, int(np.searchsorted(ends, starts[first] + most, side="right")))
        found.append((first, min(last, len(words))))
        if last >= len(words):
            return found
        back = int(np.searchsorted(starts, ends[last - 1] - int(about["overlap"] * most)))
        first = min(max(first + 1, back), last)


def scores_of(text, words):  # of several windows the one in whose middle a word stands counts
    scores, depths = np.zeros((len(words), len(tags))), np.full(len(words), -1)
    for window in windows(text, words):
        first, last = window or (0, len(words))
        begin, end = (words[first][0], words[last - 1][1]) if window else (0, len(text))
        encoding = tokenizer.encode(text[begin:end])
        logits, tokens, at = logits_of(encoding.ids), places(encoding), 0
        for number in range(first, last):
            start, stop = words[number][0] - begin, words[number][1] - begin
            while at < len(tokens) and tokens[at][2] <= start:
                at += 1
            depth = min(number - first, last - 1 - number)
            if at < len(tokens) and tokens[at][1] < stop and depth > depths[number]:
                scores[number], depths[number] = logits[tokens[at][0]], depth
    return scores


{answer}"""
LOADS = {
    "transformers": """\
model = AutoModelForTokenClassification.from_pretrained(".").eval()


def logits_of(ids):
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids])).logits[0].numpy()""",
    "apart": """\
model, head = AutoModel.from_pretrained(".").eval(), load_file("head.safetensors")


def logits_of(ids):
    with torch.inference_mode():
        hidden = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
        return (hidden @ head["weight"].T + head["bias"]).numpy()""",
    "onnxruntime": """\
session = onnxruntime.InferenceSession("model.onnx")


def logits_of(ids):
    inputs = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), dtype=np.int64)}
    return session.run(["logits"], inputs)[0][0]""",
}
IMPORTS = {
    "transformers": """\
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForTokenClassification""",
    "apart": """\
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModel""",
    "onnxruntime": """\
import onnxruntime
from tokenizers import Tokenizer""",
}

RULES = f"""\
import json
import re

{TEXTS}
rules = json.load(open("rules.json", encoding="utf-8"))


def spelled(value):
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def place(text, value):
    pattern = rf"(?<!\\w){{re.escape(spelled(value))}}(?!\\w)"
    found = re.search(pattern, text, re.IGNORECASE) if spelled(value).strip() else None
    return found.start() if found else None


def number(figures):  # 1.250,50 is 1250.5
    whole, sign, part = figures.rpartition("." if "." in figures else ",")
    if "," in figures and "." in figures:
        whole, sign, part = figures.rpartition(max(".", ",", key=figures.rfind))
    value = float(re.sub(r"[.,]", "", whole) + ("." if sign else "") + part)
    return int(value) if value.is_integer() and not sign else value


TYPES = {{"string": str, "integer": int, "number": number}}


def value_in(text, rule):
    if rule["how"] == "known":
        at = [(place(text, value), value) for value in rule["values"]]
        at = [pair for pair in at if pair[0] is not None]
        at.sort(key=lambda pair: (pair[0], -len(spelled(pair[1]))))
        if at:
            return [value for _, value in at] if rule["is_list"] else at[0][1]
    if rule["how"] == "shaped":
        found = [m.group() for m in re.finditer(rule["pattern"], text)]
        if found:
            return TYPES[rule["type"]](found[rule["which"]])
    return rule["else"]


answers = []
for text in texts:
    answers.append({{}})
    for line in rules:
        value = value_in(text, line["rule"])
        inner = answers[-1]
        if value is not None:
            for name in line["path"][:-1]:
                inner = inner.setdefault(name, {{}})
            inner[line["path"][-1]] = value
    print(answers[-1])
"""


def extract_scripts(manifest: Manifest) -> dict[str, str]:
    """What has to be installed to the script that extracts with it."""
    if manifest.kind == "crf":
        return {"safetensors": CRF}
    if manifest.is_ruled:
        return {"Python": GAZETTEER if manifest.output_kind is OutputKind.SPANS else RULES}
    native = "apart" if (manifest.base or {}).get("family") in HEADED_FAMILIES else "transformers"
    return {"transformers": _tagger(native), "onnxruntime": _tagger("onnxruntime")}


def _tagger(name: str) -> str:
    marked = "spans_of(words, best_path(scores_of(text, words), steps)) if words else []"
    return TAGGER.format(
        imports=IMPORTS[name],
        texts=TEXTS,
        spans=SPANS,
        decode=DECODE,
        load=LOADS[name],
        answer=ANSWER.format(marked=marked),
    )
