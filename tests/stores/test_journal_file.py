import errno
import io
from pathlib import Path

import pytest

from callcenter.stores import journal_file
from callcenter.stores.journal import JournalCorruptError, Line
from callcenter.stores.journal_file import GapFile, GapFullError, Item, SavedState
from tests.helpers import run_async


def lines(first: int, count: int) -> list[Line]:
    event = b'["AgentReady",{"agent":"\xe2\x80\xa8"}]'
    return [Line(n, n - 1, 1_000 + n, event, (b'["RecordContact",{}]', b"1")) for n in range(first, first + count)]


STATE = SavedState(3, b'{"now_ms":3}')


def opened(path: Path, max_bytes: int = 1 << 20) -> GapFile:
    file = GapFile(path / "gap.jsonl", max_bytes)
    file.open("a journal")
    return file


def all_of(file: GapFile) -> list[Item]:
    reader, items = file.reader(), list[Item]()
    while more := reader.take(2):
        items += more
    return items


def test_entries_and_states_come_back_as_they_were(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.add(lines(2, 2), STATE)
    file.add(lines(4, 3))
    file.close()
    again = GapFile(file.path)
    assert again.exists
    again.look()
    assert all_of(again) == [*lines(2, 2), STATE, *lines(4, 3)]
    assert (again.last, again.entries, again.journal, again.brought) == (6, 5, "a journal", False)
    assert file.path.stat().st_mode & 0o077 == 0


def test_reader_finds_what_is_added_meanwhile(tmp_path: Path) -> None:
    file = opened(tmp_path)
    reader = file.reader()
    assert reader.take(5) == []
    file.add(lines(1, 2))
    assert reader.take(5) == lines(1, 2)
    assert reader.take(5) == []
    file.add(lines(3, 1))
    assert reader.take(5) == lines(3, 1)


def test_what_an_earlier_run_has_left_is_gone_on_with(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.add(lines(1, 1))
    file.close()
    with file.path.open("ab") as other:
        other.write(b'["entry",2,1,5,["AgentRea')  # the machine stopped in the middle of a line
    again = GapFile(file.path)
    again.open("another name, which does not count")
    again.add(lines(2, 1))
    assert all_of(again) == lines(1, 2)
    assert again.journal == "a journal"


def test_mark_that_redis_has_it_counts_until_more_comes(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.add(lines(1, 1))
    file.mark_brought()
    again = GapFile(file.path)
    again.look()
    marks = [again.brought]
    again.open(None)
    again.add(lines(2, 1))
    marks.append(again.brought)
    assert marks == [True, False]
    assert all_of(again) == lines(1, 2)


def test_damage_in_the_middle_is_an_error_with_its_place(tmp_path: Path) -> None:
    file = opened(tmp_path)
    size = file.size
    file.add(lines(1, 3))
    content = file.path.read_bytes()
    file.path.write_bytes(content[:size] + b"\0" * 10 + content[size + 10 :])
    with pytest.raises(JournalCorruptError, match=f"damaged at byte {size}: move it away"):
        GapFile(file.path).look()


def test_full_file_takes_all_of_a_batch_or_nothing(tmp_path: Path) -> None:
    file = opened(tmp_path, 1_000)
    taken = 0

    def fill() -> None:
        nonlocal taken
        while True:
            file.add(lines(taken + 1, 2))
            taken += 2

    with pytest.raises(GapFullError, match="bound of 1000 bytes"):
        fill()
    assert 0 < file.path.stat().st_size <= 1_000
    assert all_of(file) == lines(1, taken)
    file.mark_brought()


@run_async
async def test_what_a_full_disk_refuses_is_held_in_its_place_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "_PIECE_BYTES", 1)
    file = opened(tmp_path)
    file.add(lines(1, 1))
    disk = _FullDisk(file.path)
    monkeypatch.setattr(file, "_file", disk)
    reader = file.reader()
    for n in range(2, 5):
        file.add(lines(n, 1))
    with pytest.raises(OSError, match="No space"):
        await file.sync()
    with pytest.raises(OSError, match="No space"):
        file.mark_brought()
    assert file.held > 0
    assert reader.take(2) + reader.take(5) == lines(1, 4)
    assert on_disk(file) == lines(1, 1), "a line that was cut short would take the next one with it"
    disk.room = 100
    with pytest.raises(OSError, match="No space"):
        await file.sync()
    assert on_disk(file) == lines(1, 2), "what there is room for is written"
    assert all_of(file)[:4] == lines(1, 4)
    disk.room = 10_000
    await file.sync()
    assert (file.held, file.refused) == (0, None)
    file.add(lines(5, 1))
    assert on_disk(file) == all_of(file) == lines(1, 5)


@run_async
async def test_file_that_cannot_be_made_is_held_whole(tmp_path: Path) -> None:
    file = GapFile(tmp_path / "not_there_yet" / "gap.jsonl")
    file.open("a journal")
    file.add(lines(1, 2), STATE)
    assert file.exists
    assert isinstance(file.refused, FileNotFoundError)
    assert all_of(file) == [*lines(1, 2), STATE]
    file.path.parent.mkdir()
    await file.sync()
    assert on_disk(file) == [*lines(1, 2), STATE]


def test_memory_for_a_full_disk_has_a_bound_and_takes_all_of_a_batch_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = GapFile(tmp_path / "gap.jsonl", max_held_bytes=1_000)
    file.open("a journal")
    monkeypatch.setattr(file, "_file", _FullDisk(file.path))
    taken = 0

    def fill() -> None:
        nonlocal taken
        while True:
            file.add(lines(taken + 1, 2))
            taken += 2

    with pytest.raises(GapFullError, match=r"1000 bytes wait in memory: .*No space"):
        fill()
    assert 0 < file.held <= 1_000
    assert all_of(file) == lines(1, taken)


def on_disk(file: GapFile) -> list[Item]:
    """What a start would find."""
    again = GapFile(file.path)
    again.look()
    return all_of(again)


class _FullDisk(io.FileIO):
    def __init__(self, path: Path) -> None:
        super().__init__(path, "ab")
        self.room = 20

    def write(self, data: object, /) -> int:
        assert isinstance(data, bytes)
        super().write(data[: self.room])
        if self.room < len(data):
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= len(data)
        return len(data)


@run_async
async def test_file_can_be_removed_while_the_disk_is_waited_for(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.add(lines(1, 1))
    waiting = file.sync()
    file.remove()
    assert not file.exists
    await waiting
    file.open("anew")
    assert all_of(file) == []


def test_file_is_set_aside_for_a_person(tmp_path: Path) -> None:
    file = opened(tmp_path)
    file.add(lines(1, 1))
    aside = file.set_aside()
    assert not file.exists
    assert b"AgentReady" in aside.read_bytes()
