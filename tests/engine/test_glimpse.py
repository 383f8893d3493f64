"""A first look at films sees what aligning them sees, and nothing in films that share nothing."""

from collections.abc import Sequence

import numpy as np
import pytest

from reseen.engine.film.glimpse import glimpses, moment
from reseen.testing.videos import Clip, Story, still, track, whole

STORY, OTHER = Story(seed=1), Story(seed=2)
REFERENCE = track(whole(STORY))


@pytest.mark.parametrize(
    "clips",
    [
        [Clip(STORY, 9.3, 20.2)],
        [Clip(OTHER, 0, 20), Clip(STORY, 9.3, 12.3), Clip(OTHER, 20, 30)],
        [Clip(STORY, 20, 27), Clip(OTHER, 0, 4), Clip(STORY, 3, 10)],
        [Clip(STORY, 2, 30, 0.5)],
        [Clip(STORY, 2, 30, 2.0)],
        [Clip(STORY, 22, 9, -1.0)],
    ],
)
def test_clips_are_seen_at_a_moment_that_both_show(clips: Sequence[Clip]) -> None:
    query = track(*clips, seed=5)
    found = glimpses(query, REFERENCE)
    assert found
    here, there = moment(found[0])
    assert here is not None
    assert there is not None
    shown = query.codes[np.searchsorted(query.spans[:, 1], here)].astype(np.float64)
    known = REFERENCE.codes[np.searchsorted(REFERENCE.spans[:, 1], there)].astype(np.float64)
    assert shown @ known / np.linalg.norm(shown) / np.linalg.norm(known) > 0.7


def test_one_frame_of_a_film_in_a_row_of_others_is_seen() -> None:
    query = track(Clip(OTHER, 0, 10), Clip(STORY, 13.0, 13.5), Clip(OTHER, 10, 20))
    assert any(s.query.start == pytest.approx(10.0, abs=0.6) for s in glimpses(query, REFERENCE))


def test_a_still_is_seen_in_the_film_that_shows_it() -> None:
    [seen] = glimpses(still(STORY, at=13.0), REFERENCE)
    assert moment(seen)[0] is None
    assert seen.reference.start <= 13.5 <= seen.reference.end + 0.5


def test_films_that_share_nothing_are_not_looked_at() -> None:
    for seed in range(10, 20):
        assert glimpses(track(whole(Story(seed))), REFERENCE) == ()
    assert glimpses(REFERENCE.rows(slice(0, 0)), REFERENCE) == ()
