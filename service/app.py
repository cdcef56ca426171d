"""The HTTP application, put together: the only module that knows every part of it."""

from __future__ import annotations

from litestar import Litestar, Router
from litestar.di import Provide

from service.api import openapi
from service.api.bodies import MAX_BODY
from service.api.checks import checks_router
from service.api.claim_history import claim_history_router
from service.api.claims import claims_router
from service.api.documentation import documentation_router
from service.api.envelope import Envelope
from service.api.health import health_router
from service.api.phrasings import phrasings_router
from service.api.problems import handle_error
from service.api.publishers import publishers_router
from service.api.queries import before_request
from service.api.reviews import reviews_router
from service.api.sources import sources_router
from service.indexing import Semantics
from service.settings import Settings
from service.store.session import Database


def create_app(settings: Settings, database: Database, semantics: Semantics | None = None) -> Litestar:
    """The application over a database, and a model if there is one, that the caller opened and will close."""
    resources = Router(
        "/",
        route_handlers=[
            checks_router,
            claims_router,
            phrasings_router,
            reviews_router,
            sources_router,
            claim_history_router,
            publishers_router,
        ],
        before_request=before_request,
    )
    app = Litestar(
        route_handlers=[resources, health_router, documentation_router],
        dependencies={
            "database": Provide(lambda: database, sync_to_thread=False),
            "semantics": Provide(lambda: semantics, sync_to_thread=False),
        },
        exception_handlers={Exception: handle_error},
        openapi_config=openapi.config(),
        request_max_body_size=MAX_BODY,
        logging_config=None,
        debug=False,
    )
    app.asgi_handler = Envelope(app.asgi_handler)
    return app
