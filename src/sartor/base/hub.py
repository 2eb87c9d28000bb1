"""Base models of the Hugging Face hub, and those of them that are cached on this machine.

Layout of the cache: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from sartor.base.catalogue import embedded_hub_ids, embedded_models
from sartor.core.errors import BaseModelError, did_you_mean

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*", re.ASCII)
FETCHED = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "README.md"]
"""Patterns of files that are fetched, chat templates and token ids among them: no pickle, no code."""
NOT_FETCHED = [
    *("onnx/*", "openvino/*", "coreml/*", "*.onnx.json"),
    *("original/*", "metal/*", "consolidated*.safetensors", "tekken.json"),
]
"""The same model in formats that are not used."""


def fetch(hub_id: str, *, offline: bool) -> Path:
    """The folder of a hub model: the newest where the hub can be asked, else the cached one.

    Honours HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, HF_ENDPOINT and HF_TOKEN.

    Raises:
        BaseModelError: It is not on the hub, not for this user, or neither reachable nor cached.
    """
    if offline or is_offline():
        cached = cached_folder(hub_id)
        if cached is None:
            raise not_here(hub_id, because="nothing may be fetched (offline)")
        return cached
    return _download(hub_id)


def is_offline() -> bool:
    """Whether the environment forbids asking the hub."""
    said = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return said.upper() in {"1", "ON", "YES", "TRUE"}


def cache_folder() -> Path:
    """Where the hub's clients keep their files."""
    home = os.environ.get("HF_HOME") or str(
        Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    )
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


def cached_folder(hub_id: str) -> Path | None:
    """The cached snapshot of a model's main branch, or None."""
    repository = cache_folder() / f"models--{hub_id.replace('/', '--')}"
    reference = repository / "refs" / "main"
    if not reference.is_file():
        return None
    folder = repository / "snapshots" / reference.read_text().strip()
    return folder if folder.is_dir() else None


def complete_cached_folder(hub_id: str) -> Path | None:
    """The cached snapshot of a model, where it has a configuration and safetensors; else None."""
    if not HUB_ID.fullmatch(hub_id):
        return None
    folder = cached_folder(hub_id)
    return folder if _is_complete(folder) else None


def cached_ids() -> list[str]:
    """Hub ids of cached models that have a configuration and safetensors, sorted."""
    names = [path.name.split("--")[1:] for path in cache_folder().glob("models--*--*")]
    ids = ["/".join(parts) for parts in names if len(parts) == 2]
    return sorted(hub_id for hub_id in ids if _is_complete(cached_folder(hub_id)))


def not_here(base_id: str, *, because: str) -> BaseModelError:
    """The error for a hub model that this machine does not have and cannot get now."""
    embedded = [model.id for model in embedded_models() if model.place()]
    aliases = [model.hub_id for model in embedded_models() if model.place() and model.hub_id]
    cached = cached_ids()
    here = [f"`{name}` (embedded)" for name in embedded] + [f"`{name}` (cached)" for name in cached]
    return BaseModelError(
        where=f"base model {base_id}",
        problem=(
            f"is not on this machine, and {because}. On this machine: "
            f"{', '.join(here) or 'none'} (cache: {cache_folder()})."
        ),
        fix=near_name(base_id, [*embedded, *aliases, *cached])
        + "Use one of these or a local folder, or run once where the hub can be reached.",
    )


def near_name(word: str, known: list[str]) -> str:
    """A sentence with the nearest name and a space after it, or nothing."""
    sentence = did_you_mean(word, known)
    return f"{sentence} " if sentence.startswith("Did you mean") else ""


def _download(hub_id: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )
    from huggingface_hub.utils import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    try:
        return Path(
            snapshot_download(
                hub_id,
                cache_dir=cache_folder(),
                endpoint=os.environ.get("HF_ENDPOINT") or None,
                allow_patterns=FETCHED,
                ignore_patterns=NOT_FETCHED,
            )
        )
    except GatedRepoError as error:
        raise _gated(hub_id) from error
    except RepositoryNotFoundError as error:
        raise _unknown(hub_id) from error
    except LocalEntryNotFoundError as error:
        raise not_here(hub_id, because="the hub cannot be reached") from error
    except (HTTPError, OSError) as error:
        raise BaseModelError(
            where=f"base model {hub_id}",
            problem=f"could not be fetched into {cache_folder()}: {error}.",
            fix="Check network and disk space, then run the same command again; it continues.",
        ) from error


def _gated(hub_id: str) -> BaseModelError:
    return BaseModelError(
        where=f"base model {hub_id}",
        problem="is on the hub, but only for users who have accepted its terms.",
        fix=f"Accept them at https://huggingface.co/{hub_id} and log in with `hf auth login`.",
    )


def _unknown(hub_id: str) -> BaseModelError:
    known = [*cached_ids(), *embedded_hub_ids()]
    return BaseModelError(
        where=f"base model {hub_id}",
        problem="is no model on the hub, or a private one.",
        fix=near_name(hub_id, known)
        + "Check the spelling; for a private model log in with `hf auth login`.",
    )


def _is_complete(folder: Path | None) -> bool:
    return (
        folder is not None
        and (folder / "config.json").is_file()
        and any(folder.glob("*.safetensors"))
    )
