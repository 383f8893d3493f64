"""Every problem that the routes promise is provoked, and has the members it should."""

import socket
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.web.serving import SAMPLES, Running, encoded, picture, serving

from reseen.domain import errors
from reseen.domain.errors import ReseenError
from reseen.domain.match import Match
from reseen.domain.media import Medium
from reseen.flows.answer import Verdict
from reseen.ports import Fetched
from reseen.web.errors import PROBLEMS, status_of
from reseen.wiring.matching import CUTS

type Provoke = Callable[[Running], httpx.Response]

PHOTO = encoded(picture(5))


def wav(samples: bytes) -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples)
    return out.getvalue()


SOUND = wav(bytes(range(256)) * 100)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, site_port: int) -> Iterator[Running]:
    """Small limits, so that they are passed quickly."""
    with serving(
        tmp_path_factory.mktemp("strict"),
        image_bytes=200_000,
        video_bytes=700_000,
        audio_bytes=250_000,
        pixels=500_000,
        match_seconds=20.0,
        rate_per_minute=0,
        fetch_seconds=1.0,
        connect_seconds=0.5,
        fetch_allow_networks=("127.0.0.1/32",),
        fetch_ports=(80, 443, site_port),
    ) as running:
        yield running


def files(source: bytes, target: bytes = PHOTO) -> Provoke:
    return lambda server: server.post("/match", files={"source": source, "target": target})


def json(**body: object) -> Provoke:
    return lambda server: server.post("/match", json=body)


def truncated() -> bytes:
    whole = (SAMPLES / "photo.jpg").read_bytes()
    return whole[:300]


PROVOKED: dict[tuple[str, int], list[Provoke]] = {
    ("invalid_request", 400): [
        lambda server: server.post(
            "/match", content=b"{", headers={"Content-Type": "application/json"}
        ),
        json(source_url="http://a.example/", target_url="http://b.example/", colour="red"),
        json(source="http://a.example/", target="http://b.example/"),
        lambda server: server.post("/match", files={"sauce": PHOTO, "target": PHOTO}),
        lambda server: server.post(
            "/match",
            content=b"--x\r\nbroken",
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        ),
        lambda server: server.post("/match?exlain=true", files={"source": PHOTO, "target": PHOTO}),
        lambda server: server.post(
            "/match", content=b"", headers={"Content-Type": "multipart/form-data"}
        ),
    ],
    ("invalid_request", 422): [
        json(source_url="http://a.example/"),
        json(source_url="http://a.example/", target_url=7),
        json(source_url="", target_url="http://a.example/"),
        lambda server: server.post("/match", json=[1, 2]),
        lambda server: server.post("/match", files={"source": PHOTO}),
        lambda server: server.post(
            "/match?explain=perhaps", files={"source": PHOTO, "target": PHOTO}
        ),
    ],
    ("unauthenticated", 401): [
        lambda server: server.post("/match", key="rs_default_0000", json={}),
        lambda server: server.post("/match", key="x" * 5000, json={}),
        lambda server: httpx.post(f"{server.address}/match", json={}),
        lambda server: server.post("/match", headers={"Authorization": "Bearer other"}, json={}),
    ],
    ("forbidden", 403): [
        lambda server: server.post("/v1/banks", json={"name": "theirs"}),
        lambda server: server.ask("DELETE", "/v1/banks/any"),
    ],
    ("csrf_failed", 403): [
        lambda server: server.post(
            "/console/api/sign-in",
            json={"name": "a", "password": "b"},
            headers={"Origin": "https://elsewhere.example"},
        ),
    ],
    ("not_found", 404): [
        lambda server: server.post("/nowhere"),
        lambda server: server.get("/v1/banks/none"),
        lambda server: server.manage("DELETE", "/v1/references/none"),
    ],
    ("conflict", 409): [
        lambda server: [server.manage("POST", "/v1/banks", json={"name": "a"}) for _ in "12"][1],
    ],
    ("idempotency_mismatch", 409): [
        lambda server: [
            server.manage(
                "POST", "/v1/banks", json={"name": name}, headers={"Idempotency-Key": "one"}
            )
            for name in "bc"
        ][1],
    ],
    ("method_not_allowed", 405): [
        lambda server: httpx.get(f"{server.address}/match"),
        lambda server: httpx.post(f"{server.address}/healthz"),
    ],
    ("payload_too_large", 413): [
        files(b"\xff\xd8\xff" + bytes(900_000)),
        files(encoded(Image.effect_noise((700, 500), 90), "PNG")),
        lambda server: server.post(
            "/match",
            content=b'{"source_url": "' + b"x" * 70_000,
            headers={"Content-Type": "application/json"},
        ),
    ],
    ("unsupported_media", 415): [
        files(b"%PDF-1.7 and more"),
        lambda server: server.post("/image/match", files={"source": PHOTO, "target": SOUND}),
        lambda server: server.post("/video/match", files={"source": PHOTO, "target": PHOTO}),
        lambda server: server.post("/audio/match", files={"source": PHOTO, "target": PHOTO}),
        lambda server: server.post("/match", content=b"x", headers={"Content-Type": "text/plain"}),
        lambda server: server.post("/match", data={"source_url": "http://a.example/"}),
    ],
    ("url_not_allowed", 422): [
        json(source_url="http://10.0.0.1/a.jpg", target_url="http://10.0.0.1/b.jpg"),
        json(source_url="file:///etc/passwd", target_url="http://10.0.0.1/b.jpg"),
        json(source_url="not a url", target_url="http://10.0.0.1/b.jpg"),
    ],
    ("media_unreadable", 422): [files(truncated())],
    ("media_empty", 422): [
        files(wav(b"")),
    ],
    ("media_too_long", 422): [
        lambda server: server.match("/match", PHOTO, SAMPLES / "film.mp4"),
    ],
    ("media_too_large", 422): [files(encoded(Image.new("RGB", (1000, 700)), "PNG"))],
    ("fetch_failed", 424): [
        json(source_url="http://127.0.0.1:80/nothing", target_url="http://127.0.0.1:80/nothing"),
    ],
}


