"""Whatever stands in a file: rows, bad rows or a DataError, and nothing else."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fuzz import NUM_BINARIES, NUM_TEXTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_data import data_file, goal, prepared, two_classes

from sartor.core.errors import DataError
from sartor.data.readers import read_rows
from sartor.data.row import BadRow, RawRow

ROWS = [{"text": 'a "quoted", grüß 🧵', "label": "x"}, {"text": "b\nc", "label": ["y", 1.5]}] * 3


def _parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(two_classes(3)), buffer)
    return buffer.getvalue()


WHOLE = {
    "jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode(),
    "json": json.dumps(ROWS, ensure_ascii=False, indent=1).encode(),
    "csv": 'text,label\n"a ""b"", grüß",x\n"c\nd",y\ne,z\n'.encode(),
    "tsv": "text\tlabel\nä\tx\nb\ty\n".encode(),
    "parquet": _parquet(),
}
PIECES = [b'"', b"'", b"\n", b"\r", b"\x00", b"[", b"]", b"{", b"}", b",", b"\\", b"\xff", b"\xc3"]
PIECES += [
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"1e999",
    b"NaN",
    b"\\ud800",
    b"9" * 5_000,
    b"\x1f\x8b",
]
EDITS = st.lists(
    st.tuples(
        st.integers(0, 2_000),
        st.integers(0, 9),
        st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)),
    ),
    max_size=6,
)


def _edited(content: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for place, num_cut, piece in edits:
        at = place % (len(content) + 1)
        content = content[:at] + piece + content[at + num_cut :]
    return content


@pytest.mark.parametrize("is_gzipped", [False, True])
@pytest.mark.parametrize("form", sorted(WHOLE))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=EDITS, is_packed_after=st.booleans())
def test_mutated_files_raise_nothing_but_data_errors(form, is_gzipped, edits, is_packed_after):
    if is_gzipped and not is_packed_after:
        content = _edited(gzip.compress(WHOLE[form], mtime=0), edits)
    else:
        content = _edited(WHOLE[form], edits)
        content = gzip.compress(content) if is_gzipped else content
    _check(content, f"m.{form}{'.gz' if is_gzipped else ''}")


@pytest.mark.slow
@pytest.mark.parametrize("form", sorted(WHOLE))
def test_many_mutated_files_raise_nothing_but_data_errors(form):
    @settings(
        max_examples=NUM_BINARIES if form == "parquet" else NUM_TEXTS,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(edits=EDITS)
    def check(edits):
        _check(_edited(WHOLE[form], edits), f"m.{form}")

    check()


def _check(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with suppress(DataError):
            rows = list(read_rows(data_file(path)))
            assert all(isinstance(row, RawRow | BadRow) for row in rows)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(
        st.fixed_dictionaries({}, optional={"text": VALUES, "label": VALUES, "split": VALUES}),
        max_size=5,
    ),
    skip_bad=st.booleans(),
)
def test_rows_of_any_values_are_prepared_or_refused(rows, skip_bad):
    with tempfile.TemporaryDirectory() as folder:
        lines = [json.dumps(row) for row in [*two_classes(4), *rows]]
        (Path(folder) / "rows.jsonl").write_text("\n".join(lines))
        try:
            dataset = prepared(Path(folder), goal(), skip_bad=skip_bad)
        except DataError as error:
            str(error).encode()
        else:
            assert len(dataset.train.texts) == len(dataset.train.targets)
