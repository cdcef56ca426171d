"""The discovery document from which Google's client libraries make themselves, with this server's address in it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request, Response, Router, get
from litestar.params import QueryParameter

from service import __version__
from service.api.google import DEFAULT_SIZE, MAX_SIZE
from service.api.problems import NOT_FOUND, Refusal

NAME: Final = "factchecktools"
VERSION: Final = "v1alpha1"
_TYPE: Final = "GoogleFactcheckingFactchecktoolsV1alpha1"


def _text(description: str, **further: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **further}


def _number(description: str) -> dict[str, Any]:
    return {"type": "integer", "format": "int32", "description": description}


def _in_query(parameters: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {**each, "location": "query"} for name, each in parameters.items()}


def _schema(name: str, description: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": _TYPE + name, "type": "object", "description": description, "properties": properties}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": _TYPE + name}


_PARAMETERS: Final = _in_query(
    {
        "query": _text("Words of the claim. Required unless reviewPublisherSiteFilter is given."),
        "languageCode": _text("Only reviews in this language, in any region: a BCP 47 tag."),
        "reviewPublisherSiteFilter": _text("Only reviews of the publisher with this host name."),
        "maxAgeDays": _number("Only reviews, or claims, so many days old at most."),
        "pageSize": _number(f"How many results at most: {DEFAULT_SIZE} unless said, and never over {MAX_SIZE}."),
        "pageToken": _text("The nextPageToken of the page before; the other parameters as they were."),
        "offset": _number("How many results to pass over, where there is no pageToken."),
    }
)
_SYSTEM: Final = _in_query(
    {
        "alt": _text("The form of the answer.", enum=["json"], enumDescriptions=["JSON"], default="json"),
        "fields": _text("Only these fields of the answer."),
        "key": _text("An API key of this server. The header X-Goog-Api-Key keeps it out of addresses."),
        "prettyPrint": {"type": "boolean", "description": "Indent the answer.", "default": "false"},
        "quotaUser": _text("Taken, and without effect."),
    }
)
_SCHEMAS: Final = (
    _schema(
        "Publisher",
        "Who published a review.",
        {"name": _text("Its name."), "site": _text("Its host name, without www.")},
    ),
    _schema(
        "ClaimReview",
        "A review of a claim.",
        {
            "publisher": {**_reference("Publisher"), "description": "Who published it."},
            "url": _text("Where it is."),
            "title": _text("Its title."),
            "reviewDate": _text("When it was published.", format="google-datetime"),
            "textualRating": _text("What it says of the claim, in words."),
            "languageCode": _text("The language it is in."),
        },
    ),
    _schema(
        "Claim",
        "A claim with its reviews.",
        {
            "text": _text("The claim."),
            "claimant": _text("Who said it."),
            "claimDate": _text("When it was said.", format="google-datetime"),
            "claimReview": {"type": "array", "items": _reference("ClaimReview"), "description": "Its reviews."},
        },
    ),
    _schema(
        "FactCheckedClaimSearchResponse",
        "What a search has found.",
        {
            "claims": {"type": "array", "items": _reference("Claim"), "description": "The claims, best first."},
            "nextPageToken": _text("What to send as pageToken for the next page; none on the last."),
        },
    ),
)


def discovery_document(base: str) -> dict[str, Any]:
    """The document of a server at ``base``, an address that ends in a slash."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"{NAME}:{VERSION}",
        "name": NAME,
        "version": VERSION,
        "revision": __version__,
        "title": "Fact Check Tools API, answered by Factcheck",
        "description": "Searches the reviewed claims of this server.",
        "protocol": "rest",
        "rootUrl": base,
        "servicePath": "",
        "baseUrl": base,
        "basePath": "",
        "batchPath": "batch",
        "fullyEncodeReservedExpansion": True,
        "parameters": _SYSTEM,
        "schemas": {each["id"]: each for each in _SCHEMAS},
        "resources": {
            "claims": {
                "methods": {
                    "search": {
                        "id": f"{NAME}.claims.search",
                        "path": f"{VERSION}/claims:search",
                        "flatPath": f"{VERSION}/claims:search",
                        "httpMethod": "GET",
                        "description": "Search reviewed claims.",
                        "parameters": _PARAMETERS,
                        "parameterOrder": [],
                        "response": _reference("FactCheckedClaimSearchResponse"),
                    }
                }
            }
        },
    }


@get("/$discovery/rest", include_in_schema=False)
async def show_discovery(
    request: Request[Any, Any, Any],
    version: Annotated[str, QueryParameter(description="The version of the API.")] = VERSION,
) -> Response[dict[str, Any]]:
    """The document, where Google's servers have it."""
    if version != VERSION:
        raise Refusal(NOT_FOUND, f"Only {VERSION} is spoken here.")
    return Response(discovery_document(str(request.base_url)))


@get(f"/discovery/v1/apis/{NAME}/{VERSION}/rest", include_in_schema=False)
async def show_discovery_by_name(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """The document, where Google's directory has it."""
    return Response(discovery_document(str(request.base_url)))


discovery_router = Router("/", route_handlers=[show_discovery, show_discovery_by_name])
