from __future__ import annotations

import re
from html.parser import HTMLParser

from service.api import openapi


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


async def test_the_page_needs_nothing_from_elsewhere(offline):
    page = await offline.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    parser = _Addresses()
    parser.feed(page.text)
    assert len(parser.found) >= 4
    for address in parser.found:
        assert not re.match(r"(https?:)?//", address)
        if not address.startswith("data:"):
            answer = await offline.get(page.url.join(address))
            assert answer.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


async def test_the_scripts_are_those_of_swagger_ui(offline):
    script = await offline.get("/docs/assets/swagger-ui.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "SwaggerUIBundle" in script.text
    start = (await offline.get("/docs/assets/start.js")).text
    assert 'url: "schema/openapi.json"' in start
    assert "validatorUrl: null" in start
    style = await offline.get("/docs/assets/swagger-ui.css")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", style.text)


async def test_the_bare_address_leads_to_the_page(offline):
    answer = await offline.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


async def test_the_document_is_served(offline, offline_application):
    answer = await offline.get("/schema/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == openapi.document(offline_application)
    assert answer.json()["openapi"].startswith("3.1")
