"""The peers as we run them."""

from pathlib import Path

import numpy as np
from benchmarks.peers import chromaprint_score, picture_peers, vpdq_shares
from benchmarks.synthetic import picture, write_video

from benchmarks import peers


def test_pdq_knows_a_picture_as_it_is_and_its_dihedral_form_knows_the_mirror() -> None:
    seen = picture(np.random.default_rng(1))
    other = picture(np.random.default_rng(2))
    plain, dihedral = picture_peers()[:2]
    references = np.concatenate([plain.reference(seen), plain.reference(other)])
    mirrored = np.ascontiguousarray(seen[:, ::-1])
    assert plain.scores(plain.query(seen), references).tolist()[0] == 1.0
    assert plain.scores(plain.query(mirrored), references)[0] < plain.cut
    assert dihedral.scores(dihedral.query(mirrored), references)[0] > dihedral.cut
    assert dihedral.scores(dihedral.query(mirrored), references)[1] < dihedral.cut


def test_vpdq_counts_frames_that_have_a_near_one_on_the_other_side() -> None:
    rng = np.random.default_rng(3)
    reference = rng.integers(0, 256, (8, 32), np.uint8)
    query = np.concatenate([reference[:2], rng.integers(0, 256, (2, 32), np.uint8)])
    assert vpdq_shares(query, reference) == (0.5, 0.25)
    assert vpdq_shares(query[:0], reference) == (0.0, 0.0)


def test_chromaprint_finds_five_equal_seconds_anywhere_and_nothing_in_noise() -> None:
    rng = np.random.default_rng(4)
    reference = rng.integers(0, 2**32, 400, np.uint32)
    query = np.concatenate([rng.integers(0, 2**32, 30, np.uint32), reference[200:240]])
    assert chromaprint_score(query, reference) == 1.0
    assert chromaprint_score(rng.integers(0, 2**32, 90, np.uint32), reference) < 0.2
    assert chromaprint_score(query[:3], reference) == 0.0


def test_the_rewritten_vpdq_hashes_as_often_as_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    rng = np.random.default_rng(5)
    write_video(path, rng, seconds=3.0, size=(160, 120), per_s=10)
    assert [len(peers._vpdq_frames(path, every)) for every in (1.0, 0.5, 0.0)] == [3, 6, 30]
