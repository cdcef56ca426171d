"""Every FACTCHECK_* variable: typed, frozen, read once at start, listed in one table."""

from __future__ import annotations

import difflib
import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from service.borders import Borders
from service.errors import SettingsError
from service.locations import checkout

PREFIX: Final = "FACTCHECK_"
_TEST_PREFIX: Final = "FACTCHECK_TEST_"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided. ``database_url`` None means the embedded PostgreSQL in ``data_dir``."""

    data_dir: Path
    database_url: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    log_level: str = "info"
    pool_size: int = 10
    database_timeout: float = 10.0
    concurrent_requests: int = 100
    request_timeout: float = 30.0
    workers: int = 4
    datacommons_feed: str = "https://storage.googleapis.com/datacommons-feeds/claimreview/latest/data.json"
    key_rate: int = 6_000
    address_rate: int | None = None
    trusted_proxies: tuple[str, ...] = ()
    api_key: str | None = field(default=None, repr=False)
    signing_key: str | None = field(default=None, repr=False)
    watched: int = 10_000
    embedding_model: Path | None = None
    embedding_threads: int = 2
    model_hub: str = "https://huggingface.co"
    model_hub_token: str | None = field(default=None, repr=False)
    outbound_allow: tuple[str, ...] = ()
    contact: str | None = None
    read_database_url: str | None = field(default=None, repr=False)
    log_format: str = "auto"
    receive_timeout: float = 20.0
    shutdown_timeout: float = 20.0
    check_links: int | None = None
    link_delay: float = 5.0
    archive: str = "look"
    archive_url: str = "https://archive.org/wayback/available"
    archive_save_url: str = "https://web.archive.org/save/"
    google_api_key: str | None = field(default=None, repr=False)
    google_api_url: str = "https://factchecktools.googleapis.com"
    google_quota: int = 1_000
    upstream_budget: float = 2.0

    @property
    def loopback(self) -> bool:
        """Whether only callers of this machine can reach the address to listen on."""
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: the field it sets, how its text is read, what it means, what holds without it."""

    name: str
    field: str
    parse: Callable[[str], Any]
    meaning: str
    default: str


def _text(value: str) -> str:
    return value


