from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from freshground.core.settings import Serve
from tests.serve.served import Handlers, application, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.project import Project


@pytest.fixture
def protected(quick: Project) -> Callable[..., Any]:
    """Serve handlers behind the protection: `with protected(limits={...}) as (client, handlers)`.

    The access log is the file `access.log` of the project.
    """

    @contextmanager
    def serve(**settings: Any) -> Iterator[tuple[httpx.Client, Handlers]]:
        settings.setdefault("log", {"file": str(quick.root / "access.log")})
        handlers = Handlers(quick.context(), Serve.model_validate(settings))
        app, made = application(handlers)
        with running(app) as url, httpx.Client(base_url=url, timeout=30) as client:
            try:
                yield client, handlers
            finally:
                handlers.go.set()
        made.close()

    return serve
