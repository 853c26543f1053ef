"""The tools as the Model Context Protocol tells of them: names, schemas, results and errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from freshground import __version__
from freshground.core.errors import FreshgroundError
from freshground.core.settings import is_loopback
from freshground.service.api.agents import tools
from freshground.service.api.agents.asking import Caller
from freshground.service.api.errors import ApiError
from freshground.service.api.failures import failed
from freshground.service.api.principal import principal_of
from freshground.service.api.protection.told import told_of
from freshground.service.api.queries.fresh_headers import accepted_staleness

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp.server import Server
    from mcp.server.transport_security import TransportSecuritySettings
    from mcp_types import CallToolResult, Tool
    from starlette.requests import Request

    from freshground.core.settings import Serve
    from freshground.service.api.service import Service

MAX_BODY = 256 * 1024
"""Bytes of a request: a question and its envelope."""

_ABOUT = (
    "Passages from documents that are kept fresh. Call search with a question in plain words, then "
    "fetch with a result's id to read the document around it. Each answer says how fresh it is "
    "(as_of, staleness_s, sla), and each passage when its source was changed."
)


class Search(BaseModel):
    """Find passages that answer a question.

    Returns results of id, title, url, text (the sentences nearest to the question) and metadata,
    best first, and how fresh each index is. Words are plain: there is no query syntax.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    query: str = Field(description="The question, or words to look for.")
    index: str | None = Field(None, description="An index's name. Left out: all of them.")
    top: int = Field(tools.TOP, ge=1, le=tools.MOST_TOP, description="How many results.")
    filter: str | None = Field(
        None,
        description="An OData filter over fields of the index, such as language eq 'en' or "
        "source_modified_at ge 2026-01-01T00:00:00Z.",
    )


class Fetch(BaseModel):
    """Read the document that a search result is a passage of.

    Returns id, title, text, url and metadata. A long document is cut to the part around the
    passage: metadata.whole tells, and start and end say which characters the text covers.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(description="A result's id, as search returned it.")
    index: str | None = Field(None, description="The index's name, where id is a bare key.")


def listed() -> list[Tool]:
    """Return the tools as clients list them."""
    from mcp_types import Tool, ToolAnnotations

    hints = ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    return [
        Tool(
            name=model.__name__.lower(),
            description=model.__doc__,
            input_schema={
                key: value
                for key, value in model.model_json_schema().items()
                if key not in {"title", "description"}
            },
            annotations=hints,
        )
        for model in (Search, Fetch)
    ]


def call(service: Service, request: Request, name: str, arguments: dict[str, Any]) -> Any:
    """Return what a tool finds for the caller of a request.

    ApiError and FreshgroundError say what is wrong with the call.
    """
    principal = principal_of(request)
    # No session is kept, so a key is one: `fetch` meets the canary where `search` did.
    caller = Caller(principal, accepted_staleness(request), principal.name)
    told = told_of(request)
    try:
        match name:
            case "search":
                asked = Search.model_validate(arguments)
                told.query = asked.query
                found = tools.search(
                    service,
                    caller,
                    asked.query,
                    index=asked.index,
                    top=asked.top,
                    where=asked.filter,
                )
                told.hits = len(found["results"])
                asked_of = [each["index"] for each in found["freshness"]]
                told.index = asked_of[0] if len(asked_of) == 1 else ""
                return found
            case "fetch":
                wanted = Fetch.model_validate(arguments)
                return tools.fetch(service, caller, wanted.id, index=wanted.index)
            case _:
                raise ApiError(
                    404, "UnknownTool", f"There is no tool {name[:80]!r}: search and fetch."
                )
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False)
        )
        raise ApiError(400, "InvalidArguments", f"The tool {name} got {said}.") from None


def server(service: Service, in_thread: Callable[..., Awaitable[Any]]) -> Server[dict[str, Any]]:
    """Return the server of the tools. `in_thread` runs a function off the event loop."""
    from mcp.server import Server
    from mcp_types import CallToolRequestParams, ListToolsResult, PaginatedRequestParams

    async def on_list(_context: Any, _params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=listed())

    async def on_call(context: Any, params: CallToolRequestParams) -> CallToolResult:
        given = params.arguments or {}
        try:
            return _found(await in_thread(call, service, context.request, params.name, given))
        except ApiError as error:
            return _refused(error)
        except FreshgroundError as error:
            return _refused(failed(error))

    return Server(
        "freshground",
        version=__version__,
        title="Freshground",
        instructions=_ABOUT,
        on_list_tools=on_list,
        on_call_tool=on_call,
    )


def security(settings: Serve) -> TransportSecuritySettings:
    """Return which hosts and origins are answered.

    Bound to loopback, only names of this machine are: a page in a browser that has its own name
    resolve to it is refused. Elsewhere nobody can know the names, and a page has no key anyhow.
    """
    from mcp.server.transport_security import TransportSecuritySettings

    if not is_loopback(settings.host):
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    names = ("127.0.0.1", "localhost", "[::1]", *settings.tls.names)
    hosts = [host for name in names for host in (name, f"{name}:*")]
    return TransportSecuritySettings(
        allowed_hosts=hosts,
        allowed_origins=[f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts],
    )


def _found(data: dict[str, Any]) -> CallToolResult:
    from mcp_types import CallToolResult, TextContent

    text = json.dumps(data, ensure_ascii=False)
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=json.loads(text)
    )


def _refused(error: ApiError) -> CallToolResult:
    from mcp_types import CallToolResult, TextContent

    said = f"{error.code}: {error.message}"
    return CallToolResult(content=[TextContent(type="text", text=said)], is_error=True)
