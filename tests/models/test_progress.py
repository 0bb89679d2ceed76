"""How far a download is."""

from __future__ import annotations

import pytest

from desktop_app.models.progress import DownloadProgress, Meter, size_words, time_words


class Room:
    """A meter, what it told, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.told: list[DownloadProgress] = []
        self.meter = Meter("tiny", self.told.append, lambda: self.now_s)

    def receive(self, count: int, seconds: float) -> None:
        """Let bytes come after some seconds."""
        self.now_s += seconds
        self.meter.received(count)


@pytest.fixture
def room() -> Room:
    room = Room()
    room.meter.start(1000)
    room.meter.begin_file("unet/a", 400)
    return room


def test_bytes_are_counted_of_the_file_and_of_all(room: Room) -> None:
    room.meter.found(100)
    room.receive(50, 1.0)
    room.meter.begin_file("unet/b", 600)
    room.receive(10, 1.0)
    assert room.told[-1] == DownloadProgress(
        model="tiny",
        file="unet/b",
        file_done_bytes=10,
        file_total_bytes=600,
        done_bytes=160,
        total_bytes=1000,
        bytes_per_s=room.told[-1].bytes_per_s,
        remaining_s=room.told[-1].remaining_s,
    )


def test_speed_and_time_left_follow_what_came(room: Room) -> None:
    assert (room.told[-1].bytes_per_s, room.told[-1].remaining_s) == (0.0, None)
    for _ in range(4):
        room.receive(10, 0.5)
    assert room.told[-1].bytes_per_s == pytest.approx(20)
    assert room.told[-1].remaining_s == pytest.approx(960 / 20)


def test_what_was_there_is_no_speed(room: Room) -> None:
    room.receive(10, 1.0)
    room.now_s += 1
    room.meter.found(300)
    room.receive(10, 1.0)
    assert room.told[-1].bytes_per_s == pytest.approx(10)


def test_speed_is_smoothed(room: Room) -> None:
    for _ in range(40):
        room.receive(1, 0.5)
    room.receive(100, 0.5)
    assert 2 < room.told[-1].bytes_per_s < 30


def test_bursts_are_averaged(room: Room) -> None:
    for _ in range(30):
        room.receive(1, 0.0001)
        room.receive(1, 0.0999)
    assert room.told[-1].bytes_per_s == pytest.approx(20, rel=0.1)


def test_silence_makes_it_slower(room: Room) -> None:
    room.receive(100, 1.0)
    quick = room.told[-1].bytes_per_s
    for _ in range(50):
        room.now_s += 0.1
        room.meter.waited()
    assert 0 < room.told[-1].bytes_per_s < quick / 2


def test_it_tells_ten_times_a_second(room: Room) -> None:
    room.told.clear()
    for _ in range(1000):
        room.receive(1, 0.001)
    assert 8 <= len(room.told) <= 11


def test_what_was_thrown_away_is_taken_back(room: Room) -> None:
    room.receive(100, 1.0)
    room.meter.found(-100)
    room.meter.tell("Wait.")
    last = room.told[-1]
    assert (last.file_done_bytes, last.done_bytes, last.remark) == (0, 0, "Wait.")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0.1 MB"),
        (340_000, "0.3 MB"),
        (12_400_000, "12 MB"),
        (999_000_000, "999 MB"),
        (5_070_000_000, "5.1 GB"),
    ],
)
def test_sizes_are_readable(count: int, words: str) -> None:
    assert size_words(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (89, "89 s"), (600, "10 min"), (9_000, "2.5 h")]
)
def test_times_are_told_in_words(seconds: float, words: str) -> None:
    assert time_words(seconds) == words
