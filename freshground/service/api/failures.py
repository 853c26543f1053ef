"""How every error is answered: in Azure's shape, with the status that tells clients what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from freshground.core.errors import (
    ConfigError,
    Fatal,
    FreshgroundError,
    Retriable,
    TooStale,
)
from freshground.service.api.errors import ApiError
from freshground.service.api.routing import json_response

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

RETRY_AFTER = "1"
"""Seconds after which a client may try again what failed for now."""

SOON = {"retry-after-ms": "1"}
"""Azure's clients ask ten times what fails with 503, for minutes: here they get done with it."""

_NAMES = {
    400: "BadRequest",
    404: "NotFound",
    405: "MethodNotAllowed",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
}


def handle_failures(app: FastAPI) -> None:
    """Register the handlers of all errors."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(FreshgroundError, _own)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _defect)


def failed(error: FreshgroundError) -> ApiError:
    """Return one of our errors as the answer that it makes."""
    match error:
        case ConfigError():
            return ApiError(400, "InvalidRequest", str(error))
        case TooStale():
            return ApiError(503, "TooStale", str(error), headers=SOON)
        case Retriable():
            return ApiError(
                503, "ServiceUnavailable", str(error), headers={"Retry-After": RETRY_AFTER}
            )
        case Fatal():
            return ApiError(500, "InternalError", str(error))
        case _:
            return ApiError(409, type(error).__name__, str(error))


def error_response(error: ApiError) -> Response:
    """Return an error as the answer that clients read; middleware uses it too."""
    return json_response(error.body(), error.status, error.headers)


async def _api_error(_request: Request, error: Exception) -> Response:
    return error_response(cast("ApiError", error))


async def _own(_request: Request, error: Exception) -> Response:
    return error_response(failed(cast("FreshgroundError", error)))


async def _invalid(_request: Request, error: Exception) -> Response:
    details = [
        {"code": each["type"], "target": ".".join(map(str, each["loc"])), "message": each["msg"]}
        for each in cast("RequestValidationError", error).errors()
    ]
    said = "; ".join(f"{each['target']}: {each['message']}" for each in details)
    return error_response(
        ApiError(400, "InvalidRequest", f"The request is invalid: {said}.", details=details)
    )


async def _http(request: Request, raised: Exception) -> Response:
    error = cast("HTTPException", raised)
    said = {
        404: f"Nothing is served at {request.method} {request.url.path[:200]}.",
        405: f"{request.method} is not served at {request.url.path[:200]}.",
    }.get(error.status_code, str(error.detail))
    code = _NAMES.get(error.status_code, "RequestFailed")
    return error_response(ApiError(error.status_code, code, said, headers=error.headers))


async def _defect(request: Request, _error: Exception) -> Response:
    """Say nothing of what went wrong: it may quote a document. The server's log has the trace."""
    request_id = getattr(request.state, "request_id", "")
    return error_response(
        ApiError(
            500,
            "InternalError",
            "The service failed; its log tells how.",
            headers={"request-id": request_id},
        )
    )
