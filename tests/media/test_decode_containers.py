"""Video and sound of every container: what is in them, and when."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media.decoding import Decode

from reseen.domain.errors import MediaEmpty, MediaTooLarge, MediaTooLong, MediaUnreadable
from reseen.domain.media import Medium
from reseen.media.decode import IsolatedDecoder
from reseen.ports import Limits
from reseen.testing.films import Film, flash_in_picture, flash_in_sound

FRAME = 1 / 25


@pytest.mark.parametrize(
    ("name", "picture", "sound", "format_"),
    [
        ("a.mp4", "libx264", "aac", "mp4"),
        ("a.mov", "mpeg4", "pcm_s16le", "mov"),
        ("a.webm", "libvpx-vp9", "libopus", "webm"),
        ("a.mkv", "libx265", "flac", "matroska"),
        ("a.ts", "mpeg2video", "aac", "mpegts"),
        ("a.avi", "mjpeg", "libmp3lame", "avi"),
        ("a.mp4", "libsvtav1", "aac", "mp4"),
    ],
)
def test_picture_and_sound_of_every_container_flash_together(
    decode: Decode, tmp_path: Path, name: str, picture: str, sound: str, format_: str
) -> None:
    options = {"x265-params": "log-level=none"} if picture == "libx265" else {}
    film = Film(
        picture=picture,
        sound=sound,
        rate=48000,
        pixel_format="yuvj420p" if picture == "mjpeg" else "yuv420p",
        options=options,
    )
    result = decode(film.write(tmp_path / name), frames_per_s=25)
    assert (result.header.medium, result.header.format) == (Medium.VIDEO, format_)
    assert result.header.has_audio
    first, last = flash_in_picture(result.frames)
    assert first == pytest.approx(2.0, abs=0.09)
    assert last == pytest.approx(2.36, abs=0.09)
    assert flash_in_sound(result.sounds) == pytest.approx((2.0, 2.4), abs=0.035)
    assert result.footer.duration == pytest.approx(4.0, abs=0.1)
    assert result.footer.remarks == ()


@pytest.mark.parametrize(
    ("name", "sound", "format_"),
    [
        ("a.mp3", "libmp3lame", "mp3"),
        ("a.wav", "pcm_s16le", "wav"),
        ("a.m4a", "aac", "m4a"),
        ("a.aac", "aac", "aac"),
        ("a.ogg", "libopus", "ogg"),
        ("a.flac", "flac", "flac"),
        ("a.mp4", "aac", "mp4"),
        ("a.webm", "libopus", "webm"),
        ("a.mkv", "pcm_s16le", "matroska"),
    ],
)
def test_every_sound_format_keeps_its_clock(
    decode: Decode, tmp_path: Path, name: str, sound: str, format_: str
) -> None:
    result = decode(Film(picture=None, sound=sound, rate=48000).write(tmp_path / name))
    assert (result.header.medium, result.header.format) == (Medium.AUDIO, format_)
    assert not result.frames
    # ADTS has no place for the encoder's delay of 1024 samples, so every player plays it
    delay = 1024 / 48000 if format_ == "aac" else 0.0
    begin, end = flash_in_sound(result.sounds)
    assert begin == pytest.approx(2.0 + delay, abs=0.01)
    assert end == pytest.approx(2.4 + delay, abs=0.02)
    assert result.footer.duration == pytest.approx(4.0, abs=0.06)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_phone_video_is_turned_upright(decode: Decode, tmp_path: Path, degrees: int) -> None:
    upright = Film(sound=None, seconds=1)
    turned = Film(sound=None, seconds=1, degrees=degrees).write(tmp_path / "a.mp4")
    result = decode(turned)
    frame = result.frames[0].pixels
    expected = np.rot90(upright.pixels(0.0), -degrees // 90)
    assert (result.header.height, result.header.width) == expected.shape[:2]
    assert frame.shape == expected.shape
    assert np.abs(frame.astype(int) - expected).mean() < 12


def test_pixels_that_are_not_square_are_stretched(decode: Decode, tmp_path: Path) -> None:
    path = Film(sound=None, seconds=1, aspect=Fraction(4, 3)).write(tmp_path / "a.mp4")
    result = decode(path, max_side=80)
    assert (result.header.width, result.header.height) == (85, 48)
    assert result.frames[0].pixels.shape == (45, 80, 3)


def test_ten_bits_become_eight(decode: Decode, tmp_path: Path) -> None:
    film = Film(sound=None, seconds=1, pixel_format="yuv420p10le")
    [frame, *_] = decode(film.write(tmp_path / "a.mp4")).frames
    assert np.median(frame.pixels) == pytest.approx(np.median(film.pixels(0.0)), abs=4)


def test_a_variable_rate_keeps_its_times(decode: Decode, tmp_path: Path) -> None:
    times = (0.0, 0.04, 0.08, 1.0, 1.7, 1.74, 3.0, 3.9)
    film = Film(sound=None, times=times, flash=(1.7, 1.8))
    result = decode(film.write(tmp_path / "a.mkv"), frames_per_s=25)
    assert result.times == pytest.approx(times, abs=0.002)
    assert flash_in_picture(result.frames) == pytest.approx((1.7, 1.74), abs=0.002)


def test_sampling_takes_the_first_frame_after_each_tick(decode: Decode, tmp_path: Path) -> None:
    path = Film(sound=None, options={"g": "250"}).write(tmp_path / "a.mp4")
    result = decode(path, frames_per_s=2)
    assert len(result.frames) == 8
    for tick, time in enumerate(result.times):
        assert tick / 2 <= time < tick / 2 + 0.17


@pytest.mark.parametrize("interval", [1, 8])
def test_short_groups_of_pictures_lose_no_sample(
    decode: Decode, tmp_path: Path, interval: int
) -> None:
    film = Film(sound=None, options={"g": str(interval), "x264-params": "open-gop=1"})
    result = decode(film.write(tmp_path / "a.mp4"), frames_per_s=2)
    gaps = np.diff([*result.times, 4.0])
    assert gaps.max() <= 0.85
    assert len(result.frames) >= 6
    for frame in result.frames:
        assert frame.time is not None
        shown = film.pixels(frame.time)
        assert np.abs(frame.pixels.astype(int) - shown).mean() < 12


def test_sound_that_begins_late_begins_late(decode: Decode, tmp_path: Path) -> None:
    path = Film(late=1.0).write(tmp_path / "a.mkv")
    result = decode(path, frames_per_s=25)
    assert result.sounds[0].start == pytest.approx(1.0, abs=0.03)
    assert flash_in_sound(result.sounds)[0] == pytest.approx(2.0, abs=0.03)
    assert flash_in_picture(result.frames)[0] == pytest.approx(2.0, abs=0.09)


def test_a_gap_in_the_sound_is_silence(decode: Decode, tmp_path: Path) -> None:
    whole, holed = tmp_path / "whole.mkv", tmp_path / "holed.mkv"
    Film(picture=None, sound="pcm_s16le").write(whole)
    with av.open(whole) as source, av.open(holed, "w") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.pts is not None and not 0.5 <= packet.pts * packet.time_base < 1.5:
                packet.stream = stream
                target.mux(packet)
    result = decode(holed)
    assert flash_in_sound(result.sounds) == pytest.approx((2.0, 2.4), abs=0.03)
    assert sum(len(s.samples) for s in result.sounds) == pytest.approx(4 * 11025, abs=300)


@pytest.mark.parametrize(
    ("layout", "phases"),
    [
        ("mono", (1.0,)),
        ("stereo", (1.0, 1.0)),
        ("stereo", (1.0, -1.0)),
        ("stereo", (1.0, 0.0)),
        ("5.1", (0, 0, 1.0, 0, 0, 0)),
        ("5.1", (0, 0, 0, 0, 1.0, 0)),
        ("7.1", (1.0, 1.0, 0, 0, 0, 0, 0, 0)),
        ("quad", (0, 0, 1.0, 1.0)),
    ],
)
def test_no_channel_is_lost_in_the_downmix(
    decode: Decode, tmp_path: Path, layout: str, phases: tuple[float, ...]
) -> None:
    film = Film(picture=None, sound="flac", layout=layout, phases=phases)
    result = decode(film.write(tmp_path / "a.flac"))
    assert flash_in_sound(result.sounds) == pytest.approx((2.0, 2.4), abs=0.01)


def test_long_sound_comes_in_blocks_that_join(decode: Decode, tmp_path: Path) -> None:
    film = Film(picture=None, sound="flac", seconds=25, flash=(9.5, 20.5))
    sounds = decode(film.write(tmp_path / "a.flac")).sounds
    assert len(sounds) >= 3
    ends = [sound.start + len(sound.samples) / sound.rate for sound in sounds]
    assert [sound.start for sound in sounds[1:]] == pytest.approx(ends[:-1], abs=1e-6)
    assert flash_in_sound(sounds) == pytest.approx((9.5, 20.5), abs=0.01)
    assert ends[-1] == pytest.approx(25, abs=0.01)


def test_cover_art_is_not_a_video(decode: Decode, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    film = Film(seconds=1)
    with av.open(path, "w") as file:
        audio = file.add_stream("aac", rate=44100)
        cover = file.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(film.pixels(0.0), format="rgb24")
        file.mux(cover.encode(picture.reformat(format="yuvj420p")))
        file.mux(cover.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        for k in range(44):
            silence.sample_rate, silence.pts = 44100, k * 1024
            file.mux(audio.encode(silence))
        file.mux(audio.encode(None))
    result = decode(path)
    assert result.header.medium is Medium.AUDIO
    assert not result.frames


def test_one_picture_beside_sound_is_cover_art_even_unmarked(
    decode: Decode, tmp_path: Path
) -> None:
    path = tmp_path / "a.mkv"
    Film(picture="mjpeg", times=(0.0,), pixel_format="yuvj420p").write(path)
    assert decode(path).header.medium is Medium.AUDIO


def test_a_video_without_sound_says_so(decode: Decode, tmp_path: Path) -> None:
    result = decode(Film(sound=None, seconds=1).write(tmp_path / "a.mp4"))
    assert not result.header.has_audio
    assert not result.sounds


def test_of_two_sound_streams_the_default_is_taken(decode: Decode, tmp_path: Path) -> None:
    quiet, loud = tmp_path / "quiet.flac", tmp_path / "loud.flac"
    Film(picture=None, sound="flac", phases=(0.0, 0.0)).write(quiet)
    Film(picture=None, sound="flac").write(loud)
    path = tmp_path / "a.mkv"
    with av.open(path, "w") as target:
        streams = [target.add_stream("flac", rate=44100) for _ in range(2)]
        streams[0].disposition = av.stream.Disposition.dub
        streams[1].disposition = av.stream.Disposition.default
        for source, stream in zip((quiet, loud), streams, strict=True):
            with av.open(source) as file:
                for frame in file.decode(audio=0):
                    target.mux(stream.encode(frame))
            target.mux(stream.encode(None))
    assert flash_in_sound(decode(path).sounds)[0] == pytest.approx(2.0, abs=0.01)


def test_one_frame_is_a_video(decode: Decode, tmp_path: Path) -> None:
    result = decode(Film(sound=None, times=(0.0,)).write(tmp_path / "a.mp4"))
    assert result.header.medium is Medium.VIDEO
    assert result.times == [0.0]


def test_a_container_without_frames_or_samples_is_empty(decode: Decode, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    Film(picture=None, sound="pcm_s16le").write(path)
    data = bytearray(path.read_bytes())
    at = data.index(b"data")
    data[at + 4 : at + 8] = bytes(4)
    with pytest.raises(MediaEmpty):
        decode(bytes(data[: at + 8]))


def test_a_header_that_lies_about_its_length_is_found_out(decode: Decode, tmp_path: Path) -> None:
    path = Film(seconds=4).write(tmp_path / "a.mkv")
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88")  # Duration, an eight-byte float
    data[at + 3 : at + 11] = np.array([900.0], ">f8").tobytes()
    with pytest.raises(MediaTooLong):
        decode(bytes(data), limits=Limits(duration=2))
    assert decode(bytes(data)).footer.duration == pytest.approx(4, abs=0.1)


def test_a_video_over_the_pixel_limit_is_refused(decode: Decode, tmp_path: Path) -> None:
    path = Film(seconds=1, size=(128, 96)).write(tmp_path / "a.mp4")
    with pytest.raises(MediaTooLarge):
        decode(path, limits=Limits(pixels=10_000))


def test_a_truncated_stream_gives_what_it_has_with_a_remark(decode: Decode, tmp_path: Path) -> None:
    path = Film(seconds=8, muxing={"movflags": "faststart"}).write(tmp_path / "a.mp4")
    data = path.read_bytes()
    result = decode(data[: len(data) * 6 // 10])
    assert any(remark.startswith("truncated after") for remark in result.footer.remarks)
    assert 1 < (result.footer.duration or 0) < 8
    assert result.frames


def test_pictures_in_an_unknown_codec_are_not_kept_quiet(decode: Decode, tmp_path: Path) -> None:
    data = Film(seconds=2).write(tmp_path / "a.mp4").read_bytes()
    assert data.count(b"avc1") >= 1
    result = decode(data.replace(b"avc1", b"xyz9"))
    assert result.header.medium is Medium.AUDIO
    assert any("picture cannot be decoded" in remark for remark in result.footer.remarks)


def test_a_movie_without_its_index_is_unreadable(decode: Decode, tmp_path: Path) -> None:
    data = Film(seconds=2).write(tmp_path / "a.mp4").read_bytes()
    with pytest.raises(MediaUnreadable):
        decode(data[: data.index(b"moov") - 4])


def test_frames_are_found_in_a_stream_without_an_index(
    decoder: IsolatedDecoder, tmp_path: Path
) -> None:
    film = Film(seconds=12, flash=(9.0, 9.4), picture="mpeg2video", sound="mp2")
    path = film.write(tmp_path / "a.ts")
    frames = decoder.frames_at(path, [0.0, 8.9, 9.2], 64)
    assert [bool(np.median(frame.pixels) > 180) for frame in frames] == [False, False, True]


def test_a_transport_stream_that_starts_a_new_clock_plays_on(
    decode: Decode, tmp_path: Path
) -> None:
    film = Film(picture="mpeg2video", sound="mp2")
    data = film.write(tmp_path / "a.ts").read_bytes()
    result = decode(data + data, frames_per_s=25)
    assert result.footer.duration == pytest.approx(8.0, abs=0.2)
    white = [t for t, f in zip(result.times, result.frames, strict=True) if f.pixels.mean() > 180]
    assert white[0] == pytest.approx(2.0, abs=0.1)
    assert white[-1] == pytest.approx(6.36, abs=0.2)
    assert flash_in_sound(result.sounds) == pytest.approx((2.0, 6.4), abs=0.1)


def test_a_high_dynamic_range_is_shown_as_on_a_usual_screen(decode: Decode, tmp_path: Path) -> None:
    wide = Film(sound=None, seconds=12, fps=5, pixel_format="yuv420p10le", transfer=16)
    last = decode(wide.write(tmp_path / "a.mp4")).frames[-1]
    # level 130 of 255 is 100 nits in ST 2084; white is at 203
    assert np.median(wide.pixels(11.0)) == 130
    assert np.median(last.pixels) == pytest.approx(255 * (100 / 203) ** (1 / 2.2), abs=5)


def test_leaving_a_stream_out_is_not_a_truncated_file(decode: Decode, tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    Film(seconds=6, times=(0.0, 0.5, 1.0)).write(path)
    assert decode(path, audio=False).footer.remarks == ()
