"""Runs whose answers are texts, as they might end: replies to customers, and a translation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from edge_samples import HEBREW, IMAGE, SCRIPT
from samples import ENVIRONMENT, GOAL, RULE, card, comparison, estimate, finalist

from sartor.core.dataset import Count, DataCard
from sartor.core.decision import CandidateResult, Decision, Verdict
from sartor.core.score import Estimate
from sartor.decide.side_by_side import APART, DRAWN

ROWS = (96, 120)
BASE = "sartor-mini"
ASKED = (
    "user: Good morning, my trousers are 4 cm too long. What does it cost to have them hemmed?",
    "user: The lining of my coat is torn.\nassistant: I am sorry to hear that. Where is it torn?\n"
    "user: At the left sleeve, about a hand wide. Can I bring it on Saturday?",
    "user: Do you mend zips of rucksacks as well?",
    "user: Where is my order 4417? You promised it for Tuesday.",
)
REFERENCES = (
    "Good morning! A plain hem is 18 euros and takes two days. Bring the shoes you will wear with them.",
    "Gladly, on Saturday from nine to two. A new lining for one sleeve is about 40 euros.",
    "We do, as long as the cloth around the zip still holds.",
    "It left us on Monday evening and should reach you today. I am sorry for the wait!",
)
LOOKED_UP = (
    "A plain hem is 18 euros and takes two days.",
    "We are open on Saturday from nine to two.",
    "Zips of coats and trousers are mended within three days.",
    "I am sorry for the wait! Your parcel left us yesterday.",
)
RAMBLED = (
    "Good morning! Thank you for your message. Thank you for your message. Thank you for your message.",
    "",
    "Assistant: Yes.\nUser: Thank you!\nAssistant:",
    "Your order is on its way and will be delivered by the end of the week, we are sure that it will",
)


def measured(chrf: float, rows: int, *, bits: float, ratio: float, reads: bool) -> dict[str, Any]:
    """All metrics of a candidate, of a size that goes with its chrF."""
    found = {
        "chrf": estimate(chrf, rows),
        "bleu": estimate(chrf * 0.44, rows),
        "rouge_l": estimate(chrf * 0.86, rows),
        "token_f1": estimate(chrf * 0.9, rows),
        "exact_match": estimate(0.03, rows),
        "length_ratio": Estimate(ratio, ratio * 0.94, ratio * 1.07, rows, "cluster bootstrap"),
        "repetition": estimate(0.02 if chrf > 0.3 else 0.31, rows),
        "well_formed": estimate(0.97 if chrf > 0.3 else 0.42, rows),
    }
    if reads:
        found["relevance"] = estimate(chrf + 0.2, rows)
        found["bits_per_byte"] = Estimate(bits, bits - 0.11, bits + 0.14, rows, "cluster bootstrap")
    return found


def writer(
    method: str,
    title: str,
    base: str | None,
    chrf: float,
    *,
    bits: float,
    ratio: float,
    versus: tuple[float, float] | None = None,
    **more: Any,
) -> CandidateResult:
    """A finalist of a writing task; one that is compared with the winner is worse."""
    quality = (chrf + 0.006, chrf)
    compared = {"versus": versus, "no_worse": None if versus is None else False}
    one = finalist(method, title, quality, base=base, rows=ROWS, metric="chrf", **compared, **more)
    return replace(
        one,
        valid=measured(quality[0], ROWS[0], bits=bits, ratio=ratio, reads=False),
        test=measured(chrf, ROWS[1], bits=bits, ratio=ratio, reads=True),
    )


REPLYING = (
    writer("lora", "LoRA", BASE, 0.412, bits=1.02, ratio=0.97, usd=0.0041, ms=410.0, seconds=96.0,
           share=0.5, state="winner"),
    writer("retrieval", "retrieval: similar examples or passages in the prompt", BASE, 0.371,
           bits=1.31, ratio=0.88, usd=0.0152, ms=820.0, seconds=0.2, share=0.3,
           versus=(-0.041, 0.012)),
    writer("nearest_answer", "the answer to the most similar example", None, 0.352,
           bits=0.64, ratio=1.04, usd=0.0009, ms=3.0, seconds=0.1, share=0.02,
           versus=(-0.06, 0.003)),
    writer("zero_shot", "zero-shot: the base as it is, told what to do", BASE, 0.203,
           bits=2.4, ratio=1.8, usd=0.0062, ms=500.0, seconds=0.1, share=0.18,
           versus=(-0.209, 0.0004)),
)  # fmt: skip
TRANSLATING = (
    writer("phrases", "words and phrases looked up", None, 0.51, bits=1.4, ratio=0.93, usd=0.0009,
           ms=2.0, seconds=4.0, share=0.6, state="winner"),
    writer("copy", "the text as it is", None, 0.153, bits=3.9, ratio=1.0, usd=0.0009, ms=1.0,
           seconds=0.0, share=0.4, versus=(-0.357, 0.0004)),
)  # fmt: skip


def replies() -> tuple[Decision, DataCard, str, list[str]]:
    """A chat: tuning wins, retrieval helps, looking up is not far off."""
    decision = Decision(
        run="5c1d90ab2e",
        verdict=Verdict.SHIP,
        headline="Ship it: LoRA reaches chrF 0.412.",
        reason="LoRA reaches chrF 0.412 (0.324 to 0.500) on the test set; the best without a language "
        "model reaches 0.352. No marks were set.",
        rule=RULE,
        metric="chrf",
        winner=_won(REPLYING[0]),
        candidates=REPLYING,
        targets=(),
        data={"hash": "77aa", "num_examples": {"train": 267, "valid": 96, "test": 120}},
        advice=("Set a mark under `targets:`; without one nothing says what is good enough.",),
        automation=None,
        details=_chat_details(),
        environment=ENVIRONMENT,
        test_looks=1,
        seconds=611.0,
        tolerance=0.01,
    )
    return decision, chat_card(), GOAL.format(metric="chrf", mark=0.4, tolerance=0.01), []


def _won(result: CandidateResult) -> dict[str, Any]:
    named = {"candidate": result.candidate, "base": result.base, "method": result.method}
    return {**named, "settings": {}}


def _chat_details() -> dict[str, Any]:
    """Answers side by side, the references' own metrics, and what retrieval changed."""
    names = [result.candidate for result in REPLYING]
    return {
        "errors": _errors(),
        "side_by_side": _examples(names),
        "references": {
            "repetition": estimate(0.01, 120).as_dict(),
            "bits_per_byte": Estimate(1.08, 0.99, 1.19, 120, "cluster bootstrap").as_dict(),
        },
        "signatures": {"bleu": "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.5.1"},
        "retrieval": {
            "with": names[1],
            "without": names[3],
            **comparison(0.168, 0.0004).as_dict(),
            "better": 0.83,
            "worse": 0.14,
        },
    }


