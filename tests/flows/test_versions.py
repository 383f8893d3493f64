"""References described in two versions of the descriptor: both are found, and where they cannot be
compared the other signals decide and the answer says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.flows.conftest import save_picture
from tests.flows.searching import Ground, ground, names

from reseen.domain.access import DEFAULT_PROJECT as P
from reseen.domain.bank import Content, Reference, ReferenceDraft
from reseen.domain.fingerprint import (
    DESCRIPTOR,
    DESCRIPTOR_FULL,
    LOOKS,
    PDQ,
    Fingerprint,
    Signal,
    Skip,
    Track,
)
from reseen.domain.media import Pixels
from reseen.flows.decoded import Decoded
from reseen.flows.fingerprint import Perception, fingerprint, remember
from reseen.flows.kept import Kept
from reseen.flows.match import compare
from reseen.flows.meeting import agreed
from reseen.flows.search import Scope
from reseen.media.receive import local_file
from reseen.ports import Side
from reseen.signals.descriptor import Descriptors, load_descriptor
from reseen.signals.visual import Visual
from reseen.testing import videos
from reseen.testing.pictures import scene
from reseen.testing.videos import Clip, Story

MODELS = Descriptors()
STORY = Story(seed=5, shots=4, seconds=1.5)


@dataclass(frozen=True)
class Both:
    """The distilled model as today's, and a way to remember by the other one."""

    ground: Ground
    older: Perception

    def remember_by_the_older(self, path: Path) -> Fingerprint:
        with local_file(path) as file:
            return remember(self.older, file)

    def add_older(self, path: Path) -> Reference:
        content = Content(self.remember_by_the_older(path))
        bank = self.ground.banks.get(P, "bank")
        return self.ground.references.add(bank, ReferenceDraft(path.name), content).reference


@pytest.fixture
def both(perception: Perception, tmp_path: Path) -> Iterator[Both]:
    today, full = load_descriptor(), MODELS(DESCRIPTOR_FULL.id)
    assert not isinstance(today, Skip)
    assert full is not None
    now = replace(perception, visual=Visual(today, MODELS))
    with ground(tmp_path, now) as held:
        held.bank("bank")
        yield Both(held, replace(perception, visual=Visual(full)))


