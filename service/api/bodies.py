"""Request bodies: from bytes to a Struct, or a refusal that says where the body is wrong.

Litestar's own decoding reports one fault, in a path notation that cannot tell a key from a separator, and lets
broken UTF-8 and too deep nesting through as server errors; so bodies are decoded here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Hashable, Iterator
from functools import cache
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import msgspec
from litestar.dto import AbstractDTO, DTOFieldDefinition
from litestar.typing import FieldDefinition

from service.api.problems import INVALID_INPUT, MALFORMED, UNSUPPORTED_MEDIA_TYPE, Refusal, choices, sentence, summary
from service.errors import Fault

MAX_BODY = 1_048_576
"""Bytes."""

MAX_FAULTS = 100
"""How many faults one answer lists: a body of a megabyte can hold very many."""

T = TypeVar("T")

_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")

_PATH = re.compile(r" - at `\$((?:\.[A-Za-z_]\w*|\[\d+\])*)(?:\[\.\.\.\].*)?`$", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]")


class StrictJson(AbstractDTO[T]):
    """Litestar's hook for decoding a handler's ``data``: ``dto=StrictJson[CheckRequest]``."""

    def decode_bytes(self, value: bytes) -> Any:
        """The body as ``model_type``; raises ``Refusal``."""
        refuse_other_media_types(self.asgi_connection.headers.get("content-type"))
        return decode(value, self.model_type)

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Nothing to prepare: no transfer model is generated."""

    @classmethod
    def create_openapi_schema(cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any) -> Any:
        """The body is documented as the Struct itself."""
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        """No fields are renamed or left out."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """Nested models need no treatment of their own."""
        return False


def refuse_other_media_types(content_type: str | None) -> None:
    """Raise a 415 ``Refusal`` unless the header says JSON in UTF-8."""
    media_type, _, parameters = (content_type or "").partition(";")
    name = media_type.strip().lower()
    if not (name == "application/json" or (name.startswith("application/") and name.endswith("+json"))):
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, "Send the body as JSON, with `Content-Type: application/json`.")
    for parameter in parameters.split(";"):
        key, _, value = parameter.strip().partition("=")
        if key.lower() == "charset" and value.strip('"').lower() not in ("utf-8", "utf8", "us-ascii"):
            raise Refusal(UNSUPPORTED_MEDIA_TYPE, "JSON travels in UTF-8; leave the charset out.")


def decode(body: bytes, model: type[T]) -> T:
    """``body`` as ``model``, a Struct. Raises a 400 ``Refusal`` for what is not JSON, a 422 one for what breaks the
    model, with every structural fault in it.
    """
    try:
        decoded: T = _decoder(cast(Hashable, model)).decode(body)
        return decoded
    except msgspec.ValidationError as error:
        message = str(error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error, body) from error
    try:
        raw = msgspec.json.decode(body)
        faults = list(islice(_structural_faults(raw, model, ""), MAX_FAULTS))
    except msgspec.ValidationError:
        # a number beyond any range: the untyped decoder cannot hold it either
        faults = []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(error, body) from error
    faults = faults or [Fault(pointer_of(message), sentence(message))]
    raise Refusal(INVALID_INPUT, summary(faults), faults)


def pointer_of(message: str) -> str:
    """The RFC 6901 pointer for the path at the end of a msgspec message, as far as it names fields and indexes."""
    found = _PATH.search(message)
    return "".join(f"/{name or index}" for name, index in _STEP.findall(found[1])) if found else ""


def escape(key: str) -> str:
    """A key as one step of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


@cache
def _decoder(model: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(model)


def _unreadable(error: Exception, body: bytes) -> Refusal:
    if _ESCAPED_SURROGATE.search(body) and (faults := _surrogate_faults(body)):
        return Refusal(INVALID_INPUT, summary(faults), faults)
    match error:
        case UnicodeDecodeError():
            detail = "The body is not valid UTF-8."
        case RecursionError():
            detail = "The body is nested too deeply."
        case _:
            detail = f"The body is not valid JSON. {error}."
    return Refusal(MALFORMED, detail, (Fault("", detail),))


def _surrogate_faults(body: bytes) -> list[Fault]:
    """Where half surrogate pairs stand in a body that is good JSON otherwise.

    RFC 8259 lets the grammar have them and msgspec refuses them, as "truncated" or "malformed" and without a place, so
    the standard library, which takes them, is asked where they are.
    """
    try:
        value = json.loads(body.decode("utf-8"))
        return list(islice(_halves(value, ""), MAX_FAULTS))
    except (ValueError, RecursionError):
        return []


def _halves(value: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(value, str):
        if _HALF.search(value):
            yield Fault(pointer, "must not contain half of a surrogate pair")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _halves(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            if _HALF.search(key):
                yield Fault(f"{pointer}/{escape(key)}", "must not have half of a surrogate pair in its name")
            else:
                yield from _halves(item, f"{pointer}/{escape(key)}")


def _structural_faults(value: Any, annotation: Any, pointer: str) -> Iterator[Fault]:
    """Walk a decoded body beside the type it should have. Structs and lists are entered; msgspec judges the rest."""
    kind = _inner(annotation)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if value is None and _allows_null(annotation):
            return
        if not isinstance(value, dict):
            yield Fault(pointer, f"must be an object, not {_name_of(value)}")
            return
        yield from _field_faults(value, kind, pointer)
    elif get_origin(kind) is list:
        if value is None and _allows_null(annotation):
            return
        if not isinstance(value, list):
            yield Fault(pointer, f"must be an array, not {_name_of(value)}")
            return
        for index, item in enumerate(value):
            yield from _structural_faults(item, get_args(kind)[0], f"{pointer}/{index}")
    else:
        try:
            msgspec.convert(value, _without_unset(annotation))
        except msgspec.ValidationError as error:
            yield Fault(pointer, choices(kind) or sentence(str(error)))


def _field_faults(value: dict[str, Any], model: type[msgspec.Struct], pointer: str) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(model)}
    for key in value:
        if key not in fields:
            yield Fault(f"{pointer}/{escape(key)}", "is not a known field")
    for name, field in fields.items():
        if name in value:
            yield from _structural_faults(value[name], field.type, f"{pointer}/{name}")
        elif field.required:
            yield Fault(f"{pointer}/{name}", "is required")


def _inner(annotation: Any) -> Any:
    """The annotation without ``Annotated``, without ``| None`` and without the mark of a field that may be absent."""
    if get_origin(annotation) is Annotated:
        return _inner(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member not in (NoneType, msgspec.UnsetType)]
        return _inner(members[0]) if len(members) == 1 else annotation
    return annotation


def _allows_null(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _allows_null(get_args(annotation)[0])
    if get_origin(annotation) not in (Union, UnionType):
        return annotation is NoneType
    return any(_allows_null(member) for member in get_args(annotation))


def _without_unset(annotation: Any) -> Any:
    """The annotation without the mark of a field that may be absent, which only a field may bear."""
    if get_origin(annotation) in (Union, UnionType) and msgspec.UnsetType in get_args(annotation):
        return Union[tuple(member for member in get_args(annotation) if member is not msgspec.UnsetType)]  # noqa: UP007
    return annotation


def _name_of(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", NoneType: "null"}
    return names.get(type(value), "a number")
