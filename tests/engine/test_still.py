from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from benchmarks.attacks import editing
from tests.engine.layouts import form

from reseen.domain.fingerprint import DESCRIPTOR_FULL, PDQ, Fingerprint, Skip, Track
from reseen.domain.media import Asset, Channel, Medium, Pixels, Span
from reseen.engine.picture.contents import Disagreement
from reseen.engine.picture.geometry import Geometry
from reseen.engine.picture.still import (
    Nearest,
    compare,
    confirmed,
    descriptor_similarity,
    is_doubtful,
    judge,
    may_be_retaken,
    may_share_layout,
    retaken,
    told_apart,
    weigh,
    weigh_registered,
)
from reseen.signals.descriptor import OnnxDescriptor, load_descriptor
from reseen.signals.keypoints import detect_keypoints
from reseen.signals.pdq import hash_picture
from reseen.signals.views import describe_still, query_views, reference_views
from reseen.testing import pictures


@pytest.fixture(scope="module")
def describe() -> OnnxDescriptor:
    loaded = load_descriptor()
    if isinstance(loaded, Skip):
        pytest.skip(loaded.reason)
    return loaded


def _asset(pixels: Pixels) -> Asset:
    height, width = pixels.shape[:2]
    return Asset("", "", 0, Medium.IMAGE, "png", width=width, height=height)


def _query(describe: OnnxDescriptor, pixels: Pixels) -> Fingerprint:
    described = describe_still(describe, pixels, query_views(pixels))
    return Fingerprint(_asset(pixels), (described, detect_keypoints(pixels, None)))


def _reference(describe: OnnxDescriptor, pixels: Pixels) -> Fingerprint:
    described = describe_still(describe, pixels, reference_views(pixels))
    return Fingerprint(_asset(pixels), (described, detect_keypoints(pixels, None)))


def _only(fingerprint: Fingerprint, name: str) -> Fingerprint:
    track = fingerprint.track(name)
    assert track is not None
    return Fingerprint(fingerprint.asset, (track,))


def _score(query: Fingerprint, reference: Fingerprint) -> float:
    found = compare(query, reference)
    return 0.0 if found is None else found.score


def _mirrored(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, ::-1])


def _inset(pixels: Pixels) -> Pixels:
    return editing.pasted(pictures.scene(90, 960, 720), pixels, 240, 130)


def _tilted(pixels: Pixels) -> Pixels:
    return editing.rotated(pixels, 33, (255, 255, 255))


def _blurred(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 3), np.uint8)


@pytest.mark.parametrize(
    "disguise", [_mirrored, _inset, _tilted, _blurred, lambda p: editing.coded(p, "JPEG", 15)]
)
def test_a_disguised_copy_is_told_from_another_scene(
    describe: OnnxDescriptor, disguise: Callable[[Pixels], Pixels]
) -> None:
    original = pictures.scene(1)
    query = _query(describe, disguise(original))
    assert _score(query, _reference(describe, original)) > 0.9
    assert _score(query, _reference(describe, pictures.scene(2))) < 0.5


def test_a_match_of_stills_has_no_clock_and_says_how_the_copy_lies(
    describe: OnnxDescriptor,
) -> None:
    original = pictures.scene(1)
    found = compare(_query(describe, _mirrored(original)), _reference(describe, original))
    assert found is not None
    assert found.channel is Channel.VISUAL
    assert (found.query, found.reference, found.offset) == (Span.ALWAYS, Span.ALWAYS, None)
    assert found.transform is not None
    assert found.transform.mirrored
    assert found.support > 50


@pytest.mark.parametrize("name", ["descriptor", "keypoints"])
def test_either_signal_is_enough_for_a_plain_copy(describe: OnnxDescriptor, name: str) -> None:
    original = pictures.scene(1)
    query = _query(describe, editing.coded(original, "JPEG", 40))
    reference = _only(_reference(describe, original), name)
    found = compare(query, reference)
    assert found is not None
    assert found.score > 0.5
    assert found.signal is not None
    assert found.signal.name == name


def test_without_a_common_signal_there_is_nothing_to_say(describe: OnnxDescriptor) -> None:
    fingerprint = _query(describe, pictures.scene(1))
    blank = Fingerprint(fingerprint.asset, ())
    assert compare(fingerprint, blank) is None
    assert compare(blank, blank) is None
    assert compare(_only(fingerprint, "descriptor"), _only(fingerprint, "keypoints")) is None