@pytest.mark.parametrize(
    ("code", "status", "provoke"),
    [(code, status, one) for (code, status), many in PROVOKED.items() for one in many],
)
def test_a_problem_is_said(strict: Running, code: str, status: int, provoke: Provoke) -> None:
    response = provoke(strict)
    said = response.json()
    assert (said.get("code"), response.status_code) == (code, status), said
    assert response.headers["Content-Type"] == "application/problem+json"
    assert said["status"] == status
    assert said["type"] == f"/docs#{code}"
    assert said["title"] == next(p.title for p in PROBLEMS if p.code == code)
    assert said["detail"]
    assert said["instance"] == response.request.url.path
    assert said["request_id"] == response.headers["X-Request-Id"]


def test_a_slow_address_times_out(strict: Running, site_port: int) -> None:
    slow = f"http://127.0.0.1:{site_port}/slow"
    said = strict.post("/match", json={"source_url": slow, "target_url": slow}).json()
    assert (said["code"], said["status"]) == ("fetch_timeout", 424)
    assert said["field"] == "source_url"


def test_an_address_that_is_not_there_fails_and_names_its_field(
    strict: Running, site_port: int
) -> None:
    site = f"http://127.0.0.1:{site_port}"
    said = strict.post(
        "/match", json={"source_url": f"{site}/photo.jpg", "target_url": f"{site}/no"}
    ).json()
    assert (said["code"], said["status"], said["field"]) == ("fetch_failed", 424, "target_url")


def test_a_redirect_to_a_forbidden_address_is_refused(strict: Running, site_port: int) -> None:
    away = f"http://127.0.0.1:{site_port}/away"
    said = strict.post("/match", json={"source_url": away, "target_url": away}).json()
    assert (said["code"], said["field"]) == ("url_not_allowed", "source_url")


