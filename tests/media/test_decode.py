"""The decoder that the server uses: its contract, and what becomes of its processes."""

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from reseen.domain.errors import MediaUnreadable
from reseen.domain.media import Frame
from reseen.media.decode import IsolatedDecoder
from reseen.ports import Footer, Header, Limits, Sampling
from reseen.testing.decoder_contract import DecoderContract
from reseen.testing.films import Film
from reseen.testing.pictures import scene

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
FAST = Sampling(frames_per_s=25.0, max_side=512)


class TestIsolatedDecoder(DecoderContract):
    pass


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than a pipe holds when all its frames are asked for: its child cannot finish alone."""
    path = tmp_path_factory.mktemp("film") / "a.mp4"
    return Film(seconds=2, flash=(1.0, 1.2), size=(512, 384)).write(path)


@pytest.fixture
def own() -> Iterator[IsolatedDecoder]:
    """A decoder whose processes may be harmed."""
    decoder = IsolatedDecoder()
    yield decoder
    decoder.close()


@pytest.fixture
def impatient(film: Path) -> Iterator[IsolatedDecoder]:
    """A decoder, started, that waits for a second and for as long as a film may be."""
    decoder = IsolatedDecoder(patience=1.0)

    def is_started() -> bool:
        try:
            return bool(list(decoder.decode(film, Sampling(), Limits(duration=2.5))))
        except MediaUnreadable:
            return False

    assert until(is_started, seconds=60)
    yield decoder
    decoder.close()


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def only_child(pid: int) -> int:
    """The one child that works; those that are done may take a moment to leave."""
    assert until(lambda: len(children(pid)) == 1)
    [child] = children(pid)
    return child


def open_files(pid: int | str) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def until(truth: Callable[[], object], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not truth():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def is_gone(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


@linux
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_a_child_that_dies_costs_one_clear_error(
    own: IsolatedDecoder, film: Path, how: signal.Signals
) -> None:
    events = own.decode(film, FAST, Limits())
    assert isinstance(next(events), Header)
    child = only_child(own.helper_pid())
    os.kill(child, how)
    with pytest.raises(MediaUnreadable, match=how.name):
        list(events)
    assert isinstance(list(own.decode(film, Sampling(), Limits()))[-1], Footer)


@linux
def test_a_child_that_hangs_is_stopped(impatient: IsolatedDecoder, film: Path) -> None:
    events = impatient.decode(film, FAST, Limits(duration=3600.0))
    next(events)
    child = only_child(impatient.helper_pid())
    os.kill(child, signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(MediaUnreadable, match="longer than it may"):
        list(events)
    assert time.monotonic() - started < 15
    assert until(lambda: is_gone(child))


def test_a_slow_consumer_is_not_a_hanging_child(impatient: IsolatedDecoder, film: Path) -> None:
    for _event in impatient.decode(film, Sampling(frames_per_s=8.0), Limits(duration=2.5)):
        time.sleep(0.3)


@linux
def test_a_helper_that_dies_costs_its_files_only(own: IsolatedDecoder, film: Path) -> None:
    events = own.decode(film, FAST, Limits())
    next(events)
    helper = own.helper_pid()
    child = only_child(helper)
    os.kill(helper, signal.SIGKILL)
    with pytest.raises(MediaUnreadable):
        list(events)
    assert until(lambda: is_gone(child))
    assert isinstance(list(own.decode(film, Sampling(), Limits()))[-1], Footer)
    assert own.helper_pid() != helper


@linux
def test_closing_the_iterator_ends_its_child(own: IsolatedDecoder, film: Path) -> None:
    events = own.decode(film, FAST, Limits())
    next(events)
    child = only_child(own.helper_pid())
    events.close()  # type: ignore[attr-defined]  # generators close
    assert until(lambda: is_gone(child))
    assert until(lambda: not children(own.helper_pid()))


@linux
def test_nothing_is_left_open_or_running(film: Path, tmp_path: Path) -> None:
    before = open_files("self")
    decoder = IsolatedDecoder()
    picture = tmp_path / "a.png"
    Image.fromarray(scene(1, 64, 48)).save(picture)
    list(decoder.decode(picture, Sampling(), Limits()))
    half_read = decoder.decode(film, FAST, Limits())
    next(half_read)
    helper = decoder.helper_pid()
    child = only_child(helper)
    assert open_files(child) == 3
    decoder.close()
    assert until(lambda: is_gone(helper) and is_gone(child))
    with pytest.raises(MediaUnreadable):
        list(half_read)
    assert open_files("self") == before
    with pytest.raises(MediaUnreadable, match="closed"):
        list(decoder.decode(picture, Sampling(), Limits()))


@linux
def test_when_the_server_is_killed_helper_and_children_leave(film: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from reseen.domain.media import Frame
from reseen.media.decode import IsolatedDecoder
from reseen.ports import Limits, Sampling
decoder = IsolatedDecoder()
events = decoder.decode(Path({str(film)!r}), Sampling(25.0, 512), Limits())
next(events)
print(decoder.helper_pid(), flush=True)
time.sleep(60)
"""
    paths = os.pathsep.join(filter(None, sys.path))
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": paths},
    ) as server:
        assert server.stdout is not None
        helper = int(server.stdout.readline())
        child = only_child(helper)
        server.kill()
        assert until(lambda: is_gone(helper) and is_gone(child))