def test_the_nearest_views_are_named(describe: OnnxDescriptor) -> None:
    original = pictures.scene(1)
    shown = editing.padded(original, 80, 80, 0, 0, (0, 0, 0))
    query = describe_still(describe, shown, query_views(shown))
    reference = describe_still(describe, original, reference_views(original))
    nearest = descriptor_similarity(query, reference)
    assert nearest is not None
    assert nearest.similarity > 0.95
    assert query.places[nearest.query_row, 3] < 0.8
    assert nearest.reference_row == 0


def test_descriptors_of_different_models_are_not_compared(describe: OnnxDescriptor) -> None:
    track = describe_still(describe, pictures.scene(1), reference_views(pictures.scene(1)))
    other = Track(DESCRIPTOR_FULL, track.spans, track.codes, track.quality, track.places)
    assert descriptor_similarity(track, other) is None
    assert descriptor_similarity(track, track.rows(slice(0, 0))) is None


@pytest.mark.parametrize(
    "dress",
    [
        lambda p: editing.phone(p, np.random.default_rng(0), dark=True),
        lambda p: editing.written(p, "only today", 0.5, 0.9, 0.1, (255, 255, 255), (0, 0, 0)),
        lambda p: editing.written(
            editing.padded(p, 90, 0, 0, 0, (255, 255, 255)), "wait for it", 0.5, 0.1, 0.1, (0, 0, 0)
        ),
    ],
    ids=["app", "words", "caption"],
)
def test_what_surrounds_two_different_pictures_is_no_match(
    describe: OnnxDescriptor, dress: Callable[[Pixels], Pixels]
) -> None:
    one, other = dress(pictures.scene(1)), dress(pictures.scene(2))
    assert _score(_query(describe, one), _reference(describe, other)) < 0.5
    assert _score(_query(describe, one), _reference(describe, one)) > 0.9


def test_papers_with_different_words_are_no_match(describe: OnnxDescriptor) -> None:
    one, other = pictures.document(1), pictures.document(2)
    assert _score(_query(describe, one), _reference(describe, other)) < 0.5
    assert _score(_query(describe, editing.coded(one, "JPEG", 30)), _reference(describe, one)) > 0.5


def test_noise_does_not_match_noise(describe: OnnxDescriptor) -> None:
    one, other = pictures.noise(1), pictures.noise(2)
    assert _score(_query(describe, one), _reference(describe, other)) < 0.5


def test_the_score_rises_with_each_kind_of_evidence() -> None:
    def geometry(evidence: float, support: float) -> Geometry:
        found = compare_geometry
        return Geometry(
            found.matrix, 40, evidence, support, 0.5, 0.5, found.transform, density=support
        )

    compare_geometry = _some_geometry()
    scores = [judge(Nearest(s, 0, 0), None) for s in (0.1, 0.4, 0.7, 0.95)]
    assert scores == sorted(scores)
    assert judge(None, geometry(50, 0.9)) > judge(None, geometry(8, 0.9))
    assert judge(None, geometry(50, 0.9)) > judge(None, geometry(50, 0.2))
    assert judge(None, None) < 0.05


def _some_geometry() -> Geometry:
    from reseen.engine.picture.geometry import verify

    track = detect_keypoints(pictures.scene(1), None)
    found = verify(track, track, (480, 360), (480, 360))
    assert found is not None
    return found


def _hash_only(pixels: Pixels) -> Fingerprint:
    code, quality = hash_picture(pixels)
    track = Track(
        PDQ,
        spans=np.array([[-np.inf, np.inf]]),
        codes=code[None],
        quality=np.array([quality], np.float32),
        places=np.zeros((1, 0), np.float32),
    )
    return Fingerprint(_asset(pixels), (track,))


def test_a_hash_that_hardly_differs_is_enough_and_papers_differ_in_theirs() -> None:
    scene = pictures.scene(5)
    rng = np.random.default_rng(0)
    noisy = np.clip(scene + rng.normal(0, 40, scene.shape), 0, 255).astype(np.uint8)
    match = compare(_hash_only(noisy), _hash_only(scene))
    assert match is not None
    assert match.score >= 0.6
    papers = [_hash_only(pictures.document(seed)) for seed in range(6)]
    for one in range(6):
        for other in range(one):
            found = compare(papers[one], papers[other])
            assert found is None or found.score < 0.3


