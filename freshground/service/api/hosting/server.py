"""Runs an application until a signal ends it: what is being answered is answered first."""

from __future__ import annotations

import logging
import signal
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from freshground.core.errors import ConfigError
from freshground.core.settings import is_loopback
from freshground.service.api.protection.connection import Connection

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from freshground.core.settings import Serve

_HOUR = 36_000
"""Ticks of the server, which come each tenth of a second."""

_log = logging.getLogger("uvicorn.error")

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen. `cert` is a PEM file; `key` None: it holds the key as well."""

    host: str
    port: int
    cert: str | None = None
    key: str | None = None


def check_exposure(settings: Serve) -> None:
    """ConfigError when keys and documents would cross a network in the clear, unasked."""
    if not (is_loopback(settings.host) or settings.tls.on or settings.plain_http):
        raise ConfigError(
            f"Without TLS the service listens to this machine alone, and {settings.host} is none "
            "of its own addresses: keys and documents would cross the network in the clear.",
            "Use --tls or --tls-cert; or, behind a proxy that ends TLS, --plain-http.",
        )


def run(
    app: ASGIApp,
    settings: Serve,
    place: Place,
    started: Callable[[str], None],
    renew: Callable[[], object] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT. `started` is told the URL once connections are taken.

    `renew` is called each hour, before the certificate's files are read again.

    ConfigError when the address cannot be listened on or the certificate cannot be used.
    """
    config = uvicorn.Config(
        app,
        host=place.host,
        port=place.port,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        # Clients keep connections for minutes; where the server does not, they meet a reset.
        timeout_keep_alive=120,
        # A stream that an agent holds open must not hold up the end of the process.
        timeout_graceful_shutdown=int(settings.shutdown_wait.total_seconds()),
        ssl_certfile=place.cert,
        ssl_keyfile=place.key,
    )
    try:
        config.load()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigError(f"The certificate cannot be used: {error}.", "Check the files.") from None
    for handler in logging.getLogger("uvicorn").handlers:
        handler.setFormatter(_Discreet("%(levelname)s: %(message)s"))
    try:
        opened = _listen(config)
    except OSError as error:
        raise ConfigError(
            f"The service cannot listen on {place.host} port {place.port}: {error}.",
            "Name another one by --host or --port.",
        ) from None
    server = _Server(config, lambda: started(_url(opened, tls=place.cert is not None)), renew)
    # The server hands on the signal that ended it once all is done; here, the work is done then.
    before = {number: signal.signal(number, server.handle_exit) for number in SIGNALS}
    try:
        server.run(sockets=[opened])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if not server.started:
        raise ConfigError("The service did not start.", "What it wrote above says why.")


class _Server(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, told: Callable[[], None], renew: Callable[[], object]
    ) -> None:
        super().__init__(config)
        self._told = told
        self._renew = renew

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._told()

    async def on_tick(self, counter: int) -> bool:
        if counter % _HOUR == _HOUR - 1 and self.config.ssl is not None:
            self._read_certificate()
        return await super().on_tick(counter)

    def _read_certificate(self) -> None:
        """Let new connections see the certificate as it is now; the old one if it is broken."""
        assert self.config.ssl is not None
        assert self.config.ssl_certfile is not None
        try:
            self._renew()
            self.config.ssl.load_cert_chain(self.config.ssl_certfile, self.config.ssl_keyfile)
        except (ConfigError, OSError) as error:
            _log.warning("The certificate cannot be read again: %s", error)


class _Discreet(logging.Formatter):
    """Traces without the errors' own texts, which may quote a query or a document."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """Return where it went wrong, and the error's type."""
        kind, _, trace = ei
        return "".join(traceback.format_tb(trace)) + (kind.__name__ if kind else "")


def _listen(config: uvicorn.Config) -> socket.socket:
    import socket

    kind = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    opened = socket.socket(kind, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((config.host, config.port))
        opened.listen(config.backlog)
    except OSError:
        opened.close()
        raise
    opened.setblocking(False)  # the socket's own call
    return opened


def _url(opened: socket.socket, *, tls: bool) -> str:
    host, port = opened.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{port}"