def test_limits_are_told_with_what_passed_them(strict: Running) -> None:
    long = strict.match("/match", PHOTO, SAMPLES / "film.mp4").json()
    assert (long["field"], long["limit"]) == ("target", 20)
    assert long["actual"] == pytest.approx(30, abs=0.5)
    large = files(encoded(Image.new("RGB", (1000, 700)), "PNG"))(strict).json()
    assert (large["field"], large["limit"], large["actual"]) == ("source", 500_000, 700_000)
    heavy = files(encoded(Image.effect_noise((700, 500), 90), "PNG"))(strict).json()
    assert (heavy["field"], heavy["limit"]) == ("source", 200_000)
    assert heavy["actual"] > 200_000


def test_refused_methods_name_the_allowed_ones(strict: Running) -> None:
    assert httpx.get(f"{strict.address}/image/match").headers["Allow"] == "POST"


def test_an_unauthenticated_upload_gets_its_answer_before_the_end(strict: Running) -> None:
    response = httpx.post(
        f"{strict.address}/match", files={"source": bytes(20_000_000), "target": PHOTO}, timeout=30
    )
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_body_that_stalls_is_given_up(tmp_path: Path) -> None:
    with serving(tmp_path, upload_stall_seconds=0.2) as server:
        host, port = server.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 10) as client:
            client.sendall(
                f"POST /match HTTP/1.1\r\nHost: x\r\nx-rapidapi-key: {server.key}\r\n"
                "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
            )
            assert b" 400 " in client.recv(65536).split(b"\r\n")[0]


def test_a_body_that_comes_drop_by_drop_is_given_up(tmp_path: Path) -> None:
    def drops() -> Iterator[bytes]:
        for _ in range(30):
            yield b" "
            time.sleep(0.1)

    with serving(tmp_path, upload_stall_seconds=0.5) as server:
        kind = {"Content-Type": "application/json"}
        response = server.post("/match", content=drops(), headers=kind)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert "too slowly" in response.json()["detail"]


def test_a_body_without_a_declared_length_ends_at_the_limit(tmp_path: Path) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="source_url"\r\n\r\nhttp://a.example/'
        yield b"\r\n--x--\r\n"
        for _ in range(100):
            yield b"-" * 10_000

    with serving(tmp_path, image_bytes=1000, video_bytes=1000, audio_bytes=1000) as server:
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        response = server.post("/match", content=endless(), headers=kind)
    assert response.json()["code"] == "payload_too_large"


def test_every_error_of_the_domain_has_a_row_in_the_table() -> None:
    classes = set(_descendants(ReseenError))
    codes = {problem.code: problem for problem in PROBLEMS}
    mine = {c for c in classes if c.__module__ == errors.__name__}
    assert mine
    for error in mine:
        assert error.code in codes, error
        assert status_of(error("x")) in {p.status for p in PROBLEMS if p.code == error.code}


def _descendants(of: type[ReseenError]) -> Iterator[type[ReseenError]]:
    for child in of.__subclasses__():
        yield child
        yield from _descendants(child)


def test_every_promised_problem_is_provoked_here(strict: Running) -> None:
    document = httpx.get(f"{strict.address}/openapi.json").json()
    promised = {
        (code, int(status))
        for methods in document["paths"].values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        for code in answer["content"].get("application/problem+json", {}).get("examples", ())
    }
    elsewhere = {  # in tests of their own
        ("quota_exceeded", 429),
        ("fetch_timeout", 424),
        ("rate_limited", 429),
        ("internal", 500),
        ("not_ready", 503),
    }
    assert promised - elsewhere <= PROVOKED.keys()
    assert elsewhere <= promised


def held(begun: threading.Event, release: threading.Event) -> Callable[..., Verdict]:
    """A flow that waits until it is released."""

    def compare(
        source: Fetched, target: Fetched, allowed: frozenset[Medium], explained: bool
    ) -> Verdict:
        begun.set()
        assert release.wait(20)
        return Verdict(Match(0.0, ()), CUTS, Medium.IMAGE, Medium.IMAGE)

    return compare


