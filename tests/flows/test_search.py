"""Search in real banks: real bytes, the real decoder and model, a real database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.flows.conftest import save_picture, save_sound
from tests.flows.searching import Ground, ground, names

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.bank import Hash, ReferenceDraft
from reseen.domain.choices import BankRole, Regime
from reseen.domain.errors import MediaUnreadable, NotFound, UnsupportedMedia
from reseen.domain.fingerprint import MD5, PDQ, SHA256, WORDS
from reseen.domain.match import Confidence, Cuts
from reseen.domain.media import Channel, Medium, Pixels, Span
from reseen.flows.fingerprint import Perception, fingerprint
from reseen.flows.search import Scope
from reseen.media.receive import local_file
from reseen.ports import Side
from reseen.signals.pdq import hash_picture
from reseen.testing import pictures, sounds, videos

FPS = 4.0


@pytest.fixture
def banks(tmp_path: Path, perception: Perception) -> Iterator[Ground]:
    with ground(tmp_path, perception) as made:
        yield made


def disguised(pixels: Pixels) -> Pixels:
    """Mirrored, cropped and brighter."""
    tall, wide = pixels.shape[:2]
    part = pixels[tall // 12 :, wide // 10 :][:, ::-1]
    return np.asarray(np.clip(part * 1.1 + 12, 0, 255), np.uint8)


def scene(folder: Path, seed: int) -> Path:
    return save_picture(folder / f"scene{seed}.png", pictures.scene(seed))


def disguise(folder: Path, seed: int) -> Path:
    return save_picture(folder / f"copy{seed}.png", disguised(pictures.scene(seed)))


type Shots = tuple[tuple[int, float, float], ...]
"""Scenes by seed, each from one second of it to another."""


def film(path: Path, *shots: tuple[int, float, float]) -> Path:
    """A camera moves over one scene after the other; a scene lasts six seconds."""
    return videos.encode(path, frames(shots), fps=FPS)


def frames(shots: Shots) -> Iterator[Pixels]:
    for seed, start, end in shots:
        for k in range(round((end - start) * FPS)):
            yield moment(seed, start + k / FPS)


def moment(seed: int, time: float) -> Pixels:
    """What the camera sees of a scene: a third of it, further right each second."""
    whole = pictures.scene(seed, 720, 360)
    x, y = round(70.0 * time), round(60.0 + 10.0 * time)
    return np.ascontiguousarray(whole[y : y + 180, x : x + 240])


def story(number: int, scenes: int = 3) -> Shots:
    """A film of its own."""
    return tuple((100 * number + k, 0.0, 5.0) for k in range(scenes))


def test_a_disguised_picture_is_found_among_others_and_nothing_else(
    banks: Ground, tmp_path: Path
) -> None:
    bank = banks.bank("known")
    for seed in range(8):
        banks.add(bank, scene(tmp_path, seed))
    answer = banks.search(disguise(tmp_path, 3))
    assert names(answer) == ["scene3.png"]
    [found] = answer.matches
    assert (found.confidence, found.regime) == (Confidence.HIGH, Regime.STILL)
    assert found.match.segments[0].transform is not None
    assert found.match.segments[0].transform.mirrored
    assert (answer.medium, answer.total, answer.remarks) == (Medium.IMAGE, 1, ())


def test_all_that_was_verified_is_listed_on_request_surest_first(
    banks: Ground, tmp_path: Path
) -> None:
    bank = banks.bank("known")
    for seed in range(5):
        banks.add(bank, scene(tmp_path, seed))
    answer = banks.search(disguise(tmp_path, 3), min_score=0.0)
    scores = [found.match.score for found in answer.matches]
    assert answer.total > 1
    assert scores == sorted(scores, reverse=True)
    assert names(answer)[0] == "scene3.png"
    page = banks.search(disguise(tmp_path, 3), min_score=0.0, offset=1, limit=1)
    assert names(page) == names(answer)[1:2]
    assert page.total == answer.total


def test_a_picture_added_just_before_is_found_and_one_removed_is_not(
    banks: Ground, tmp_path: Path
) -> None:
    bank = banks.bank("known")
    reference = banks.add(bank, scene(tmp_path, 1))
    assert names(banks.search(disguise(tmp_path, 1))) == ["scene1.png"]
    banks.references.delete(DEFAULT_PROJECT, reference.id)
    banks.index.stuck = True
    assert names(banks.search(disguise(tmp_path, 1))) == []


def test_disabled_references_take_no_places_from_others(banks: Ground, tmp_path: Path) -> None:
    bank = banks.bank("known")
    later = datetime.now(UTC) + timedelta(days=1)
    same = banks.kept(save_picture(tmp_path / "same.png", disguised(pictures.scene(1))))
    banks.add_again(bank, same, 100, disabled_until=later)
    banks.add(bank, scene(tmp_path, 1))
    copy = save_picture(tmp_path / "copy.png", disguised(pictures.scene(1))[3:, 3:])
    assert names(banks.search(copy)) == ["scene1.png"]


def test_the_same_bytes_are_found_surely_end_to_end(banks: Ground, tmp_path: Path) -> None:
    bank = banks.bank("known")
    path = film(tmp_path / "film.mp4", *story(3, scenes=2))
    banks.add(bank, path)
    [found] = banks.search(path).matches
    assert found.match.score == 1.0
    assert found.regime is Regime.SEQUENCE
    assert found.match.segments[0].query.end == pytest.approx(10.0, abs=0.2)


def test_two_black_files_with_equal_bytes_are_not_seen_before(
    banks: Ground, tmp_path: Path
) -> None:
    bank = banks.bank("known")
    black = save_picture(tmp_path / "black.png", np.zeros((80, 80, 3), np.uint8))
    banks.add(bank, black)
    assert banks.search(black).matches == ()
    with local_file(black) as file:
        listed = Hash(SHA256, bytes.fromhex(file.sha256))
        banks.add_hash(banks.bank("list"), "listed", listed)
    assert names(banks.search(black)) == ["listed"]


def test_bytes_that_cannot_be_decoded_are_still_found_by_their_hash(
    banks: Ground, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0" + b"nonsense" * 40)
    with pytest.raises((MediaUnreadable, UnsupportedMedia)):
        banks.search(broken)
    bank = banks.bank("known")
    with local_file(broken) as file:
        banks.add_hash(bank, "listed", Hash(MD5, bytes.fromhex(file.md5)))
    answer = banks.search(broken)
    assert names(answer) == ["listed"]
    assert answer.matches[0].regime is Regime.HASH
    assert answer.remarks


def test_a_hash_without_media_is_found_near_and_scored_by_its_distance(
    banks: Ground, tmp_path: Path
) -> None:
    bank = banks.bank("list")
    code, _ = hash_picture(pictures.scene(5))
    bits = np.unpackbits(code)
    bits[:20] ^= 1
    banks.add_hash(bank, "same", Hash(PDQ, code.tobytes()))
    banks.add_hash(bank, "near", Hash(PDQ, np.packbits(bits).tobytes()))
    bits[20:60] ^= 1
    banks.add_hash(bank, "far", Hash(PDQ, np.packbits(bits).tobytes()))
    answer = banks.search(scene(tmp_path, 5))
    assert names(answer) == ["same", "near"]
    assert answer.matches[0].match.score > answer.matches[1].match.score > 0.6
    assert all(found.regime is Regime.HASH for found in answer.matches)


def test_hashes_alone_find_media_and_lists(banks: Ground, tmp_path: Path) -> None:
    bank = banks.bank("known")
    path = scene(tmp_path, 5)
    banks.add(bank, path)
    code, _ = hash_picture(pictures.scene(5))
    assert names(banks.hashes(Hash(PDQ, code.tobytes()))) == ["scene5.png"]
    with local_file(path) as file:
        found = banks.hashes(Hash(SHA256, bytes.fromhex(file.sha256)))
        assert found.matches[0].match.score == 1.0
        assert names(banks.hashes(Hash(MD5, bytes.fromhex(file.md5)))) == ["scene5.png"]
    assert banks.hashes(Hash(MD5, bytes(16))).matches == ()


def test_a_hash_of_a_frame_finds_the_film_and_when(banks: Ground, tmp_path: Path) -> None:
    banks.add(banks.bank("known"), film(tmp_path / "film.mp4", *story(4)))
    code, _ = hash_picture(moment(401, 3.0))
    [found] = banks.hashes(Hash(PDQ, code.tobytes())).matches
    [segment] = found.match.segments
    assert segment.query.is_timeless
    assert segment.reference.start == pytest.approx(8.0, abs=1.0)


def test_a_still_finds_the_film_it_was_cut_from_and_when(banks: Ground, tmp_path: Path) -> None:
    bank = banks.bank("known")
    for number in range(2):
        banks.add(bank, film(tmp_path / f"film{number}.mp4", *story(number)))
    still = save_picture(tmp_path / "still.png", moment(102, 3.0))
    found, *_ = banks.search(still).matches
    assert found.reference.draft.name == "film1.mp4"
    assert found.regime is Regime.STILL_IN_SEQUENCE
    assert any(s.reference.start <= 13.0 <= s.reference.end for s in found.match.segments)


def test_a_film_finds_the_still_that_it_shows(banks: Ground, tmp_path: Path) -> None:
    bank = banks.bank("known")
    banks.add(bank, save_picture(tmp_path / "still.png", moment(102, 3.0)))
    banks.add(bank, scene(tmp_path, 2))
    found, *_ = banks.search(film(tmp_path / "film.mp4", *story(1))).matches
    assert found.reference.draft.name == "still.png"
    assert found.match.segments[0].reference.is_timeless


def test_a_compilation_finds_each_of_its_sources_with_its_seconds(
    banks: Ground, tmp_path: Path
) -> None:
    bank = banks.bank("known")
    for number in range(3):
        banks.add(bank, film(tmp_path / f"film{number}.mp4", *story(number)))
    clips = [clip for number in range(2) for clip in story(number)[1:3]]
    answer = banks.search(film(tmp_path / "compilation.mp4", *clips))
    assert sorted(names(answer)) == ["film0.mp4", "film1.mp4"]
    for found in answer.matches:
        number = int(found.reference.draft.name[4])
        there = Span(10.0 * number, 10.0 * number + 10.0)
        best = max(found.match.segments, key=lambda s: s.score)
        assert best.query.overlap(there) > 6.0
        assert best.reference.overlap(Span(5.0, 15.0)) > 6.0


def test_a_sound_finds_the_song_it_was_cut_from(banks: Ground, tmp_path: Path) -> None:
    bank = banks.bank("known")
    for seed in range(4):
        song = sounds.music(40.0, seed=seed)
        banks.add(bank, save_sound(tmp_path / f"song{seed}.wav", song))
    part = sounds.music(40.0, seed=2)[15 * 11025 : 27 * 11025]
    answer = banks.search(save_sound(tmp_path / "part.wav", part))
    assert names(answer) == ["song2.wav"]
    best = max(answer.matches[0].match.segments, key=lambda s: s.score)
    assert best.channel is Channel.AUDIO
    assert best.reference.start == pytest.approx(15.0, abs=0.3)
    assert answer.matches[0].regime is Regime.SOUND


def test_banks_and_labels_narrow_a_search(banks: Ground, tmp_path: Path) -> None:
    one, other = banks.bank("one"), banks.bank("other")
    path = scene(tmp_path, 1)
    banks.add(one, path, labels=("a", "b"))
    banks.add(other, path, labels=("c",))
    copy = disguise(tmp_path, 1)
    assert {f.bank.name for f in banks.search(copy).matches} == {"one", "other"}
    assert [f.bank.name for f in banks.search(copy, banks=("other",)).matches] == ["other"]
    assert [f.bank.name for f in banks.search(copy, banks=(one.id,)).matches] == ["one"]
    assert [f.bank.name for f in banks.search(copy, labels=("b", "x")).matches] == ["one"]
    assert banks.search(copy, labels=("x",)).matches == ()
    with pytest.raises(NotFound):
        banks.search(copy, banks=("neither",))


def test_each_bank_has_its_own_cuts_for_what_was_compared(banks: Ground, tmp_path: Path) -> None:
    path = scene(tmp_path, 1)
    banks.add(banks.bank("usual"), path)
    banks.add(banks.bank("strict", cuts={Regime.STILL: Cuts(0.9999, 0.99995, 1.0)}), path)
    said = {f.bank.name: f for f in banks.search(disguise(tmp_path, 1), min_score=0.0).matches}
    assert said["usual"].confidence is Confidence.HIGH
    assert said["strict"].confidence is not Confidence.HIGH
    assert said["usual"].match.score == said["strict"].match.score


def test_an_allowed_match_clears_and_the_known_one_is_still_told(
    banks: Ground, tmp_path: Path
) -> None:
    path = scene(tmp_path, 1)
    banks.add(banks.bank("known"), path)
    banks.add(banks.bank("fine", BankRole.ALLOWED), path)
    answer = banks.search(disguise(tmp_path, 1))
    assert answer.cleared
    assert [f.bank.name for f in answer.cleared_by] == ["fine"]
    assert {f.bank.name for f in answer.matches} == {"known", "fine"}


def test_an_allowed_picture_beside_a_known_one_clears_nothing(
    banks: Ground, tmp_path: Path
) -> None:
    banks.add(banks.bank("known"), scene(tmp_path, 1))
    banks.add(banks.bank("fine", BankRole.ALLOWED), scene(tmp_path, 2))
    pair = np.concatenate([pictures.scene(1), pictures.scene(2)], axis=1)
    answer = banks.search(save_picture(tmp_path / "pair.png", pair))
    assert {f.bank.name for f in answer.matches} == {"known", "fine"}
    assert not answer.cleared


def test_a_bank_that_is_off_matches_nothing(banks: Ground, tmp_path: Path) -> None:
    banks.add(banks.bank("off", enabled=False), scene(tmp_path, 1))
    assert banks.search(disguise(tmp_path, 1)).matches == ()


def test_many_uploads_of_one_picture_do_not_hide_the_known_one(
    banks: Ground, tmp_path: Path
) -> None:
    same = banks.kept(scene(tmp_path, 1))
    banks.add_again(banks.bank("seen", BankRole.SEEN), same, 80)
    banks.add(banks.bank("known"), save_picture(tmp_path / "k.png", disguised(pictures.scene(1))))
    answer = banks.search(cut(tmp_path), limit=100)
    assert "k.png" in names(answer)
    assert answer.total == 81


def test_a_fingerprint_that_is_lost_is_remarked_and_the_others_are_found(
    banks: Ground, tmp_path: Path
) -> None:
    bank = banks.bank("known")
    lost = save_picture(tmp_path / "lost.png", disguised(pictures.scene(1)))
    reference = banks.add(bank, lost)
    banks.index.nudge(DEFAULT_PROJECT, reference.change)
    banks.blobs.delete(list(banks.blobs.keys()))
    banks.add(bank, scene(tmp_path, 1))
    answer = banks.search(cut(tmp_path))
    assert names(answer) == ["scene1.png"]
    assert any("lost.png" in remark for remark in answer.remarks)


def cut(folder: Path) -> Path:
    pixels = cv2.GaussianBlur(pictures.scene(1)[20:-20, 20:-20], (0, 0), 1.0)
    return save_picture(folder / "cut.png", np.asarray(pixels, np.uint8))


def test_an_index_that_is_behind_is_remarked(banks: Ground, tmp_path: Path) -> None:
    bank = banks.bank("known")
    banks.add(bank, scene(tmp_path, 1))
    banks.index.stuck = True
    answer = banks.search(disguise(tmp_path, 1))
    assert answer.matches == ()
    assert any("behind" in remark for remark in answer.remarks)


def test_a_part_of_a_picture_deep_inside_a_collage_is_found_on_a_second_look(
    banks: Ground, tmp_path: Path
) -> None:
    bank = banks.bank("known")
    for seed in range(12):
        banks.add(bank, scene(tmp_path, seed))
    tall = [np.concatenate([pictures.scene(s) for s in row], axis=1) for row in ((40, 3), (41, 42))]
    board = save_picture(tmp_path / "board.png", np.concatenate(tall, axis=0))
    assert names(banks.search(board)) == ["scene3.png"]


def test_a_negative_under_captions_is_found_by_its_keypoints(banks: Ground, tmp_path: Path) -> None:
    bank = banks.bank("known")
    for seed in range(12):
        banks.add(bank, scene(tmp_path, seed))
    negative = 255 - pictures.scene(3)
    negative[: len(negative) // 4] = negative[-len(negative) // 4 :] = 250
    path = save_picture(tmp_path / "negative.png", negative)
    few = replace(banks.searching, budget=1)
    with local_file(path) as file:
        answer = few.by_file(DEFAULT_PROJECT, file, Scope())
    assert names(answer) == ["scene3.png"]
    assert banks.index.asked[-1] == WORDS.id


def test_scores_of_what_was_looked_at_are_kept_for_backtests(banks: Ground, tmp_path: Path) -> None:
    bank = banks.bank("known")
    reference = banks.add(bank, scene(tmp_path, 1))
    before = datetime.now(UTC) - timedelta(minutes=1)
    banks.search(disguise(tmp_path, 1))
    [kept] = list(banks.scores.since(DEFAULT_PROJECT, bank.id, before))
    assert (kept.reference_id, kept.regime) == (reference.id, Regime.STILL)
    assert kept.score > 0.9


def test_a_search_where_nothing_is_kept_finds_nothing(banks: Ground, tmp_path: Path) -> None:
    answer = banks.search(scene(tmp_path, 1))
    assert (answer.matches, answer.total, answer.cleared) == ((), 0, False)
    code = hash_picture(pictures.scene(1))[0].tobytes()
    assert banks.hashes(Hash(PDQ, code)).matches == ()


def test_a_reference_that_is_moved_answers_for_its_new_bank(banks: Ground, tmp_path: Path) -> None:
    one, other = banks.bank("one"), banks.bank("other")
    reference = banks.add(one, scene(tmp_path, 1))
    banks.search(disguise(tmp_path, 1))
    banks.references.move(DEFAULT_PROJECT, reference.id, other)
    [found] = banks.search(disguise(tmp_path, 1)).matches
    assert found.bank.name == "other"
    draft = ReferenceDraft("renamed", labels=("new",))
    banks.references.update(DEFAULT_PROJECT, reference.id, draft)
    assert names(banks.search(disguise(tmp_path, 1), labels=("new",))) == ["renamed"]


def test_a_decoded_file_is_searched_as_the_file_itself(
    banks: Ground, tmp_path: Path, perception: Perception
) -> None:
    banks.add(banks.bank("known"), scene(tmp_path, 1))
    with local_file(disguise(tmp_path, 1)) as file:
        rendition = fingerprint(perception, file, Side.QUERY)
        found = banks.searching.by_rendition(DEFAULT_PROJECT, rendition, Scope())
        assert names(found) == names(banks.searching.by_file(DEFAULT_PROJECT, file, Scope()))
