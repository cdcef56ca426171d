"""Imports over HTTP: an address or a file goes in, a job takes it, and says how far it has come."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from operator import itemgetter
from typing import IO, Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta

from service import imports, intake
from service.api.authorization import caller_id
from service.api.authorship import author_of
from service.api.bodies import MAX_BODY, decode
from service.api.claim_bodies import Instant, LanguageTag, WebAddress
from service.api.concurrency import LOCATION
from service.api.paging import DEFAULT_SIZE, PAGING, NextPageToken, PageSize, PageToken, cut, place_of
from service.api.problems import (
    CONFLICT,
    INVALID_INPUT,
    MALFORMED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    TOO_LARGE,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    Refusal,
    problem_responses,
)
from service.credentials import Scope
from service.errors import Fault
from service.import_runs import LARGEST_FILE
from service.importable import JOIN_SCORE, Import, ImportFormat, ImportOrder, ImportState
from service.store.session import Database

UPLOAD: Final = "application/octet-stream"
"""What the document calls a file; any media type but JSON's and a form's is taken for one."""

_OPTIONS: Final = ("name", "format", "dry_run", "language", "join", "join_score", "columns")
_PIECE: Final = 1 << 20

Columns = Annotated[
    dict[str, str],
    Meta(
        description="For a table: which column holds a field, by field, where it is not named after it. The fields are "
        "those of the CSV export, and `source_stance`.",
        examples=[{"text": "Claim", "review_label": "Rating"}],
    ),
]
FormatName = Annotated[
    ImportFormat | None, Meta(description="What the file is; recognised where it is not said.", examples=["claims"])
]


class NewImport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file to be fetched and taken in."""

    url: Annotated[WebAddress, Meta(description="Where it is: a page with ClaimReviews, a feed, JSON lines, a table.")]
    format: FormatName = None
    dry_run: Annotated[bool, Meta(description="Only say what would become of it.")] = False
    language: Annotated[
        LanguageTag | None, Meta(description="The language of claims that do not say theirs; else it is recognised.")
    ] = None
    join: Annotated[bool, Meta(description="Whether a row that says what a known claim says joins that claim.")] = True
    join_score: Annotated[
        float,
        Meta(
            description="From which score on: the matcher's probability that two texts are about the same thing. It "
            "must find them equivalent besides.",
            extra_json_schema={"minimum": 0.5, "maximum": 1},
        ),
    ] = JOIN_SCORE
    columns: Columns = {}


class ImportCounts(msgspec.Struct, frozen=True):
    """What has become of the rows so far."""

    total: Annotated[int, Meta(description="Rows that have been dealt with.")]
    created: Annotated[int, Meta(description="Became claims.")]
    joined: Annotated[int, Meta(description="Joined claims that say the same.")]
    revised: Annotated[int, Meta(description="Changed the claims that they led to before.")]
    unchanged: Annotated[int, Meta(description="Said what they said before.")]
    refused: Annotated[int, Meta(description="Were left out; `listImportErrors` says why.")]


class ImportReport(msgspec.Struct, frozen=True):
    """An import as it stands."""

    id: UUID
    name: Annotated[str, Meta(description="What it is called: its address, or the name it was sent under.")]
    url: Annotated[str | None, Meta(description="Where the file was fetched; null for one that was sent.")]
    format: Annotated[ImportFormat | None, Meta(description="Null until it is recognised.")]
    state: ImportState
    dry_run: bool
    language: Annotated[str | None, Meta(description="The language of claims that do not say theirs.")]
    join_score: Annotated[float | None, Meta(description="From which score on rows join claims; null for never.")]
    columns: Columns
    author: Annotated[str | None, Meta(description="Whose import it is, as in the history of claims.")]
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    size: Annotated[int | None, Meta(description="Bytes of the file; null until it has been fetched.")]
    read: Annotated[int, Meta(description="Bytes of it that have been read.")]
    rows: ImportCounts
    undone: Annotated[int, Meta(description="Claims that undoing has put back.")]
    kept: Annotated[int, Meta(description="Claims that undoing left, since somebody has changed them.")]
    error: Annotated[str | None, Meta(description="Why it failed.")]


class ImportPage(msgspec.Struct, frozen=True):
    """Some of the imports, newest first."""

    items: list[ImportReport]
    next_page_token: NextPageToken


class RowError(msgspec.Struct, frozen=True):
    """What was wrong with a row."""

    line: Annotated[
        int, Meta(description="The line it begins on, from 1; in a feed or a page, its place among the reviews.")
    ]
    pointer: Annotated[
        str, Meta(description="Where in the row: an RFC 6901 JSON pointer; in a table, `/` and the column.")
    ]
    detail: Annotated[str, Meta(description="What, in a sentence.")]
    refused: Annotated[bool, Meta(description="Whether the row was left out for it, or taken without this part.")]


