"""What stands in for frames: rows that differ, few frames held, motion as of the whole film."""

import weakref
from collections.abc import Iterator

import numpy as np
import pytest
from tests.signals.test_frames import Coarse, film, sampled

from reseen.domain.fingerprint import DESCRIPTOR, Skip, Track
from reseen.domain.media import Frame, Pixels
from reseen.engine.film.motion import moving, small
from reseen.engine.picture.packed import unpacked
from reseen.ports import Tracks
from reseen.signals.keeping import EVERY, GLANCES, KeptFrames, kept_of_still, parts
from reseen.testing import pictures
from reseen.testing.videos import Story, whole

NO_MODEL = Skip(DESCRIPTOR, "model not installed")
SIZE = (160, 120)


def _track(tracks: Tracks, name: str) -> Track:
    return next(t for t in tracks.found if t.signal.name == name)


def _kept(frames: list[Frame], duration: float) -> Tracks:
    kept = KeptFrames(Coarse())
    for frame in frames:
        kept.add(frame)
    return kept.finish(duration)


def _story(shots: int) -> list[Frame]:
    return sampled(film(whole(Story(seed=1, shots=shots))))


def test_a_slide_is_looked_at_once_for_as_long_as_it_is_shown() -> None:
    slides = [pictures.scene(seed, *SIZE) for seed in (1, 2)]
    frames = [Frame(k / 2.0, slides[k >= 20]) for k in range(40)]
    looks = _track(_kept(frames, 20.0), "looks")
    assert looks.spans.tolist() == [[0.0, 9.5], [10.0, 19.5]]
    assert len(unpacked(looks.codes[0], 3.0)) > 50


def test_what_moves_slowly_is_looked_at_every_other_second() -> None:
    wide = pictures.scene(5, 400, 120)
    frames = [Frame(k / 2.0, np.ascontiguousarray(wide[:, k : k + 160])) for k in range(41)]
    looks = _track(_kept(frames, 20.5), "looks")
    assert looks.spans[:, 0] == pytest.approx(np.arange(0.0, 20.1, EVERY))


def test_a_cut_is_looked_at_soon() -> None:
    shots = [pictures.scene(seed, *SIZE) for seed in range(8)]
    frames = [Frame(k / 2.0, shots[k // 2]) for k in range(16)]
    looks = _track(_kept(frames, 8.0), "looks")
    assert looks.spans[:, 0] == pytest.approx(np.arange(8.0))


def test_motion_is_that_of_the_whole_film_though_told_in_parts() -> None:
    rng = np.random.default_rng(3)
    ramps = [np.linspace(one, other, 64) for one, other in rng.uniform(70.0, 180.0, (700, 2))]
    pixels = [np.tile(ramp.astype(np.uint8)[None, :, None], (48, 1, 3)) for ramp in ramps]
    times = np.cumsum(rng.uniform(0.2, 0.6, 700))
    kept = _kept([Frame(float(t), p) for t, p in zip(times, pixels, strict=True)], 400.0)
    found = _track(kept, "motion")
    truth = moving(times, np.array([small(p) for p in pixels]))
    assert found.spans[:, 0] == pytest.approx(times)
    assert np.abs(found.codes.reshape(-1, 32, 32) - truth.moved).max() <= 0.51
    assert found.quality == pytest.approx(truth.strength, abs=1e-4)


def test_few_frames_are_held_however_long_the_film() -> None:
    living: list[weakref.ref[Pixels]] = []

    def long_film() -> Iterator[Frame]:
        for k in range(600):
            pixels = pictures.scene(k // 100, 64, 48).copy()
            living.append(weakref.ref(pixels))
            yield Frame(k / 2.0, pixels)

    kept = KeptFrames(NO_MODEL)
    for frame in long_film():
        kept.add(frame)
    del frame
    assert sum(ref() is not None for ref in living) <= 2 * GLANCES + 2
    assert len(_track(kept.finish(300.0), "motion")) == 600


def test_parts_are_of_frames_spread_over_the_film_and_looked_at_too() -> None:
    frames = _story(shots=6)
    kept = _kept(frames, frames[-1].time or 0.0)
    seen = _track(kept, "parts")
    times = np.unique(seen.spans[:, 0])
    assert len(times) == GLANCES
    assert times[0] < 3.0
    assert times[-1] > (frames[-1].time or 0.0) - 4.0


def test_a_tile_without_detail_is_marked() -> None:
    ramp = np.linspace(90.0, 160.0, 320).astype(np.uint8)
    pixels = np.tile(ramp[None, :, None], (240, 1, 3))
    pixels[:120, :160] = pictures.scene(1, 160, 120)
    seen = parts(Coarse(), pixels)
    quarters = {
        tuple(place[:2]): quality for place, quality in zip(seen.places, seen.quality, strict=True)
    }
    assert quarters[0.0, 0.0] == 1.0
    assert quarters[0.5, 0.5] == 0.0


def test_black_keeps_nothing_and_says_why() -> None:
    black = np.zeros((120, 160, 3), np.uint8)
    for kept in (kept_of_still(NO_MODEL, black), _kept([Frame(0.0, black)], 1.0)):
        assert {t.signal.name for t in kept.found} <= {"motion"}
        assert [skip.reason for skip in kept.skipped] == ["no detail"]
