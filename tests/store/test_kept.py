import json
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load

from reseen.domain import fingerprint as signals
from reseen.domain.errors import BlobMissing
from reseen.domain.fingerprint import Fingerprint, Signal, Skip, Track
from reseen.domain.media import Asset, Medium
from reseen.store import kept
from reseen.store.ranges import Near
from reseen.testing.reference_store_contract import film, same

SIGNALS = [one for one in vars(signals).values() if isinstance(one, Signal)]
CODES = [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.uint64, np.float16, np.float32]

text = st.text(max_size=30)
seconds = st.one_of(st.none(), st.floats(0, 1e9))
dimensions = st.one_of(st.none(), st.integers(1, 100_000))


def digests(length: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=length, max_size=length).map(bytes.hex)


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    rows = draw(st.integers(0, 4))

    def column(dtype: Any, *shape: int) -> npt.NDArray[Any]:
        return draw(hnp.arrays(dtype, (rows, *shape)))

    return Track(
        draw(st.sampled_from(SIGNALS)),
        spans=column(np.float64, 2),
        codes=column(draw(st.sampled_from(CODES)), draw(st.integers(0, 3))),
        quality=column(np.float32),
        places=column(np.float32, draw(st.integers(0, 3))),
    )


assets = st.builds(
    Asset,
    sha256=digests(32),
    md5=digests(16),
    size=st.integers(0, 1 << 50),
    medium=st.sampled_from(Medium),
    format=text,
    duration=seconds,
    width=dimensions,
    height=dimensions,
    has_audio=st.booleans(),
)
fingerprints = st.builds(
    Fingerprint,
    assets,
    st.lists(tracks(), max_size=4).map(tuple),
    st.lists(st.builds(Skip, st.sampled_from(SIGNALS), text), max_size=2).map(tuple),
    st.lists(text, max_size=2).map(tuple),
)


@settings(max_examples=50, deadline=None)
@given(fingerprints)
def test_a_fingerprint_comes_back_to_the_last_bit(one: Fingerprint) -> None:
    assert same(kept.decode(kept.encode(one)), one)


def test_others_can_read_what_is_kept() -> None:
    one = film(1)
    tensors = load(kept.encode(one))
    assert set(tensors) == {f"{n}.{name}" for n in range(4) for name in kept.COLUMNS}
    assert np.array_equal(tensors["1.codes"], one.tracks[1].codes)


def test_arrays_cannot_be_written_and_are_not_copied() -> None:
    data = kept.encode(film(1))
    for track in kept.decode(data).tracks:
        for name in kept.COLUMNS:
            column = getattr(track, name)
            assert not column.flags.writeable
            assert column.flags.aligned
            if column.size:
                assert np.shares_memory(column, np.frombuffer(data, np.uint8))


