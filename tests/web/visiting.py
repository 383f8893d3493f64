"""People at the console, each with a browser of their own, over a real socket."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.web.serving import Running

from reseen.domain.access import DEFAULT_PROJECT, Role

PASSWORD = "correct horse battery"


@dataclass
class Browser:
    """Keeps cookies, and sends the token of the session as the console's pages do."""

    address: str
    csrf: str = ""
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"origin": self.address, "x-csrf-token": self.csrf, **more.pop("headers", {})}
        with httpx.Client(base_url=self.address, cookies=self.cookies, timeout=60) as client:
            answer = client.request(method, path, headers=headers, **more)
            self.cookies = client.cookies
        return answer

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> httpx.Response:
        return self.ask("POST", path, json=json, **more)

    def enter(self, way: str, **sent: Any) -> httpx.Response:
        """Come in, by one of the ways of ``/console/api``."""
        answer = self.post(f"/console/api/{way}", sent)
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf"]
        return answer

    @property
    def me(self) -> dict[str, Any]:
        answer = self.get("/console/api/me")
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said


def owner(server: Running, name: str = "Olga", project_id: str = DEFAULT_PROJECT) -> Browser:
    """The first person of a project."""
    browser = Browser(server.address)
    key = server.keys.create(Role.OWNER, project_id=project_id).secret
    made = browser.enter("setup", key=key, name=name, password=PASSWORD)
    assert made.status_code == 200, made.text
    return browser


def invited(by: Browser, name: str, role: str) -> Browser:
    """Somebody whom another invited, signed in."""
    made = by.post("/console/api/people", {"name": name, "role": role})
    assert made.status_code == 201, made.text
    browser = Browser(by.address)
    token = made.json()["invitation"]["token"]
    came = browser.enter("invited", token=token, password=PASSWORD)
    assert came.status_code == 200, came.text
    return browser
