"""How well threads, quotes and signatures are told, against the key of the mails that were written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from pathlib import Path

from mail_writing import QUOTE, SIGNATURE, SUPPORT, Mail, as_mbox, bare

from sartor.data.byte_stream import DataFile
from sartor.data.mail_body import body_of
from sartor.data.mail_quotes import quote_mask
from sartor.data.mail_signatures import repeated_lines, signature_mask

Mask = Callable[[list[str]], list[bool]]


def mailbox(
    folder: Path, mails: Sequence[Mail], *, agents: tuple[str, ...] = (SUPPORT[1],)
) -> DataFile:
    """An mbox of some mails."""
    path = folder / "inbox.mbox"
    path.write_bytes(as_mbox(mails))
    return DataFile(path, "inbox.mbox", "all", "mbox", compression="", agents=agents)


def f1(num_right: int, num_told: int, num_there: int) -> float:
    """Harmonic mean of precision and recall."""
    return 2 * num_right / (num_told + num_there) if num_told + num_there else 1.0


def thread_f1(threads: Iterable[Iterable[str]], mails: Sequence[Mail]) -> float:
    """Over pairs of mails that are in one thread."""
    told = {pair for ids in threads for pair in combinations(sorted(ids), 2)}
    true_threads = defaultdict(list)
    for mail in mails:
        true_threads[mail.thread].append(mail.id)
    there = {pair for ids in true_threads.values() for pair in combinations(sorted(ids), 2)}
    return f1(len(told & there), len(told), len(there))


def quote_f1(mails: Sequence[Mail], mask: Mask = quote_mask) -> float:
    """Over lines that are quoted."""
    counts: Counter[str] = Counter()
    for mail in mails:
        lines, kinds = _lines(mail)
        _count(counts, mask(lines), [kind == QUOTE for kind in kinds], lines)
    return f1(counts["right"], counts["told"], counts["there"])


def signature_f1(mails: Sequence[Mail]) -> float:
    """Over lines of signatures, in mails of which the true quotes were taken away."""
    own_lines = {}
    for mail in mails:
        pairs = [
            (line, kind)
            for line, kind in zip(*_lines(mail), strict=True)
            if kind != QUOTE and not line.startswith(">")
        ]
        own_lines[mail.id] = [line for line, _ in pairs], [kind for _, kind in pairs]
    by_writer = defaultdict(list)
    for mail in mails:
        by_writer[mail.sender.address].append(own_lines[mail.id][0])
    habits = {writer: repeated_lines(bodies[:16]) for writer, bodies in by_writer.items()}
    counts: Counter[str] = Counter()
    for mail in mails:
        lines, kinds = own_lines[mail.id]
        names = (mail.sender.name, mail.sender.address.partition("@")[0].replace(".", " "))
        told = signature_mask(lines, names=names, repeated=habits[mail.sender.address])
        _count(counts, told, [kind == SIGNATURE for kind in kinds], lines)
    return f1(counts["right"], counts["told"], counts["there"])


def _lines(mail: Mail) -> tuple[list[str], list[str]]:
    """The lines of a mail as they are read, and whose each is; blank ones are nobody's."""
    lines = body_of(mail.as_bytes()).text.split("\n")
    key = iter(mail.key)
    kinds = []
    for line in lines:
        kind, text = next(key) if bare(line) else ("", "")
        assert bare(line) == text, (mail.id, line, text)
        kinds.append(kind)
    assert next(key, None) is None, mail.id
    return lines, kinds


def _count(counts: Counter[str], told: list[bool], there: list[bool], lines: list[str]) -> None:
    for is_told, is_there, line in zip(told, there, lines, strict=True):
        if bare(line):
            counts["told"] += is_told
            counts["there"] += is_there
            counts["right"] += is_told and is_there
