"""Predictions as rows of JSONL or CSV, one at a time."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Any

from sartor.cli.json_out import json_text
from sartor.core.prediction import Prediction

if TYPE_CHECKING:
    from sartor.results import InputRow

LABEL_SEPARATOR = "|"
"""Between several labels in a CSV cell."""
DIGITS = 6
"""Decimals of a probability; more would be noise."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet run a cell (OWASP, CSV Injection)."""

CRLF = "\r\n"

Answer = tuple["InputRow", Prediction]


def answers(
    rows: Iterable[InputRow], predict: Callable[[Iterable[str]], Iterator[Prediction]]
) -> Iterator[Answer]:
    """Each row with its prediction. Rows are read only as fast as predictions come back."""
    waiting: deque[InputRow] = deque()

    def texts() -> Iterator[str]:
        for row in rows:
            waiting.append(row)
            yield row.text

    for prediction in predict(texts()):
        yield waiting.popleft(), prediction


def record(row: InputRow, prediction: Prediction) -> dict[str, Any]:
    """What is written about one text: labels, a score with its interval, a text, passages or a record."""
    identity = {"place": row.place, **({"id": row.fields["id"]} if "id" in row.fields else {})}
    fate = {
        "hand_over": prediction.hand_over,
        "reason": prediction.reason,
        "is_truncated": prediction.is_truncated,
    }
    return {**identity, **_said(prediction), **fate}


def jsonl_lines(found: Iterable[Answer]) -> Iterator[str]:
    """One JSON object a line."""
    for row, prediction in found:
        yield json_text(record(row, prediction)) + "\n"


def csv_lines(found: Iterable[Answer]) -> Iterator[str]:
    """A header, then one line a text. The first row decides the columns."""
    remaining = iter(found)
    first = next(remaining, None)
    if first is None:
        return
    columns = list(_flat(record(*first)))
    yield _csv_line(columns)
    for row, prediction in chain([first], remaining):
        flat = _flat(record(row, prediction))
        yield _csv_line([flat.get(column) for column in columns])


def safe_cell(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula is shown as a text, by an apostrophe."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _said(prediction: Prediction) -> dict[str, Any]:
    probability = {"probability": _rounded(prediction.probability)}
    if prediction.text is not None:
        return {"text": prediction.text, **probability}
    if prediction.passages is not None:
        return {"spans": [asdict(passage) for passage in prediction.passages], **probability}
    if prediction.record is not None or prediction.reason == "unreadable":
        return {"record": prediction.record, **probability}
    if prediction.score is not None:
        interval = prediction.interval
        return {
            "score": _rounded(prediction.score),
            "interval": None if interval is None else [_rounded(end) for end in interval],
        }
    return {
        "labels": list(prediction.labels),
        **probability,
        "confidence": _rounded(prediction.confidence),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS)


def _flat(fields: dict[str, Any]) -> dict[str, Any]:
    """The record as cells: labels joined, an interval as two numbers."""
    cells: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "labels":
            cells[name] = LABEL_SEPARATOR.join(value)
        elif name == "interval":
            cells["low"], cells["high"] = value or (None, None)
        elif isinstance(value, bool):
            cells[name] = str(value).lower()
        else:
            cells[name] = json_text(value) if isinstance(value, dict | list) else value
    return cells


def _csv_line(values: list[Any]) -> str:
    """With `\\n` at the end; written with `\\r\\n` first, so that both are quoted inside a cell."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator=CRLF).writerow([safe_cell(value) for value in values])
    return line.getvalue().removesuffix(CRLF) + "\n"
