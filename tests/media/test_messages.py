"""What a child says is checked before it is believed: it may have been taken over."""

import json
import math
import struct

import numpy as np
import pytest

from reseen.domain.errors import MediaTooLong, MediaUnreadable, ReseenError
from reseen.domain.media import Frame, Medium, Sound
from reseen.media.worker.messages import Reader, write
from reseen.ports import Decoded, Footer, Header, Limits, Sampling

SAMPLING, LIMITS = Sampling(max_side=64), Limits(pixels=10_000, duration=60.0)
VIDEO = Header(Medium.VIDEO, "mp4", 640, 480, 12.5, has_audio=True)
STILL = Header(Medium.IMAGE, "png", 8, 4, None, has_audio=False)


def spoken(*messages: Decoded | ReseenError | bytes) -> Reader:
    """A reader of these messages; reading past their end is an ``EOFError``."""
    data = bytearray()
    for message in messages:
        if isinstance(message, bytes):
            data += message
        else:
            write(message, data.extend)

    def fill(view: memoryview) -> None:
        if len(data) < len(view):
            raise EOFError
        view[:] = data[: len(view)]
        del data[: len(view)]

    return Reader(fill, SAMPLING, LIMITS)


def raw(kind: bytes, payload: bytes, length: int | None = None) -> bytes:
    return kind + struct.pack("<Q", len(payload) if length is None else length) + payload


def frame(seconds: float, height: int, width: int, pixels: int | None = None) -> bytes:
    body = bytes(3 * height * width if pixels is None else pixels)
    return raw(b"F", struct.pack("<dII", seconds, height, width) + body)


def sound(start: float, rate: int, samples: list[float]) -> bytes:
    return raw(b"S", struct.pack("<dI", start, rate) + np.array(samples, "<f4").tobytes())


def test_what_is_said_is_what_is_read() -> None:
    picture = Frame(1.5, np.arange(4 * 8 * 3, dtype=np.uint8).reshape(4, 8, 3))
    tone = Sound(0.25, 11025, np.linspace(-1, 1, 100, dtype=np.float32))
    reader = spoken(VIDEO, picture, tone, Footer(12.0, ("truncated after 12.0 s",)))
    assert reader.read() == VIDEO
    seen = reader.read()
    assert isinstance(seen, Frame)
    assert seen.time == 1.5
    assert np.array_equal(seen.pixels, picture.pixels)
    heard = reader.read()
    assert isinstance(heard, Sound)
    assert (heard.start, heard.rate) == (0.25, 11025)
    assert np.array_equal(heard.samples, tone.samples)
    assert reader.read() == Footer(12.0, ("truncated after 12.0 s",))


def test_errors_keep_their_kind_limit_and_sentence() -> None:
    with pytest.raises(MediaTooLong, match="too long") as caught:
        spoken(MediaTooLong("too long", limit=60, actual=61.5)).read()
    assert (caught.value.limit, caught.value.actual) == (60, 61.5)


@pytest.mark.parametrize(
    "lie",
    [
        frame(0.0, 48, 65),
        frame(0.0, 0, 10),
        frame(0.0, 4, 4, pixels=47),
        frame(0.0, 4, 4, pixels=1 << 20),
        frame(math.nan, 4, 4),
        frame(math.inf, 4, 4),
        frame(-1.0, 4, 4),
        frame(1e6, 4, 4),
        sound(0.0, 44100, [0.0]),
        sound(0.0, 11025, []),
        sound(0.0, 11025, [math.nan]),
        sound(math.nan, 11025, [0.0]),
        sound(0.0, 11025, [0.0] * 300_000),
        raw(b"H", b"{}"),
        raw(b"E", b"not json"),
        raw(b"E", b"[1, 2]"),
        raw(b"E", b"[" * 16_000),
        raw(b"E", json.dumps({"duration": "long", "remarks": []}).encode()),
        raw(b"E", json.dumps({"duration": 1, "remarks": [1]}).encode()),
        raw(b"E", b"", length=1 << 60),
        raw(b"F", struct.pack("<dII", 0.0, 2**31, 2**31), length=16 + 3 * 2**62),
        raw(b"X", json.dumps({"code": "not_found", "detail": ""}).encode()),
        raw(b"X", json.dumps({"code": ["a"], "detail": ""}).encode()),
        raw(b"?", b"{}"),
        raw(b"\0", b"\xff\xfe"),
    ],
)
def test_what_cannot_be_is_refused_without_taking_memory(lie: bytes) -> None:
    reader = spoken(VIDEO, lie)
    reader.read()
    with pytest.raises(MediaUnreadable, match="cannot be"):
        reader.read()


def test_a_still_over_the_limit_is_refused() -> None:
    reader = spoken(STILL, frame(math.nan, 101, 100))
    reader.read()
    with pytest.raises(MediaUnreadable):
        reader.read()


def test_time_does_not_run_backwards() -> None:
    reader = spoken(VIDEO, frame(2.0, 4, 4), frame(1.0, 4, 4))
    reader.read()
    reader.read()
    with pytest.raises(MediaUnreadable):
        reader.read()


def test_endless_frames_end() -> None:
    reader = spoken(VIDEO, *[frame(1.0, 1, 1)] * 200)
    reader.read()
    allowed = 16 + int(LIMITS.duration * SAMPLING.frames_per_s)
    for _ in range(allowed):
        reader.read()
    with pytest.raises(MediaUnreadable):
        reader.read()


def test_two_headers_are_refused() -> None:
    reader = spoken(VIDEO, STILL)
    reader.read()
    with pytest.raises(MediaUnreadable):
        reader.read()


def test_control_characters_do_not_reach_a_terminal() -> None:
    with pytest.raises(MediaUnreadable) as caught:
        spoken(MediaUnreadable("bell \x07 and \x1b[31m red")).read()
    assert caught.value.detail == "bell   and  [31m red"
