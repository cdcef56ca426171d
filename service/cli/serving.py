"""``factcheck serve``: the HTTP service in this process, with the database it needs."""

from __future__ import annotations

import argparse
import asyncio
import errno
import gc
import math
import os
import signal
import socket
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from service.cli.databases import database_url, kept_running, open_database, open_replica
from service.cli.model_index import open_model
from service.errors import SettingsError, Unavailable
from service.settings import VARIABLES, Settings, load_settings

if TYPE_CHECKING:
    from service.embedding.embedder import Embedder
    from service.indexing import Semantics
    from service.opinions import Upstream
    from service.store.session import Database


_COLLECT: Final = (5_000, 20, 50)
"""Thresholds of the garbage collector. Requests leave few cycles; what they add is remembered words, which stay."""


def add_command(commands: Any) -> None:
    """Add ``serve``."""
    serve = commands.add_parser(
        "serve",
        help="serve the HTTP API",
        description="Serve the HTTP API. Without FACTCHECK_DATABASE_URL it brings its own PostgreSQL.\n"
        "The database's tables are brought up to date first.",
        epilog=settings_table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    serve.add_argument("--host", help="address to listen on (FACTCHECK_HOST)")
    serve.add_argument("--port", type=_port, help="port to listen on, 0 for a free one (FACTCHECK_PORT)")
    serve.add_argument(
        "--seed", action="store_true", help="store the claims that come with the package, if the database holds none"
    )
    serve.set_defaults(run=_serve)


def settings_table() -> str:
    """Every setting with its meaning and its default, for the help."""
    width = max(len(variable.name) for variable in VARIABLES)
    lines = [f"  {variable.name:<{width}}  {variable.meaning} [{variable.default}]" for variable in VARIABLES]
    return "settings, from the environment:\n" + "\n".join(lines)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 65_535:
        raise argparse.ArgumentTypeError("must be a whole number from 0 to 65535")
    return int(text)


def _serve(chosen: argparse.Namespace) -> int:
    settings = load_settings()
    settings = replace(
        settings,
        host=settings.host if chosen.host is None else chosen.host,
        port=settings.port if chosen.port is None else chosen.port,
    )
    # Bound before anything is started: a port in use is the most common mistake, and should cost nothing.
    listener = _listen(settings)
    try:
        with listener:
            # So is a model that cannot be used told of before there is a database to stop again.
            embedder = open_model(settings)
            with database_url(settings) as url:
                try:
                    _on_request_to_stop(_stopped)
                    _run(_serve_until_stopped(settings, url, listener, embedder, seed=chosen.seed))
                finally:
                    # Only the database is left to stop; an impatient second Ctrl-C must not leave it running.
                    _on_request_to_stop(signal.SIG_IGN)
    except _Stopped:
        pass
    return 0


def _on_request_to_stop(handler: Any) -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handler)


class _Stopped(BaseException):
    """The server was asked to stop, which is how serving ends well."""


def _stopped(_number: int, _frame: object) -> NoReturn:
    raise _Stopped


def _listen(settings: Settings) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise SettingsError(f"{settings.host} is not an address to listen on: {error.strerror}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Unavailable(
                f"port {settings.port} on {settings.host} is in use; choose another with --port (make run PORT=8123)"
            ) from error
        raise Unavailable(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
    return listener


def _run(serving: Any) -> None:
    if sys.platform == "win32":
        asyncio.run(serving)
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serving)


async def _serve_until_stopped(
    settings: Settings, url: str, listener: socket.socket, embedder: Embedder | None, *, seed: bool
) -> None:
    import uvicorn

    from service.app import create_app
    from service.asking import open_upstream
    from service.background import working
    from service.cli.connections import patient_protocol
    from service.observability.collecting import open_traces
    from service.observability.logs import configure_logging
    from service.store.schema import migrate

    traces = open_traces(os.environ)

    class Server(uvicorn.Server):
        """Says where it listens once it does."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                print(_greeting(settings.host, listener.getsockname()[1], keyed=keyed), flush=True)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            # A stream has no end of its own to wait for.
            app.state.streams.stop()
            await super().shutdown(sockets)

    await migrate(url)
    database, replica = open_database(settings, url), open_replica(settings)
    if traces is not None:
        for each in filter(None, (database, replica)):
            traces.watch(each)
    semantics: Semantics | None = None
    upstream: Upstream | None = None
    try:
        keyed = await _require_keys(settings, database)
        if seed:
            from service.seeding import seed_database

            if stored := await seed_database(database):
                print(f"{stored} claims stored.", flush=True)
        configure_logging(settings.log_level, settings.log_format)
        if embedder is not None:
            from service.indexing import Semantics

            semantics = Semantics(embedder)
        upstream = open_upstream(settings, database)
        app = create_app(settings, database, semantics, traces=traces, replica=replica, upstream=upstream)
        config = uvicorn.Config(
            app,
            http=patient_protocol(settings.receive_timeout),
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=math.ceil(settings.shutdown_timeout),
        )
        server = Server(config)
        _stop_when_terminal_closes(server)
        _spare_collections()
        async with kept_running(settings), working(settings, url, embedder):
            await server.serve(sockets=[listener])
        if not server.started:
            raise Unavailable("the server could not start")
    finally:
        if embedder is not None:
            await embedder.close()
        if upstream is not None:
            await upstream.close()
        await database.close()
        if replica is not None:
            await replica.close()
        if traces is not None:
            await asyncio.to_thread(traces.close)


def _spare_collections() -> None:
    """Have modules, the app and its lexicons, which stay until the end, not gone through again and again.

    With Python's own thresholds a quarter of the processor time of checks went there, up to half a second at once.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)


async def _require_keys(settings: Settings, database: Database) -> bool:
    """Whether there are keys. Raises SettingsError where there are none, and others can reach the address."""
    from service.access import service_is_keyed

    keyed = await service_is_keyed(database)
    if keyed or settings.loopback:
        return keyed
    raise SettingsError(
        f"there are no API keys, so anybody who reaches {settings.host} could write: make one with "
        "`factcheck keys create --scope admin`, or serve on 127.0.0.1"
    )


def _stop_when_terminal_closes(server: Any) -> None:
    """uvicorn minds Ctrl-C and SIGTERM only; an exception out of a signal handler is lost in uvloop's loop."""
    if hasattr(signal, "SIGHUP"):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, lambda: setattr(server, "should_exit", True))


def _greeting(host: str, port: int, *, keyed: bool) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    base = f"http://{shown}:{port}"
    return (
        f"\nFactcheck listens on {base}\nDocumentation:       {base}/docs\n\nTry:\n"
        f"  curl {base}/v1/checks -H 'Content-Type: application/json' \\\n"
        + ("""    -H "Authorization: Bearer $KEY" \\\n""" if keyed else "")
        + """    -d '{"claims": [{"text": "39 terrorists killed by drone strikes"}]}'\n"""
        "\nCtrl-C stops it."
    )
