"""The HTTP application, put together: the only module that knows every part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Litestar, Request, Router
from litestar.config.app import AppConfig
from litestar.di import Provide
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.types import ASGIApp

from service.access import Doorkeeper, Limits
from service.api import openapi
from service.api.audit import audit_router
from service.api.bodies import MAX_BODY
from service.api.checks import Means, checks_router
from service.api.claim_history import claim_history_router
from service.api.claims import claims_router
from service.api.deliveries import deliveries_router
from service.api.documentation import documentation_router
from service.api.engine import engine_router
from service.api.envelope import Envelope
from service.api.event_streams import Streams
from service.api.exports import exports_router
from service.api.feedback import feedback_router
from service.api.gate import Gate, working_database
from service.api.google import google_router
from service.api.google_discovery import discovery_router
from service.api.health import health_router
from service.api.imports import imports_router
from service.api.inbox import inbox_router
from service.api.keys import keys_router
from service.api.links import links_router
from service.api.metrics import metrics_router
from service.api.overload import Overload
from service.api.phrasings import phrasings_router
from service.api.problems import handle_error
from service.api.publishers import publishers_router
from service.api.queries import refuse_unreadable
from service.api.replays import replays_router
from service.api.reviews import reviews_router
from service.api.sources import sources_router
from service.api.subscriptions import Subscriptions
from service.api.watches import watches_router
from service.api.webhooks import webhooks_router
from service.borders import Borders
from service.indexing import Semantics
from service.observability.metrics import Metrics
from service.observability.requests import Watch
from service.opinions import Upstream
from service.recording import Upkeep
from service.settings import Settings
from service.store.replica import Replicated
from service.store.session import Database

if TYPE_CHECKING:
    from service.observability.traces import Traces


class _Application(Litestar):
    """Litestar without the parts for libraries that are installed for others' sake: importing pydantic and
    OpenTelemetry at every start takes as long as everything else here.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]

    @staticmethod
    def _patch_opentelemetry_middleware(config: AppConfig) -> AppConfig:
        return config


def create_app(
    settings: Settings,
    database: Database,
    semantics: Semantics | None = None,
    doorkeeper: Doorkeeper | None = None,
    traces: Traces | None = None,
    replica: Database | None = None,
    upstream: Upstream | None = None,
) -> Litestar:
    """The application over a database, and a model if there is one, that the caller opened and will close.

    ``app.state.streams`` has to be stopped when the process is to stop. ``doorkeeper``: who admits requests, unless it
    is to be the database's keys, as the settings have it. ``traces``: where spans go, if anywhere. ``replica``: a copy
    of the database, for operations whose ``opt`` says ``lagging``: they may answer what was so a moment ago.
    ``upstream``: who else is asked about claims that are not known here, if anybody.
    """

    lagging = database if replica is None else Replicated(database, replica)

    def provide_database(request: Request[Any, Any, Any]) -> Database:
        return working_database(request, lagging if request.route_handler.opt.get("lagging") else database)

    if doorkeeper is None:
        limits = Limits(settings.key_rate, settings.address_rate)
        doorkeeper = Doorkeeper(database, limits, opens=settings.loopback)
    upkeep = Upkeep(database)
    streams = Streams(database)
    subscriptions = Subscriptions(settings.watched, settings.signing_key, Borders.of(settings.outbound_allow), streams)

    def provide_means(request: Request[Any, Any, Any]) -> Means:
        return Means(working_database(request, database), semantics, upstream, subscriptions)

    overload = Overload(settings.concurrent_requests, settings.request_timeout)
    metrics = Metrics()

    def gate(app: ASGIApp) -> ASGIApp:
        return Gate(app, doorkeeper, database, upkeep)

    resources = Router(
        "/",
        route_handlers=[
            checks_router,
            replays_router,
            feedback_router,
            engine_router,
            claims_router,
            phrasings_router,
            reviews_router,
            sources_router,
            claim_history_router,
            exports_router,
            google_router,
            publishers_router,
            watches_router,
            webhooks_router,
            deliveries_router,
            inbox_router,
            imports_router,
            links_router,
            keys_router,
            audit_router,
        ],
        middleware=[overload.around, gate],
        before_request=refuse_unreadable,
    )
    watching = Router("/", route_handlers=[metrics_router], middleware=[gate], before_request=refuse_unreadable)
    app = _Application(
        route_handlers=[resources, watching, health_router, documentation_router, discovery_router],
        dependencies={
            "database": Provide(provide_database, sync_to_thread=False),
            "semantics": Provide(lambda: semantics, sync_to_thread=False),
            "means": Provide(provide_means, sync_to_thread=False),
            "subscriptions": Provide(lambda: subscriptions, sync_to_thread=False),
            "metrics": Provide(lambda: metrics, sync_to_thread=False),
        },
        exception_handlers={Exception: handle_error},
        openapi_config=openapi.config(),
        request_max_body_size=MAX_BODY,
        logging_config=None,
        debug=False,
    )
    app.state.streams = streams
    app.asgi_handler = Envelope(app.asgi_handler, Watch(metrics, traces), settings.receive_timeout)
    return app