class RowErrorPage(msgspec.Struct, frozen=True):
    """Some of what was wrong with the rows, in the order of the file."""

    items: list[RowError]
    next_page_token: NextPageToken


ImportId = Annotated[UUID, PathParameter(description="The id of an import.", title="import_id")]


@post(
    "/v1/imports",
    opt={"scope": Scope.WRITE, "query": _OPTIONS, "upload": True},
    request_max_body_size=LARGEST_FILE,
    operation_id="createImport",
    tags=["Imports"],
    summary="Import claims",
    description=(
        "Takes in a file of claims: JSON lines (each the body of `createClaim`, or a line of another instance's "
        "export), a table, a schema.org DataFeed of ClaimReviews, or a page that carries ClaimReviews. Send its "
        "address as JSON; or send the file itself, of at most 2 GiB, with any other `Content-Type`, and what is to be "
        "done with it in the query. It is taken in by a job, in the background. A row that came before and says the "
        "same changes nothing, so a file may be imported again."
    ),
    response_description="The import, which is queued.",
    response_headers=[LOCATION],
    responses=problem_responses(
        MALFORMED, NOT_ACCEPTABLE, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, UNAVAILABLE
    ),
)
async def create_import(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    name: Annotated[
        str, QueryParameter(description="For a file: what it is to be called.", max_length=intake.MAX_NAME)
    ] = "upload",
    format: Annotated[  # it is the parameter's name
        ImportFormat | None, QueryParameter(description="For a file: what it is; recognised where it is not said.")
    ] = None,
    dry_run: Annotated[
        bool,
        QueryParameter(description="For a file: only say what would become of it.", schema_extra={"default": False}),
    ] = False,
    language: Annotated[
        str | None, QueryParameter(description="For a file: the language of claims that do not say theirs.")
    ] = None,
    join: Annotated[
        bool,
        QueryParameter(
            description="For a file: whether a row that says what a known claim says joins that claim.",
            schema_extra={"default": True},
        ),
    ] = True,
    join_score: Annotated[
        float,
        QueryParameter(
            description="For a file: from which score on.", ge=0.5, le=1, schema_extra={"default": JOIN_SCORE}
        ),
    ] = JOIN_SCORE,
    columns: Annotated[
        str,
        QueryParameter(description="For a table: a JSON object from fields to the names of their columns."),
    ] = "{}",
) -> Response[ImportReport]:
    """Import claims."""
    media_type = _media_type(request)
    if media_type == "application/json":
        if request.scope["query_string"]:
            detail = "What is to be done with an address stands in the body, beside it."
            raise Refusal(INVALID_INPUT, detail, [Fault("", detail)])
        order = _order(decode(await _json_body(request), NewImport))
        found = await imports.order_import(database, order, author_of(request))
    else:
        order = ImportOrder(
            name=name, media_type=request.headers["content-type"][:200], format=format, dry_run=dry_run,
            language=language, columns=_columns(columns), join_score=join_score if join else None,
        )  # fmt: skip
        if not {"content-length", "transfer-encoding"} & set(request.headers) or request.content_length == 0:
            raise Refusal(INVALID_INPUT, "The file is empty.")
        with tempfile.TemporaryFile() as file:
            # A slow sender must not hold a transaction open.
            async for data in request.stream():
                file.write(data)
            file.seek(0)
            found = await imports.order_import(database, order, author_of(request), lambda: _pieces(file))
    return Response(report_of(found), status_code=201, headers={"Location": f"/v1/imports/{found.id}"})


