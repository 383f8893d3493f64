"""Bodies as clients, clumsy ones and hostile ones send them."""

import resource
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.web.serving import Running, encoded, picture

PHOTO = encoded(picture(8))


def part(name: str, content: bytes, more: bytes = b"") -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"'.encode()
    return head + more + b"\r\n\r\n" + content + b"\r\n"


def send(server: Running, body: bytes | Iterator[bytes], kind: str = "") -> httpx.Response:
    kind = kind or "multipart/form-data; boundary=x"
    return server.post("/image/match", content=body, headers={"Content-Type": kind})


END = b"--x--\r\n"


def test_a_form_is_read_whatever_the_file_names_are(server: Running) -> None:
    hostile = b'; filename="../../../etc/passwd"\r\nContent-Type: text/x-shellscript'
    body = part("source", PHOTO, hostile) + part("target", PHOTO, hostile) + END
    assert send(server, body).json()["match"] is True


def test_a_form_may_come_in_small_chunks(server: Running) -> None:
    body = part("source", PHOTO) + part("target", PHOTO) + END
    chunks = (body[i : i + 7] for i in range(0, len(body), 7))
    assert send(server, chunks).json()["match"] is True


def test_sides_may_come_in_any_order(server: Running) -> None:
    body = part("target", PHOTO) + part("source", PHOTO) + END
    assert send(server, body).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (part("source", PHOTO) + part("source", PHOTO) + END, 400, "source"),
        (part("source", PHOTO) + part("source_url", b"http://a.example/") + END, 400, "source"),
        (part("source", PHOTO) + part("colour", b"red") + END, 400, "colour"),
        (part("source", PHOTO) + part("", b"") + END, 400, ""),
        (b"--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n" + END, 400, ""),
        (part("source", PHOTO) + part("target", PHOTO)[:-2], 400, None),
        (b"no boundary at all", 400, None),
        (b"", 400, None),
        (END, 422, "source"),
        (part("source", PHOTO) + END, 422, "target"),
        (part("source_url", b"\xff\xfe") + part("target", PHOTO) + END, 422, "source_url"),
        (part("source_url", b" ") + part("target", PHOTO) + END, 422, "source_url"),
        (part("source_url", b"h" * 9000) + part("target", PHOTO) + END, 422, "source_url"),
        (part("source", PHOTO, b"\r\nX-Long: " + b"y" * 200_000) + END, 400, None),
        (part("source", PHOTO, b"\r\nX: y" * 50_000) + END, 400, None),
    ],
)
def test_a_wrong_form_is_refused(
    server: Running, body: bytes, status: int, field: str | None
) -> None:
    response = send(server, body)
    said = response.json()
    assert (response.status_code, said["code"]) == (status, "invalid_request"), said
    assert said.get("field") == field


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=" + "x" * 5000, 400),
        ("multipart/mixed; boundary=x", 415),
        ("text/html", 415),
        ("application/json", 400),
    ],
)
def test_a_wrong_content_type_is_refused(server: Running, kind: str, status: int) -> None:
    body = part("source", PHOTO) + part("target", PHOTO) + END
    assert send(server, body, kind).status_code == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 30_000, 400),
        (b'{"source_url": "http://a.example/", "source_url": "", "target_url": ""}', 400),
        (b'{"source_url": NaN, "target_url": 1}', 422),
        (b"\xff\xfe{", 400),
        (b"null", 422),
        (b'"text"', 422),
        (b"", 400),
    ],
)
def test_wrong_json_is_refused(server: Running, body: bytes, status: int) -> None:
    response = send(server, body, "application/json")
    assert (response.status_code, response.json()["code"]) == (status, "invalid_request")


def test_an_empty_file_is_an_error_of_its_side(server: Running) -> None:
    body = part("source", PHOTO) + part("target", b"") + END
    response = send(server, body)
    assert response.json()["field"] == "target"
    assert response.json()["code"] in {"media_empty", "media_unreadable", "unsupported_media"}


def test_a_form_with_one_file_takes_texts_beside_it(server: Running) -> None:
    """Whatever their order, and as often as a list needs."""
    bank = server.bank("spooled")["name"]
    parts = [part("labels", b"a"), part("file", PHOTO), part("bank", bank.encode())]
    for body in (b"".join(parts) + part("labels", b"b"), b"".join(parts[::-1])):
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        sent = server.post("/v1/references", content=body + END, headers=kind)
        assert sent.status_code in {200, 201}, sent.text
        assert sent.json()["labels"] == ["a", "b"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (part("bank", b"b") * 2 + part("file", PHOTO), 400, "invalid_request"),
        (part("labels", b"") * 300 + part("file", PHOTO), 400, "invalid_request"),
        (part("note", b"n" * 70_000) + part("file", PHOTO), 413, "payload_too_large"),
        (part("bank", b"\xff") + part("file", PHOTO), 422, "invalid_request"),
        (part("bank", b"b") + part("file", PHOTO) * 2, 400, "invalid_request"),
        (
            part("bank", b"b") + part("provenance", b"{") + part("file", PHOTO),
            422,
            "invalid_request",
        ),
        (part("bank", b"b") + part("hashes", b"{}") + part("file", PHOTO), 400, "invalid_request"),
    ],
)
def test_wrong_texts_beside_a_file_are_refused(
    server: Running, body: bytes, status: int, code: str
) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    refused = server.post("/v1/references", content=body + END, headers=kind)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text


def test_json_may_be_larger_where_there_are_many_things(server: Running) -> None:
    body = b'{"bank": "b", "items": [' + b" " * 100_000 + b"]}"
    kind = {"Content-Type": "application/json"}
    assert server.post("/v1/references/batch", content=body, headers=kind).status_code == 422
    assert server.post("/v1/references", content=body, headers=kind).status_code == 413
    more = b" " * 4_000_000 + body
    assert server.post("/v1/references/batch", content=more, headers=kind).status_code == 413


def test_a_letter_is_json(server: Running) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    sent = {"content": part("name", b"x") + END, "headers": kind}
    assert server.manage("POST", "/v1/banks", **sent).status_code == 415


def test_nothing_is_left_on_disk(server: Running) -> None:
    def there() -> list[Path]:
        return [path for path in server.scratch.rglob("*") if path.is_file()]

    lock = there()
    seen: list[Path] = []

    def body() -> Iterator[bytes]:
        yield part("source", PHOTO)
        for _ in range(200):
            if seen:
                break
            time.sleep(0.05)
            seen.extend(path for path in there() if path.name == "source")
        yield part("target", PHOTO) + END

    assert send(server, body()).json()["match"] is True
    assert seen
    send(server, part("source", PHOTO) + part("target", PHOTO) + END)
    send(server, part("source", PHOTO) + part("colour", b"red") + END)
    send(server, part("source", PHOTO))
    for path in ("/v1/search", "/v1/references"):
        server.post(path, files={"file": PHOTO}, data={"bank": "none"})
    assert there() == lock


def test_a_full_disk_is_said(server: Running) -> None:
    """A limit on the size of files fails as a full disk does: writing raises."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    body = part("source", bytes(3_000_000)) + part("target", PHOTO) + END
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        said = send(server, body).json()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert (said["code"], said["status"]) == ("not_ready", 503)
    assert "make room" in said["detail"]


def test_a_body_that_says_it_is_too_large_is_not_waited_for(server: Running) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as client:
        client.sendall(
            f"POST /match HTTP/1.1\r\nHost: x\r\nx-rapidapi-key: {server.key}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n"
            "Content-Length: 9000000000\r\n\r\n".encode()
        )
        assert b" 413 " in client.recv(65536).split(b"\r\n")[0]
