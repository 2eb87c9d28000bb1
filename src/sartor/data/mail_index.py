"""The first pass over a mailbox: of each mail a few numbers, so that millions of them fit into memory.

Addresses are numbered, Message-IDs and subjects hashed to 64 bits; what a mail says is read again later.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from contextlib import ExitStack

from sartor.data.byte_stream import DataFile
from sartor.data.mail_headers import PERSONAL, Envelope, envelope_of, subject_key
from sartor.data.mail_store import MailStore, Spot, head_of, open_store

NO_TIME = -1
DUPLICATE = "mails that occur twice"
NOBODY = 0
"""The number of the empty address."""
_KEPT_RECIPIENTS = 12


class MailIndex:
    """Columns with one entry a mail, in the order of the mailbox."""

    def __init__(self, file: DataFile, stack: ExitStack) -> None:
        self.name = file.name
        self._stores: list[MailStore] = [
            open_store(part, stack) for part in (file.parts or (file,))
        ]
        self._is_numbered = len(self._stores) > 1
        self.kinds: list[str] = []
        """Interned, so that each takes a pointer."""
        self.sender = array("i")
        self.time = array("q")
        self.subject = array("q")
        self.is_reply = array("b")
        self._store = array("i")
        self._offset, self._num_bytes, self._line = array("q"), array("q"), array("q")
        self._recipients, self._recipients_end = array("i"), array("q", [0])
        self._references, self._references_end = array("q"), array("q", [0])
        self.addresses: list[str] = [""]
        self.names: dict[int, str] = {}
        """The first display name of each sender."""
        self._number_of: dict[str, int] = {"": NOBODY}
        self.by_id: dict[int, int] = {}
        """Hash of a Message-ID to the mail that has it first."""
        self._seen: set[int] = set()
        for number, store in enumerate(self._stores):
            for spot in store.spots():
                self._add(number, spot, envelope_of(head_of(store, spot)))
        self._seen.clear()

    def __len__(self) -> int:
        return len(self.kinds)

    def recipients(self, mail: int) -> array[int]:
        """Numbers of the addresses it went to, at most twelve."""
        return self._recipients[self._recipients_end[mail] : self._recipients_end[mail + 1]]

    def references(self, mail: int) -> array[int]:
        """Hashes of the mails that it follows, the nearest last."""
        return self._references[self._references_end[mail] : self._references_end[mail + 1]]

    def personal(self) -> Iterator[int]:
        """The mails that people wrote."""
        return (mail for mail, kind in enumerate(self.kinds) if kind == PERSONAL)

    def content(self, mail: int, num_bytes: int) -> bytes:
        """A mail's bytes, at most so many."""
        return self._stores[self._store[mail]].read(self._spot(mail), num_bytes)

    def head(self, mail: int) -> bytes:
        """A mail's header."""
        return head_of(self._stores[self._store[mail]], self._spot(mail))

    def num_bytes(self, mail: int) -> int:
        """How long it is."""
        return self._num_bytes[mail]

    def place(self, mail: int) -> str:
        """Where a person finds it."""
        return self._stores[self._store[mail]].place(self._spot(mail))

    def line(self, mail: int) -> int:
        """Its line in an mbox; where the mailbox is several files, its number from 1."""
        return mail + 1 if self._is_numbered else self._line[mail]

    def _spot(self, mail: int) -> Spot:
        return Spot(self._offset[mail], self._num_bytes[mail], self._line[mail])

    def _add(self, store: int, spot: Spot, envelope: Envelope) -> None:
        key, is_reply = subject_key(envelope.subject)
        mail = len(self.kinds)
        self.kinds.append(DUPLICATE if self._is_known(envelope, key) else envelope.kind)
        if envelope.message_id:
            self.by_id.setdefault(hash64(envelope.message_id), mail)
        self._store.append(store)
        for column, value in zip((self._offset, self._num_bytes, self._line), spot, strict=True):
            column.append(value)
        self.sender.append(self._number(envelope.sender, envelope.sender_name))
        self.time.append(NO_TIME if envelope.time is None else envelope.time)
        self.subject.append(hash64(key) if key else 0)
        self.is_reply.append(is_reply)
        to = [self._number(address) for address in envelope.recipients[:_KEPT_RECIPIENTS]]
        self._recipients.extend(to)
        self._recipients_end.append(len(self._recipients))
        self._references.extend(hash64(name) for name in envelope.references)
        self._references_end.append(len(self._references))

    def _is_known(self, envelope: Envelope, key: str) -> bool:
        """Whether it was there: by its Message-ID, or its second where it has none, and what it is about.

        Some clients give one Message-ID to different mails, so the sender and the subject count too.
        """
        who = f"{envelope.sender} {key}"
        if not envelope.message_id and envelope.time is None:
            return False
        mark = hash64(f"{envelope.message_id or envelope.time} {who}")
        is_known = mark in self._seen
        self._seen.add(mark)
        return is_known

    def _number(self, address: str, name: str = "") -> int:
        number = self._number_of.setdefault(address, len(self.addresses))
        if number == len(self.addresses):
            self.addresses.append(address)
        if name and number not in self.names:
            self.names[number] = name
        return number


def hash64(text: str) -> int:
    """A signed 64-bit name of a text."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def domain_of(address: str) -> str:
    """What stands behind the `@`."""
    return address.rpartition("@")[2]
