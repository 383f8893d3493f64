import numpy as np
import pytest

from reseen.domain.fingerprint import WORDS, Track
from reseen.domain.media import Pixels
from reseen.engine.picture.packed import looks, packed
from reseen.engine.picture.pairing import DISGUISES
from reseen.engine.picture.words import (
    ALIKE,
    KEPT,
    READ,
    SIGNATURE,
    asked_words,
    codebook,
    split,
    words_of,
)
from reseen.signals.keypoints import detect_keypoints
from reseen.testing import pictures


def _kept(*pixels: Pixels) -> Track:
    seen = [detect_keypoints(one, None) for one in pixels]
    rows = [(packed(one, len(one)), float(at), at + 1.0) for at, one in enumerate(seen)]
    return words_of(looks(rows))


def _shared(asked: np.ndarray, held: np.ndarray) -> int:
    """Keypoints of the query that have one of their word, with a mark like theirs."""
    (words, marks), (others, theirs) = split(asked), split(held)
    apart = np.bitwise_count((marks[:, None] ^ theirs) & SIGNATURE)
    return int(((words[:, None] == others) & (apart <= ALIKE)).any(axis=1).sum())


def test_each_frame_that_is_kept_has_a_row_of_words() -> None:
    held = _kept(pictures.scene(1), pictures.scene(2))
    assert held.signal == WORDS
    assert held.spans.tolist() == [[0.0, 1.0], [1.0, 2.0]]
    assert [len(split(row)[0]) for row in held.codes] == [KEPT, KEPT]


@pytest.mark.parametrize(("mirrored", "inverted"), DISGUISES)
def test_a_disguised_picture_shares_words_under_its_disguise(
    mirrored: bool, inverted: bool
) -> None:
    pixels = pictures.scene(3)
    shown = 255 - pixels if inverted else pixels
    shown = np.ascontiguousarray(shown[:, ::-1] if mirrored else shown)
    asked = asked_words(detect_keypoints(shown, None))
    other, held = _kept(pictures.scene(5), pixels).codes
    shared = [_shared(row, held) for row in asked.codes]
    assert int(np.argmax(shared)) == DISGUISES.index((mirrored, inverted))
    assert max(shared) > 20
    assert max(shared) > 4 * max(_shared(row, other) for row in asked.codes)


def test_a_query_asks_for_its_rarest_words_until_it_would_read_too_much() -> None:
    keypoints = detect_keypoints(pictures.scene(4), None)
    frequency = codebook().frequency
    plain = split(asked_words(keypoints).codes[0])[0]
    every = codebook().words(keypoints.codes)[0]
    assert KEPT * frequency[plain].sum() <= READ
    left_out = sorted(every.tolist())
    for word in plain.tolist():
        left_out.remove(word)
    assert left_out
    assert frequency[left_out].min() >= frequency[plain].max()


def test_a_picture_without_keypoints_has_no_words() -> None:
    none = detect_keypoints(np.zeros((64, 64, 3), np.uint8), None)
    assert asked_words(none).codes.size == 0
    assert all(len(split(row)[0]) == 0 for row in words_of(looks([(packed(none, 9), 0, 1)])).codes)
