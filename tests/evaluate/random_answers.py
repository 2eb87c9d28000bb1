"""Random texts, spans and records with references, in several scripts and in every odd shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from sartor.core.goal import OutputKind

SENTENCES = (
    "Your parcel left our warehouse on Monday, and it should arrive within 3.5 days.",
    "Please reset the router: hold the button (at the back) for ten seconds.",
    "I'm sorry, we can't refund gift cards; they don't expire, though!",
    "The invoice no. 4711 comes to $1,250.00 (incl. 19% VAT).",
    "Yes.",
    "Open Settings > Privacy & safety, then choose “Forget this device”.",
    "Ihr Konto wurde gesperrt, weil das Passwort dreimal falsch eingegeben wurde.",
    "Größere Mengen müssen wir erst bestellen – das dauert etwa zwei Wochen.",
    "Η παραγγελία σας στάλθηκε χθες το πρωί.",
    "Ваш заказ будет доставлен завтра до 18:00.",
    "您的订单已经发货，预计三天内到达。",
    "ご注文ありがとうございます。明日お届けします。",
    "Thanks for waiting 👍 all done now 🎉",
    "L'été dernier, nous avons changé d'opérateur ; le numéro reste le même.",
    "- first unplug it\n- then wait\n- then plug it in again",
)
SPARE_WORDS = ("the", "not", "parcel", "zwei", "12", "σας", "订单", "…", "ok", "?", "again", "(see")
NAMES = ("New York", "Ada Lovelace", "ACME", "acme", "Sankt Gallen", "Rhine", "the Alps")
LABELS = ("person", "place", "firm")


def objects(items: list[Any]) -> np.ndarray:
    """A flat array that holds the items as they are."""
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def random_case(
    kind: OutputKind, seed: int, *, num_replicates: int = 1, max_rows: int = 12
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Inputs, targets (N,) and answers (R, N)."""
    rng = np.random.default_rng(seed)
    num_rows = int(rng.integers(1, max_rows + 1))
    make_target, make_answer = _MAKERS[kind]
    texts = [" ".join(_some(rng, [*NAMES, *SPARE_WORDS], 9)) for _ in range(num_rows)]
    targets = [make_target(rng, text) for text in texts]
    decided = [
        objects([make_answer(rng, text, asked) for text, asked in zip(texts, targets, strict=True)])
        for _ in range(num_replicates)
    ]
    return texts, objects(targets), np.stack(decided)


def _some(rng: np.random.Generator, items: Any, num: int) -> list[Any]:
    return [items[int(index)] for index in rng.integers(len(items), size=num)]


def _references(rng: np.random.Generator, text: str) -> tuple[str, ...]:
    references = _some(rng, SENTENCES, int(rng.integers(1, 4)))
    return tuple("" if rng.random() < 0.05 else _mutated(rng, text) for text in references)


def _answer(rng: np.random.Generator, text: str, references: tuple[str, ...]) -> str:
    if rng.random() < 0.1:
        return ""
    answer = _mutated(rng, _some(rng, references, 1)[0], share=0.3)
    return answer + " " + answer if rng.random() < 0.1 else answer


def _mutated(rng: np.random.Generator, text: str, share: float = 0.1) -> str:
    words = [w for w in text.split(" ") if rng.random() > share / 2]
    return " ".join(_some(rng, SPARE_WORDS, 1)[0] if rng.random() < share else w for w in words)


def _spans(rng: np.random.Generator, text: str) -> tuple[tuple[int, int, str], ...]:
    """Some stretches of whole words, none overlapping, in order."""
    spans, start = [], 0
    words = text.split(" ")
    while words:
        taken = " ".join(words[: int(rng.integers(1, 4))])
        if rng.random() < 0.3:
            spans.append((start, start + len(taken), _some(rng, LABELS, 1)[0]))
        start += len(taken) + 1
        words = words[len(taken.split(" ")) :]
    return tuple(spans)


def _marked(rng: np.random.Generator, text: str, asked: tuple[Any, ...]) -> tuple[Any, ...]:
    return asked if rng.random() < 0.4 else _spans(rng, text)


def _value(rng: np.random.Generator, depth: int = 0) -> Any:
    scalars = ["Ada", " Ada ", "caf\u00e9", "cafe\u0301", "", None, 12, 12.0, 1, True, False, 0]
    roll = rng.random()
    if roll < 0.15 and depth < 2:
        return [_value(rng, depth + 1) for _ in range(int(rng.integers(0, 4)))]
    if roll < 0.3 and depth < 2:
        return _record(rng, "", depth + 1)
    return _some(rng, scalars, 1)[0]


def _record(rng: np.random.Generator, text: str, depth: int = 0) -> dict[str, Any]:
    return {name: _value(rng, depth) for name in ("name", "date", "items") if rng.random() < 0.7}


def _filled_in(rng: np.random.Generator, text: str, asked: dict[str, Any]) -> dict[str, Any] | None:
    if rng.random() < 0.15:
        return None
    return dict(asked) if rng.random() < 0.4 else {**asked, **_record(rng, text)}


_MAKERS: dict[OutputKind, tuple[Any, Any]] = {
    OutputKind.TEXT: (_references, _answer),
    OutputKind.SPANS: (_spans, _marked),
    OutputKind.FIELDS: (_record, _filled_in),
}
