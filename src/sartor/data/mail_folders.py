"""Files and folders of mail, read as one mailbox: an answer often lies elsewhere than its question."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sartor.data.byte_stream import DataFile
from sartor.data.mail_store import in_maildir, is_maildir, mail_files
from sartor.data.readers import MAIL


def mail_folder(folder: Path, *, name: str, split: str) -> list[DataFile]:
    """All single mails in a folder and below as one thing to read; nothing where there are none."""
    if next(mail_files(folder), None) is None:
        return []
    form = "maildir" if is_maildir(folder) else "mail_folder"
    return [DataFile(folder, name, split, form, compression="")]


def is_mail_file(path: Path) -> bool:
    """Whether a file is read with the folder of mails in which it lies, and not by itself."""
    return path.suffix.lower() == ".eml" or in_maildir(path) or _is_half_written(path)


def _is_half_written(path: Path) -> bool:
    """What lies in `tmp` of a Maildir was never delivered."""
    return path.parent.name == "tmp" and is_maildir(path.parent.parent)


def as_one_mailbox(files: Sequence[DataFile]) -> list[DataFile]:
    """What is mail in a split as one file with parts, where it is several; the rest as it is."""
    joined: list[DataFile] = []
    for split in dict.fromkeys(file.split for file in files):
        mails = [file for file in files if file.split == split and file.format in MAIL]
        if len(mails) > 1:
            joined.append(_mailbox(mails))
    whole = {part for mailbox in joined for part in mailbox.parts}
    return [file for file in files if file not in whole] + joined


def _mailbox(mails: Sequence[DataFile]) -> DataFile:
    folder = Path(os.path.commonpath([mail.path.resolve() for mail in mails]))
    name = f"{mails[0].name} and {len(mails) - 1} more"
    first = replace(mails[0], compression="")
    return replace(first, path=folder, name=name, format="mail", parts=tuple(mails))
