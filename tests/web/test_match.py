"""The match routes, end to end over real sockets with the sample media."""

import base64

import httpx
import pytest
from PIL import Image, ImageOps
from tests.web.serving import SAMPLES, Running, encoded, picture

ENVELOPE = [
    "match",
    "confidence",
    "similarity_score",
    "processing_time_ms",
    "media_type",
    "matched_segments",
    "request_id",
]


def test_the_envelope_has_its_seven_fields_first_and_in_order(server: Running) -> None:
    response = server.match("/image/match", SAMPLES / "photo-disguised.jpg", SAMPLES / "photo.jpg")
    assert response.status_code == 200, response.text
    said = response.json()
    assert list(said)[:7] == ENVELOPE
    assert said["request_id"] == response.headers["X-Request-Id"]
    assert isinstance(said["processing_time_ms"], int)


def test_a_mirrored_captioned_photo_is_a_copy_and_says_how(server: Running) -> None:
    said = server.match(
        "/image/match", SAMPLES / "photo-disguised.jpg", SAMPLES / "photo.jpg"
    ).json()
    assert said["match"] is True
    assert said["confidence"] == "high"
    assert said["matched_segments"] == []
    assert said["transform"]["mirrored"] is True


def test_a_clip_is_found_in_its_film_second_for_second(server: Running) -> None:
    said = server.match("/video/match", SAMPLES / "film-clip.webm", SAMPLES / "film.mp4").json()
    assert said["match"] is True
    assert said["media_type"] == "video"
    seen = max(
        (s for s in said["matched_segments"] if s["channel"] == "visual"), key=lambda s: s["score"]
    )
    assert seen["source_start"] == pytest.approx(0.0, abs=1.0)
    assert seen["target_start"] == pytest.approx(9.0, abs=1.0)
    assert seen["target_end"] == pytest.approx(21.0, abs=1.0)
    starts = [s["source_start"] for s in said["matched_segments"]]
    assert starts == sorted(starts)


def test_a_pitched_and_hurried_song_is_found_with_its_rate_and_pitch(server: Running) -> None:
    said = server.match("/audio/match", SAMPLES / "song-disguised.ogg", SAMPLES / "song.m4a").json()
    [segment] = [s for s in said["matched_segments"] if s["score"] > 0.9]
    assert said["match"] is True
    assert segment["rate"] == pytest.approx(1.06, abs=0.005)
    assert segment["pitch"] == pytest.approx(2.0, abs=0.2)
    assert segment["target_start"] == pytest.approx(4.0, abs=0.25)


def test_audio_match_compares_the_sound_tracks_of_videos_only(server: Running) -> None:
    said = server.match("/audio/match", SAMPLES / "film-clip.webm", SAMPLES / "film.mp4").json()
    assert said["match"] is True
    assert said["media_type"] == "video"
    assert {s["channel"] for s in said["matched_segments"]} == {"audio"}
    assert "skipped" not in said


def test_a_still_against_a_film_has_no_clock_of_its_own(server: Running) -> None:
    said = server.match("/match", SAMPLES / "photo.jpg", SAMPLES / "film.mp4").json()
    assert said["media_type"] == "image"
    assert said["match"] is True
    for segment in said["matched_segments"]:
        assert (segment["source_start"], segment["source_end"]) == (0.0, 0.0)
        assert segment["clock"] == "still"
        assert 0.0 <= segment["target_start"] < segment["target_end"] <= 30.0


def test_two_unrelated_pictures_do_not_match(server: Running) -> None:
    said = server.match("/match", encoded(picture(1)), encoded(picture(2))).json()
    assert said["match"] is False
    assert said["confidence"] == "none"
    assert "transform" not in said


def test_black_pictures_do_not_match_and_say_why(server: Running) -> None:
    black = encoded(Image.new("RGB", (300, 200)))
    larger = encoded(Image.new("RGB", (400, 300)))
    response = server.match("/image/match", black, larger)
    said = response.json()
    assert response.status_code == 200
    assert said["match"] is False
    assert said["confidence"] == "none"
    assert {skip["reason"] for skip in said["skipped"]} == {"no detail"}


def test_half_a_photo_is_recognised_and_its_damage_is_said(server: Running) -> None:
    photo = (SAMPLES / "photo.jpg").read_bytes()
    answer = server.match("/image/match", photo[: len(photo) * 3 // 4], photo).json()
    assert answer["match"] is True
    [remark] = answer["remarks"]
    assert remark["field"] == "source"
    assert "part of the picture is missing" in remark["remark"]


def test_an_animated_gif_is_a_video(server: Running) -> None:
    frames = [picture(seed) for seed in range(6)]
    gif = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=500)
    response = server.match("/video/match", gif, gif)
    assert response.status_code == 200, response.text
    assert response.json()["media_type"] == "video"


def test_urls_are_fetched(server: Running, site_port: int) -> None:
    site = f"http://127.0.0.1:{site_port}"
    response = server.post(
        "/image/match",
        json={"source_url": f"{site}/photo-disguised.jpg", "target_url": f"{site}/photo.jpg"},
    )
    assert response.json()["match"] is True


def test_a_file_may_be_held_against_a_url(server: Running, site_port: int) -> None:
    response = server.post(
        "/image/match",
        files={"source": encoded(ImageOps.mirror(Image.open(SAMPLES / "photo.jpg")))},
        data={"target_url": f"http://127.0.0.1:{site_port}/photo.jpg"},
    )
    assert response.json()["match"] is True


def test_explain_adds_pngs(server: Running) -> None:
    response = server.post(
        "/match?explain=true",
        files={
            "source": (SAMPLES / "film-clip.webm").read_bytes(),
            "target": (SAMPLES / "film.mp4").read_bytes(),
        },
    )
    pictures = response.json()["evidence"]["pictures"]
    assert pictures[0]["name"] == "timeline.png"
    assert len(pictures) >= 3
    for one in pictures:
        assert base64.b64decode(one["data"]).startswith(b"\x89PNG")


def test_a_bearer_token_is_as_good_as_the_rapidapi_header(server: Running) -> None:
    photo = encoded(picture(3))
    response = httpx.post(
        f"{server.address}/image/match",
        headers={"Authorization": f"Bearer {server.key}", "x-rapidapi-host": "example.com"},
        files={"source": photo, "target": photo},
        timeout=60,
    )
    assert response.json()["similarity_score"] == 1.0


def test_a_clients_request_id_is_kept_and_a_malformed_one_is_not(server: Running) -> None:
    kept = httpx.get(f"{server.address}/healthz", headers={"X-Request-Id": "mine-1234"})
    assert kept.headers["X-Request-Id"] == "mine-1234"
    odd = httpx.get(f"{server.address}/healthz", headers={"X-Request-Id": "no spaces, please"})
    assert odd.headers["X-Request-Id"] != "no spaces, please"


def test_every_answer_has_safe_headers(server: Running) -> None:
    response = httpx.get(f"{server.address}/healthz")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "server" not in response.headers
