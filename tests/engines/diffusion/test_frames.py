"""Pictures in shared memory. Another process's view of it is tested with the host."""

from __future__ import annotations

import shutil
import threading
from collections import namedtuple
from contextlib import closing
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest

from desktop_app.core.errors import OutOfMemory
from desktop_app.core.extent import Extent
from desktop_app.core.photo import RgbImage
from desktop_app.engines.diffusion import frames as frames_module
from desktop_app.engines.diffusion.frames import LARGEST_PREVIEW_PX, PREVIEW_SLOTS, Frames, Slots


def noise(extent: Extent, seed: int = 0) -> RgbImage:
    shape = (extent.height, extent.width, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("extent", [Extent(8, 8), Extent(64, 48), Extent(1024, 640)])
def test_picture_and_previews_do_not_touch_each_other(extent: Extent) -> None:
    side = min(LARGEST_PREVIEW_PX, extent.long_side)
    small = extent.with_long_side(side)
    picture, previews = noise(extent), [noise(small, 1 + slot) for slot in range(PREVIEW_SLOTS)]
    with closing(Frames.create(extent)) as frames:
        for slot, preview in enumerate(previews):
            frames.put_preview(slot, preview)
        frames.put_picture(picture)
        assert np.array_equal(frames.picture(extent), picture)
        for slot, preview in enumerate(previews):
            assert np.array_equal(frames.preview(slot, small), preview)


def test_what_is_read_is_a_copy() -> None:
    extent = Extent(16, 8)
    with closing(Frames.create(extent)) as frames:
        frames.put_picture(noise(extent))
        frames.put_preview(0, noise(extent, 1))
        picture, preview = frames.picture(extent), frames.preview(0, extent)
        frames.put_picture(np.zeros((8, 16, 3), np.uint8))
        frames.put_preview(0, np.zeros((8, 16, 3), np.uint8))
    assert np.array_equal(picture, noise(extent))
    assert np.array_equal(preview, noise(extent, 1))
    assert picture.flags.owndata
    assert preview.flags.owndata


def test_a_smaller_picture_can_come_back() -> None:
    small = noise(Extent(20, 10))
    with closing(Frames.create(Extent(64, 64))) as frames:
        frames.put_picture(small)
        assert np.array_equal(frames.picture(Extent(20, 10)), small)


def test_what_is_too_large_is_refused_and_overwrites_nothing() -> None:
    extent = Extent(16, 16)
    with closing(Frames.create(extent)) as frames:
        frames.put_preview(0, noise(extent, 1))
        with pytest.raises(TypeError, match="too small"):
            frames.put_preview(PREVIEW_SLOTS, noise(extent))
        assert np.array_equal(frames.preview(0, extent), noise(extent, 1))


def test_who_attaches_sees_the_same_memory_and_it_is_given_back() -> None:
    extent = Extent(16, 8)
    frames = Frames.create(extent)
    with closing(Frames.attach(frames.place)) as other:
        other.put_picture(noise(extent))
    assert np.array_equal(frames.picture(extent), noise(extent))
    name = frames.place.name
    frames.close()
    with pytest.raises(FileNotFoundError):
        SharedMemory(name)


def test_no_room_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage(100, 100, 0))
        if frames_module._LINUX_PLACE.is_dir():
            with pytest.raises(OutOfMemory, match="shared memory"):
                Frames.create(Extent(64, 64))

    def fail(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(frames_module, "SharedMemory", fail)
    with pytest.raises(OutOfMemory, match=r"\(No space left on device\); use a smaller"):
        Frames.create(Extent(64, 64))


def test_each_place_is_taken_once_until_it_is_given_back() -> None:
    slots = Slots()
    taken = [slots.take() for _ in range(PREVIEW_SLOTS)]
    assert sorted(slot for slot in taken if slot is not None) == list(range(PREVIEW_SLOTS))
    assert slots.take() is None
    slots.give_back(1)
    slots.give_back(1)  # what is given back twice is not two places
    assert slots.take() == 1
    assert slots.take() is None


def test_no_two_threads_get_the_same_place() -> None:
    slots, held = Slots(), [0] * PREVIEW_SLOTS
    errors: list[int] = []

    def use() -> None:
        for _ in range(2_000):
            slot = slots.take()
            if slot is None:
                continue
            held[slot] += 1
            if held[slot] != 1:
                errors.append(slot)
            held[slot] -= 1
            slots.give_back(slot)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
