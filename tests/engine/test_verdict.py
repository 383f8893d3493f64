"""What a match means in a bank."""

from reseen.domain.choices import Regime
from reseen.domain.match import Confidence, Cuts, Match, Segment, Transform
from reseen.domain.media import Box, Channel, Medium, Span
from reseen.engine.verdict import HASHED, by_regime, explains, judged, regime_of, regime_of_media

USUAL = Cuts(0.3, 0.6, 0.9)
STRICT = Cuts(0.8, 0.95, 0.99)


def picture(query: Span, reference: Span, score: float = 0.8, inset: Box | None = None) -> Segment:
    transform = None if inset is None else Transform(inset=inset)
    return Segment(Channel.VISUAL, query, reference, score, support=3, transform=transform)


def sound(query: Span, score: float = 0.8) -> Segment:
    return Segment(Channel.AUDIO, query, query, score, support=3, offset=0.0)


def test_the_regime_is_told_by_clocks() -> None:
    film = Span(0.0, 9.0)
    assert regime_of(picture(Span.ALWAYS, Span.ALWAYS)) is Regime.STILL
    assert regime_of(picture(Span.ALWAYS, film)) is Regime.STILL_IN_SEQUENCE
    assert regime_of(picture(film, Span.ALWAYS)) is Regime.STILL_IN_SEQUENCE
    assert regime_of(picture(film, film)) is Regime.SEQUENCE
    assert regime_of(sound(film)) is Regime.SOUND


def test_media_tell_a_regime_too() -> None:
    assert regime_of_media(Medium.IMAGE, Medium.IMAGE) is Regime.STILL
    assert regime_of_media(Medium.IMAGE, Medium.VIDEO) is Regime.STILL_IN_SEQUENCE
    assert regime_of_media(Medium.VIDEO, Medium.VIDEO) is Regime.SEQUENCE
    assert regime_of_media(Medium.VIDEO, Medium.AUDIO) is Regime.SOUND
    assert regime_of_media(Medium.VIDEO, None) is Regime.HASH


def test_each_segment_is_judged_by_the_cuts_of_its_regime() -> None:
    film = Span(0.0, 9.0)
    match = Match(0.85, (picture(film, film, 0.7), sound(film, 0.85)))
    assert judged(match, USUAL, {}, Regime.SEQUENCE) == (Confidence.MEDIUM, Regime.SOUND)
    strict = {Regime.SOUND: STRICT}
    assert judged(match, USUAL, strict, Regime.SEQUENCE) == (Confidence.MEDIUM, Regime.SEQUENCE)


def test_a_match_of_hashes_is_judged_as_one_whatever_its_segments_look_like() -> None:
    match = Match(0.9, (picture(Span.ALWAYS, Span.ALWAYS, 0.9),))
    assert judged(match, USUAL, {Regime.STILL: STRICT}, Regime.HASH)[1] is Regime.HASH
    assert by_regime(match, Regime.HASH) == {Regime.HASH: 0.9}


def test_a_score_without_segments_counts_for_the_regime_of_the_media() -> None:
    assert by_regime(Match(0.1, ()), Regime.STILL) == {Regime.STILL: 0.1}


def test_an_allowed_opening_does_not_clear_what_follows_it() -> None:
    opening = [picture(Span(0.0, 5.0), Span(0.0, 5.0))]
    assert explains(opening, [picture(Span(0.5, 5.0), Span(9.0, 13.5))])
    assert not explains(opening, [picture(Span(4.0, 20.0), Span(0.0, 16.0))])


def test_several_allowed_scenes_clear_what_they_cover_together() -> None:
    scenes = [picture(Span(k, k + 5.0), Span(0.0, 5.0)) for k in (0.0, 5.0, 10.0)]
    assert explains(scenes, [picture(Span(1.0, 14.0), Span(0.0, 13.0))])
    assert not explains(scenes[::2], [picture(Span(1.0, 14.0), Span(0.0, 13.0))])


def test_an_allowed_picture_does_not_clear_the_one_beside_it() -> None:
    left, right = Box(0.0, 0.0, 0.5, 1.0), Box(0.5, 0.0, 0.5, 1.0)
    allowed = [picture(Span.ALWAYS, Span.ALWAYS, inset=left)]
    assert explains(allowed, [picture(Span.ALWAYS, Span.ALWAYS, inset=left)])
    assert not explains(allowed, [picture(Span.ALWAYS, Span.ALWAYS, inset=right)])
    whole = [picture(Span.ALWAYS, Span.ALWAYS)]
    assert explains(whole, [picture(Span.ALWAYS, Span.ALWAYS, inset=right)])


def test_an_allowed_song_does_not_clear_the_pictures_over_it() -> None:
    film = Span(0.0, 30.0)
    assert not explains([sound(film)], [picture(film, film)])
    assert explains([sound(film)], [sound(Span(3.0, 9.0))])


def test_an_equal_file_that_is_allowed_clears_all() -> None:
    file = Segment(Channel.FILE, Span.ALWAYS, Span.ALWAYS, 1.0, support=1)
    assert explains([file], [picture(Span(0.0, 3.0), Span(0.0, 3.0)), sound(Span(0.0, 3.0))])


def test_hashes_at_the_industrys_radius_still_match_and_nearer_ones_surely() -> None:
    said = [USUAL.confidence(HASHED.score(float(bits))) for bits in (0, 24, 25, 31, 40)]
    assert said == [
        Confidence.HIGH,
        Confidence.HIGH,
        Confidence.MEDIUM,
        Confidence.MEDIUM,
        Confidence.NONE,
    ]