@get(
    "/v1/imports",
    opt={"scope": Scope.READ, "query": PAGING},
    operation_id="listImports",
    tags=["Imports"],
    summary="List imports",
    description="All imports, newest first.",
    response_description="Some of them.",
    responses=problem_responses(MALFORMED, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_imports(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
) -> ImportPage:
    """List imports."""
    asked = {"list": "imports", "caller": caller_id(request)}
    found = await imports.fetch_imports(database, page_size + 1, place_of(page_token, asked, UUID))
    shown, token = cut(found, page_size, asked)
    return ImportPage([report_of(each) for each in shown], token)


@get(
    "/v1/imports/{import_id:str}",
    opt={"scope": Scope.READ},
    operation_id="getImport",
    tags=["Imports"],
    summary="Read an import",
    description="An import as it stands: how far it has come, and what has become of the rows.",
    response_description="The import.",
    responses=problem_responses(NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def get_import(import_id: ImportId, database: NamedDependency[Database]) -> ImportReport:
    """Read an import."""
    return report_of(await imports.fetch_import(database, import_id))


@get(
    "/v1/imports/{import_id:str}/errors",
    opt={"scope": Scope.READ, "query": PAGING},
    operation_id="listImportErrors",
    tags=["Imports"],
    summary="List what was wrong with rows",
    description="Which rows were left out and why, and which parts of others, in the order of the file. The first "
    "10,000 or so are kept; `rows.refused` counts all.",
    response_description="Some of it.",
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_import_errors(
    request: Request[Any, Any, Any],
    import_id: ImportId,
    database: NamedDependency[Database],
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
) -> RowErrorPage:
    """List what was wrong with rows."""
    asked = {"list": "import errors", "of": str(import_id), "caller": caller_id(request)}
    found = await imports.fetch_faults(database, import_id, page_size + 1, place_of(page_token, asked, tuple[int, int]))
    shown, token = cut(found, page_size, asked, itemgetter(0))
    items = [RowError(each.line, each.fault.pointer, each.fault.detail, each.refused) for _, each in shown]
    return RowErrorPage(items, token)


@post(
    "/v1/imports/{import_id:str}/cancel",
    opt={"scope": Scope.WRITE, "query": ()},
    status_code=200,
    operation_id="cancelImport",
    tags=["Imports"],
    summary="Stop an import",
    description="Stops an import. What it has stored stays, until it is undone. One that has ended is as it was.",
    response_description="The import as it stands now.",
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, CONFLICT, UNAVAILABLE),
)
async def cancel_import(import_id: ImportId, database: NamedDependency[Database]) -> ImportReport:
    """Stop an import."""
    return report_of(await imports.cancel_import(database, import_id))


@post(
    "/v1/imports/{import_id:str}/undo",
    opt={"scope": Scope.WRITE, "query": ()},
    status_code=200,
    operation_id="undoImport",
    tags=["Imports"],
    summary="Undo an import",
    description="Withdraws the claims that an import has made, and puts back those that it has changed, each as a "
    "further revision: nothing leaves the history. Where somebody has changed a claim since, only what the import "
    "added to it goes, and a claim that it made stays. A job does it, in the background.",
    response_description="The import as it stands now.",
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, CONFLICT, UNAVAILABLE),
)
async def undo_import(import_id: ImportId, database: NamedDependency[Database]) -> ImportReport:
    """Undo an import."""
    return report_of(await imports.undo_import(database, import_id))


def _media_type(request: Request[Any, Any, Any]) -> str:
    named = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if "/" not in named or named.startswith("multipart/") or named == "application/x-www-form-urlencoded":
        detail = "Send an address as application/json, or a file itself as the body, under any other media type."
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, detail)
    return named


async def _json_body(request: Request[Any, Any, Any]) -> bytes:
    body = bytearray()
    async for data in request.stream():
        body += data
        if len(body) > MAX_BODY:
            raise Refusal(TOO_LARGE, f"JSON may have at most {MAX_BODY:,} bytes; send a file as {UPLOAD}.")
    return bytes(body)


def _order(data: NewImport) -> ImportOrder:
    return ImportOrder(
        name=data.url, url=data.url, format=data.format, dry_run=data.dry_run, language=data.language,
        columns=data.columns, join_score=data.join_score if data.join else None,
    )  # fmt: skip


def _columns(given: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(given, type=dict[str, str])
    except (msgspec.MsgspecError, RecursionError) as error:
        detail = 'must be a JSON object from fields to columns, such as {"text": "Claim"}'
        raise Refusal(INVALID_INPUT, f"/columns: {detail}", [Fault("/columns", detail)]) from error


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while data := file.read(_PIECE):
        yield data


def report_of(found: Import) -> ImportReport:
    """An import as JSON shows it."""
    tally = found.tally
    return ImportReport(
        id=found.id,
        name=found.order.name,
        url=found.order.url,
        format=found.order.format,
        state=found.state,
        dry_run=found.order.dry_run,
        language=found.order.language,
        join_score=found.order.join_score,
        columns=dict(found.order.columns),
        author=found.author,
        created_at=found.created_at,
        started_at=found.started_at,
        finished_at=found.finished_at,
        size=found.size,
        read=found.read,
        rows=ImportCounts(tally.rows, tally.created, tally.joined, tally.revised, tally.unchanged, tally.refused),
        undone=found.undone,
        kept=found.kept,
        error=found.error,
    )


imports_router = Router(
    "/", route_handlers=[create_import, list_imports, get_import, list_import_errors, cancel_import, undo_import]
)
