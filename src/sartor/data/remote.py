"""Files behind addresses (fsspec): fetched once, and again when they have changed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, unquote

from sartor.core.address import LOCAL_STORES, masked, schemes_of, split_part
from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.hashing import file_hash
from sartor.core.protocols import Artifact
from sartor.data.byte_stream import MAX_DECOMPRESSED_BYTES, DataFile
from sartor.data.copies import Copies
from sartor.data.query import said, with_variables
from sartor.data.readers import READERS, format_of

MAX_FILES = 10_000
_CONNECT_SECONDS = 20
_SILENCE_SECONDS = 60
_BLOCK_BYTES = 1 << 20
_STRONG = ("ETag", "etag", "Content-MD5", "md5Hash", "content_md5", "Digest")
"""Facts that differ when the content does."""
_TIMES = (
    "Last-Modified",
    "LastModified",
    "last_modified",
    "updated",
    "mtime",
    "modified",
    "created",
)
_WEB = frozenset({"http", "https"})


def remote_files(
    entry: str, *, split: str, folder: Path, copies: Copies
) -> tuple[list[DataFile], list[Count]]:
    """The file, or the data files of the folder, that an address names, as copies on this machine.

    Args:
        entry: An address, and behind a `#` a sheet or a table.
        split: For which the rows are.
        folder: From which archives of a chain such as `zip://a.csv::mails.zip` are named.
        copies: Where files are kept.

    Raises:
        DataError: It cannot be fetched, is too large, is no data file, or nothing may be fetched.
    """
    name = masked(entry)
    whole, secrets = with_variables(entry, where=name)
    address, part = split_part(_from_folder(whole, folder))
    is_local = set(schemes_of(entry)) <= LOCAL_STORES
    if copies.is_offline and not is_local:
        return [_offline(name, copies, split=split, part=part)], []
    store = _Store(address, name, secrets)
    files, counts = [], []
    for path, shown in store.paths(name):
        file, more = _copied(store, path, shown, split=split, part=part, copies=copies)
        files.append(file)
        counts += more
    return files, counts


class _Store:
    """A store of files, and its errors in words."""

    def __init__(self, address: str, name: str, secrets: tuple[str, ...]) -> None:
        self._name = name
        self._secrets = (*secrets, address)
        self._is_web = schemes_of(address)[0] in _WEB
        try:
            import fsspec
        except ImportError as error:
            raise self._not_installed(error) from error
        try:
            options = _web_options() if self._is_web else {}
            self._files, self._path = fsspec.core.url_to_fs(address, **options)
        except ImportError as error:
            raise self._not_installed(error) from error
        except Exception as error:  # every store has a tree of errors of its own
            raise self._failed(error) from None

    def paths(self, name: str) -> Iterator[tuple[str, str]]:
        """Paths in the store, each with the name under which its rows are shown."""
        if self._is_web:
            yield self._path, name
            return
        try:
            is_folder = self._files.isdir(self._path)
            pattern = f"{self._path.rstrip('/')}/**" if is_folder else self._path
            is_pattern = is_folder or any(mark in self._path for mark in "*?[")
            found = sorted(self._files.find(self._path)) if is_folder else []
            found = found or (sorted(self._files.glob(pattern)) if is_pattern else [])
        except Exception as error:  # as above
            raise self._failed(error) from None
        if not is_pattern:
            yield self._path, name
            return
        found = [path for path in found if format_of(Path(path))][: MAX_FILES + 1]
        if not found or len(found) > MAX_FILES:
            raise self._no_files(len(found))
        start = name.partition("#")[0].split("*")[0].rstrip("/") if is_folder else ""
        for path in found:
            inner = path.removeprefix(self._path.rstrip("/")).lstrip("/")
            yield path, f"{start}/{inner}" if is_folder else f"{name.partition('://')[0]}://{path}"

    def fingerprint(self, path: str) -> tuple[dict[str, str], int | None]:
        """What tells one state of a file from another, empty where nothing does; and its size in bytes."""
        try:
            info = self._files.info(path)
        except Exception as error:  # as above
            raise self._failed(error) from None
        size = info.get("size")
        strong = {key: str(info[key]) for key in _STRONG if info.get(key)}
        times = {key: str(info[key]) for key in _TIMES if info.get(key)}
        known = strong or (times if times and size is not None else {})
        return ({**known, "size": str(size)} if known else {}), size

    def fetch(self, path: str, to: IO[bytes]) -> int:
        """Write a file out; its size in bytes."""
        num_bytes = 0
        try:
            with self._files.open(
                path, "rb", **({"block_size": 0} if self._is_web else {})
            ) as source:
                while block := source.read(_BLOCK_BYTES):
                    num_bytes += len(block)
                    if num_bytes > MAX_DECOMPRESSED_BYTES:
                        raise self.too_large()
                    to.write(block)
        except DataError:
            raise
        except Exception as error:  # as above
            raise self._failed(error) from None
        return num_bytes

    def too_large(self) -> DataError:
        """The error for a file beyond the limit."""
        return DataError(
            where=self._name,
            problem=f"is larger than {MAX_DECOMPRESSED_BYTES / 2**30:g} GiB.",
            fix="Split it into smaller files.",
        )

    def _failed(self, error: BaseException) -> DataError:
        error = (
            error.__cause__ or error
        )  # the web's errors come wrapped as files that are not there
        is_absent = isinstance(error, FileNotFoundError) or getattr(error, "status", 0) == 404
        problem = "does not exist" if is_absent else "cannot be fetched"
        return DataError(
            where=self._name,
            problem=f"{problem} ({said(error, self._secrets)}).",
            fix="Check address, network and login; a copy on this machine can be named instead.",
        )

    def _not_installed(self, error: ImportError) -> DataError:
        return DataError(
            where=self._name,
            problem=f"needs a library that is not installed ({said(error, self._secrets)}).",
            fix="Install it with `pip install 'sartor[remote]'`.",
        )

    def _no_files(self, num_files: int) -> DataError:
        problem = (
            f"has more than {MAX_FILES:,} data files." if num_files else "has no data file in it."
        )
        return DataError(where=self._name, problem=problem, fix="Name a file or a narrower folder.")


def _copied(
    store: _Store, path: str, name: str, *, split: str, part: str, copies: Copies
) -> tuple[DataFile, list[Count]]:
    place = name.partition("#")[0]
    form = _form(path, place)
    fingerprint, size = store.fingerprint(path)
    if size is not None and size > MAX_DECOMPRESSED_BYTES:
        raise store.too_large()
    before = copies.latest(place)
    if before is not None and fingerprint and before.facts.get("fingerprint") == fingerprint:
        return _file(before, name, split, part), []
    with tempfile.TemporaryDirectory() as waiting:
        fetched = Path(waiting) / f"content.{'.'.join(filter(None, form))}"
        with fetched.open("wb") as to:
            num_bytes = store.fetch(path, to)
        content = file_hash(fetched)
        if before is not None and before.facts.get("content") == content:
            return _file(before, name, split, part), []
        facts = {
            "fingerprint": fingerprint,
            "content": content,
            "num_bytes": num_bytes,
            "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "file": fetched.name,
        }
        copy = copies.add(place, facts, lambda aside: _move(fetched, aside))
    return _file(copy, name, split, part), _changes(before, name)


def _move(fetched: Path, aside: Path) -> None:
    import shutil

    shutil.move(fetched, aside / fetched.name)


def _changes(before: Artifact | None, name: str) -> list[Count]:
    if before is None:
        return []
    note = (
        f"The file has changed since it was fetched at {before.facts['fetched_at']}: this is another "
        "dataset, and its scores do not compare with those of before."
    )
    return [Count("changed source", 0, note, (name,))]


def _offline(name: str, copies: Copies, *, split: str, part: str) -> DataFile:
    copy = copies.latest(name.partition("#")[0])
    if copy is None:
        raise DataError(
            where=name,
            problem="may not be fetched (offline), and there is no copy of it.",
            fix="Run once without `constraints: {offline: true}` and `HF_HUB_OFFLINE`, or name a local file.",
        )
    return _file(copy, name, split, part)


def _file(copy: Artifact, name: str, split: str, part: str) -> DataFile:
    path = copy.folder / str(copy.facts["file"])
    form = format_of(path)
    assert form is not None, f"{path} was kept without its format"
    return DataFile(path, name, split, *form, part=part)


def _form(path: str, name: str) -> tuple[str, str]:
    """The format by the ending of the path, or by a parameter such as `?format=csv`."""
    where, _, query = path.partition("?")
    if form := format_of(Path(unquote(where.rpartition("::")[2]))):
        return form
    for _, value in parse_qsl(query):
        if form := format_of(Path(value)) or format_of(Path(f"x.{value}")):
            return form
    raise DataError(
        where=name,
        problem="has a name that says nothing about its format.",
        fix=f"Download it and give it an ending: {', '.join(READERS.names())}.",
    )


def _from_folder(entry: str, folder: Path) -> str:
    """The last link of a chain without a scheme is a file of the workspace."""
    *links, last = entry.split("::")
    if not links or "://" in last:
        return entry
    path, mark, part = last.partition("#")
    return "::".join([*links, f"file://{(folder / path).absolute()}{mark}{part}"])


def _web_options() -> dict[str, Any]:
    """No limit on the whole, but on connecting and on silence."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS
    )
    return {"client_kwargs": {"timeout": timeout}}