def blurred(pixels: Pixels) -> Pixels:
    """Without keypoints or a hash that would tell: only the descriptor knows it."""
    tall, wide = pixels.shape[:2]
    part = pixels[tall // 8 : -tall // 8, wide // 8 : -wide // 8, ::-1]
    return np.asarray(cv2.GaussianBlur(part, (0, 0), 5), np.uint8)


def by_descriptor_alone(kept: Fingerprint) -> Fingerprint:
    exact = {"sha256", "md5", "descriptor"}
    return replace(kept, tracks=tuple(t for t in kept.tracks if t.signal.name in exact))


def as_version(signal: Signal, kept: Fingerprint) -> Fingerprint:
    """As if its descriptors were of this version."""
    tracks = (
        replace(t, signal=replace(t.signal, version=signal.version))
        if t.signal.name in {"descriptor", "parts"}
        else t
        for t in kept.tracks
    )
    return replace(kept, tracks=tuple(tracks))


@pytest.fixture
def copies(tmp_path: Path) -> Callable[[int], tuple[Path, Path]]:
    """A picture, and a copy that its descriptor leads to."""

    def make(seed: int) -> tuple[Path, Path]:
        original = save_picture(tmp_path / f"{seed}.png", scene(seed))
        return original, save_picture(tmp_path / f"{seed} copy.png", blurred(scene(seed)))

    return make


def test_a_query_is_asked_and_compared_in_each_version_that_is_held(
    both: Both, copies: Callable[[int], tuple[Path, Path]]
) -> None:
    (old, old_copy), (new, new_copy) = copies(21), copies(22)
    both.add_older(old)
    both.ground.add(both.ground.banks.get(P, "bank"), new)
    for original, copy in ((old, old_copy), (new, new_copy)):
        answer = both.ground.search(copy)
        assert names(answer) == [original.name]
        assert answer.matches[0].is_match
        assert answer.remarks == ()
    asked = [one for one in both.ground.index.asked if one.startswith(DESCRIPTOR.name)]
    assert set(asked) == {DESCRIPTOR.id, DESCRIPTOR_FULL.id}
    assert asked[-1] == DESCRIPTOR.id  # where references move to


def test_only_todays_version_is_asked_where_nothing_else_is_held(
    both: Both, copies: Callable[[int], tuple[Path, Path]]
) -> None:
    original, copy = copies(23)
    older = both.add_older(original)
    assert names(both.ground.search(copy)) == [original.name]
    both.ground.references.refresh(P, older.id, both.ground.kept(original))
    both.ground.index.asked.clear()
    assert names(both.ground.search(copy)) == [original.name]
    assert DESCRIPTOR_FULL.id not in both.ground.index.asked


def test_descriptors_of_a_reference_are_held_against_those_of_their_version(
    both: Both, copies: Callable[[int], tuple[Path, Path]], tmp_path: Path
) -> None:
    original, _ = copies(24)
    copy = save_picture(tmp_path / "copy.jpg", scene(24))
    visual = both.ground.perception.visual
    with local_file(copy) as file:
        query = Decoded(visual, fingerprint(both.ground.perception, file, Side.QUERY))
    kept = Kept(by_descriptor_alone(both.remember_by_the_older(original)))
    here, there = agreed(query, kept)
    assert (here.version, there.version) == (DESCRIPTOR_FULL.id, DESCRIPTOR_FULL.id)
    assert agreed(query, kept)[0] is here  # described once
    match = compare(visual, both.ground.searching.cuts, query, kept)
    assert match.score > 0.6


def test_a_clip_is_placed_in_a_film_that_was_kept_in_the_older_version(
    both: Both, tmp_path: Path
) -> None:
    film = videos.encode(tmp_path / "film.mp4", videos.pictures(videos.whole(STORY)))
    clip = videos.encode(tmp_path / "clip.mp4", videos.pictures(Clip(STORY, 1.5, 5.5)))
    both.add_older(film)
    [found] = both.ground.search(clip).matches
    [segment] = found.match.segments
    assert segment.score > 0.6
    assert (segment.reference.start, segment.reference.end) == pytest.approx((1.5, 5.5), abs=1.0)


def test_what_no_model_here_can_describe_is_found_by_other_signals_and_told(
    both: Both, copies: Callable[[int], tuple[Path, Path]], tmp_path: Path
) -> None:
    original, copy = copies(25)
    later = as_version(
        Signal("descriptor", "later.7", PDQ.channel, PDQ.metric), both.ground.kept(original)
    )
    bank = both.ground.banks.get(P, "bank")
    both.ground.references.add(bank, ReferenceDraft("later"), Content(later))
    same = save_picture(tmp_path / "same.jpg", scene(25))
    answer = both.ground.search(same)
    assert names(answer) == ["later"]
    [remark] = answer.remarks
    assert remark.startswith("1 reference is described by descriptor/later.7")
    assert "reseen doctor" in remark
    assert names(both.ground.search(copy)) == ["later"]  # by words of keypoints


def test_two_that_are_kept_in_two_versions_are_compared_by_all_else(
    both: Both, copies: Callable[[int], tuple[Path, Path]], tmp_path: Path
) -> None:
    original, _ = copies(26)
    upload = save_picture(tmp_path / "upload.jpg", scene(26))
    both.add_older(upload)
    kept = both.ground.kept(original)
    answer = both.ground.searching.by_fingerprint(P, kept, Scope())
    assert names(answer) == ["upload.jpg"]  # by its hash and its keypoints
    [remark] = answer.remarks
    assert remark.startswith("1 reference is described by descriptor/sscd.1")
    assert "pixels are not kept" in remark
    here, there = agreed(Kept(kept), Kept(both.remember_by_the_older(upload)))
    assert (here.version, there.version) == (DESCRIPTOR.id, None)
    assert there.fingerprint.track("descriptor") is there.fingerprint.track("parts") is None


def test_tracks_that_a_later_release_wrote_otherwise_are_not_read(
    both: Both, copies: Callable[[int], tuple[Path, Path]]
) -> None:
    original, _ = copies(27)
    kept = both.ground.kept(original)
    rubbish = Track(
        replace(LOOKS, version="later"),
        spans=np.array([[-np.inf, np.inf]]),
        codes=np.zeros((1, 9), np.uint8),
        quality=np.ones(1, np.float32),
        places=np.zeros((1, 0), np.float32),
    )
    tracks = tuple(rubbish if t.signal == LOOKS else t for t in kept.tracks)
    bank = both.ground.banks.get(P, "bank")
    draft = ReferenceDraft("later")
    both.ground.references.add(bank, draft, Content(replace(kept, tracks=tracks)))
    assert names(both.ground.search(original)) == ["later"]


def test_without_a_model_of_today_none_of_another_day_is_loaded(
    both: Both, copies: Callable[[int], tuple[Path, Path]]
) -> None:
    original, copy = copies(28)
    both.add_older(original)
    off = Visual(Skip(DESCRIPTOR, "switched off"), MODELS)
    perception = replace(both.ground.perception, visual=off)
    with local_file(copy) as file:
        replace(both.ground.searching, perception=perception).by_file(P, file, Scope())
    assert not [one for one in both.ground.index.asked if one.startswith(DESCRIPTOR.name)]