def _path(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _networks(value: str) -> tuple[str, ...]:
    networks = tuple(part.strip() for part in value.split(",") if part.strip())
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise ValueError("must be addresses or networks such as 10.0.0.0/8, with commas between them") from None
    return networks


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return parse


def _seconds(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0.1 <= number <= 3600:
        raise ValueError("must be a number of seconds from 0.1 to 3600")
    return number


def _level(value: str) -> str:
    levels = ("debug", "info", "warning", "error")
    if value.lower() not in levels:
        raise ValueError(f"must be one of {', '.join(levels)}")
    return value.lower()


def _log_format(value: str) -> str:
    if value.lower() not in ("auto", "json", "text"):
        raise ValueError("must be one of auto, json, text")
    return value.lower()


def _url(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  # reading it is what checks it
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from None
    return parts


def _database_url(value: str) -> str:
    parts = _url(value)
    if parts.scheme not in {"postgresql", "postgres", "postgresql+asyncpg"}:
        raise ValueError("must start with postgresql://")
    if len(parts.path) < 2:
        raise ValueError("must name a database, as in postgresql://user:password@host:5432/database")
    if set(parse_qs(parts.query).get("pooler", ["transaction"])) != {"transaction"}:
        raise ValueError("may say pooler=transaction, and no other pooler")
    return value


def _hub_address(value: str) -> str:
    parts = _url(value)
    if not parts.hostname or parts.scheme not in {"https", "http"} or " " in value or not value.isprintable():
        raise ValueError("must be the address of a model hub, as https://huggingface.co is")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must start with https://: plain http is for loopback addresses only")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must hold no user, query or fragment; a token goes into FACTCHECK_MODEL_HUB_TOKEN")
    return value.rstrip("/")


def _token(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("must be a token: visible ASCII characters only")
    return value


def _places(value: str) -> tuple[str, ...]:
    places = tuple(part.strip() for part in value.split(",") if part.strip())
    Borders.of(places)
    return places


def _archive(value: str) -> str:
    if value.lower() not in {"off", "look", "save"}:
        raise ValueError("must be off, look or save")
    return value.lower()


def _web_address(value: str) -> str:
    parts = _url(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname or not value.isascii() or not value.isprintable():
        raise ValueError("must be a web address, https://...")
    if parts.username is not None or parts.query or parts.fragment or " " in value:
        raise ValueError("must hold no user, query or fragment")
    return value


def _service_address(value: str) -> str:
    return _web_address(value).rstrip("/")


def _contact(value: str) -> str:
    if not value.isascii() or not value.isprintable() or len(value) > 200 or any(each in value for each in " ()\\"):
        raise ValueError("must be an e-mail address or a URL")
    return value


def _signing_key(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must have at least 32 characters, as `openssl rand -hex 32` makes them")
    return value


VARIABLES: Final = (
    Variable("FACTCHECK_DATABASE_URL", "database_url", _database_url,
             "PostgreSQL to use, postgresql://user:password@host:5432/database; ?pooler=transaction behind a pooler",
             "an embedded PostgreSQL"),
    Variable("FACTCHECK_READ_DATABASE_URL", "read_database_url", _database_url,
             "replica of it that lists, histories and exports may be read from", "none"),
    Variable("FACTCHECK_DATA_DIR", "data_dir", _path,
             "folder of the embedded PostgreSQL and models", ".factcheck in a checkout, else the user's data folder"),
    Variable("FACTCHECK_HOST", "host", _text, "address to listen on", "127.0.0.1"),
    Variable("FACTCHECK_PORT", "port", _whole(0, 65_535), "port to listen on; 0 takes a free one", "8000"),
    Variable("FACTCHECK_LOG_LEVEL", "log_level", _level, "debug, info, warning or error", "info"),
    Variable("FACTCHECK_LOG_FORMAT", "log_format", _log_format,
             "text, json, or auto: text at a terminal, JSON elsewhere", "auto"),
    Variable("FACTCHECK_RECEIVE_TIMEOUT", "receive_timeout", _seconds,
             "seconds for a request's headers to arrive, and for its body", "20"),
    Variable("FACTCHECK_SHUTDOWN_TIMEOUT", "shutdown_timeout", _seconds,
             "seconds that requests under way may take to end at a stop", "20"),
    Variable("FACTCHECK_POOL_SIZE", "pool_size", _whole(1, 1_000), "database connections that requests may hold", "10"),
    Variable("FACTCHECK_DATABASE_TIMEOUT", "database_timeout", _seconds,
             "seconds to wait for a connection, and for a statement", "10"),
    Variable("FACTCHECK_CONCURRENT_REQUESTS", "concurrent_requests", _whole(1, 100_000),
             "requests a process works on at a time; more are refused at once", "100"),
    Variable("FACTCHECK_REQUEST_TIMEOUT", "request_timeout", _seconds,
             "seconds within which an answer begins, or the request is given up", "30"),
    Variable("FACTCHECK_WORKERS", "workers", _whole(0, 64),
             "background jobs that a process does at once; 0 leaves them to `factcheck worker`", "4"),
    Variable("FACTCHECK_DATACOMMONS_FEED", "datacommons_feed", _web_address,
             "what `factcheck import datacommons` takes in", "Data Commons' own address of its fact-check feed"),
    Variable("FACTCHECK_KEY_RATE", "key_rate", _whole(1, 1_000_000),
             "units a minute that an API key without a limit of its own may spend", "6000"),
    Variable("FACTCHECK_ADDRESS_RATE", "address_rate", _whole(1, 1_000_000),
             "requests a minute that one address may make without a key", "60; no limit while there are no keys"),
    Variable("FACTCHECK_TRUSTED_PROXIES", "trusted_proxies", _networks,
             "proxies whose X-Forwarded-For is believed: addresses and networks, with commas", "none"),
    Variable("FACTCHECK_API_KEY", "api_key", _text,
             "API key that `factcheck check --server` sends", "none"),
    Variable("FACTCHECK_SIGNING_KEY", "signing_key", _signing_key,
             "key from which the secrets of webhooks are derived", "none: they are stored"),
    Variable("FACTCHECK_WATCHED", "watched", _whole(1, 10_000_000),
             "texts and claims that one API key may have under watch", "10000"),
    Variable("FACTCHECK_EMBEDDING_MODEL", "embedding_model", _path,
             "folder of an embedding model, to find claims by meaning too", "none: words alone"),
    Variable("FACTCHECK_EMBEDDING_THREADS", "embedding_threads", _whole(1, 256),
             "threads that compute vectors, at most one per core", "2"),
    Variable("FACTCHECK_MODEL_HUB", "model_hub", _hub_address,
             "where 'factcheck model pull' fetches models from", "https://huggingface.co"),
    Variable("FACTCHECK_MODEL_HUB_TOKEN", "model_hub_token", _token,
             "access token for the hub's private and gated models", "none"),
    Variable("FACTCHECK_OUTBOUND_ALLOW", "outbound_allow", _places,
             "networks and hosts to fetch from although they are not public: 10.1.0.0/16, archive.local:8080", "none"),
    Variable("FACTCHECK_CONTACT", "contact", _contact,
             "whom the owners of fetched pages can write to, in our User-Agent: an address or URL", "none"),
    Variable("FACTCHECK_CHECK_LINKS", "check_links", _whole(1, 365),
             "days after which the link of a source or review is visited again", "none: links are not visited"),
    Variable("FACTCHECK_LINK_DELAY", "link_delay", _seconds,
             "seconds between two visits to one host, at the least", "5"),
    Variable("FACTCHECK_ARCHIVE", "archive", _archive,
             "copies of linked pages in a web archive: off, look (for one), save (ask for one too)", "look"),
    Variable("FACTCHECK_ARCHIVE_URL", "archive_url", _web_address,
             "where to look for copies, as the Wayback Machine answers", "https://archive.org/wayback/available"),
    Variable("FACTCHECK_ARCHIVE_SAVE_URL", "archive_save_url", _web_address,
             "where to ask for copies: the page's URL is put behind it", "https://web.archive.org/save/"),
    Variable("FACTCHECK_GOOGLE_API_KEY", "google_api_key", _token,
             "key to Google's Fact Check Tools API, to ask it about claims that are not known here", "none"),
    Variable("FACTCHECK_GOOGLE_API_URL", "google_api_url", _service_address,
             "where that API is, or one that answers as it does", "https://factchecktools.googleapis.com"),
    Variable("FACTCHECK_GOOGLE_QUOTA", "google_quota", _whole(0, 10_000_000),
             "questions it is asked a day, by all servers over one database", "1000"),
    Variable("FACTCHECK_UPSTREAM_BUDGET", "upstream_budget", _seconds,
             "seconds that a check waits for it, at the most", "2"),
)  # fmt: skip
"""In the order in which the help lists them."""


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings the environment (``os.environ`` unless given) asks for. An empty value counts as unset.

    Raises SettingsError for a value that cannot be used and for a FACTCHECK_ name that does not exist, since a
    misspelt setting would otherwise be ignored. No message repeats a value: it may hold a password.
    """
    environment = os.environ if environment is None else environment
    known = {variable.name for variable in VARIABLES}
    for name in environment:
        if name.startswith(PREFIX) and name not in known and not name.startswith(_TEST_PREFIX):
            near = difflib.get_close_matches(name, known, n=1)
            raise SettingsError(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else ""))
    values: dict[str, Any] = {}
    for variable in VARIABLES:
        text = environment.get(variable.name, "").strip()
        if not text:
            continue
        try:
            values[variable.field] = variable.parse(text)
        except ValueError as error:
            raise SettingsError(f"{variable.name} {error}") from None
    values.setdefault("data_dir", default_data_dir())
    return Settings(**values)


def default_data_dir() -> Path:
    """``.factcheck`` in a source checkout; for an installed package, the user's data folder as the system has it."""
    root = checkout()
    if root is not None:
        return root / ".factcheck"
    import platformdirs

    return Path(platformdirs.user_data_dir("factcheck", appauthor=False))


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this machine's loopback interface: ``localhost`` or such an IP address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
