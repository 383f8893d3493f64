"""The documentation that a running server shows."""

import re
import socket

import httpx
import pytest
from tests.web.serving import Running

from reseen.web.auth import RIGHTS
from reseen.web.errors import PROBLEMS
from reseen.web.match import ROUTES
from reseen.web.schemas import REQUESTS
from reseen.web.server import listen
from reseen.web.strict import from_value


@pytest.fixture(scope="module")
def page(server: Running) -> httpx.Response:
    return httpx.get(f"{server.address}/docs")


def test_the_page_works_without_any_other_host(server: Running, page: httpx.Response) -> None:
    assert page.headers["Content-Type"].startswith("text/html")
    assets = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert "/docs/style.css" in assets
    assert all(asset.startswith(("/", "data:")) for asset in assets)
    for asset in {asset for asset in assets if asset.startswith("/")}:
        assert httpx.get(server.address + asset).status_code == 200, asset


def test_the_policy_of_the_page_allows_no_inline_script(page: httpx.Response) -> None:
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", page.text)


def test_each_route_has_a_form_and_each_error_its_anchor(page: httpx.Response) -> None:
    for route in ROUTES:
        assert f'<form data-path="{route.path}">' in page.text
    for problem in PROBLEMS:
        assert page.text.count(f'id="{problem.code}"') == 1


def test_each_operation_can_be_tried(server: Running, page: httpx.Response) -> None:
    document = httpx.get(f"{server.address}/openapi.json").json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            start = page.text.index(f'<section id="{operation["operationId"]}"')
            section = page.text[start : page.text.index("</section>", start)]
            assert f'data-path="{path}"' in section
            for parameter in operation.get("parameters", ()):
                shown = f'name="{parameter["name"]}"' in section
                assert shown is (parameter["in"] != "header")


def test_the_page_has_the_table_of_roles(page: httpx.Response) -> None:
    for right in RIGHTS:
        assert right in page.text


def test_every_operation_has_words_and_every_schema_of_a_body_an_example(
    server: Running,
) -> None:
    document = httpx.get(f"{server.address}/openapi.json").json()
    ids = []
    for methods in document["paths"].values():
        for operation in methods.values():
            ids.append(operation["operationId"])
            assert operation["summary"]
            assert operation["tags"]
            assert "Validation" not in str(operation["responses"])
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json")
            for one in (schema or {}).get("schema", {}).get("oneOf", [schema and schema["schema"]]):
                if one:
                    name = one["$ref"].rsplit("/", 1)[-1]
                    assert document["components"]["schemas"][name]["examples"]
    assert len(set(ids)) == len(ids)


def test_an_example_is_a_request_that_is_taken() -> None:
    for model in REQUESTS:
        for example in model.model_json_schema().get("examples", ()):
            from_value(model, example)


def test_answers_are_sent_at_once_and_not_when_a_packet_is_full() -> None:
    with listen("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_the_openapi_document_has_an_example_of_every_error(server: Running) -> None:
    document = httpx.get(f"{server.address}/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    assert {"Envelope", "Problem", "MatchRequest"} <= schemas.keys()
    assert schemas["Envelope"]["examples"]
    for route in ROUTES:
        operation = document["paths"][route.path]["post"]
        assert operation["security"] == [{"bearer": []}, {"rapidapi": []}, {"session": []}]
        assert "csrf_failed" in operation["responses"]["403"]["description"]
        content = operation["requestBody"]["content"]
        assert content.keys() == {"application/json", "multipart/form-data"}
        for status, answer in operation["responses"].items():
            if status == "200":
                continue
            examples = answer["content"]["application/problem+json"]["examples"]
            for code, example in examples.items():
                assert example["value"]["code"] == code
                assert example["value"]["status"] == int(status)


def test_every_reference_in_the_document_leads_somewhere(server: Running) -> None:
    response = httpx.get(f"{server.address}/openapi.json")
    schemas = response.json()["components"]["schemas"]
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', response.text))
    assert names
    assert names <= schemas.keys()
