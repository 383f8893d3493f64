"""Stills and animations of every kind come out upright, opaque, 8-bit and whole."""

import io
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from PIL import Image
from tests.media.decoding import Decode

from reseen.domain.errors import MediaTooLarge, MediaTooLong, MediaUnreadable
from reseen.domain.media import Medium
from reseen.media.decode import IsolatedDecoder
from reseen.media.worker.stills.rgb import ORIENTATION
from reseen.ports import Limits
from reseen.testing.pictures import scene

pillow_heif.register_heif_opener()
WIDTH, HEIGHT = 96, 64
PIXELS = scene(3, WIDTH, HEIGHT)
PICTURE = Image.fromarray(PIXELS)
LOSSY = {"JPEG", "WEBP", "AVIF", "HEIF"}


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def difference(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    return float(np.abs(one.astype(float) - other).mean())


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("JPEG", "jpeg"),
        ("PNG", "png"),
        ("WEBP", "webp"),
        ("AVIF", "avif"),
        ("HEIF", "heic"),
        ("BMP", "bmp"),
        ("TIFF", "tiff"),
    ],
)
def test_every_still_format_gives_its_picture(decode: Decode, kind: str, name: str) -> None:
    result = decode(saved(PICTURE, kind, **({"quality": 95} if kind in LOSSY else {})))
    assert (result.header.medium, result.header.format) == (Medium.IMAGE, name)
    assert (result.header.width, result.header.height) == (WIDTH, HEIGHT)
    [frame] = result.frames
    assert difference(frame.pixels, PIXELS) <= (12 if kind in LOSSY else 0)
    assert result.footer.remarks == ()


