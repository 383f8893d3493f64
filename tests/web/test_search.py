"""Searches over HTTP with real media, as a client would."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps
from tests.web.serving import SAMPLES, Running, encoded, hash_of, picture, serving

from reseen.domain.bank import Bank, BankDraft
from reseen.domain.choices import Action, BankRole
from reseen.domain.match import Confidence
from reseen.store.database import utc_now
from reseen.web.search import action_of

NAMES = (f"searched {number}" for number in count())
PHOTO = encoded(picture(31))
COPY = encoded(ImageOps.mirror(picture(31)), "JPEG", quality=80)
ENVELOPE = [
    "match",
    "confidence",
    "similarity_score",
    "processing_time_ms",
    "media_type",
    "matched_segments",
    "request_id",
]


@pytest.fixture
def bank(server: Running) -> str:
    """The name of a new bank."""
    return str(server.bank(next(NAMES))["name"])


def hold(server: Running, bank: str, file: bytes | Path, **said: Any) -> str:
    """Add a file, and give its id."""
    name, sent = (file.name, file.read_bytes()) if isinstance(file, Path) else ("upload", file)
    form = {"bank": bank, **said}
    made = server.post("/v1/references", files={"file": (name, sent)}, data=form)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def search(server: Running, file: bytes | Path, **said: Any) -> dict[str, Any]:
    sent = file.read_bytes() if isinstance(file, Path) else file
    answer = server.post("/v1/search", files={"file": sent}, data=said)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture(scope="module")
def samples(server: Running) -> str:
    """A bank with a film and a song."""
    name = str(server.bank("samples")["name"])
    for file in ("film.mp4", "song.m4a"):
        hold(server, name, SAMPLES / file)
    return name


def test_a_copy_is_found_with_all_that_is_known_of_it(server: Running, bank: str) -> None:
    held = hold(server, bank, PHOTO, labels=["a"], provenance='{"list": 1}', name="case 9")
    response = server.post("/v1/search", files={"file": COPY}, data={"banks": bank})
    told = response.json()
    assert response.status_code == 200, told
    [found] = told["matches"]
    assert list(found)[:7] == ENVELOPE
    assert (found["match"], found["confidence"]) == (True, "high")
    assert found["transform"]["mirrored"] is True
    assert (found["bank"], found["role"], found["regime"]) == (bank, "known", "still")
    assert (found["reference_id"], found["reference"]) == (held, "case 9")
    assert (found["labels"], found["provenance"]) == (["a"], {"list": 1})
    assert (found["action"], found["trust"]) == ("review", 1.0)
    assert found["request_id"] == told["request_id"] == response.headers["X-Request-Id"]
    assert (told["media_type"], told["total"]) == ("image", 1)
    assert (told["cleared"], told["cleared_by"]) == (False, [])


def test_a_still_finds_the_film_it_was_cut_from_and_when(server: Running, samples: str) -> None:
    told = search(server, SAMPLES / "photo.jpg", banks=samples)
    [found] = told["matches"]
    assert (found["media_type"], found["regime"]) == ("image", "still_in_sequence")
    [segment, *_] = found["matched_segments"]
    assert segment["clock"] == "still"
    assert 0.0 <= segment["target_start"] < segment["target_end"] <= 30.0


def test_a_clip_finds_its_film_second_for_second(server: Running, samples: str) -> None:
    [found] = search(server, SAMPLES / "film-clip.webm", banks=samples)["matches"]
    assert (found["reference"], found["match"]) == ("film.mp4", True)
    seen = [s for s in found["matched_segments"] if s["channel"] == "visual"]
    assert seen[0]["target_start"] == pytest.approx(9.0, abs=1.0)


def test_a_disguised_song_finds_the_song(server: Running, samples: str) -> None:
    [found] = search(server, SAMPLES / "song-disguised.ogg", banks=samples)["matches"]
    assert (found["match"], found["regime"]) == (True, "sound")


def test_what_is_unlike_is_not_found(server: Running, bank: str) -> None:
    hold(server, bank, PHOTO)
    told = search(server, encoded(picture(32)), banks=bank)
    assert (told["matches"], told["total"]) == ([], 0)


def test_a_disabled_reference_is_gone_at_once_and_comes_back(server: Running, bank: str) -> None:
    held = hold(server, bank, PHOTO)
    path = f"/v1/references/{held}"
    server.manage("PATCH", path, json={"disabled_until": "2999-01-01T00:00:00Z"})
    assert search(server, COPY, banks=bank)["matches"] == []
    assert search(server, PHOTO, banks=bank)["matches"] == []
    server.manage("PATCH", path, json={"disabled_until": None})
    assert search(server, COPY, banks=bank)["total"] == 1
    server.manage("PATCH", f"/v1/banks/{bank}", json={"enabled": False})
    assert search(server, COPY, banks=bank)["matches"] == []
    server.manage("PATCH", f"/v1/banks/{bank}", json={"enabled": True})
    server.manage("DELETE", path)
    assert search(server, COPY, banks=bank)["matches"] == []


def test_thresholds_of_the_bank_decide_from_the_next_search_on(server: Running, bank: str) -> None:
    hold(server, bank, PHOTO)
    [found] = search(server, COPY, banks=bank)["matches"]
    assert found["confidence"] == "high"
    high = {"low": 0.1, "medium": 1.0, "high": 1.0}
    server.manage("PATCH", f"/v1/banks/{bank}", json={"thresholds": {"still": high}})
    [lower] = search(server, COPY, banks=bank)["matches"]
    assert (lower["confidence"], lower["match"], lower["action"]) == ("low", False, "pass")


def test_an_allowed_bank_clears_and_says_so(server: Running, bank: str) -> None:
    allowed = server.bank(next(NAMES), role="allowed", policy={"high": "remove"})["name"]
    hold(server, bank, PHOTO)
    fine = hold(server, allowed, PHOTO)
    told = search(server, COPY, banks=[bank, allowed])
    assert told["cleared"] is True
    [by] = told["cleared_by"]
    assert (by["reference_id"], by["role"], by["action"]) == (fine, "allowed", "pass")
    assert search(server, COPY, banks=[bank])["cleared"] is False


def test_matches_are_filtered_and_paged(server: Running, bank: str) -> None:
    images = [picture(41), ImageOps.flip(picture(41)), picture(41).rotate(90, expand=True)]
    ids = [hold(server, bank, encoded(one), labels=[f"{n}"]) for n, one in enumerate(images)]
    query = encoded(picture(41), "JPEG", quality=70)
    told = search(server, query, banks=bank)
    scores = [one["similarity_score"] for one in told["matches"]]
    assert scores == sorted(scores, reverse=True)
    assert {one["reference_id"] for one in told["matches"]} == set(ids)
    pages = [search(server, query, banks=bank, limit=1, offset=n) for n in range(4)]
    paged = [one["reference_id"] for page in pages for one in page["matches"]]
    assert paged == [one["reference_id"] for one in told["matches"]]
    assert {page["total"] for page in pages} == {3}
    labelled = search(server, query, banks=bank, labels=["1", "2"])
    assert {one["reference_id"] for one in labelled["matches"]} == set(ids[1:])
    assert search(server, query, banks=bank, min_score=0)["total"] >= 3


def test_hashes_find_what_is_equal_or_near(server: Running, bank: str) -> None:
    pdq = "f0" * 32
    sent = {"bank": bank, "hashes": {"pdq": pdq, "md5": "b1" * 16}, "name": "listed"}
    assert server.post("/v1/references", json=sent).status_code == 201
    near = "f1" + pdq[2:]
    for hashes in ({"pdq": pdq}, {"pdq": near}, {"md5": "b1" * 16}, {"md5": "B1" * 16}):
        told = server.post("/v1/search", json={"hashes": hashes, "banks": [bank]}).json()
        [found] = told["matches"]
        assert (found["reference"], found["match"], found["regime"]) == ("listed", True, "hash")
        assert found["media_type"] is None
        assert found["matched_segments"] == []
        assert told["media_type"] is None
    far = {"hashes": {"pdq": "0f" * 32}, "banks": [bank]}
    assert server.post("/v1/search", json=far).json()["matches"] == []


def test_a_file_is_found_by_the_hash_in_a_list_and_a_hash_finds_a_file(
    server: Running, bank: str
) -> None:
    held = hold(server, bank, PHOTO)
    hashes = server.get(f"/v1/references/{held}").json()["hashes"]
    for kind in ("md5", "sha256"):
        query = {"hashes": {kind: hashes[kind]}, "banks": [bank]}
        [found] = server.post("/v1/search", json=query).json()["matches"]
        assert found["reference_id"] == held
    listed = server.bank(next(NAMES))["name"]
    sent = {"bank": listed, "hashes": {"md5": hashes["md5"]}}
    server.post("/v1/references", json=sent)
    [found] = search(server, PHOTO, banks=listed)["matches"]
    assert (found["match"], found["media_type"]) == (True, "image")


def test_an_address_is_searched(server: Running, bank: str, site_port: int) -> None:
    hold(server, bank, SAMPLES / "photo.jpg")
    url = f"http://127.0.0.1:{site_port}/photo-disguised.jpg"
    for sent in (
        {"json": {"url": url, "banks": [bank]}},
        {"files": {"url": (None, url), "banks": (None, bank)}},
    ):
        told = server.post("/v1/search", **sent).json()
        assert [one["match"] for one in told["matches"]] == [True], told


def test_a_hundred_are_answered_in_order(server: Running, bank: str, site_port: int) -> None:
    hold(server, bank, SAMPLES / "photo.jpg", name="the photo")
    server.post("/v1/references", json={"bank": bank, "hashes": hash_of(bank), "name": "the hash"})
    site = f"http://127.0.0.1:{site_port}"
    queries: list[dict[str, Any]] = [
        {"url": f"{site}/photo-disguised.jpg", "banks": [bank]},
        {"hashes": hash_of(bank), "banks": [bank]},
        {"hashes": hash_of(bank), "banks": ["no such"]},
        {"hashes": {"md5": "zz"}},
        {"url": f"{site}/nothing"},
        {"url": "http://10.0.0.1/"},
        {},
    ]
    queries += [{"hashes": hash_of(f"{bank} {n}")} for n in range(93)]
    response = server.post("/v1/search/batch", json={"queries": queries})
    told = response.json()
    assert response.status_code == 200, told
    results = told["results"]
    assert [one["index"] for one in results] == list(range(100))
    assert results[0]["answer"]["matches"][0]["reference"] == "the photo"
    assert results[1]["answer"]["matches"][0]["reference"] == "the hash"
    errors = [(one["error"]["code"], one["error"].get("field")) for one in results[2:7]]
    assert errors == [
        ("not_found", "banks"),
        ("invalid_request", "hashes.md5"),
        ("fetch_failed", "url"),
        ("url_not_allowed", "url"),
        ("invalid_request", "url"),
    ]
    assert all(one["answer"]["matches"] == [] for one in results[7:])
    more = server.post("/v1/search/batch", json={"queries": [*queries, {}]})
    assert (more.status_code, more.json()["field"]) == (422, "queries")


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        ({}, 422, "url"),
        ({"hashes": {"md5": "a0" * 16}, "url": "http://a.example/"}, 400, "hashes"),
        ({"hashes": {"md5": "a0" * 16}, "limit": 0}, 422, "limit"),
        ({"hashes": {"md5": "a0" * 16}, "limit": "5"}, 422, "limit"),
        ({"hashes": {"md5": "a0" * 16}, "offset": -1}, 422, "offset"),
        ({"hashes": {"md5": "a0" * 16}, "min_score": 2}, 422, "min_score"),
        ({"hashes": {"md5": "a0" * 16}, "bank": "b"}, 400, "bank"),
        ({"hashes": {"md5": "a0" * 16}, "banks": ["no such"]}, 404, "banks"),
        ({"url": "http://10.0.0.1/"}, 422, "url"),
    ],
)
def test_a_wrong_search_is_refused(
    server: Running, sent: dict[str, Any], status: int, field: str
) -> None:
    refused = server.post("/v1/search", json=sent)
    assert (refused.status_code, refused.json().get("field")) == (status, field), refused.text


def test_a_wrong_file_is_refused_and_named(server: Running) -> None:
    broken = (SAMPLES / "photo.jpg").read_bytes()[:300]
    for file, status in ((b"%PDF-1.7 and more", 415), (b"", 422), (broken, 422)):
        refused = server.post("/v1/search", files={"file": file})
        assert (refused.status_code, refused.json()["field"]) == (status, "file"), refused.text


@pytest.fixture
def slow_down(tmp_path: Path) -> Iterator[Running]:
    with serving(tmp_path, rate_per_minute=10) as running:
        yield running


def test_a_batch_costs_as_much_as_its_queries(slow_down: Running) -> None:
    query = {"hashes": {"md5": "a0" * 16}}
    assert slow_down.post("/v1/search/batch", json={"queries": [query] * 8}).status_code == 200
    assert slow_down.post("/v1/search", json=query).status_code == 200
    limited = slow_down.post("/v1/search/batch", json={"queries": [query] * 5})
    assert (limited.status_code, limited.json()["code"]) == (429, "rate_limited")
    assert limited.json()["retry_after_s"] > 6


def test_a_policy_is_applied_by_confidence() -> None:
    known = Bank("bank_1", 1, "default", BankDraft("b"), utc_now())
    told = [action_of(known, confidence) for confidence in Confidence]
    assert told == [Action.REVIEW, Action.REVIEW, Action.PASS, Action.PASS]
    fine = Bank("bank_1", 1, "default", BankDraft("b", BankRole.ALLOWED), utc_now())
    assert {action_of(fine, confidence) for confidence in Confidence} == {Action.PASS}


def test_a_search_without_banks_finds_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as empty:
        told = search(empty, encoded(Image.new("RGB", (50, 40), "red")))
    assert (told["matches"], told["cleared"], told["media_type"]) == ([], False, "image")
