"""Our own query service as the search service behind the Azure engine: the circle is closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.middleware import Middleware

from freshground.service.api.app import create_app
from freshground.service.api.service import Service
from tests.project import Project
from tests.querying.shelf import Asks, served


@contextmanager
def serving(root: Path) -> Iterator[tuple[str, Service]]:
    """Serve a project without releases, to an admin; yield its URL."""
    root.mkdir(parents=True, exist_ok=True)
    project = Project(root, engine="memory")
    project.index(id="managed")
    service = Service(project.context())
    with served(create_app(service, [Middleware(Asks)])) as url:
        yield url, service
