"""How fast, and how large: ratios within one run, so that they mean something on any machine.

Times are processor seconds of this process and all it started, on one core's worth of threads:
"x real time per core" is seconds of media over processor seconds. On an idle machine that is the
wall clock; on a busy one the wall clock measures the neighbours. The wall clock is kept beside it.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import median

import av
import cv2
import numpy as np

from benchmarks import processes, synthetic
from benchmarks.attacks import Pixels
from benchmarks.datasets import Item
from benchmarks.peers import vpdq, vpdq_name
from benchmarks.rows import Stamp
from benchmarks.run_sound import open_sound, write_sound
from benchmarks.subject import Subject

SIZE = (1280, 720)
FRAMES_PER_S = 30
CLIP = 60.0
REPEATS = 3
VPDQ_SAMPLING = {"2 frames a second": 0.5, "every frame": 0.0}
"""Beside vPDQ's default of one frame a second: as many samples as reseen's, and what its own
benchmark (``vpdq/benchmark``) takes. Timed once, every frame takes half a minute.
"""
AT_REST = 5.0
"""Seconds after the server answers at which its memory is read."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One measured thing. ``media_seconds`` is 0 where none is played."""

    name: str
    cpu_seconds: float
    wall_seconds: float
    media_seconds: float
    runs: int
    stamp: Stamp
    bytes: int = 0

    @property
    def times_real(self) -> float:
        return self.media_seconds / self.cpu_seconds if self.cpu_seconds else 0.0


def run(
    subject: Subject,
    pairs: Sequence[tuple[Path, Path]],
    videos: Sequence[Item],
    tracks: Sequence[Item],
    folder: Path,
    stamp: Stamp,
) -> list[Timing]:
    """All timings. ``pairs`` are pictures (upload, reference)."""
    folder.mkdir(parents=True, exist_ok=True)
    clip, song = folder / "clip-720p.mp4", folder / "song.wav"
    if not clip.exists():
        write_clip(clip, [item.path for item in videos])
    write_sound(song, _song(tracks, 180.0), 44_100)
    subject.query(clip)

    def match_pictures() -> None:
        for here, there in pairs:
            subject.forget()
            subject.compare(subject.query(here), subject.reference(there))

    def perceive(path: Path) -> Callable[[], object]:
        def again() -> object:
            subject.forget()
            return subject.reference(path)

        return again

    match_pictures()
    timings = [timed("picture pair", match_pictures, stamp, count=len(pairs))]
    for _ in range(REPEATS):
        timings.append(timed("video", perceive(clip), stamp, media=CLIP))
        timings.append(timed(vpdq_name(), lambda: vpdq(clip), stamp, media=CLIP))
    for sampling, every in VPDQ_SAMPLING.items():
        name = f"{vpdq_name()}, {sampling}"
        timings.append(timed(name, partial(vpdq, clip, every), stamp, media=CLIP))
    timings += [timed("sound", perceive(song), stamp, media=180.0) for _ in range(REPEATS)]
    merged = [_middle([t for t in timings if t.name == name]) for name in _names(timings)]
    return [*merged, *server_at_rest(stamp)]


def timed(
    name: str, work: Callable[[], object], stamp: Stamp, *, media: float = 0.0, count: int = 1
) -> Timing:
    """Processor and wall seconds of one call, divided by how many things it did."""
    cpu, wall = processes.cpu_seconds(), time.perf_counter()
    work()
    return Timing(
        name=name,
        cpu_seconds=(processes.cpu_seconds() - cpu) / count,
        wall_seconds=(time.perf_counter() - wall) / count,
        media_seconds=media,
        runs=count,
        stamp=stamp,
    )


def server_at_rest(stamp: Stamp) -> list[Timing]:
    """Resident bytes of a fresh server and all its processes, once it answers and has settled."""
    with tempfile.TemporaryDirectory() as home, _server(Path(home)) as server:
        time.sleep(AT_REST)
        resident = processes.resident_bytes(server.pid)
    return [Timing("server at rest", 0.0, 0.0, 0.0, 1, stamp, bytes=resident)]


@contextmanager
def _server(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "RESEEN_HOME": str(home), "RESEEN_PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "-m", "reseen", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _wait_for(port, server)
            yield server
        finally:
            server.terminate()


def _wait_for(port: int, server: subprocess.Popen[bytes], patience: float = 60.0) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end and server.poll() is None:
        with closing(socket.socket()) as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError("the server did not come up")


def write_clip(path: Path, videos: Sequence[Path]) -> None:
    """A minute of 720p H.264 with sound, by the encoders' defaults, from real frames where given.

    The encoder's threads do not matter: only decoding is timed.
    """
    part = path.with_suffix(".part.mp4")
    sound = synthetic.music(np.random.default_rng(0), CLIP, 44_100)
    with av.open(part, "w") as out:
        video = out.add_stream("libx264", rate=FRAMES_PER_S)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        audio = out.add_stream("aac", rate=44_100)
        audio.layout = "mono"
        for i, pixels in enumerate(_frames(videos)):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, FRAMES_PER_S)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        synthetic.encode(out, audio, sound, 44_100)
    part.replace(path)


def _frames(videos: Sequence[Path]) -> Iterator[Pixels]:
    wanted = round(CLIP * FRAMES_PER_S)
    if not videos:
        rng = np.random.default_rng(1)
        yield from synthetic.frames(rng, CLIP, SIZE, FRAMES_PER_S)
        return
    given = 0
    while given < wanted:
        for path in videos:
            with av.open(path) as file:
                for frame in file.decode(video=0):
                    if given == wanted:
                        return
                    pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                    yield np.asarray(cv2.resize(pixels, SIZE), np.uint8)
                    given += 1


def _song(tracks: Sequence[Item], seconds: float) -> synthetic.Samples:
    wanted = int(seconds * 44_100)
    parts = [open_sound(item.path, 44_100) for item in tracks]
    if not sum(map(len, parts)):
        parts = [synthetic.music(np.random.default_rng(2), seconds, 44_100)]
    joined = np.concatenate(parts)
    return np.asarray(np.resize(joined, wanted), np.float32)


def _names(timings: Sequence[Timing]) -> list[str]:
    return list(dict.fromkeys(t.name for t in timings))


def _middle(timings: Sequence[Timing]) -> Timing:
    """The run with the median processor time."""
    cpu = median(t.cpu_seconds for t in timings)
    chosen = min(timings, key=lambda t: abs(t.cpu_seconds - cpu))
    return Timing(**{**asdict(chosen), "stamp": chosen.stamp, "runs": sum(t.runs for t in timings)})


def write(path: Path, timings: Sequence[Timing]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(asdict(t)) + "\n" for t in timings)
    path.write_text(lines, encoding="utf-8")


def read(path: Path) -> list[Timing]:
    if not path.exists():
        return []
    fields = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Timing(**{**f, "stamp": Stamp(**f["stamp"])}) for f in fields]
