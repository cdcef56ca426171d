"""The page at ``/docs``: Swagger UI over our own document, every byte of it served by us.

The scripts come from the ``offapi`` package, which carries Swagger UI's released files, so the page works in a newsroom
without a way out; the content security policy keeps it from asking anybody else.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

from litestar import MediaType, Response, Router, get
from litestar.params import FromPath
from litestar.response import Redirect

from service.api.problems import NOT_FOUND, Refusal

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Factcheck API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript; it shows <a href="schema/openapi.json">openapi.json</a>.</noscript>
<div id="page"></div>
<script src="docs/assets/swagger-ui.js"></script>
<script src="docs/assets/start.js"></script>
</body>
</html>
"""
_START: Final = """\
// validatorUrl: null keeps Swagger UI from sending our document to a public validator.
SwaggerUIBundle({
  url: "schema/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0
});
"""
_PACKAGED: Final = {
    "swagger-ui.js": ("swagger_bundle.js", "text/javascript"),
    "swagger-ui.css": ("swagger_style.css", "text/css"),
}


@get("/docs", include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False)
def show_documentation() -> Response[str]:
    """The page."""
    return Response(_PAGE, media_type=MediaType.HTML, headers={"content-security-policy": _POLICY})


@get("/docs/assets/{name:str}", include_in_schema=False, sync_to_thread=False)
def get_asset(name: FromPath[str]) -> Response[bytes]:
    """A script or style sheet of the page."""
    if name == "start.js":
        content, media_type = _START.encode(), "text/javascript"
    elif name in _PACKAGED:
        content, media_type = _packaged(_PACKAGED[name][0]), _PACKAGED[name][1]
    else:
        raise Refusal(NOT_FOUND, "Nothing answers at this address.")
    return Response(content, media_type=media_type, headers={"cache-control": "max-age=3600"})


@get("/", include_in_schema=False, sync_to_thread=False)
def redirect_to_documentation() -> Redirect:
    """Somebody opened the bare address in a browser."""
    return Redirect("/docs", status_code=307)


@cache
def _packaged(name: str) -> bytes:
    return resources.files("offapi").joinpath(name).read_bytes()


documentation_router = Router("/", route_handlers=[show_documentation, get_asset, redirect_to_documentation])
