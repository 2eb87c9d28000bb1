"""Batches of Arrow columns as rows of plain values; what Parquet, Arrow and Feather share."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

UNREADABLE = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError)
"""What pyarrow raises on damaged files: its own tree, and Python's for values out of range."""


def plain_rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Column to value; times as text: Python's own cannot hold nanoseconds or the year 10,000.

    Raises:
        ValueError: Two columns have one name.
    """
    names = batch.schema.names
    if len(set(names)) < len(names):
        raise ValueError("two columns have the same name")
    columns = [
        column.cast(pa.string())
        if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)
        else column
        for column in batch.columns
    ]
    rows: list[dict[str, Any]] = pa.RecordBatch.from_arrays(columns, names=names).to_pylist()
    return rows
