import numpy as np

from reseen.domain.fingerprint import KEYPOINTS, LOOKS, Track
from reseen.engine.picture.geometry import verify
from reseen.engine.picture.packed import looks, packed, unpacked
from reseen.signals.keypoints import detect_keypoints
from reseen.testing import pictures

SIZE = (640.0, 480.0)
SEEN = detect_keypoints(pictures.scene(3, 640, 480), None)


def _row(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)


def test_packed_keypoints_lie_where_they_were_and_look_as_they_did() -> None:
    again = unpacked(_row(packed(SEEN, len(SEEN))), None)
    assert again.signal == KEYPOINTS
    assert np.isinf(again.spans).all()
    assert np.abs(again.places[:, :2] - SEEN.places[:, :2]).max() < 2e-5
    assert np.abs(np.log(again.places[:, 2] / SEEN.places[:, 2])).max() < 0.02
    turned = (again.places[:, 3] - SEEN.places[:, 3] + 180.0) % 360.0 - 180.0
    assert np.abs(turned).max() <= 0.71
    one, other = again.codes.astype(np.float64), SEEN.codes.astype(np.float64)
    cosines = (
        (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    )
    assert cosines.min() > 0.97


def test_they_take_less_than_half_of_the_bytes() -> None:
    data = packed(SEEN, len(SEEN))
    assert 2 * len(data) < SEEN.codes.nbytes + SEEN.places.nbytes


def test_packed_keypoints_tell_the_same_geometry() -> None:
    again = unpacked(_row(packed(SEEN, len(SEEN))), None)
    found = verify(again, SEEN, SIZE, SIZE)
    assert found is not None
    assert found.support > 0.95
    assert np.abs(found.matrix - np.eye(3)).max() < 1e-3


def test_only_the_first_are_kept_and_each_frame_is_read_by_itself() -> None:
    other = detect_keypoints(pictures.scene(4, 640, 480), 7.0)
    nothing = SEEN.rows(slice(0))
    rows = [(packed(one, 50), t, t + 1.0) for one, t in ((SEEN, 1.0), (nothing, 2.0), (other, 3.0))]
    track: Track = looks(rows)
    assert track.signal == LOOKS
    assert track.spans.tolist() == [[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]]
    assert [len(unpacked(row, None)) for row in track.codes] == [50, 0, 50]
    again = unpacked(track.codes[2], 3.5)
    assert np.abs(again.places[:, :2] - other.places[:50, :2]).max() < 2e-5
    assert (again.spans == 3.5).all()
