"""The type is told from the bytes alone, and always the same way."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.domain.errors import MediaEmpty, UnsupportedMedia
from reseen.media.sniff import sniff

TS = b"\x47\x40\x00\x10"
MP3 = b"\xff\xfb\x90\x00" + bytes(413)
ADTS = b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def ftyp(major: bytes, *others: bytes) -> bytes:
    return box(b"ftyp", major + bytes(4) + b"".join(others)) + box(b"moov", bytes(64))


def ebml(doctype: bytes) -> bytes:
    inner = b"\x42\x82" + bytes([0x80 | len(doctype)]) + doctype
    return b"\x1a\x45\xdf\xa3" + bytes([0x80 | len(inner)]) + inner


def id3(data: bytes, cover: int = 0) -> bytes:
    size = bytes((cover >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\0\0" + size + bytes(cover) + data


KNOWN = {
    "jpeg": b"\xff\xd8\xff\xe0 and so on",
    "png": b"\x89PNG\r\n\x1a\n",
    "webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "gif": b"GIF89a" + bytes(20),
    "avif": ftyp(b"avif", b"mif1", b"miaf"),
    "heic": ftyp(b"heic", b"mif1"),
    "bmp": b"BM" + bytes(12) + struct.pack("<I", 40) + bytes(36),
    "tiff": b"II*\0" + bytes(20),
    "mp4": ftyp(b"isom", b"mp42"),
    "mov": ftyp(b"qt  "),
    "m4a": ftyp(b"M4A "),
    "webm": ebml(b"webm"),
    "matroska": ebml(b"matroska"),
    "mpegts": (TS + bytes(184)) * 6,
    "avi": b"RIFF\0\0\0\0AVI LIST",
    "wav": b"RIFF\0\0\0\0WAVEfmt ",
    "mp3": MP3 * 3,
    "aac": ADTS * 4,
    "ogg": b"OggS" + bytes(24),
    "flac": b"fLaC" + bytes(40),
}

ALSO = [
    (b"GIF87a" + bytes(20), "gif"),
    (b"MM\0*" + bytes(20), "tiff"),
    (b"RF64\xff\xff\xff\xffWAVEds64", "wav"),
    (ftyp(b"mif1", b"heic"), "heic"),
    (ftyp(b"mif1", b"avif"), "avif"),
    (ftyp(b"avis", b"msf1"), "avif"),
    (ftyp(b"3gp5"), "mp4"),
    (box(b"moov", bytes(64)), "mov"),
    (box(b"wide", b"") + box(b"mdat", bytes(64)), "mov"),
    (box(b"free", bytes(16)) + box(b"mdat", bytes(64)), "mov"),
    ((bytes(4) + TS + bytes(184)) * 6, "mpegts"),
    ((TS + bytes(200)) * 6, "mpegts"),
    (id3(MP3 * 3, cover=100), "mp3"),
    (id3(MP3 * 3, cover=300_000), "mp3"),
    (id3(id3(MP3 * 3, cover=10), cover=20), "mp3"),
    (id3(ADTS * 4), "aac"),
    (id3(b"fLaC" + bytes(40)), "flac"),
    (bytes(500) + MP3 * 3, "mp3"),
]

REFUSED = [
    b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    b"<!doctype html><title>a page</title>",
    b"%PDF-1.7\n",
    b"PK\x03\x04" + bytes(60),
    b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
    b"ffconcat version 1.0\nfile /etc/passwd\n",
    b"v=0\no=- 0 0 IN IP4 127.0.0.1\n",
    b"\x7fELF" + bytes(60),
    b"MZ" + bytes(60),
    b"BM means nothing here, only text",
    b"RIFF\0\0\0\0ACON",
    b"\x1f\x8b\x08" + bytes(60),
    ftyp(b"jxl "),
    ebml(b"something"),
    MP3[:417] + b"no second header here" + bytes(400),
    b"\0",
    bytes(5000),
    b"\x47" * 3,
    b"G" * 5000,
]


@pytest.mark.parametrize(("name", "data"), KNOWN.items())
def test_every_format_taken_is_recognised(name: str, data: bytes) -> None:
    assert sniff(io.BytesIO(data)).name == name


@pytest.mark.parametrize(("data", "name"), ALSO)
def test_variants_are_recognised(data: bytes, name: str) -> None:
    assert sniff(io.BytesIO(data)).name == name


@pytest.mark.parametrize("data", REFUSED)
def test_everything_else_is_refused(data: bytes) -> None:
    with pytest.raises(UnsupportedMedia):
        sniff(io.BytesIO(data))


def test_no_bytes_are_empty_media() -> None:
    with pytest.raises(MediaEmpty):
        sniff(io.BytesIO())


def test_a_polyglot_is_what_its_first_bytes_say() -> None:
    archive = b"PK\x03\x04" + bytes(30)
    assert sniff(io.BytesIO(KNOWN["png"] + archive)).name == "png"
    assert sniff(io.BytesIO(KNOWN["jpeg"] + KNOWN["mp4"])).name == "jpeg"
    with pytest.raises(UnsupportedMedia):
        sniff(io.BytesIO(archive + KNOWN["png"]))


def test_pictures_have_no_demuxer_and_the_rest_have_one() -> None:
    stills = {"jpeg", "png", "webp", "gif", "avif", "heic", "bmp", "tiff"}
    for name, data in KNOWN.items():
        assert sniff(io.BytesIO(data)).is_picture == (name in stills)


@given(st.sampled_from(sorted(KNOWN)), st.integers(0, 40), st.binary(max_size=60))
def test_damaged_beginnings_never_break_it(name: str, keep: int, rest: bytes) -> None:
    try:
        assert sniff(io.BytesIO(KNOWN[name][:keep] + rest)).name in KNOWN
    except (UnsupportedMedia, MediaEmpty) as refusal:
        assert refusal.detail  # noqa: PT017 - either outcome is right
