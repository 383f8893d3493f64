# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.Fetcher`` must do: an adapter's test class inherits this and has ``make``."""

import hashlib
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from reseen.domain.errors import FetchFailed, FetchTimeout, PayloadTooLarge, UrlNotAllowed
from reseen.ports import Fetcher
from reseen.testing.loopback import Loopback, Part, answer, trickle

BODY = bytes(range(256)) * 40


def _site(path: str, _: Loopback) -> Iterable[Part]:
    match path:
        case "/file":
            return answer(BODY)
        case "/moved":
            return answer(b"", "Location: /file", status="302 Found")
        case "/circle":
            return answer(b"", "Location: /circle", status="302 Found")
        case "/away":
            return answer(b"", "Location: file:///etc/passwd", status="302 Found")
        case "/slow":
            return trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", b"x" * 10_000)
        case _:
            return answer(b"no", status="404 Not Found")


class FetcherContract:
    """``make`` gives a fetcher that may reach this server and nothing else that is private."""

    def make(
        self, server: Loopback, *, max_bytes: int = 1_000_000, total_s: float = 10.0
    ) -> Fetcher:
        raise NotImplementedError

    @pytest.mark.parametrize("path", ["/file", "/moved"])
    def test_a_file_lies_on_disk_with_its_hashes(self, path: str) -> None:
        with Loopback(_site) as server, self.make(server).fetch(server.url(path)) as fetched:
            assert fetched.path.read_bytes() == BODY
            assert fetched.size == len(BODY)
            assert fetched.sha256 == hashlib.sha256(BODY).hexdigest()
            assert fetched.md5 == hashlib.md5(BODY, usedforsecurity=False).hexdigest()

    def test_the_file_is_gone_when_its_context_ends(self) -> None:
        with Loopback(_site) as server:
            with self.make(server).fetch(server.url("/file")) as fetched:
                path = fetched.path
                assert path.exists()
            assert not path.exists()

    def test_the_file_is_gone_when_its_user_fails(self) -> None:
        seen: list[Path] = []

        def use(fetcher: Fetcher, url: str) -> None:
            with fetcher.fetch(url) as fetched:
                seen.append(fetched.path)
                raise ZeroDivisionError

        with Loopback(_site) as server, pytest.raises(ZeroDivisionError):
            use(self.make(server), server.url("/file"))
        assert not seen[0].exists()

    def test_two_fetches_at_once_do_not_share_a_file(self) -> None:
        with Loopback(_site) as server:
            fetcher = self.make(server)
            with (
                fetcher.fetch(server.url("/file")) as one,
                fetcher.fetch(server.url("/file")) as two,
            ):
                assert one.path != two.path

    def test_a_missing_file_is_told_by_its_status(self) -> None:
        with Loopback(_site) as server, pytest.raises(FetchFailed, match="404"):
            _fetch(self.make(server), server.url("/none"))

    def test_a_circle_of_redirects_ends(self) -> None:
        with Loopback(_site) as server, pytest.raises(FetchFailed):
            _fetch(self.make(server), server.url("/circle"))

    def test_a_redirect_to_another_scheme_is_refused(self) -> None:
        with Loopback(_site) as server, pytest.raises(UrlNotAllowed):
            _fetch(self.make(server), server.url("/away"))

    def test_a_file_over_the_limit_names_limit_and_size(self) -> None:
        with Loopback(_site) as server, pytest.raises(PayloadTooLarge) as caught:
            _fetch(self.make(server, max_bytes=1000), server.url("/file"))
        assert caught.value.limit == 1000
        assert (caught.value.actual or 0) > 1000

    def test_a_trickle_ends_at_the_deadline(self) -> None:
        started = time.monotonic()
        with Loopback(_site) as server, pytest.raises(FetchTimeout):
            _fetch(self.make(server, total_s=0.4), server.url("/slow"))
        assert time.monotonic() - started < 3.0

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "photo.jpg",
            "ftp://example.com/a",
            "file:///etc/passwd",
            "http://",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]/",
            "http://10.0.0.1/",
            "http://name:word@example.com/",
            "http://example.com:22/",
        ],
    )
    def test_what_is_not_a_public_web_address_is_refused(self, url: str) -> None:
        with Loopback(_site) as server, pytest.raises(UrlNotAllowed):
            _fetch(self.make(server), url)


def _fetch(fetcher: Fetcher, url: str) -> None:
    with fetcher.fetch(url):
        pass
