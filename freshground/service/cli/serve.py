"""`freshground serve`: the query service, until a signal ends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from freshground.service.cli.options import Json, Place, open_context
from freshground.service.cli.output import print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.settings import Serve
    from freshground.service.api.hosting.server import Place as Address


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0: any that is free.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Your own certificate, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key, PEM.")] = None,
    settings: Place = None,
    *,
    tls: Annotated[bool, typer.Option("--tls", help="https by a CA of this machine.")] = False,
    plain_http: Annotated[
        bool, typer.Option("--plain-http", help="Listen beyond this machine without TLS.")
    ] = False,
    dev: Annotated[
        bool, typer.Option("--dev", help="Make an admin key that ends with the process.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Answer queries over HTTP, as Azure AI Search does. SIGTERM and Ctrl-C end it in order."""
    from freshground.service.api.app import create_app
    from freshground.service.api.hosting.server import check_exposure, run
    from freshground.service.api.protection.protect import protect
    from freshground.service.api.service import Service
    from freshground.service.ui.serving import PATH as UI
    from freshground.service.ui.serving import with_dashboard

    context = open_context(settings)
    changes: dict[str, Any] = {"host": host, "port": port, "plain_http": plain_http or None}
    if tls or tls_cert or tls_key:
        names = context.settings.serve.tls.names
        changes["tls"] = {
            "local": tls,
            "cert": _absolute(tls_cert),
            "key": _absolute(tls_key),
            "names": names,
        }
    wanted = _changed(context.settings.serve, changes)
    check_exposure(wanted)
    address, lines, renew = _address(context, wanted)
    context.settings = context.settings.model_copy(update={"serve": wanted})
    service = Service(context)
    app = create_app(service)
    made = protect(app, service)
    shown = with_dashboard(app, context, made.log)
    found: dict[str, Any] = {"exports": lines}
    if dev:
        found["api_key"] = made.ring.temporary_admin()
    has_keys = dev or wanted.jwt is not None or any(key.secrets for key in context.lake.keys.all())

    def started(url: str) -> None:
        base = wanted.dashboard.url or url
        pages = {"dashboard": f"{base}{UI}/"} if wanted.dashboard.enabled else {}
        if shown.setup:
            pages["setup"] = f"{base}{shown.setup}"
        _tell({"url": url, **pages, **found}, has_keys=has_keys, as_json=as_json)

    service.start()
    try:
        run(shown.app, wanted, address, started, renew)
    finally:
        shown.close()
        service.close()
        made.close()


def _absolute(path: Path | None) -> str | None:
    # A relative path in the settings counts from their folder; one typed, from where one stands.
    return None if path is None else str(Path.cwd() / path)


def _changed(settings: Serve, changes: dict[str, Any]) -> Serve:
    """Return the section with what the command line says, judged as the file would be."""
    from pydantic import ValidationError

    from freshground.core.errors import ConfigError
    from freshground.core.settings import Serve

    told = {name: value for name, value in changes.items() if value is not None}
    try:
        return Serve.model_validate({**settings.model_dump(), **told})
    except ValidationError as error:
        said = "; ".join(each["msg"].removeprefix("Value error, ") for each in error.errors())
        raise ConfigError(f"The command line cannot be used: {said}.", "See --help.") from None


def _address(context: Any, settings: Serve) -> tuple[Address, list[str], Callable[[], object]]:
    """Return where to listen, what clients have to set, and what renews the certificate."""
    from freshground.service.api.hosting.server import Place as Address
    from freshground.service.api.hosting.tls import certificate, exports

    resolve = context.settings.resolve
    if settings.tls.local:

        def make() -> tuple[Path, Path]:
            names = (settings.host, *settings.tls.names)
            return certificate(context.cache / "tls", names, context.clock.now())

        server, trusted = make()
        place = Address(settings.host, settings.port, str(server))
        return place, list(exports(trusted)), make
    cert, key = (
        None if path is None else resolve(path) for path in (settings.tls.cert, settings.tls.key)
    )
    return Address(settings.host, settings.port, cert, key), [], lambda: None


def _tell(found: dict[str, Any], *, has_keys: bool, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    typer.echo(f"Serving on {found['url']}")
    if "dashboard" in found:
        typer.echo(f"Dashboard: {found['dashboard']}")
    if "setup" in found:
        typer.echo(f"Nobody has an account yet. Make yours, once, at {found['setup']}")
    for line in found["exports"]:
        typer.echo(line)
    if "api_key" in found:
        typer.echo(f"Admin key until this process ends: {found['api_key']}")
    if not has_keys:
        typer.echo("Nobody has a key yet. Make one: freshground keys create NAME --role query")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)
