"""Stills to upright RGB of full size, with Pillow and pillow-heif.

Conventions: transparency is laid over white; the camera's orientation is applied; 16 bits are
scaled to 8; CMYK is converted without its colour profile (as the common hashing tools do, so that
hashes of the industry's lists come out the same). A file with several pictures gives its first,
unless it is an animation of at least two distinct frames (see ``animation``).
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from reseen.domain.errors import MediaTooLarge, MediaTooLong, MediaUnreadable
from reseen.domain.media import Frame, Medium, Pixels
from reseen.media.sniff import Format
from reseen.media.worker.stills import animation
from reseen.media.worker.stills.rgb import check_size, shrink, upright_rgb
from reseen.ports import Decoded, Footer, Header, Limits, Sampling

PLUGINS = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    ImageCms,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
"""Imported to register their formats (ImageCms: Lab colours) before the process is confined."""

_PILLOW = {"jpeg": ["JPEG", "MPO"], "heic": ["HEIF"]}
_ANIMATED = {"png", "webp", "gif", "avif"}


def warm_up() -> None:
    """Register plug-ins and switch off what would start threads, warn, or refuse large pictures."""
    pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = None  # our own limit is checked from the header
    warnings.simplefilter("ignore")
    for name in ("PNG", "WEBP", "TIFF", "GIF", "BMP", "JPEG"):
        file = io.BytesIO()
        probe = Image.new("RGB", (8, 8), (200, 10, 10))
        probe.save(file, name, **({"exif": Image.Exif()} if name != "BMP" else {}))
        upright_rgb(Image.open(file, formats=[name]))


def decode(
    file: BinaryIO,
    format_: Format,
    sampling: Sampling,
    limits: Limits,
    times: Sequence[float] | None,
) -> Iterator[Decoded]:
    """One still, or an animation as a short video. With ``times``: only the frames shown then."""
    picture = _open(file, format_)
    check_size(*picture.size, limits)
    if format_.name in _ANIMATED:
        moves = _moves(picture, limits)
        picture = _open(file, format_)
        if moves:
            yield from animation.decode(picture, format_, sampling, limits, times)
            return
    pixels, remarks = _load(file, picture, format_)
    height, width, _ = pixels.shape
    yield Header(Medium.IMAGE, format_.name, width, height, None, has_audio=False)
    if times is None:
        yield Frame(None, pixels)
    else:
        small = shrink(pixels, sampling.max_side)
        for _ in times:
            yield Frame(None, small)
    yield Footer(None, remarks)


def _open(file: BinaryIO, format_: Format) -> Image.Image:
    file.seek(0)
    names = _PILLOW.get(format_.name, [format_.name.upper()])
    try:
        return Image.open(file, formats=names)
    except Exception as error:
        raise MediaUnreadable(f"The {format_.name} file has no readable picture.") from error


def _moves(picture: Image.Image, limits: Limits) -> bool:
    """Whether it is an animation; a damaged one of which less than two frames are left is not."""
    try:
        return animation.moves(picture, limits)
    except (MediaTooLong, MediaTooLarge, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - Pillow's plug-ins raise anything on damaged files
        return False


def _load(file: BinaryIO, picture: Image.Image, format_: Format) -> tuple[Pixels, tuple[str, ...]]:
    """The whole picture, or what a damaged file still gives, with a remark."""
    try:
        return upright_rgb(picture), ()
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - Pillow's plug-ins raise anything on damaged files
        reason = error
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        pixels = upright_rgb(_open(file, format_))
    except Exception as error:
        raise MediaUnreadable(f"The {format_.name} file is damaged: {reason}.") from error
    if (pixels == pixels[0, 0]).all():
        raise MediaUnreadable(f"The {format_.name} file ends before its first pixels.")
    return pixels, ("truncated or damaged: part of the picture is missing",)
