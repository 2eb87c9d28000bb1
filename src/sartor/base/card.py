"""What is known of a base model from its folder: sizes, pooling, chat template, licence, fingerprint."""

from __future__ import annotations

from pathlib import Path

from sartor.base.catalogue import licence_ids
from sartor.base.chat import TEMPLATE, has_chat_template
from sartor.base.families import FAMILIES
from sartor.base.front_matter import read_front_matter
from sartor.base.generation import token_ids
from sartor.base.licences import UNKNOWN
from sartor.base.pooling import OFFERED, OFFERED_BY_WRITERS, pooling_file, read_pooling
from sartor.base.sizes import read_sizes
from sartor.base.trust import check_folder
from sartor.base.weights import INDEX, weight_files
from sartor.core.base_model import WRITERS, BaseModel
from sartor.core.hashing import content_hash, file_hash

FINGERPRINTED = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    TEMPLATE,
    INDEX,
)
"""Files beside the weights that change what a model answers."""


def read_card(
    folder: Path, *, id: str, source: str, hub_id: str | None = None, licence: str | None = None
) -> BaseModel:
    """Check a model folder and describe it, without loading a weight.

    Args:
        folder: Local folder.
        id: What the user calls the model.
        source: `embedded`, `local` or `hub`.
        hub_id: Its id on the hub, where it is known.
        licence: SPDX name, where it is known; else the folder's README.md is asked.

    Raises:
        BaseModelError: The folder is incomplete, inconsistent or not to be trusted.
    """
    config = check_folder(folder)
    family = FAMILIES[config["model_type"]]
    is_writer = family.architecture in WRITERS
    return BaseModel(
        id=id,
        hub_id=hub_id,
        folder=folder,
        source=source,
        architecture=family.architecture,
        family=config["model_type"],
        licence=licence or read_licence(folder),
        pooling=read_pooling(folder, offered=OFFERED_BY_WRITERS if is_writer else OFFERED),
        is_sentence_encoder=pooling_file(folder) is not None,
        has_class_head=family.has_class_head,
        has_chat_template=is_writer and has_chat_template(folder),
        fingerprint=_fingerprint(folder, is_writer=is_writer),
        **vars(read_sizes(folder, config, family)),
    )


def read_licence(folder: Path) -> str:
    """The first licence that the model card names; `unknown` where it only has a name of its maker's."""
    own = {name.lower() for name in read_front_matter(folder).get("license_name", ())}
    known = {name.lower() for name in licence_ids()}
    names = (name for name in read_licences(folder) if name.lower() not in own - known)
    return next(names, UNKNOWN)


def read_licences(folder: Path) -> tuple[str, ...]:
    """All licences that the model card's front matter names; empty where it names none.

    Source: https://huggingface.co/docs/hub/model-cards, key `license`, one value or a list; where it says
    `other`, `license_name` has the name.
    """
    values = read_front_matter(folder)
    names = values.get("license", ())
    if any(name.lower() == "other" for name in names):
        names = (*names, *values.get("license_name", ()))
    plain = (name.lower() for name in names)
    return tuple(dict.fromkeys(_spdx(name) for name in plain if name not in ("other", UNKNOWN)))


def _spdx(name: str) -> str:
    """The hub writes licences in small letters; SPDX (spdx.org/licenses) does not."""
    return next((licence for licence in licence_ids() if licence.lower() == name), name)


def _fingerprint(folder: Path, *, is_writer: bool) -> str:
    present = [folder / name for name in FINGERPRINTED if (folder / name).is_file()]
    pooling = pooling_file(folder)
    files = [*present, *weight_files(folder), *([pooling] if pooling else [])]
    parts = sorted([file.relative_to(folder).as_posix(), file_hash(file)] for file in files)
    return content_hash(parts, token_ids(folder)) if is_writer else content_hash(parts)
