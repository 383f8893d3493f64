"""Files made to break a decoder: each ends soon, with a result or an error of the contract."""

import random
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.media.decoding import Decode
from tests.media.test_sniff import KNOWN

from reseen.domain.errors import MediaEmpty, MediaUnreadable, ReseenError, UnsupportedMedia
from reseen.domain.media import Medium
from reseen.media.worker.messages import ERRORS
from reseen.ports import Limits
from reseen.testing.films import Film

FILMS = {
    "a.mp4": Film(seconds=2, flash=(0.5, 1.0), muxing={"movflags": "faststart"}),
    "a.webm": Film(seconds=2, picture="libvpx", sound="libopus", rate=48000),
    "a.ts": Film(seconds=2, picture="mpeg2video", sound="mp2"),
    "a.avi": Film(seconds=2, picture="mpeg4", sound="libmp3lame"),
    "a.mp3": Film(seconds=2, picture=None, sound="libmp3lame"),
    "a.ogg": Film(seconds=2, picture=None, sound="libopus", rate=48000),
    "a.flac": Film(seconds=2, picture=None, sound="flac"),
    "a.wav": Film(seconds=2, picture=None, sound="pcm_s16le"),
}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("films")
    return {name: film.write(folder / name).read_bytes() for name, film in FILMS.items()}


def settle(decode: Decode, data: bytes) -> None:
    """Decode to any end that the contract knows, within ten seconds."""
    started = time.monotonic()
    with suppress(*ERRORS.values()):
        decode(data, limits=Limits(duration=60))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("name", FILMS)
def test_a_file_cut_anywhere_settles(decode: Decode, films: dict[str, bytes], name: str) -> None:
    data = films[name]
    for part in (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.99, 0.999):
        settle(decode, data[: max(8, int(part * len(data)))])


@pytest.mark.parametrize("name", FILMS)
def test_a_file_with_flipped_bytes_settles(
    decode: Decode, films: dict[str, bytes], name: str
) -> None:
    rng = random.Random(name)
    for _ in range(8):
        data = bytearray(films[name])
        for _ in range(20):
            data[rng.randrange(len(data))] = rng.randrange(256)
        for _ in range(3):
            data[rng.randrange(min(800, len(data)))] = rng.randrange(256)
        settle(decode, bytes(data))


@pytest.mark.parametrize("name", KNOWN)
def test_noise_behind_a_valid_beginning_settles(decode: Decode, name: str) -> None:
    rng = random.Random(name)
    settle(decode, KNOWN[name] + rng.randbytes(20_000))
    settle(decode, KNOWN[name][:24] + rng.randbytes(3_000))


def test_a_name_means_nothing(decode: Decode, films: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(films["a.mp4"])
    assert decode(path).header.medium is Medium.VIDEO
    path = tmp_path / "film.mp4"
    path.write_bytes(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hosts\n")
    with pytest.raises(UnsupportedMedia):
        decode(path)


def boxes(data: bytes, rewrite: Callable[[bytes, bytes], bytes | None]) -> bytes:
    """Rewrite boxes of an MP4 file; containers are walked, their sizes corrected."""
    out, at = b"", 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + size]
        replaced = rewrite(kind, content)
        if replaced is not None:
            content = replaced
        elif kind in {b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts"}:
            content = boxes(content, rewrite)
        out += struct.pack(">I4s", 8 + len(content), kind) + content
        at += size
    return out


def test_a_movie_that_points_at_another_file_does_not_reach_it(
    decode: Decode, tmp_path: Path
) -> None:
    other = Film(seconds=1, sound=None).write(tmp_path / "secret.mp4")
    location = str(other).encode()
    alias = (
        bytes(10) + b"\x01/" + bytes(26) + bytes(12) + b"\x01s" + bytes(62) + bytes(16)
        + struct.pack(">HH", 0, 0) + bytes(16)
        + struct.pack(">HH", 2, len(location)) + location + struct.pack(">HH", 0xFFFF, 0)
    )  # fmt: skip
    entry = struct.pack(">I4sI", 12 + len(alias), b"alis", 0) + alias

    def point_elsewhere(kind: bytes, _content: bytes) -> bytes | None:
        return struct.pack(">II", 0, 1) + entry if kind == b"dref" else None

    movie = Film(seconds=1, sound=None).write(tmp_path / "a.mp4").read_bytes()
    with pytest.raises((MediaUnreadable, MediaEmpty)):
        decode(boxes(movie, point_elsewhere))
    assert decode(boxes(movie, lambda _kind, _content: None)).frames


def test_a_movie_of_a_million_boxes_in_boxes_settles(decode: Decode) -> None:
    deep = b""
    for _ in range(5_000):
        deep = struct.pack(">I4s", 8 + len(deep), b"moov") + deep
    settle(decode, KNOWN["mp4"][:20] + deep)


def test_a_film_that_changes_its_size_is_scaled_throughout(decode: Decode, tmp_path: Path) -> None:
    small = Film(seconds=1, sound=None, picture="mpeg2video", size=(64, 48))
    large = Film(seconds=1, sound=None, picture="mpeg2video", size=(128, 96))
    data = small.write(tmp_path / "a.ts").read_bytes()
    data += large.write(tmp_path / "b.ts").read_bytes()
    with suppress(ReseenError):
        sizes = {frame.pixels.shape for frame in decode(data, max_side=32).frames}
        assert sizes <= {(24, 32, 3)}
