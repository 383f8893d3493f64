import numpy as np

from reseen.domain.fingerprint import PDQ, hash_track


def test_listed_hashes_are_rows_of_stills_of_full_quality() -> None:
    codes = [bytes(range(32)), bytes(32), b"\xff" * 32]
    track = hash_track(codes)
    assert track.signal is PDQ
    assert [row.tobytes() for row in track.codes] == codes
    assert track.spans.tolist() == [[-np.inf, np.inf]] * 3
    assert track.quality.tolist() == [1.0] * 3
    assert track.places.shape == (3, 0)
    assert track.codes.dtype == np.uint8
    assert track.rows(slice(1, 3)).spans.shape == (2, 2)
    assert len(hash_track([])) == 0


def test_what_rows_of_listed_hashes_share_cannot_be_changed() -> None:
    track = hash_track([bytes(32)])
    assert not any(column.flags.writeable for column in (track.spans, track.codes, track.quality))