class Asked:
    """Bytes that note how many of them are asked for."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self.lengths: list[int] = []
        self._data = data

    def __call__(self, start: int, length: int) -> bytes:
        self.lengths.append(length)
        return self._data[start : start + length]


def test_of_a_long_film_only_the_asked_track_is_read() -> None:
    data = kept.encode(film(1, rows=5000))
    asked = Asked(data)
    found = kept.read(asked, {"pdq"})
    assert [track.signal for track in found.tracks] == [signals.PDQ]
    assert np.array_equal(found.tracks[0].codes, film(1, rows=5000).tracks[0].codes)
    assert sum(asked.lengths) < len(data) // 10
    assert found.skipped == film(1).skipped


def test_moments_of_a_long_film_are_read_when_they_are_looked_at() -> None:
    whole = film(1, rows=5000)
    looks = whole.track("looks")
    assert looks is not None
    asked = Asked(kept.encode(whole))
    found = kept.read(asked).track("looks")
    assert found is not None
    assert len(asked.lengths) <= 6
    asked.lengths.clear()
    for row in (0, 17, -1, 4999):
        assert np.array_equal(found.codes[row], looks.codes[row])
    assert np.array_equal(found.rows(slice(40, 45)).codes, looks.codes[40:45])
    assert np.array_equal(found.codes[slice(7, 7)], looks.codes[7:7])
    assert sum(asked.lengths) == 9 * 300
    mask = np.arange(5000) % 3 == 0
    assert np.array_equal(found.rows(mask).codes, looks.codes[mask])
    assert np.array_equal(np.concatenate([found.codes, looks.codes]), np.tile(looks.codes, (2, 1)))
    assert np.asarray(found.codes, np.float32).dtype == np.float32
    with pytest.raises(IndexError):
        found.codes[5000]
    assert same(kept.read(Asked(kept.encode(kept.read(asked)))), whole)


def test_a_long_film_that_was_cut_off_is_missing_before_it_is_looked_at() -> None:
    data = kept.encode(film(1, rows=5000))
    with pytest.raises(BlobMissing, match="ends early"):
        kept.read(Asked(data[:-1]))


WHOLE = kept.encode(film(1))
(HEADER,) = struct.unpack_from("<Q", WHOLE)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 100, 8 + HEADER, len(WHOLE) - 1])
def test_what_was_cut_off_is_missing(length: int) -> None:
    for look in (kept.read, kept.signals):
        with pytest.raises(BlobMissing, match="ingest its file again"):
            look(Near(memoryview(WHOLE[:length])))


def test_which_signals_a_long_film_holds_is_read_from_its_beginning() -> None:
    whole = film(1, rows=5000)
    asked = Asked(kept.encode(whole))
    assert kept.signals(asked) == tuple(track.signal for track in whole.tracks)
    assert sum(asked.lengths) < 20_000


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_what_is_no_fingerprint_is_missing(data: bytes) -> None:
    with pytest.raises(BlobMissing):
        kept.decode(data)


@settings(deadline=None)
@given(st.data())
def test_damage_is_missing_or_unseen_but_never_another_error(data: st.DataObject) -> None:
    damaged = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, HEADER + 100))] = data.draw(st.integers(0, 255))
    try:
        kept.decode(damaged)
    except BlobMissing as error:
        assert len(error.detail) < 300  # noqa: PT017 - most damage raises, some is not seen
        with pytest.raises(BlobMissing):
            kept.signals(Near(memoryview(damaged)))


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(["", "U8"])),
    lambda some: st.one_of(st.lists(some), st.dictionaries(st.sampled_from(["a", "shape"]), some)),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.data())
def test_a_header_of_any_shape_is_missing_or_read(data: st.DataObject) -> None:
    header = json.loads(WHOLE[8 : 8 + HEADER])
    about = json.loads(header["__metadata__"]["reseen"])
    place, name = data.draw(
        st.sampled_from(
            [
                *((about, name) for name in about),
                *((about["asset"], name) for name in about["asset"]),
                *((about["signals"][0], name) for name in about["signals"][0]),
                *((header, name) for name in header),
                *((header["0.codes"], name) for name in header["0.codes"]),
            ]
        )
    )
    place[name] = data.draw(json_values)
    if name != "__metadata__":
        header["__metadata__"] = {"reseen": json.dumps(about)}
    said = json.dumps(header).encode()
    try:
        found = kept.decode(struct.pack("<Q", len(said)) + said + WHOLE[8 + HEADER :])
    except BlobMissing:
        return
    assert len(found.tracks) <= len(film(1).tracks)


def test_one_of_a_newer_version_says_so() -> None:
    header = json.loads(WHOLE[8 : 8 + HEADER])
    about = json.loads(header["__metadata__"]["reseen"])
    header["__metadata__"]["reseen"] = json.dumps({**about, "format": kept.FORMAT + 1})
    said = json.dumps(header).encode()
    with pytest.raises(BlobMissing, match="newer reseen"):
        kept.decode(struct.pack("<Q", len(said)) + said + WHOLE[8 + HEADER :])
