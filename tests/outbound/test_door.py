"""The door: every way in that should be closed, tried against servers that mean it."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from tempfile import NamedTemporaryFile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from service import __version__
from service.errors import (
    BadStatus,
    Missing,
    OutboundError,
    OutboundRefused,
    OutOfTime,
    Throttled,
    TooBig,
    Unreachable,
    WrongKind,
)
from service.outbound.door import JSON, PAGES, Door, Limits
from tests.outbound.local_site import Asked, Site, local_site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with local_site() as running:
        yield running


@pytest.fixture
async def door(site: Site) -> AsyncIterator[Door]:
    async with Door((site.place,), "desk@news.example") as opened:
        yield opened


async def refused(door: Door, url: str, **more: object) -> OutboundRefused:
    with pytest.raises(OutboundRefused) as raised:
        await door.fetch(url, **more)  # type: ignore[arg-type]
    return raised.value


async def test_a_page_is_fetched_by_who_says_who_it_is(site: Site, door: Door) -> None:
    site.put("/a?b=c", "<p>سلام", content_type="Text/HTML; charset=utf-8", set_cookie="a=b")
    for _ in range(2):
        page = await door.fetch(f"{site.base}/a?b=c#there", kinds=PAGES)
    assert (page.url, page.status, page.kind, page.charset) == (f"{site.base}/a?b=c", 200, "text/html", "utf-8")
    assert page.body.decode() == "<p>سلام"
    assert site.asked[1].headers == {
        "": "",
        "host": site.place,
        "user-agent": f"factcheck/{__version__} (+desk@news.example)",
        "accept": "*/*",
        "accept-encoding": "gzip",
    }
    assert site.connections == 1


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "//example.org/a",
        "example.org",
        "http://",
        "http:///a",
        "",
        "http://[::1",
        "http://a:b:c/",
        "http://user:secret@example.org/",
        "http://user@example.org/",
        "http://:secret@example.org/",
        "https://example.org/" + "a" * 5_000,
        "http://exam\nple.org/",
        "http://\ud800/",
    ],
)
async def test_what_is_no_url_of_the_web_is_refused(door: Door, url: str) -> None:
    error = await refused(door, url)
    assert "secret" not in error.detail
    with pytest.raises(OutboundRefused):
        door.vet(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.01",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.255.255",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "①②⑦.⓪.⓪.①",
        "[::1]",
        "[::]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::ffff:93.184.216.34]",
        "[64:ff9b::169.254.169.254]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[fec0::1]",
        "[ff02::1]",
        "localhost",
    ],
)
async def test_addresses_that_are_not_public_are_refused(host: str) -> None:
    # Someone listens there, on every address of this machine: what is asked for is refused, not merely unanswered.
    async with local_site("0.0.0.0") as site, Door() as door:
        site.put("/", "secret")
        await refused(door, f"http://{host}:{site.port}/")
    assert site.connections == 0


async def test_every_redirect_is_checked(site: Site, door: Door) -> None:
    for number, target in enumerate(
        [
            "http://169.254.169.254/latest/meta-data/",
            "//169.254.169.254/",
            "http://127.0.0.1:1/",
            "http://[::ffff:127.0.0.1]/",
            "http://u:p@127.0.0.1/",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
        ]
    ):
        site.put(f"/{number}", status=302, location=target)
        await refused(door, f"{site.base}/{number}")
    assert site.paths() == [f"GET /{number}" for number in range(7)]


async def test_a_name_is_looked_up_once_and_that_address_is_used(site: Site) -> None:
    # The name is bound to another address whenever it is looked up: first a listed one, then this machine's.
    answers = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1", "169.254.169.254"]])

    async def rebinding(host: str, port: int) -> Sequence[str]:
        assert host == "rebind.example"
        return next(answers)

    async with local_site("127.0.0.2", site.port) as listed, Door(("127.0.0.2",), resolve=rebinding) as door:
        listed.put("/", "open", connection="close")
        site.put("/", "secret")
        page = await door.fetch(f"http://rebind.example:{site.port}/")
        assert page.body == b"open"
        assert listed.asked[0].headers["host"] == f"rebind.example:{site.port}"
        for _ in range(2):
            await refused(door, f"http://rebind.example:{site.port}/")
    assert site.connections == 0
    assert next(answers, None) is None


async def test_of_several_addresses_the_ones_that_are_allowed_are_tried_in_turn(site: Site) -> None:
    async def several(host: str, port: int) -> Sequence[str]:
        return ["169.254.169.254", "127.0.0.3", "127.0.0.1"]

    async with Door(("127.0.0.0/8",), resolve=several) as door:
        site.put("/", "here")  # nobody listens on 127.0.0.3
        assert (await door.fetch(f"http://several.example:{site.port}/")).body == b"here"


async def test_a_host_is_listed_by_name_and_port(site: Site) -> None:
    async def local(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    site.put("/", "archive")
    async with Door((f"Archive.Local:{site.port}", "other.local:1"), resolve=local) as door:
        assert (await door.fetch(f"http://archive.local:{site.port}/")).body == b"archive"
        assert (await door.fetch(f"http://ARCHIVE.local.:{site.port}/")).body == b"archive"
        await refused(door, f"http://other.local:{site.port}/")
        await refused(door, f"http://127.0.0.1:{site.port}/")


async def test_redirects_are_followed_as_far_as_was_said(site: Site, door: Door) -> None:
    site.put("/old", status=301, location="older")
    site.put("/older", status=307, location="/new#part")
    site.put("/new", "here")
    site.put("/round", status=302, location="/round?")
    site.put("/round?", status=302, location="/round")
    page = await door.fetch(f"{site.base}/old")
    assert (page.url, page.redirects, page.body) == (f"{site.base}/new", (301, 307), b"here")
    with pytest.raises(Unreachable, match="more than 5 times"):
        await door.fetch(f"{site.base}/round")
    assert len(site.asked) == 3 + 6
    async with door.stream(f"{site.base}/old", limits=Limits(redirects=0)) as answer:
        assert (answer.status, answer.headers["location"]) == (301, "older")
    async with door.stream(f"{site.base}/old", method="POST", body=b"{}") as answer:
        assert (answer.status, site.asked[-1].body) == (301, b"{}")


async def test_what_is_said_to_one_site_is_not_said_to_another(site: Site, door: Door) -> None:
    async with local_site() as other, Door((site.place, other.place)) as door:
        site.put("/here", status=302, location="/there")
        site.put("/there", status=302, location=f"{other.base}/")
        other.put("/", "x")
        await door.fetch(f"{site.base}/here", headers={"X-Goog-Api-Key": "secret"})
        assert [asked.headers.get("x-goog-api-key") for asked in site.asked] == ["secret", "secret"]
        assert "secret" not in str(other.asked)


def zeros(pieces: int) -> AsyncIterator[bytes]:
    """A gzip of so many MiB of zeros, piece by piece."""

    async def stream() -> AsyncIterator[bytes]:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        yield packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        for _ in range(pieces - 1):
            yield piece

    return stream()


async def test_a_bomb_is_cut_off_while_it_unpacks(site: Site, door: Door) -> None:
    sent = 0

    async def bomb(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n")
        async for piece in zeros(10 * 1024):  # 10 GB
            writer.write(piece)
            await writer.drain()
            sent += 1

    site.pages["/bomb"] = bomb
    most = taken = 0
    with pytest.raises(TooBig):
        async with door.stream(f"{site.base}/bomb", limits=Limits(size=3 << 20)) as answer:
            async for piece in answer:
                most, taken = max(most, len(piece)), taken + len(piece)
    assert most <= 64 << 10
    assert taken <= 3 << 20
    assert sent < 10 * 1024


async def test_sizes_that_are_announced_or_not(site: Site, door: Door) -> None:
    async def endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            writer.write(bytes(1 << 16))
            await writer.drain()

    site.put("/announced", b"", content_length=str(10 << 30))
    site.pages["/endless"] = endless
    for path in ("/announced", "/endless"):
        with pytest.raises(TooBig):
            await door.fetch(f"{site.base}{path}", limits=Limits(size=1 << 20))
    async with door.stream(f"{site.base}/endless") as answer:
        assert (await answer.read(100)).body == bytes(100)


async def test_gzip_is_unpacked_and_nothing_else_is_taken(site: Site, door: Door) -> None:
    text = b"".join(b"%d " % number for number in range(50_000))
    site.put("/gzip", gzip.compress(text), content_encoding="gzip")
    site.put("/members", gzip.compress(text) + gzip.compress(b"end"), content_encoding="GZIP")
    assert (await door.fetch(f"{site.base}/gzip")).body == text
    assert (await door.fetch(f"{site.base}/members")).body == text + b"end"
    site.put("/twice", gzip.compress(gzip.compress(text)), content_encoding="gzip, gzip")
    site.put("/br", b"x", content_encoding="br")
    site.put("/cut", gzip.compress(text)[:-9], content_encoding="gzip")
    site.put("/broken", b"not gzip at all", content_encoding="gzip")
    for path in ("/twice", "/br", "/cut", "/broken"):
        with pytest.raises(WrongKind):
            await door.fetch(f"{site.base}{path}")


async def test_whoever_drips_runs_out_of_time(site: Site, door: Door) -> None:
    over = asyncio.Event()

    async def silent(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await over.wait()

    async def dripping(asked: Asked, writer: asyncio.StreamWriter) -> None:
        while not over.is_set():
            writer.write(b"HTTP/1.1 200 OK\r\nX: " if asked.path == "/head" else b"HTTP/1.1 100 Continue\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async def body(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while not over.is_set():
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    site.pages |= {"/silent": silent, "/interim": dripping, "/body": body}
    for path in ("/silent", "/interim", "/body"):
        with pytest.raises(OutOfTime):
            await door.fetch(f"{site.base}{path}", limits=Limits(seconds=0.2))
    over.set()


async def test_time_of_the_caller_does_not_count(site: Site, door: Door) -> None:
    site.put("/", bytes(1 << 20))
    async with door.stream(site.base, limits=Limits(seconds=0.25)) as answer:
        first = await anext(aiter(answer))
        await asyncio.sleep(0.3)
        assert len(first) + len((await answer.read()).body) == 1 << 20


async def test_what_is_not_http_is_unreachable(site: Site, door: Door) -> None:
    async def headers(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Filler: " + b"x" * 1_000 + b"\r\n")
            await writer.drain()

    async def nonsense(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        await writer.drain()

    async def short(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    async def closed(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.close()

    site.pages |= {"/headers": headers, "/nonsense": nonsense, "/short": short, "/closed": closed}
    site.put("/nowhere", status=302, location="http://[")
    for path in (*site.pages,):
        with pytest.raises(Unreachable):
            await door.fetch(f"{site.base}{path}")
    with pytest.raises(Unreachable):
        await door.fetch(f"https://{site.place}/", limits=Limits(seconds=0.2))  # speaks no TLS

    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    async with Door(resolve=unknown) as lost:
        with pytest.raises(Unreachable, match="has no address"):
            await lost.fetch("https://nowhere.example/?token=secret")


async def test_other_kinds_are_not_read(site: Site, door: Door) -> None:
    site.put("/video", b"x", content_type="video/mp4")
    site.put("/ld", b"{}", content_type="application/ld+json;charset=utf-8")
    site.put("/none", b"x", content_type="")
    for path in ("/video", "/none"):
        with pytest.raises(WrongKind):
            await door.fetch(f"{site.base}{path}", kinds=PAGES + JSON)
    assert (await door.fetch(f"{site.base}/ld", kinds=JSON)).body == b"{}"


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (404, {}, Missing),
        (410, {}, Missing),
        (429, {"retry_after": "7"}, Throttled),
        (429, {}, Throttled),
        (503, {"retry_after": "7"}, Throttled),
        (503, {}, BadStatus),
        (403, {}, BadStatus),
        (206, {}, BadStatus),
        (304, {}, None),
    ],
)
async def test_statuses(
    site: Site, door: Door, status: int, headers: dict[str, str], error: type[OutboundError] | None
) -> None:
    site.put("/", b"", status, **headers)
    if error is None:
        assert (await door.fetch(site.base)).status == status
        return
    with pytest.raises(OutboundError) as raised:
        await door.fetch(site.base)
    assert type(raised.value) is error
    if isinstance(raised.value, Throttled):
        assert raised.value.retry_after == (7.0 if headers else None)
    async with door.stream(site.base) as answer:
        assert answer.status == status


async def test_robots_txt_is_heeded_where_it_is_to_be(site: Site, door: Door) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /\n\nUser-agent: Factcheck\nDisallow: /private\nCrawl-delay: 3\n")
    site.put("/open", "x")
    site.put("/private", "x")
    site.put("/moved", status=301, location="/private")
    assert (await door.fetch(f"{site.base}/open", robots=True)).body == b"x"
    for path in ("/private", "/moved"):
        assert (await refused(door, f"{site.base}{path}", robots=True)).by_site
    assert (await door.fetch(f"{site.base}/private")).body == b"x"
    assert await door.delay(f"{site.base}/open") == 3.0
    assert site.paths() == ["GET /robots.txt", "GET /open", "GET /moved", "GET /private"]


@pytest.mark.parametrize(("status", "open_"), [(404, True), (403, True), (500, False), (429, False)])
async def test_robots_txt_that_cannot_be_read(site: Site, door: Door, status: int, open_: bool) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /\n", status)
    site.put("/", "x")
    if open_:
        assert (await door.fetch(site.base, robots=True)).body == b"x"
    else:
        assert (await refused(door, site.base, robots=True)).by_site


async def test_only_the_beginning_of_robots_txt_is_read(site: Site, door: Door) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\n" + "# \n" * (1 << 20) + "Disallow: /\n")
    site.put("/", "x")
    assert (await door.fetch(site.base, robots=True)).body == b"x"
    assert (await refused(door, f"{site.base}/private", robots=True)).by_site


async def test_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, site.base)
    async with local_site() as other, Door((other.place,)) as door:
        other.put("/", "x")
        assert (await door.fetch(other.base)).body == b"x"
    assert site.connections == 0


def certificates(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side and a client's side of TLS, with a certificate for ``name`` that nobody else trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        server.load_cert_chain(file.name)
    return server, ssl.create_default_context(cadata=pem.decode())


async def test_a_certificate_is_for_the_name_not_for_the_address() -> None:
    async def local(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    server, trust = certificates("pinned.example")
    async with local_site(certificate=server) as site:
        site.put("/", "private")
        async with Door((site.place,), resolve=local, trust=trust) as door:
            assert (await door.fetch(f"https://pinned.example:{site.port}/")).body == b"private"
            for host in ("other.example", "127.0.0.1"):
                with pytest.raises(Unreachable, match="certificate"):
                    await door.fetch(f"https://{host}:{site.port}/")
        async with Door((site.place,), resolve=local) as door:
            with pytest.raises(Unreachable, match="certificate"):
                await door.fetch(f"https://pinned.example:{site.port}/")
        assert site.paths() == ["GET /"]