def asking(server: Running) -> tuple[threading.Thread, list[httpx.Response]]:
    """A match that is asked for beside the test, and where its answer will be."""
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(server.match("/match", PHOTO, PHOTO)))
    thread.start()
    return thread, answers


def test_a_full_server_says_when_to_come_back(tmp_path: Path) -> None:
    begun, release = threading.Event(), threading.Event()
    with serving(tmp_path, held(begun, release), concurrency=1, queue=0) as server:
        first, answers = asking(server)
        assert begun.wait(20)
        busy = server.match("/match", PHOTO, PHOTO)
        ready = httpx.get(f"{server.address}/healthz")
        release.set()
        first.join(20)
    assert busy.status_code == 503
    assert busy.json()["code"] == "not_ready"
    assert int(busy.headers["Retry-After"]) >= busy.json()["retry_after_s"] >= 1
    assert ready.status_code == 200
    assert answers[0].status_code == 200


def test_a_client_that_left_is_not_served(tmp_path: Path) -> None:
    begun, release, calls = threading.Event(), threading.Event(), []
    wait = held(begun, release)

    def compare(*asked: Any) -> Verdict:
        calls.append(asked)
        return wait(*asked)

    with serving(tmp_path, compare, concurrency=1, queue=4) as server:
        first, _ = asking(server)
        assert begun.wait(20)
        with suppress(httpx.ReadTimeout):
            httpx.post(
                f"{server.address}/match",
                headers={"x-rapidapi-key": server.key},
                files={"source": PHOTO, "target": PHOTO},
                timeout=httpx.Timeout(10, read=1.0),
            )
        last, _ = asking(server)
        release.set()
        first.join(20)
        last.join(20)
    assert len(calls) == 2


def test_a_key_that_spent_its_share_waits_and_others_do_not(tmp_path: Path) -> None:
    with serving(tmp_path, rate_per_minute=2) as server:
        body = {"source_url": "http://10.0.0.1/", "target_url": "http://10.0.0.1/"}
        codes = [server.post("/match", json=body).json()["code"] for _ in range(3)]
        limited = server.post("/match", json=body)
        other = server.keys.create(server.keys.of_project()[0].role).secret
        assert codes == ["url_not_allowed", "url_not_allowed", "rate_limited"]
        assert limited.status_code == 429
        assert 1 <= limited.json()["retry_after_s"] <= 30
        assert server.post("/match", key=other, json=body).json()["code"] == "url_not_allowed"


def test_a_fault_is_logged_and_not_leaked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> Verdict:
        raise ZeroDivisionError("a secret of the inside")

    with serving(tmp_path, broken) as server:
        response = server.match("/match", PHOTO, PHOTO)
    assert response.status_code == 500
    assert response.json()["code"] == "internal"
    assert "secret" not in response.text
    assert "a secret of the inside" in caplog.text
    assert response.json()["request_id"] in caplog.text


def test_stopping_waits_for_the_running_match(tmp_path: Path) -> None:
    begun, release = threading.Event(), threading.Event()
    with serving(tmp_path, held(begun, release)) as server:
        running, answers = asking(server)
        assert begun.wait(20)
        server.server.stop()
        time.sleep(0.3)
        release.set()
        running.join(20)
    assert answers[0].status_code == 200


def test_stopping_answers_a_match_that_takes_too_long(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun, release = threading.Event(), threading.Event()
    with serving(tmp_path, held(begun, release), shutdown_seconds=1.0) as server:
        running, answers = asking(server)
        assert begun.wait(20)
        server.server.stop()
        running.join(10)
        release.set()
    [answer] = answers
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert not [record for record in caplog.records if record.exc_info]


def test_a_revoked_key_is_refused_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.keys.revoke(server.keys.of_project()[0].id)
        assert server.post("/match", json={}).json()["code"] == "unauthenticated"
