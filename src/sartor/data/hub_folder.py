"""Folders in the forms of Hugging Face datasets: which of their files belong to which split.

Three forms: what `save_to_disk` leaves (`state.json` beside Arrow files, `dataset_dict.json` above them), a
README whose head lists files under `configs`, and names alone (`train-00000-of-00001.parquet`).
https://huggingface.co/docs/hub/datasets-data-files-configuration
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sartor.core.errors import DataError
from sartor.data.class_names import ClassNames, classes_of_features
from sartor.data.sheets import several_parts

_MAX_TOLD_BYTES = 4 * 2**20
_MAX_PATTERNS = 1_000
_MAX_HEAD_CHARACTERS = 256 * 1024
_MAX_DEPTH = 32


@dataclass(frozen=True)
class DatasetFolder:
    """A folder that describes itself."""

    files: tuple[tuple[str, Path], ...]
    """Split, as the folder calls it, and file; empty: the names of the files say it."""
    class_names: ClassNames


def described(folder: Path, *, part: str, name: str) -> DatasetFolder | None:
    """What a folder says about itself; None where it says nothing.

    Args:
        folder: The folder.
        part: Which of its configurations is meant; empty: the only one.
        name: For messages.

    Raises:
        DataError: Its description is damaged, or several configurations could be meant.
    """
    if (folder / "dataset_dict.json").is_file():
        return _saved_splits(folder, name)
    if (folder / "state.json").is_file():
        return _saved(folder, name)
    return _told_by_readme(folder, part, name)


def _saved_splits(folder: Path, name: str) -> DatasetFolder:
    splits = _told(folder / "dataset_dict.json", name).get("splits")
    if not isinstance(splits, list):
        raise _damaged(f"{name}/dataset_dict.json", "lists no splits")
    parts = {
        str(split): _saved(_inside(folder, str(split), name), f"{name}/{split}") for split in splits
    }
    files = tuple((split, path) for split, part in parts.items() for _, path in part.files)
    return DatasetFolder(files, next((p.class_names for p in parts.values() if p.class_names), ()))


def _saved(folder: Path, name: str) -> DatasetFolder:
    state = _told(folder / "state.json", name)
    info = (
        _told(folder / "dataset_info.json", name)
        if (folder / "dataset_info.json").is_file()
        else {}
    )
    listed = state.get("_data_files")
    listed = listed if isinstance(listed, list) else []
    names = [item.get("filename") for item in listed if isinstance(item, Mapping)]
    paths = [file for file in names if isinstance(file, str)]
    if not paths or len(paths) < len(listed) or state.get("_indices_files"):
        raise _damaged(f"{name}/state.json", "lists no Arrow files, or rows in another order")
    files = tuple(
        (str(state.get("_split") or "all"), _inside(folder, file, name)) for file in paths
    )
    return DatasetFolder(files, classes_of_features(info.get("features")))


def _told_by_readme(folder: Path, part: str, name: str) -> DatasetFolder | None:
    head = _readme_head(folder, name)
    configs = [item for item in _listed(head.get("configs")) if "data_files" in item]
    known = [str(config.get("config_name", "default")) for config in configs]
    if part and part not in known:
        raise DataError(
            where=f"{name}#{part}",
            problem="is no configuration of the dataset.",
            fix=f"There are: {', '.join(known) or 'none'}.",
        )
    infos = _listed(head.get("dataset_info"))
    if not configs:
        names = _classes(infos, "", folder, name)
        return DatasetFolder((), names) if names else None
    if len(configs) > 1 and not part:
        raise several_parts(name, "configurations", known)
    config = configs[known.index(part)] if part else configs[0]
    chosen = str(config.get("config_name", "default"))
    files = tuple(_data_files(config["data_files"], folder, config.get("data_dir"), name))
    return DatasetFolder(files, _classes(infos, chosen, folder, name))


def _classes(infos: list[dict[str, Any]], config: str, folder: Path, name: str) -> ClassNames:
    fitting = [info for info in infos if not config or info.get("config_name", config) == config]
    found = [classes_of_features(info.get("features")) for info in fitting]
    if not any(found) and (folder / "dataset_infos.json").is_file():
        told = _told(folder / "dataset_infos.json", name)
        chosen = [info for key, info in told.items() if not config or key == config]
        found = [classes_of_features(i.get("features")) for i in chosen if isinstance(i, Mapping)]
    return next((names for names in found if names), ())


def _data_files(told: Any, folder: Path, data_dir: Any, name: str) -> Iterator[tuple[str, Path]]:
    """Split and file for every pattern: a text, a list of texts, or a list with splits."""
    items = told if isinstance(told, list) else [told]
    if isinstance(told, Mapping):
        items = [{"split": split, "path": path} for split, path in told.items()]
    base = _inside(folder, data_dir, name) if isinstance(data_dir, str) and data_dir else folder
    for item in items[:_MAX_PATTERNS]:
        split = str(item.get("split", "train")) if isinstance(item, Mapping) else "train"
        patterns = item.get("path") if isinstance(item, Mapping) else item
        for pattern in patterns if isinstance(patterns, list) else [patterns]:
            yield from ((split, path) for path in _matches(base, pattern, name))


def _matches(folder: Path, pattern: Any, name: str) -> list[Path]:
    if not isinstance(pattern, str) or "://" in pattern:
        raise _damaged(f"{name}/README.md", "names data that are no files of the folder")
    _inside(folder, pattern.replace("*", "x"), name)
    try:
        found = [path for path in sorted(folder.glob(pattern)) if path.is_file()]
    except (ValueError, NotImplementedError) as error:
        raise _damaged(
            f"{name}/README.md", f"names files in a way that is not read ({error})"
        ) from error
    if not found:
        raise _damaged(f"{name}/README.md", f"names `{pattern[:60]}`, which is not there")
    return found


def _inside(folder: Path, relative: str, name: str) -> Path:
    """A path that a description names; it never leads out of the folder."""
    path = Path(relative)
    if path.is_absolute() or ".." in path.parts or "\0" in relative:
        raise _damaged(name, f"names `{relative[:60]}`, which leads out of the folder")
    return folder / path


def _readme_head(folder: Path, name: str) -> dict[str, Any]:
    """The YAML between two lines of dashes at the top of the README; empty where there is none."""
    path = folder / "README.md"
    if not path.is_file():
        return {}
    text = _content(path, name).decode("utf-8-sig", "replace")
    if not text.startswith("---"):
        return {}
    head = text[3:].partition("\n---")[0]
    try:
        _refuse_machinery(head, name)
        told = yaml.load(
            head, Loader=yaml.BaseLoader
        )  # texts, lists and mappings: no types, no tags
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _damaged(f"{name}/README.md", f"its head is not YAML ({error})") from error
    return told if isinstance(told, dict) else {}


def _refuse_machinery(head: str, name: str) -> None:
    """Aliases can make a page of text into gigabytes, and so can depth."""
    depth = 0
    if len(head) > _MAX_HEAD_CHARACTERS:
        raise _damaged(f"{name}/README.md", "its head is larger than 256 KiB")
    for event in yaml.parse(head, yaml.BaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > _MAX_DEPTH:
            raise _damaged(
                f"{name}/README.md", "its head holds YAML aliases, or is nested too deeply"
            )


def _listed(told: Any) -> list[dict[str, Any]]:
    items = told if isinstance(told, list) else [told]
    return [item for item in items if isinstance(item, dict)]


def _told(path: Path, name: str) -> dict[str, Any]:
    try:
        told = json.loads(_content(path, name))
    except (ValueError, RecursionError) as error:
        raise _damaged(f"{name}/{path.name}", f"is not JSON ({error})") from error
    if not isinstance(told, dict):
        raise _damaged(f"{name}/{path.name}", "is no object")
    return told


def _content(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_TOLD_BYTES + 1)
    except OSError as error:
        raise _damaged(f"{name}/{path.name}", f"cannot be opened ({error.strerror})") from error
    if len(content) > _MAX_TOLD_BYTES:
        raise _damaged(f"{name}/{path.name}", "is larger than 4 MiB")
    return content


def _damaged(where: str, reason: str) -> DataError:
    said = " ".join(reason.split())[:200]
    return DataError(
        where=where, problem=f"{said}.", fix="Correct it, or name the data files themselves."
    )
