"""Archives of strangers: nothing leads outside, nothing unpacks to more than it says."""

from __future__ import annotations

import io
import zipfile

import pytest
from exports import zipped

from sartor.core.errors import DataError
from sartor.data import archive as archives
from sartor.data.archive import open_archive


def _opened(path, content: bytes):
    path.write_bytes(content)
    return open_archive(path, path.name)


def _read(archive, name: str) -> bytes:
    (member,) = [one for one in archive.members() if one.name == name]
    with archive.open(member) as stream:
        return b"".join(iter(stream.read, b""))


def test_an_archive_and_its_folder_hold_the_same(tmp_path):
    files = {"b/2.json": "two", "a.json": "one", "__MACOSX/b/._2.json": "x", "b/.DS_Store": "x"}
    packed = _opened(tmp_path / "x.zip", zipped(files))
    for name, content in files.items():
        (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "x" / name).write_text(content)
    folder = open_archive(tmp_path / "x", "x")
    assert packed.members() == folder.members()
    assert [member.name for member in packed.members()] == ["a.json", "b/2.json"]
    assert _read(packed, "b/2.json") == _read(folder, "b/2.json") == b"two"
    packed.close()


def _entry(name: str, content: bytes = b"x", **changes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        info.compress_type = zipfile.ZIP_DEFLATED
        for key, value in changes.items():
            setattr(info, key, value)
        archive.writestr(info, content)
    return buffer.getvalue()


def _encrypted() -> bytes:
    content = bytearray(_entry("a.json"))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def _twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.json", "1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.json", "2")
    return buffer.getvalue()


def _said_size(num_bytes: int) -> bytes:
    """An archive that says of its one file that it has so many bytes."""
    content = bytearray(_entry("a.json", b"x" * 100))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = num_bytes.to_bytes(4, "little")
    return bytes(content)


HOSTILE = {
    "climbing": (lambda: _entry("../../etc/passwd"), "outside"),
    "absolute": (lambda: _entry("/etc/passwd"), "outside"),
    "windows": (lambda: _entry("C:/x.json"), "outside"),
    "backslash": (lambda: _entry("..\\x.json"), "outside"),
    "link": (lambda: _entry("a.json", b"/etc/passwd", external_attr=0o120777 << 16), "link"),
    "encrypted": (_encrypted, "encrypted"),
    "lzma": (lambda: _entry("a.json", compress_type=zipfile.ZIP_LZMA), "packed in a way"),
    "bzip2": (lambda: _entry("a.json", compress_type=zipfile.ZIP_BZIP2), "packed in a way"),
    "twice": (_twice, "two files of one name"),
    "cut": (lambda: zipped({"a.json": "x" * 1000})[:-30], "cannot be read"),
    "none": (lambda: b"PK\x03\x04 and then nothing", "cannot be read"),
    "empty": (lambda: b"", "cannot be read"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_as_a_whole(tmp_path, name):
    content, problem = HOSTILE[name]
    with pytest.raises(DataError, match=problem) as caught:
        _opened(tmp_path / "x.zip", content())
    assert caught.value.fix


def test_a_bomb_is_refused_by_what_it_says(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_DECOMPRESSED_BYTES", 1 << 20)
    with pytest.raises(DataError, match="unpacks to more than"):
        _opened(tmp_path / "x.zip", zipped({f"{at}.json": "0" * 300_000 for at in range(4)}))


def test_a_bomb_that_lies_about_its_size_never_unpacks_beyond_it(tmp_path):
    archive = _opened(tmp_path / "x.zip", _said_size(10))
    with pytest.raises(DataError, match=r"longer than|cannot be read"):
        _read(archive, "a.json")
    archive.close()


def test_more_entries_than_an_export_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 1_000)
    with pytest.raises(DataError, match="more than 1,000 files"):
        _opened(tmp_path / "x.zip", zipped({f"{at}/{at}.json": "" for at in range(1_001)}))


def test_a_table_of_contents_that_fills_the_memory_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_TABLE_BYTES", 70_000)
    with pytest.raises(DataError, match="table of contents is too long"):
        _opened(tmp_path / "x.zip", zipped({f"{'n' * 100}{at}.json": "" for at in range(1_000)}))


def test_thousands_of_nested_folders_are_read(tmp_path):
    archive = _opened(
        tmp_path / "x.zip", zipped({f"{'a/' * 2_000}{at}.json": "[]" for at in range(20)})
    )
    assert len(archive.members()) == 20
    archive.close()


def test_a_damaged_member_is_an_error_when_it_is_read(tmp_path):
    content = bytearray(zipped({"a.json": bytes(range(256)) * 40}))
    content[60] ^= 0xFF
    archive = _opened(tmp_path / "x.zip", bytes(content))
    with pytest.raises(DataError, match=r"x\.zip/a\.json"):
        _read(archive, "a.json")
    archive.close()


def test_a_link_in_a_folder_is_refused(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.json").symlink_to("/etc/hostname")
    with pytest.raises(DataError, match="is a link"):
        open_archive(tmp_path / "x", "x")
