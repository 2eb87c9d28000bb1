"""Copy-paste scripts that write with a package without Sartor; the model card prints them.

Each is run in the package's folder and ends with `answers`, one for each of `texts`.
"""

from __future__ import annotations

from sartor.engines.packages.card import API_PROMPT, Manifest

TEXTS = """\
texts = ["Where is my order?", "Please cancel it."]"""
CONVERSATIONS = """\
texts = ['[{"role": "user", "content": "Where is my order?"}]']"""
DISARMED = """\
def disarmed(text):  # nobody may end a turn by writing the token that ends it
    for control in controls:
        text = text.replace(control, control[:1] + " " + control[1:])
    return text
"""
CONTROLS = """\
special = [t.content for t in tokenizer.added_tokens_decoder.values() if t.special]
controls = sorted(special, key=len, reverse=True)"""
MESSAGE = 'messages = [{"role": "user", "content": disarmed(text)}]'
MESSAGES = "messages = [m | {'content': disarmed(m['content'])} for m in json.loads(text)]"

WRITER = """\
{json}import torch
{imports}

{texts}
{load}
{controls}


{disarmed}

answers = []
for text in texts:
    {messages}
{ids}
    with torch.inference_mode():
        output = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids))[0]
{decode}
    print(answers[-1])
"""
LOAD = """\
tokenizer = AutoTokenizer.from_pretrained(".")
model = {factory}.from_pretrained(".").eval()"""
LOAD_ADAPTER = """\
tokenizer = AutoTokenizer.from_pretrained(".")
model = {factory}.from_pretrained({base!r}, dtype=torch.float32)
model = PeftModel.from_pretrained(model, "adapter").eval()
model.base_model.model.generation_config = GenerationConfig.from_pretrained(".")"""
DECODER_IDS = """\
    ids = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=False
    )"""
SOURCE_IDS = """\
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    ids = tokenizer(prompt, return_tensors="pt").input_ids"""
DECODE = """\
    written = output[{start}:]
    answer = tokenizer.decode(
        written, skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
{stops}    answers.append(answer.strip())"""

PROMPT = """\
import json

import torch
from transformers import {factory}, AutoTokenizer, GenerationConfig

{texts}
asked = json.load(open("prompt.json", encoding="utf-8"))
controls, decoding = asked["control_texts"], asked["decoding"]
tokenizer = AutoTokenizer.from_pretrained({base!r})
model = {factory}.from_pretrained({base!r}, dtype=torch.float32).eval()
drawn = ("do_sample", "temperature", "top_p", "top_k", "repetition_penalty", "max_new_tokens")
model.generation_config = GenerationConfig(
    **{{name: decoding[name] for name in drawn if name in decoding}},
    eos_token_id=decoding["stop_ids"],
    pad_token_id=decoding["stop_ids"][0],
    decoder_start_token_id=model.generation_config.decoder_start_token_id,
    forced_bos_token_id=model.generation_config.forced_bos_token_id,
)


{disarmed}

answers = []
for text in texts:
    {message}
    prompt = asked["pattern"].replace("<<<input>>>", disarmed(message))
    is_special = asked["adds_special_tokens"]
    ids = tokenizer(prompt, add_special_tokens=is_special, return_tensors="pt").input_ids
{opened}    with torch.inference_mode():
        output = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids))[0]
{decode}
    print(answers[-1])
"""
STOPS = """\
    for stop in decoding["stop_texts"]:
        answer = answer.split(stop)[0]
"""
OPENED = """\
    if is_special and ids[0, -1] == tokenizer.eos_token_id:
        ids = ids[:, :-1]  # a prompt has not ended
"""

