"""How paths lead to handlers: both forms that clients write, names decoded, work kept off the loop.

The official clients write `/indexes('n')/docs('key')`, a quote within a name doubled; curl and
older clients write `/indexes/n/docs/key`. Actions are `search.post.search` in the one form and
`search` in the other.
"""

from __future__ import annotations

import inspect
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from freshground.service.api.errors import ApiError
from freshground.service.api.versions import STABLE, require_version

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from fastapi import APIRouter

JSON = "application/json; odata.metadata=minimal"
_QUOTED = re.compile(r"\('\{(\w+)\}'\)")
_ACTION = re.compile(r"/search\.(?:post\.)?(\w+)$")
_NAME = re.compile(r"\{(\w+)\}")


def json_response(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer of JSON-ready data; numpy's scalars and times are written too."""
    body = orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z)
    return Response(body, status, headers, media_type=JSON)


def json_object(body: bytes) -> dict[str, Any]:
    """Return a request's body as an object; ApiError 400 when it is none."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ApiError(
            400, "InvalidRequestBody", f"The request's body is no JSON: {error}."
        ) from None
    if not isinstance(data, dict):
        kind = type(data).__name__
        raise ApiError(400, "InvalidRequestBody", f"The request's body is {kind}, not an object.")
    return data


def forms(path: str) -> tuple[str, ...]:
    """Return all ways in which clients write a path that is given as the official ones do."""
    plain = _QUOTED.sub(r"/{\1}", path)
    found = [path, plain]
    if plain.count("{") > 1:  # /indexes/n/docs('key')
        head, found_last, tail = path.rpartition("('{")
        found.append(_QUOTED.sub(r"/{\1}", head) + found_last + tail)
    found += [_ACTION.sub(r"/\1", each) for each in found]
    return tuple(dict.fromkeys(found))


def both(
    router: APIRouter,
    method: str,
    path: str,
    handler: Callable[..., Any],
    *,
    versioned: bool = True,
    openapi: Mapping[str, Any] | None = None,
) -> None:
    """Let a handler answer a path such as `/indexes('{name}')/docs/search.index`, in all forms.

    The handler names what it wants: `request`, `body` (the bytes, read already) and the names in
    the path, decoded. A plain function runs in a thread, a coroutine on the event loop. What it
    returns is a Response, or data that becomes JSON. `openapi` is the operation's object: what is
    not said there of names in the path and of the version is added.
    """
    wanted = tuple(inspect.signature(handler).parameters)
    for form in forms(path):
        router.add_api_route(
            form,
            _endpoint(handler, wanted, _quoted_names(form), versioned=versioned),
            methods=[method],
            response_model=None,
            name=handler.__name__,
            operation_id=f"{method}{form}",
            include_in_schema=form == path,
            openapi_extra=_described(form, openapi or {}, versioned=versioned),
        )


def _endpoint(
    handler: Callable[..., Any],
    wanted: tuple[str, ...],
    quoted: frozenset[str],
    *,
    versioned: bool,
) -> Callable[[Request], Awaitable[Response]]:
    direct = inspect.iscoroutinefunction(handler)

    async def endpoint(request: Request) -> Response:
        if versioned:
            require_version(request.query_params)
        given: dict[str, Any] = {}
        for name in wanted:
            if name == "request":
                given[name] = request
            elif name == "body":
                given[name] = await request.body()
            else:
                value = request.path_params[name]
                given[name] = value.replace("''", "'") if name in quoted else value
        found = await handler(**given) if direct else await run_in_threadpool(handler, **given)
        return found if isinstance(found, Response) else json_response(found)

    # FastAPI looks annotations up by name in this function's module.
    endpoint.__annotations__ = {"request": Request, "return": Response}
    return endpoint


@lru_cache
def _quoted_names(form: str) -> frozenset[str]:
    return frozenset(_QUOTED.findall(form))


def _described(form: str, openapi: Mapping[str, Any], *, versioned: bool) -> dict[str, Any]:
    parameters = list(openapi.get("parameters", ()))
    told = {each["name"] for each in parameters}
    parameters += [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _NAME.findall(form)
        if name not in told
    ]
    if versioned and "api-version" not in told:
        version = {"type": "string", "enum": [STABLE[-1]]}
        parameters.append(
            {"name": "api-version", "in": "query", "required": True, "schema": version}
        )
    return {**openapi, "parameters": parameters}
