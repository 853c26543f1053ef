"""Keeps the wrong people out of an application, and notes what the others do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware

from freshground.service.api.identity.middleware import Identity
from freshground.service.api.identity.ring import KeyRing
from freshground.service.api.identity.tokens import Tokens
from freshground.service.api.protection.access_log import AccessLog
from freshground.service.api.protection.accounting import Accounting
from freshground.service.api.protection.limits import Limits
from freshground.service.api.protection.metrics import Metrics
from freshground.service.api.protection.traces import Traced
from freshground.service.api.protection.upkeep import Upkeep
from freshground.service.telemetry.switch import collector

if TYPE_CHECKING:
    from fastapi import FastAPI


@dataclass(frozen=True, slots=True)
class Protection:
    """What stands around an application: its keys, metrics and access log."""

    ring: KeyRing
    metrics: Metrics
    log: AccessLog | None

    def close(self) -> None:
        """Close the access log."""
        if self.log is not None:
            self.log.close()


def protect(app: FastAPI, service: Any) -> Protection:
    """Put everything around an application that has to stand there, before it is first called.

    `service` has a `context` and `settings`, the section `serve`. From the outside in: request
    ids, traces (where there is a collector), upkeep, accounting, identity, limits, the application.
    """
    context, settings = service.context, service.settings
    lake, clock = context.lake, context.clock
    file = None if settings.log.file is None else context.settings.resolve(settings.log.file)
    made = Protection(
        ring=KeyRing(lake.keys),
        metrics=Metrics(service),
        log=AccessLog(settings.log, clock, file) if settings.log.enabled else None,
    )
    tokens = Tokens(settings.jwt, clock) if settings.jwt else None
    app.state.metrics = made.metrics
    if collector(context.settings) is not None:
        app.user_middleware.append(Middleware(Traced, settings=context.settings, clock=clock))
    app.user_middleware += [
        Middleware(
            Upkeep,
            tasks=(lake.usage.flush, lake.queries.flush, lake.traffic.flush, lake.found.flush),
        ),
        Middleware(Accounting, log=made.log, metrics=made.metrics, usage=lake.usage),
        Middleware(Identity, ring=made.ring, tokens=tokens, settings=settings),
        Middleware(Limits, settings=settings.limits),
    ]
    return made
