# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.Decoder`` must do: an adapter's test class inherits this, with ``decoder``."""

import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reseen.domain.errors import (
    MediaEmpty,
    MediaTooLarge,
    MediaTooLong,
    MediaUnreadable,
    UnsupportedMedia,
)
from reseen.domain.media import Frame, Medium, Sound
from reseen.ports import Decoded, Decoder, Footer, Header, Limits, Sampling
from reseen.testing.films import Film, flash_in_picture, flash_in_sound
from reseen.testing.pictures import scene


class DecoderContract:
    """The fixture ``decoder`` gives an open decoder and closes it."""

    def test_a_still_is_one_upright_picture_of_full_size(
        self, decoder: Decoder, tmp_path: Path
    ) -> None:
        pixels = scene(1, 300, 200)
        path = tmp_path / "a.png"
        Image.fromarray(pixels).save(path)
        header, frame, footer = decoder.decode(path, Sampling(max_side=64), Limits())
        assert header == Header(Medium.IMAGE, "png", 300, 200, None, has_audio=False)
        assert isinstance(frame, Frame)
        assert frame.time is None
        assert np.array_equal(frame.pixels, pixels)
        assert footer == Footer(None)

    def test_a_video_is_a_header_rising_frames_and_sound_and_a_footer(
        self, decoder: Decoder, tmp_path: Path
    ) -> None:
        path = Film(seconds=4).write(tmp_path / "a.mp4")
        events = list(decoder.decode(path, Sampling(frames_per_s=5, max_side=32), Limits()))
        header, *middle, footer = events
        assert isinstance(header, Header)
        assert (header.medium, header.format, header.has_audio) == (Medium.VIDEO, "mp4", True)
        assert (header.width, header.height) == (64, 48)
        assert header.duration == pytest.approx(4, abs=0.1)
        assert isinstance(footer, Footer)
        assert footer.duration == pytest.approx(4, abs=0.1)
        assert footer.remarks == ()
        frames, sounds = split(middle)
        times = [frame.time or 0.0 for frame in frames]
        assert times[0] == 0.0
        assert all(one < two for one, two in itertools.pairwise(times))
        assert 15 <= len(frames) <= 20
        assert {frame.pixels.shape for frame in frames} == {(24, 32, 3)}
        assert {sound.rate for sound in sounds} == {Sampling().sound_rate}
        assert sum(len(sound.samples) for sound in sounds) == pytest.approx(4 * 11025, abs=600)

    def test_picture_and_sound_share_a_clock(self, decoder: Decoder, tmp_path: Path) -> None:
        film = Film(seconds=4, flash=(2.0, 2.4))
        path = film.write(tmp_path / "a.mp4")
        frames, sounds = split(decoder.decode(path, Sampling(frames_per_s=25), Limits()))
        assert flash_in_picture(frames)[0] == pytest.approx(2.0, abs=0.09)
        assert flash_in_sound(sounds) == pytest.approx((2.0, 2.4), abs=0.02)

    def test_sound_alone_is_audio(self, decoder: Decoder, tmp_path: Path) -> None:
        path = Film(seconds=3, picture=None, sound="pcm_s16le").write(tmp_path / "a.wav")
        events = list(decoder.decode(path, Sampling(), Limits()))
        header = events[0]
        assert isinstance(header, Header)
        assert (header.medium, header.width, header.height) == (Medium.AUDIO, None, None)
        frames, sounds = split(events)
        assert frames == []
        assert flash_in_sound(sounds) == pytest.approx((2.0, 2.4), abs=0.01)

    def test_what_is_not_asked_for_is_not_decoded(self, decoder: Decoder, tmp_path: Path) -> None:
        path = Film(seconds=1, flash=(0.2, 0.4)).write(tmp_path / "a.mp4")
        frames, sounds = split(decoder.decode(path, Sampling(audio=False), Limits()))
        assert frames
        assert not sounds
        frames, sounds = split(decoder.decode(path, Sampling(visual=False), Limits()))
        assert not frames
        assert sounds

    def test_frames_at_gives_the_frames_shown_then(self, decoder: Decoder, tmp_path: Path) -> None:
        film = Film(seconds=8, flash=(6.0, 6.4), sound=None, options={"g": "40"})
        path = film.write(tmp_path / "a.mp4")
        times = [0.0, 1.5, 5.98, 6.01, 7.5]
        frames = decoder.frames_at(path, times, 32)
        shown = [0.0, 1.48, 5.96, 6.0, 7.48]
        assert [frame.time for frame in frames] == pytest.approx(shown, abs=0.021)
        assert [bool(np.median(frame.pixels) > 180) for frame in frames] == [
            False, False, False, True, False,
        ]  # fmt: skip
        assert frames[0].pixels.shape == (24, 32, 3)

    def test_frames_after_the_end_are_missing(self, decoder: Decoder, tmp_path: Path) -> None:
        path = Film(seconds=2, sound=None).write(tmp_path / "a.mp4")
        assert len(decoder.frames_at(path, [0.5, 50.0], 32)) == 1

    def test_a_still_is_shown_at_every_time(self, decoder: Decoder, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        Image.fromarray(scene(1, 300, 200)).save(path)
        frames = decoder.frames_at(path, [0.0, 5.0], 150)
        assert [frame.pixels.shape for frame in frames] == [(100, 150, 3)] * 2

    def test_a_picture_over_the_limit_names_limit_and_size(
        self, decoder: Decoder, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.png"
        Image.fromarray(scene(1, 300, 200)).save(path)
        with pytest.raises(MediaTooLarge) as caught:
            list(decoder.decode(path, Sampling(), Limits(pixels=59_999)))
        assert (caught.value.limit, caught.value.actual) == (59_999, 60_000)

    def test_media_over_the_limit_name_limit_and_length(
        self, decoder: Decoder, tmp_path: Path
    ) -> None:
        path = Film(seconds=6).write(tmp_path / "a.mp4")
        with pytest.raises(MediaTooLong) as caught:
            list(decoder.decode(path, Sampling(), Limits(duration=3)))
        assert caught.value.limit == 3
        assert (caught.value.actual or 0) > 3

    @pytest.mark.parametrize(
        ("data", "error"),
        [
            (b"", MediaEmpty),
            (b"just some words", UnsupportedMedia),
            (b"\x89PNG\r\n\x1a\n and then nothing", MediaUnreadable),
        ],
    )
    def test_bytes_that_are_no_medium_say_why(
        self, decoder: Decoder, tmp_path: Path, data: bytes, error: type[Exception]
    ) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(data)
        with pytest.raises(error):
            list(decoder.decode(path, Sampling(), Limits()))

    def test_a_file_that_is_gone_is_unreadable(self, decoder: Decoder, tmp_path: Path) -> None:
        with pytest.raises(MediaUnreadable):
            list(decoder.decode(tmp_path / "none", Sampling(), Limits()))

    def test_stopping_early_leaves_the_decoder_usable(
        self, decoder: Decoder, tmp_path: Path
    ) -> None:
        path = Film(seconds=4).write(tmp_path / "a.mp4")
        for _ in range(3):
            events = decoder.decode(path, Sampling(), Limits())
            assert isinstance(next(events), Header)
            events.close()  # type: ignore[attr-defined]  # generators close
        assert isinstance(list(decoder.decode(path, Sampling(), Limits()))[-1], Footer)


def split(events: Iterable[Decoded]) -> tuple[list[Frame], list[Sound]]:
    """Frames and sound of a decoded file."""
    frames: list[Frame] = []
    sounds: list[Sound] = []
    for event in events:
        match event:
            case Frame():
                frames.append(event)
            case Sound():
                sounds.append(event)
    return frames, sounds