@linux
def test_the_helper_and_its_children_know_no_secrets(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESEEN_SECRET", "only for the server")
    decoder = IsolatedDecoder()
    events = decoder.decode(film, FAST, Limits())
    next(events)
    for pid in (decoder.helper_pid(), *children(decoder.helper_pid())):
        assert b"RESEEN_SECRET" not in Path(f"/proc/{pid}/environ").read_bytes()
    decoder.close()


@linux
def test_a_child_runs_with_all_walls_up(own: IsolatedDecoder, film: Path) -> None:
    events = own.decode(film, FAST, Limits())
    next(events)
    child = only_child(own.helper_pid())
    status = Path(f"/proc/{child}/status").read_text()
    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status
    assert "Threads:\t1" in status
    limits = Path(f"/proc/{child}/limits").read_text()
    assert "Max address space         3221225472" in limits
    assert "Max file size             0" in limits


def test_many_threads_decode_at_once(own: IsolatedDecoder, film: Path, tmp_path: Path) -> None:
    pictures = []
    for seed in range(8):
        path = tmp_path / f"{seed}.png"
        Image.fromarray(scene(seed, 120, 80)).save(path)
        pictures.append((path, scene(seed, 120, 80)))

    def one(number: int) -> bool:
        if number % 4 == 0:
            return isinstance(list(own.decode(film, Sampling(), Limits()))[-1], Footer)
        path, pixels = pictures[number % 8]
        _header, frame, _footer = own.decode(path, Sampling(), Limits())
        assert isinstance(frame, Frame)
        return bool((frame.pixels == pixels).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(32)))


def test_closing_while_others_decode_ends_them_all(film: Path) -> None:
    decoder = IsolatedDecoder()
    ready, outcomes = threading.Barrier(4), []

    def one() -> None:
        events = decoder.decode(film, FAST, Limits())
        next(events)
        ready.wait()
        time.sleep(0.2)
        try:
            list(events)
        except MediaUnreadable:
            outcomes.append("ended")

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    ready.wait()
    decoder.close()
    for thread in threads:
        thread.join(10)
    assert outcomes == ["ended"] * 3


def test_a_picture_that_needs_too_much_memory_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    Image.new("1", (8, 8)).save(path)
    data = bytearray(path.read_bytes())
    struct.pack_into("<ii", data, 18, 60_000, 60_000)
    path.write_bytes(data + bytes(60_000 * 60_000 // 8 // 100))
    decoder = IsolatedDecoder(memory=512 << 20)
    with pytest.raises(MediaUnreadable, match="memory"):
        list(decoder.decode(path, Sampling(), Limits(pixels=4_000_000_000)))
    decoder.close()
