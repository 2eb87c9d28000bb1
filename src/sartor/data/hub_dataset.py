"""Datasets of the Hugging Face hub by their id: the files alone, never a program that makes them."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sartor.core.address import split_part
from sartor.core.errors import DataError
from sartor.data.byte_stream import MAX_DECOMPRESSED_BYTES
from sartor.data.readers import READERS
from sartor.data.unpack import COMPRESSIONS

_ADDRESS = re.compile(
    r"hf://datasets/([A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,96})(?:@([\w./-]{1,100}?))?(?:/(?!/)([^@]*))?",
    re.ASCII,
)


@dataclass(frozen=True)
class HubDataset:
    """A dataset on this machine."""

    folder: Path
    name: str
    """`hf://datasets/OWNER/NAME`."""
    path: str
    """What of it is meant: a file, a folder or a pattern; empty: all of it."""
    revision: str
    """The commit."""


def hub_dataset(entry: str, *, is_offline: bool) -> HubDataset:
    """Fetch a dataset into the cache that the hub's clients share, or find it there.

    Honours HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, HF_ENDPOINT and HF_TOKEN.

    Raises:
        DataError: It is not on the hub, too large, made by a program, or neither reachable nor cached.
    """
    address, _ = split_part(entry)
    found = _ADDRESS.fullmatch(address.rstrip("/"))
    if found is None:
        raise DataError(
            where=entry,
            problem="is no dataset of the hub.",
            fix="Write `hf://datasets/OWNER/NAME`, with `@REVISION` or `/FILE` behind it.",
        )
    hub_id, revision, path = found[1], found[2] or "main", found[3] or ""
    folder = _fetched(hub_id, revision, entry, is_offline=is_offline)
    return HubDataset(folder, f"hf://datasets/{hub_id}", path, folder.name)


def _fetched(hub_id: str, revision: str, entry: str, *, is_offline: bool) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )
    from huggingface_hub.utils import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    asked: dict[str, Any] = {"repo_id": hub_id, "repo_type": "dataset", "revision": revision}
    try:
        if not is_offline:
            _refuse_large(HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None), asked, entry)
        return Path(
            snapshot_download(
                **asked,
                cache_dir=_cache_folder(),
                endpoint=os.environ.get("HF_ENDPOINT") or None,
                allow_patterns=_patterns(),
                local_files_only=is_offline,
            )
        )
    except GatedRepoError as error:
        raise _gated(hub_id, entry) from error
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise _unknown(entry) from error
    except LocalEntryNotFoundError as error:
        raise _not_here(entry, is_offline=is_offline) from error
    except (HTTPError, OSError, ValueError) as error:
        raise DataError(
            where=entry,
            problem=f"could not be fetched ({type(error).__name__}).",
            fix="Check network and disk space, then run the same command again; it continues.",
        ) from error


def _refuse_large(api: Any, asked: dict[str, Any], entry: str) -> None:
    info = api.dataset_info(asked["repo_id"], revision=asked["revision"], files_metadata=True)
    endings = tuple(pattern.removeprefix("*") for pattern in _patterns())
    files = [file for file in info.siblings or () if file.rfilename.lower().endswith(endings)]
    if sum(file.size or 0 for file in files) > MAX_DECOMPRESSED_BYTES:
        raise DataError(
            where=entry,
            problem=f"is larger than {MAX_DECOMPRESSED_BYTES / 2**30:g} GiB.",
            fix="Fetch the part that you need and name it as files.",
        )


def _patterns() -> list[str]:
    """Data and descriptions; programs (`NAME.py`) and pictures stay where they are."""
    names = READERS.names()
    packed = [f"*.{name}.{ending}" for name in names for ending in COMPRESSIONS]
    return [*(f"*.{name}" for name in names), *packed, "README.md"]


def _cache_folder() -> Path:
    home = os.environ.get("HF_HOME") or str(
        Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    )
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


def _not_here(entry: str, *, is_offline: bool) -> DataError:
    because = "nothing may be fetched (offline)" if is_offline else "the hub cannot be reached"
    return DataError(
        where=entry,
        problem=f"is not on this machine, and {because}.",
        fix="Run once where the hub can be reached, or name a local folder.",
    )


def _unknown(entry: str) -> DataError:
    return DataError(
        where=entry,
        problem="is no dataset on the hub, or a private one.",
        fix="Check the spelling; for a private dataset log in with `hf auth login`.",
    )


def _gated(hub_id: str, entry: str) -> DataError:
    return DataError(
        where=entry,
        problem="is on the hub, but only for users who have accepted its terms.",
        fix=f"Accept them at https://huggingface.co/datasets/{hub_id} and log in with `hf auth login`.",
    )