LOOKUP = """\
import json
import re
import unicodedata
from collections import Counter

import numpy as np

{texts}
about = json.load(open("sartor.json", encoding="utf-8"))
index = json.load(open("index.json", encoding="utf-8"))
examples = [json.loads(line) for line in open("examples.jsonl", encoding="utf-8")]


def readable(text):
    {readable}


def grams(text, is_words):
    text = unicodedata.normalize("NFKC", text).lower().strip()
    pieces = re.findall(r"\\w+|[^\\w\\s]", text) if is_words else list(re.sub(r"\\s+", "▁", text))
    most = about["max_tokens"] * (1 if is_words else 6)
    pieces = ["▁", *pieces[: most - 2], "▁"]
    for size in (1, 2) if is_words else (2, 3, 4, 5):
        for start in range(len(pieces) - size + 1):
            run = tuple(pieces[start : start + size])
            if "▁" not in run[1:-1] and any(piece != "▁" for piece in run):
                yield is_words, run


def vector(text, is_words):
    counts = Counter(gram for gram in grams(readable(text), is_words) if gram in idf)
    weights = {{gram: (1 + np.log(num)) * idf[gram] for gram, num in counts.items()}}
    norm = np.sqrt(sum(weight**2 for weight in weights.values())) or 1
    return {{gram: weight / norm for gram, weight in weights.items()}}


held = Counter()
for example in examples:
    for is_words in (True, False):
        held.update(set(grams(readable(example["input"]), is_words)))
idf = {{gram: np.log((1 + len(examples)) / (1 + num)) + 1 for gram, num in held.items()}}
known = [{{**vector(e["input"], True), **vector(e["input"], False)}} for e in examples]


def agreement(answer, others):
    own = set(answer.lower().split())
    sets = [set(other.lower().split()) for other in others]
    return round(sum(len(own & s) / max(1, len(own | s)) for s in sets), 9)


answers = []
for text in texts:
    asked = {{**vector(text, True), **vector(text, False)}}
    like = [sum(w * of.get(gram, 0) for gram, w in asked.items()) for of in known]
    nearest = np.argsort(-np.round(like, 6), kind="stable")[: index["neighbours"]]
    given = [examples[i]["answer"] for i in nearest]
    scores = [agreement(a, given[:i] + given[i + 1 :]) for i, a in enumerate(given)]
    answers.append(given[int(np.argmax(scores))])
    print(answers[-1])
"""
PHRASES = """\
import json
import re

{texts}
index = json.load(open("index.json", encoding="utf-8"))
phrases = [json.loads(line) for line in open("phrases.jsonl", encoding="utf-8")]
table = {{source: (target, cost) for source, target, cost in phrases}}


def spaced_words(text):
    end = -1
    for found in re.finditer(index["words"], text):
        yield (" " if found.start() > end else "") + found[0]
        end = found.end()


def joined(said, piece):
    return said + (piece.lstrip() if said and said[-1] in "¿¡([{{«“„‹" else piece)


answers = []
for text in texts:
    words, best = list(spaced_words(text)), [(0.0, "")]
    for end in range(1, len(words) + 1):
        ways = []
        for start in range(max(0, end - index["longest"]), end):
            known = table.get(" ".join(word.strip().lower() for word in words[start:end]))
            if known is None and end - start == 1:
                known = words[start], 12.0
            if known is not None:
                before, said = best[start]
                ways.append((before + (known[1] + 1.0), joined(said, known[0])))
        best.append(min(ways, key=lambda way: way[0]))
    answer = best[-1][1].strip()
    first = next((i for i, letter in enumerate(answer) if letter.isalpha()), None)
    if first is not None and next((c for c in text if c.isalpha()), "").isupper():
        answer = answer[:first] + answer[first].upper() + answer[first + 1 :]
    answers.append(answer if table else text)
    print(answers[-1])
"""
ASKING = """\
import json
import os
import urllib.request

{texts}
asked = json.load(open("prompt.json", encoding="utf-8"))
endpoint = asked["endpoint"]
headers = {{"Content-Type": "application/json"}}
if endpoint["key"]:
    headers["Authorization"] = "Bearer " + os.environ[endpoint["key"]]

answers = []
for text in texts:
    {message}
    messages = [
        turn | {{"content": turn["content"].replace("<<<input>>>", message)}}
        for turn in asked["pattern"]
    ]
    body = json.dumps(asked["body"] | {{"messages": messages}}).encode()
    request = urllib.request.Request(endpoint["url"] + "/chat/completions", body, headers)
    with urllib.request.urlopen(request, timeout=endpoint["timeout_seconds"]) as response:
        answers.append(json.load(response)["choices"][0]["message"]["content"].strip())
    print(answers[-1])
"""
READ_TEXT = "return text"
READ_TURNS = (
    "return \"\\n\".join(f\"{m['role']}: {m['content']}\".rstrip() for m in json.loads(text))"
)


def writer_scripts(manifest: Manifest) -> dict[str, str]:
    """Library to the script that writes with it."""
    if manifest.kind == "nearest_answer":
        readable = READ_TURNS if manifest.is_conversation else READ_TEXT
        return {"numpy": LOOKUP.format(texts=_texts(manifest), readable=readable)}
    if manifest.kind == "phrases":
        return {"Python": PHRASES.format(texts=_texts(manifest))}
    if manifest.kind == API_PROMPT:
        return {"Python": ASKING.format(texts=_texts(manifest), message=_message(manifest))}
    if manifest.kind == "prompt":
        return {"transformers": _prompt_script(manifest)}
    scripts = {"transformers": _writer_script(manifest, is_adapter=False)}
    if manifest.kind == "writer_adapter":
        scripts["peft"] = _writer_script(manifest, is_adapter=True)
    return scripts


def _writer_script(manifest: Manifest, *, is_adapter: bool) -> str:
    factory = _factory(manifest)
    imports = f"from transformers import {factory}, AutoTokenizer"
    if is_adapter:
        imports = f"from peft import PeftModel\n{imports}, GenerationConfig"
    return WRITER.format(
        json="import json\n\n" if manifest.is_conversation else "",
        imports=imports,
        texts=_texts(manifest),
        load=(LOAD_ADAPTER if is_adapter else LOAD).format(factory=factory, base=_base(manifest)),
        controls=CONTROLS,
        disarmed=DISARMED,
        messages=MESSAGES if manifest.is_conversation else MESSAGE,
        ids=SOURCE_IDS if _has_encoder(manifest) else DECODER_IDS,
        decode=DECODE.format(start=_start(manifest), stops=""),
    )


def _prompt_script(manifest: Manifest) -> str:
    return PROMPT.format(
        factory=_factory(manifest),
        texts=_texts(manifest),
        base=_base(manifest),
        disarmed=DISARMED,
        message=_message(manifest),
        opened="" if _has_encoder(manifest) else OPENED,
        decode=DECODE.format(start=_start(manifest), stops=STOPS),
    )


def _message(manifest: Manifest) -> str:
    """The last message of a conversation, or the text."""
    is_last = "message = json.loads(text)[-1]['content']"
    return is_last if manifest.is_conversation else "message = text"


def _texts(manifest: Manifest) -> str:
    return CONVERSATIONS if manifest.is_conversation else TEXTS


def _base(manifest: Manifest) -> str:
    base = manifest.base or {}
    return str(base.get("hub_id") or base.get("id"))


def _has_encoder(manifest: Manifest) -> bool:
    return (manifest.base or {}).get("architecture") == "encoder-decoder"


def _factory(manifest: Manifest) -> str:
    return "AutoModelForSeq2SeqLM" if _has_encoder(manifest) else "AutoModelForCausalLM"


def _start(manifest: Manifest) -> str:
    """Where the answer begins in what `generate` gives: a decoder repeats its prompt."""
    return "" if _has_encoder(manifest) else "ids.shape[1] "
