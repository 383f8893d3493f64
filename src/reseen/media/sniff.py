"""Tell what a file is from its bytes, never from its name.

One format comes out, the first that fits in a fixed order, so a file that is valid as two things is
always decoded as the same one. Text formats (SVG, HTML, playlists), archives and documents are
refused: none of them is a medium here, and playlists would make a decoder open other files.
Only the first kilobytes are read, plus the bytes behind an ID3 tag.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from reseen.domain.errors import MediaEmpty, UnsupportedMedia

HEAD = 4096
"""Bytes looked at from the start: holds five transport-stream packets of any kind (5 x 204)."""

FORMATS = (
    "JPEG, PNG, WebP, GIF, AVIF, HEIC, BMP, TIFF; MP4, MOV, WebM, Matroska, MPEG-TS, AVI; "
    "MP3, WAV, M4A, AAC, Ogg, FLAC"
)


@dataclass(frozen=True, slots=True)
class Format:
    """``name`` is ours (``jpeg``, ``mp4``, ...); ``demuxer`` is FFmpeg's, ``None`` for pictures."""

    name: str
    demuxer: str | None = None

    @property
    def is_picture(self) -> bool:
        return self.demuxer is None


_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_HEIF_BRANDS = {b"mif1", b"mif2", b"msf1", b"miaf"}
_NOT_MEDIA_BRANDS = {b"crx ", b"jp2 ", b"jpx ", b"jpm ", b"jxl "}
_SOUND_BRANDS = {b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "}
_MOVIE_BOXES = {b"moov", b"mdat", b"wide", b"pnot"}
_BITMAP_HEADERS = {12, 40, 52, 56, 64, 108, 124}
_MP3_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_MP3_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def sniff(file: BinaryIO) -> Format:
    """The format of an open, seekable file; its position afterwards is undefined.

    Raises ``MediaEmpty`` for no bytes at all and ``UnsupportedMedia`` for all other kinds.
    """
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise MediaEmpty("The file has no bytes.")
    found = _by_signature(head) or _boxes(head) or _transport_stream(head)
    if found is None:
        found = _elementary_sound(_behind_tags(file, head))
    if found is None:
        raise UnsupportedMedia(f"The bytes are of none of the formats taken: {FORMATS}.")
    return found


def _by_signature(head: bytes) -> Format | None:
    if head.startswith(b"\xff\xd8\xff"):
        return Format("jpeg")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format("png")
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Format("gif")
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return Format("tiff")
    if head[:4] in {b"RIFF", b"RF64"}:
        return _riff(head)
    if head[:2] == b"BM" and len(head) >= 18:
        return Format("bmp") if struct.unpack_from("<I", head, 14)[0] in _BITMAP_HEADERS else None
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _matroska(head)
    if head.startswith(b"OggS"):
        return Format("ogg", "ogg")
    return Format("flac", "flac") if head.startswith(b"fLaC") else None


def _riff(head: bytes) -> Format | None:
    kinds = {
        b"WEBP": Format("webp"),
        b"WAVE": Format("wav", "wav"),
        b"AVI ": Format("avi", "avi"),
    }
    return kinds.get(head[8:12])


def _matroska(head: bytes) -> Format | None:
    """The document type is element 0x4282 of the first kilobyte; absent, it means Matroska."""
    at = head.find(b"\x42\x82", 0, 1024)
    doctype = head[at + 3 : at + 3 + (head[at + 2] & 0x7F)] if 0 < at < len(head) - 2 else b""
    if doctype.startswith(b"webm"):
        return Format("webm", "matroska")
    return Format("matroska", "matroska") if doctype.startswith(b"matroska") or at < 0 else None


def _boxes(head: bytes) -> Format | None:
    """ISO base media files, told apart by brand; old QuickTime files begin without one."""
    kind = head[4:8]
    if kind != b"ftyp":
        old = kind in _MOVIE_BOXES or (kind in {b"free", b"skip"} and _follows_movie(head))
        return Format("mov", "mov") if old else None
    size = min(struct.unpack_from(">I", head)[0], len(head))
    major = head[8:12]
    brands = [major, *(head[at : at + 4] for at in range(16, size - 3, 4))]
    if not _AVIF_BRANDS.isdisjoint(brands):
        return Format("avif")
    if major in _HEIC_BRANDS or (major in _HEIF_BRANDS and not _HEIC_BRANDS.isdisjoint(brands)):
        return Format("heic")
    if major in _NOT_MEDIA_BRANDS or major in _HEIF_BRANDS:
        return None
    if major == b"qt  ":
        return Format("mov", "mov")
    return Format("m4a" if major in _SOUND_BRANDS else "mp4", "mp4")


def _follows_movie(head: bytes) -> bool:
    size = struct.unpack_from(">I", head)[0]
    return head[size + 4 : size + 8] in _MOVIE_BOXES


def _transport_stream(head: bytes) -> Format | None:
    """Sync bytes at five packets in a row, each with content or an adaptation field.

    Packets carry 4 bytes before them on discs, or 16 behind them in broadcasts.
    """
    for period, first in ((188, 0), (192, 4), (204, 0)):
        places = range(first, first + 5 * period, period)
        if len(head) > places[-1] + 3 and all(
            head[at] == 0x47 and head[at + 3] & 0x30 for at in places
        ):
            return Format("mpegts", "mpegts")
    return None


def _behind_tags(file: BinaryIO, head: bytes) -> bytes:
    """The bytes behind ID3v2 tags (cover art makes them megabytes long) and zero padding."""
    at = 0
    while len(head) >= 10 and head.startswith(b"ID3"):
        sizes = head[6:10]
        if any(size & 0x80 for size in sizes):
            return b""
        at += 10 + ((sizes[0] << 21) | (sizes[1] << 14) | (sizes[2] << 7) | sizes[3])
        at += 10 if head[5] & 0x10 else 0
        file.seek(at)
        head = file.read(HEAD)
    return head.lstrip(b"\0")


def _elementary_sound(data: bytes) -> Format | None:
    """MP3 and AAC without a container: two headers in a row, the second where the first says."""
    if data.startswith(b"fLaC"):
        return Format("flac", "flac")
    for format_, length_of in ((Format("mp3", "mp3"), _mp3_frame), (Format("aac", "aac"), _adts)):
        length = length_of(data)
        if length and (len(data) <= length + 8 or length_of(data[length:])):
            return format_
    return None


def _mp3_frame(data: bytes) -> int:
    """Length in bytes of the MPEG layer III frame that begins here; 0 when none does."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return 0
    version, kbits, rate = (data[1] >> 3) & 3, data[2] >> 4, (data[2] >> 2) & 3
    if version == 1 or kbits in {0, 15} or rate == 3:
        return 0
    table, samples = (_MP3_KBITS_1, 144) if version == 3 else (_MP3_KBITS_2, 72)
    return samples * 1000 * table[kbits] // _MP3_SAMPLE_RATES[version][rate] + ((data[2] >> 1) & 1)


def _adts(data: bytes) -> int:
    """Length in bytes of the ADTS frame that begins here; 0 when none does."""
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0 or (data[2] >> 2) & 15 > 12:
        return 0
    length = ((data[3] & 3) << 11) | (data[4] << 3) | (data[5] >> 5)
    return length if length >= 7 else 0