def chat_card() -> DataCard:
    """The card of a chat with documents."""
    return replace(
        card((), {"train": 267, "valid": 96, "test": 120}, "replies.jsonl"),
        columns={"input": "messages", "output": "messages"},
        label_counts={},
        split_rule="64 % train, 16 % valid, 20 % test; conversations stay whole.",
        length_words={"p50": 31, "p95": 84, "max": 140},
        answer_words={"p50": 38, "p95": 66, "max": 91},
        num_turns={"p50": 1, "p95": 5, "max": 7},
        num_answers={"p50": 1, "p95": 1, "max": 2},
        counts=(
            Count(
                "passages of documents", 41, "Looked up for prompts, from faq.md, guidelines.md."
            ),
            Count("exact duplicates", 3, "Kept on one side of the split."),
        ),
    )


def translation() -> tuple[Decision, DataCard, str, list[str]]:
    """Looking phrases up is enough; the encoder was not there; texts attack the page."""
    decision, data, goal, _ = replies()
    names = [result.candidate for result in TRANSLATING]
    hostile = [
        *_examples(names)[:1],
        *_examples(names, asked=(SCRIPT, HEBREW), said=(IMAGE, HEBREW)),
    ]
    decision = replace(
        decision,
        verdict=Verdict.NO_MODEL_NEEDED,
        headline="No language model is needed: words and phrases looked up reaches chrF 0.51.",
        reason="Words and phrases looked up reaches chrF 0.510 on the test set. No marks were set.",
        winner=_won(TRANSLATING[0]),
        candidates=tuple(
            replace(c, test={k: v for k, v in (c.test or {}).items() if k != "relevance"})
            for c in TRANSLATING
        ),
        details={"side_by_side": hostile, "errors": _errors()[:1], "references": {}},
    )
    languages = {"from": "English", "to": "Spanish"}
    data = replace(data, num_turns={}, languages=languages, files=("pairs.jsonl",))
    return decision, data, goal, ["Relevance was not measured: no embedded encoder is installed."]


def _examples(
    candidates: Sequence[str], *, asked: Sequence[str] = ASKED, said: Sequence[str] = LOOKED_UP
) -> list[dict[str, Any]]:
    return [
        {
            "why": DRAWN if place < len(asked) / 2 else APART,
            "text": text,
            "source": f"replies.jsonl:{31 * place + 12}",
            "reference": REFERENCES[place],
            "answers": [
                {
                    "candidate": name,
                    "text": (REFERENCES, said, said, RAMBLED)[rank][place],
                    "value": (0.61, 0.44, 0.41, 0.12)[rank] - 0.05 * place,
                }
                for rank, name in enumerate(candidates)
            ],
        }
        for place, text in enumerate(asked)
    ]


def _errors() -> list[dict[str, Any]]:
    return [
        {
            "text": text,
            "source": f"replies.jsonl:{57 * place + 3}",
            "true": REFERENCES[place],
            "predicted": RAMBLED[place],
            "confidence": None,
        }
        for place, text in enumerate(ASKED)
    ]


WRITTEN = {"replies": replies, "translation": translation}