def test_a_jpeg_is_what_pillow_makes_of_it(decode: Decode) -> None:
    data = saved(PICTURE, "JPEG", quality=70)
    [frame] = decode(data).frames
    assert np.array_equal(frame.pixels, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_cameras_orientation_is_applied(decode: Decode, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {"tiffinfo": {ORIENTATION: orientation}} if kind == "TIFF" else {"exif": exif}
    turns = {
        1: PIXELS,
        2: PIXELS[:, ::-1],
        3: PIXELS[::-1, ::-1],
        4: PIXELS[::-1],
        5: PIXELS.transpose(1, 0, 2),
        6: np.rot90(PIXELS, -1),
        7: PIXELS[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(PIXELS),
    }
    result = decode(saved(PICTURE, kind, **options))
    [frame] = result.frames
    upright = turns[orientation]
    assert (result.header.height, result.header.width) == upright.shape[:2]
    assert frame.pixels.shape == upright.shape
    assert difference(frame.pixels, upright) < 15


def test_a_turned_heic_is_turned_once(decode: Decode) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    picture = PICTURE.copy()
    picture.info["exif"] = exif.tobytes()
    [frame] = decode(saved(picture, "HEIF", quality=95)).frames
    assert difference(frame.pixels, np.rot90(PIXELS, -1)) < 12


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_laid_over_white(decode: Decode, kind: str) -> None:
    clear = PICTURE.copy()
    clear.putalpha(Image.fromarray(np.tile(np.array([0, 255], np.uint8), (HEIGHT, WIDTH // 2))))
    [frame] = decode(saved(clear, kind, **({"lossless": True} if kind == "WEBP" else {}))).frames
    assert (frame.pixels[:, ::2] == 255).all()
    assert np.array_equal(frame.pixels[:, 1::2], PIXELS[:, 1::2])


def test_half_clear_grey_is_laid_over_white(decode: Decode) -> None:
    grey = Image.merge("LA", [Image.new("L", (8, 8), 100), Image.new("L", (8, 8), 128)])
    [frame] = decode(saved(grey, "PNG")).frames
    assert difference(frame.pixels, np.full((8, 8, 3), 177)) < 2


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_clear_palette_entry_is_white(decode: Decode, kind: str) -> None:
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    palette.paste(0, (0, 0, 4, 8))
    [frame] = decode(saved(palette, kind, transparency=0)).frames
    assert (frame.pixels[:, :4] == 255).all()
    assert (frame.pixels[:, 4:] == (10, 20, 30)).all()


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_not_inverted(decode: Decode, kind: str) -> None:
    [frame] = decode(saved(PICTURE.convert("CMYK"), kind)).frames
    assert difference(frame.pixels, PIXELS) < 20


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_to_eight(decode: Decode, kind: str) -> None:
    wide = PIXELS[:, :, 0].astype(np.uint16) * 257
    [frame] = decode(saved(Image.fromarray(wide), kind)).frames
    assert np.array_equal(frame.pixels, np.repeat(PIXELS[:, :, :1], 3, axis=2))


@pytest.mark.parametrize("mode", ["L", "1", "P", "YCbCr", "LAB", "I;16", "F"])
def test_other_modes_become_rgb(decode: Decode, mode: str) -> None:
    grey = mode in {"1", "F", "I;16", "L"}
    if mode == "F":
        picture = Image.fromarray((PIXELS[:, :, 0] / 255).astype(np.float32))
    elif mode == "I;16":
        picture = Image.fromarray(PIXELS[:, :, 0].astype(np.uint16) * 257)
    elif mode == "LAB":
        picture = Image.new("LAB", (WIDTH, HEIGHT), (255, 128, 128))
    else:
        picture = PICTURE.convert(mode)
    [frame] = decode(saved(picture, "TIFF")).frames
    assert frame.pixels.shape == (HEIGHT, WIDTH, 3)
    assert frame.pixels.max() > 200
    if grey:
        assert (frame.pixels[:, :, 0] == frame.pixels[:, :, 2]).all()


def test_a_tiff_of_two_pages_gives_the_first(decode: Decode) -> None:
    other = Image.fromarray(scene(4, WIDTH, HEIGHT))
    result = decode(saved(PICTURE, "TIFF", save_all=True, append_images=[other]))
    assert result.header.medium is Medium.IMAGE
    assert np.array_equal(result.frames[0].pixels, PIXELS)


@pytest.mark.parametrize("wild", [np.nan, np.inf, -np.inf, 1e30])
def test_a_few_wild_numbers_do_not_black_out_a_picture(decode: Decode, wild: float) -> None:
    plain = (PIXELS[:, :, 0] / 255).astype(np.float32)
    spoilt = plain.copy()
    spoilt[:2, :2] = wild
    [expected], [found] = (
        decode(saved(Image.fromarray(grey), "TIFF")).frames for grey in (plain, spoilt)
    )
    apart = np.abs(expected.pixels.astype(int) - found.pixels)[4:]
    assert apart.mean() < 3


def test_an_animation_of_a_large_canvas_is_bounded(decode: Decode) -> None:
    limits = Limits(pixels=WIDTH * HEIGHT, duration=60.0)
    assert decode(moving("GIF", 30, 100), limits=limits).footer.duration == pytest.approx(3.0)
    with pytest.raises(MediaTooLarge, match="paints") as error:
        decode(moving("GIF", 31, 100), limits=limits)
    assert error.value.limit == 30 * WIDTH * HEIGHT


def moving(kind: str, count: int = 5, delay: int = 300) -> bytes:
    frames = [Image.fromarray(np.roll(PIXELS, 16 * k, axis=1)) for k in range(count)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=delay, loop=0)


@pytest.mark.parametrize(("kind", "name"), [("GIF", "gif"), ("WEBP", "webp"), ("PNG", "png")])
def test_an_animation_is_a_short_video(decode: Decode, kind: str, name: str) -> None:
    result = decode(moving(kind), frames_per_s=2, max_side=48)
    assert (result.header.medium, result.header.format) == (Medium.VIDEO, name)
    assert result.times == pytest.approx([0.0, 0.6, 1.2])
    assert result.footer.duration == pytest.approx(1.5)
    assert {frame.pixels.shape for frame in result.frames} == {(32, 48, 3)}


def test_an_avif_sequence_is_a_short_video(decode: Decode) -> None:
    result = decode(moving("AVIF"), frames_per_s=2)
    assert result.header.medium is Medium.VIDEO
    assert result.times == pytest.approx([0.0, 0.6, 1.2], abs=0.01)


@pytest.mark.parametrize("count", [1, 4])
def test_an_animation_that_stands_still_is_a_still(decode: Decode, count: int) -> None:
    same = [PICTURE.quantize()] * count
    data = saved(same[0], "GIF", save_all=True, append_images=same[1:], duration=500)
    result = decode(data)
    assert result.header.medium is Medium.IMAGE
    assert result.frames[0].time is None


def test_frames_of_an_animation_are_found_by_time(
    decode: Decode, decoder: IsolatedDecoder, tmp_path: Path
) -> None:
    path = tmp_path / "a.webp"
    path.write_bytes(moving("PNG"))
    frames = decoder.frames_at(path, [0.0, 0.35, 1.49], 96)
    assert [frame.time for frame in frames] == pytest.approx([0.0, 0.3, 1.2])
    assert np.array_equal(frames[1].pixels, np.roll(PIXELS, 16, axis=1))


def test_an_animation_over_the_limit_is_too_long(decode: Decode) -> None:
    with pytest.raises(MediaTooLong):
        decode(moving("GIF", count=20, delay=500), limits=Limits(duration=5))


def test_a_truncated_jpeg_gives_what_it_has_with_a_remark(decode: Decode) -> None:
    data = saved(PICTURE.resize((640, 480)), "JPEG", quality=90)
    result = decode(data[: len(data) // 2])
    assert "truncated" in result.footer.remarks[0]
    assert result.frames[0].pixels.shape == (480, 640, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "BMP", "TIFF", "GIF"])
def test_a_picture_cut_anywhere_is_a_picture_or_a_clear_error(decode: Decode, kind: str) -> None:
    data = saved(PICTURE, kind)
    for part in (0.02, 0.1, 0.3, 0.6, 0.9, 0.99):
        cut = data[: max(16, int(part * len(data)))]
        with suppress(MediaUnreadable):
            assert decode(cut).frames[0].pixels.shape == (HEIGHT, WIDTH, 3)


def test_a_picture_that_only_claims_to_be_huge_is_refused_before_decoding(decode: Decode) -> None:
    data = bytearray(saved(Image.new("1", (8, 8)), "PNG"))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = crc32(bytes(data[12:29])).to_bytes(4, "big")
    with pytest.raises(MediaTooLarge) as caught:
        decode(bytes(data))
    assert caught.value.actual == 60_000**2


def test_a_bomb_within_the_limit_is_decoded(decode: Decode) -> None:
    data = saved(Image.new("1", (9_000, 9_000), 1), "PNG")
    assert len(data) < 30_000
    [frame] = decode(data).frames
    assert frame.pixels.shape == (9_000, 9_000, 3)


def test_a_gif_of_a_hundred_thousand_frames_is_bounded_by_its_length(decode: Decode) -> None:
    one = saved(Image.new("P", (1, 1)), "GIF", save_all=True, duration=20)
    start = one.index(b"!\xf9")
    data = one[:start] + one[start:-1] * 100_000 + b";"
    with pytest.raises(MediaTooLong):
        decode(data, limits=Limits(duration=60))