def _registered(area: float, support: float, evidence: float) -> float:
    shown = replace(
        _some_geometry(),
        evidence=evidence,
        support=support,
        query_area=area / 2,
        reference_area=area,
    )
    found = weigh_registered(shown)
    return 0.0 if found is None else found.score


def test_a_registration_is_believed_for_evidence_support_and_area() -> None:
    assert _registered(0.5, 0.9, 80.0) > 0.99
    assert _registered(0.5, 0.6, 40.0) > 0.6
    assert _registered(0.5, 0.4, 20.0) < 0.3
    assert _registered(0.1, 0.7, 28.0) < 0.1
    assert _registered(0.5, 0.2, 40.0) < 0.1


def _captioned(pixels: Pixels) -> Pixels:
    """A picture of few edges under a large caption."""
    words = cv2.resize(pictures.document(9, 480, 120), (960, 240))
    bar = np.full((380, 960, 3), 255, np.uint8)
    bar[70:310] = words
    return np.vstack([bar, cv2.resize(pixels, (960, 640))]).astype(np.uint8)


def test_keypoints_alone_are_doubted_unless_edges_agree(describe: OnnxDescriptor) -> None:
    query = _query(describe, _captioned(pictures.gradient(1)))
    reference = _reference(describe, _captioned(pictures.scene(3)))
    geometry = replace(_some_geometry(), evidence=120.0)
    alone = weigh(query, reference, geometry)
    assert alone is not None
    assert is_doubtful(query, reference, geometry)
    assert not is_doubtful(query, reference, replace(geometry, evidence=900.0))
    assert not is_doubtful(query, query, geometry)
    assert not is_doubtful(_only(query, "keypoints"), reference, geometry)
    assert confirmed(alone, None).score < 0.3
    assert confirmed(alone, replace(alone, score=0.02)).score < 0.3
    assert confirmed(alone, replace(alone, score=0.7)) == alone


def test_what_looks_alike_is_asked_for_its_content(describe: OnnxDescriptor) -> None:
    geometry = replace(_some_geometry(), evidence=200.0)
    query, reference = (_query(describe, form(k)) for k in (1, 2))
    assert may_share_layout(query, reference, geometry)
    assert may_share_layout(query, reference, None)
    assert not may_share_layout(query, reference, replace(geometry, evidence=700.0))
    assert not may_share_layout(query, _reference(describe, pictures.scene(1)), geometry)
    assert not may_share_layout(query, _only(reference, "keypoints"), geometry)
    one_hash = (*query.tracks, *_hash_only(form(1)).tracks)
    hashed = replace(query, tracks=one_hash)
    assert not may_share_layout(hashed, hashed, geometry)


def test_keypoints_that_miss_each_other_are_asked_for_content(describe: OnnxDescriptor) -> None:
    query, reference = (_query(describe, pictures.scene(k)) for k in (1, 2))
    there = np.random.default_rng(1).random((50, 2))
    exact = replace(_some_geometry(), matrix=np.eye(3), points=(there, there))
    loose = replace(exact, points=(there + np.array([0.002, 0.0]), there))
    assert exact.residual((416, 300)) == 0.0
    assert loose.residual((832, 600)) == pytest.approx(0.832)
    alike = compare(query, query)
    assert alike is not None
    assert may_be_retaken(query, reference, alike, loose)
    assert not may_be_retaken(query, reference, alike, exact)
    assert not may_be_retaken(query, query, alike, loose)
    assert not may_be_retaken(query, reference, replace(alike, score=0.8), loose)
    assert not may_be_retaken(query, reference, alike, None)


def test_a_retake_is_told_by_blocks_that_disagree(describe: OnnxDescriptor) -> None:
    query = _query(describe, pictures.scene(1))
    found = compare(query, query)
    assert found is not None
    for harmless in (None, Disagreement(0.2, 0.2)):
        assert retaken(found, harmless) == found
    assert retaken(found, Disagreement(0.3, 0.0)).score < 0.9


def test_only_disagreement_that_is_much_and_scattered_tells_apart(
    describe: OnnxDescriptor,
) -> None:
    query = _query(describe, form(1))
    found = compare(query, query)
    assert found is not None
    for harmless in (None, Disagreement(0.1, 0.2), Disagreement(0.5, 0.05)):
        assert told_apart(found, harmless) == found
    assert told_apart(found, Disagreement(0.3, 0.2)).score < 0.3
