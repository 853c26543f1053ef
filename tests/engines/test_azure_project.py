"""A whole project whose index lies in a search service: refresh, query, rollback, mending."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.search.documents import SearchClient

from freshground.core.errors import ConfigError
from freshground.core.settings import masked
from freshground.service.asking.query import query
from freshground.service.releases.holding import resume, rollback
from freshground.service.reports import Scope
from freshground.service.stages import confirm
from tests.engines.azure_fake import KEY, FakeService
from tests.engines.azure_proxy import Proxy, Request, ResetBefore
from tests.project import Project

pytestmark = pytest.mark.slow


@pytest.fixture
def service() -> Iterator[FakeService]:
    with FakeService().running() as running:
        yield running


def project_at(root: Path, url: str, **more: object) -> Project:
    section = {"endpoint": url, "key": KEY, "settle": "0s", **more}
    project = Project(root, engine="azure")
    index = {"id": "docs", "sources": ["docs"], "engine": "azure", "azure": section}
    project.changes["indexes"] = [index]
    return project


def asked(service_url: str, name: str, text: str) -> list[str]:
    """Return what an app finds through an alias, by the official client."""
    with SearchClient(service_url, name, AzureKeyCredential(KEY)) as client:
        found = client.search(
            text, search_fields=["embed_text"], select=["document_key", "release"], top=50
        )
        return sorted({f"{hit['document_key']} r{hit['release']}" for hit in found})


@pytest.mark.parametrize("update", ["side_by_side", "in_place"])
def test_two_releases_query_and_rollback(tmp_path: Path, service: FakeService, update: str) -> None:
    project = project_at(tmp_path, service.url, update=update)
    project.fill(4)
    first = project.refresh()
    assert (first.status, service.aliases) == (0, {"docs": "docs-v1"}), first.messages
    manifest = first.context.releases.live("docs")[1]
    assert manifest.engine["abilities"]["atomic_publish"] is False
    project.write("new.md", "# Hail\n\nHail on glass roofs is covered.\n")
    project.delete("d000.md")
    second = project.refresh("docs")
    assert second.status == 0, second.messages
    physical = "docs-v2" if update == "side_by_side" else "docs-v1"
    assert service.aliases == {"docs": physical}
    assert asked(service.url, "docs", "hail") == ["new.md r2"]
    assert project.served_keys() == {"d001.md", "d002.md", "d003.md", "new.md"}
    context = project.context()
    answer = query(context, context.settings.index("docs"), "hail on glass", k=3)
    assert answer.hits[0]["key"] == "new.md"
    # Nothing changed: nothing is written, and the alias is looked at.
    service.batches.clear()
    assert (project.refresh().status, service.batches) == (0, [])
    context = project.context()
    rollback(context, context.settings.index("docs"))
    assert service.aliases == {"docs": "docs-v1"}
    assert asked(service.url, "docs", "hail") == []
    assert "d000.md" in project.served_keys()
    resume(context, context.settings.index("docs"))
    again = project.refresh("docs")
    assert (again.status, asked(service.url, "docs", "hail")) == (0, ["new.md r3"]), again.messages


def test_result_equals_that_of_another_engine(tmp_path: Path, service: FakeService) -> None:
    hashes = {}
    for name in ("azure", "memory", "in_place"):
        (tmp_path / name).mkdir()
        update = "in_place" if name == "in_place" else "side_by_side"
        service.indexes.clear()
        service.aliases.clear()
        project = project_at(tmp_path / name, service.url, update=update)
        if name == "memory":
            project = Project(tmp_path / name, engine="memory")
        project.fill(3)
        project.refresh()
        project.write("d001.md", "# Changed\n\nAnother clause.\n")
        assert project.refresh().status == 0
        hashes[name] = {row[:7] for row in project.content()}
    strip = {name: {(r[1], r[2], r[3]) for r in rows} for name, rows in hashes.items()}
    assert strip["azure"] == strip["memory"] == strip["in_place"]


_REFRESH = """
import sys
from pathlib import Path
from tests.engines.test_azure_project import project_at
project = project_at(Path(sys.argv[1]), sys.argv[2])
project.refresh()
"""


def test_kill_between_pointer_and_alias_is_mended(tmp_path: Path, service: FakeService) -> None:
    with Proxy(service.url).running() as proxy:
        project = project_at(tmp_path, proxy.url)
        project.fill(3)
        assert project.refresh().status == 0
        project.write("new.md", "# Hail\n\nHail on glass roofs is covered.\n")
        # The pointer moves in the child, and it is killed before the alias does.
        with subprocess.Popen([sys.executable, "-c", _REFRESH, tmp_path, proxy.url]) as child:

            def rule(request: Request) -> ResetBefore | None:
                if request.method == "PUT" and request.path.startswith("/aliases"):
                    os.kill(child.pid, signal.SIGKILL)
                    return ResetBefore()
                return None

            proxy.rule = rule
            assert child.wait() == -signal.SIGKILL
        proxy.rule = lambda _: None
        live = project.context().lake.pointers.live("docs")
        assert (live.release, service.aliases) == (2, {"docs": "docs-v1"})
        project.clock.advance(timedelta(hours=2))
        assert confirm(project.context(), Scope(index="docs")).status == 0
        assert service.aliases == {"docs": "docs-v2"}
        service.aliases["docs"] = "docs-v1"
        assert project.refresh().status == 0
        assert service.aliases == {"docs": "docs-v2"}


def test_service_that_is_gone_keeps_the_release_and_a_later_run_converges(
    tmp_path: Path, service: FakeService
) -> None:
    with Proxy(service.url).running() as proxy:
        project = project_at(tmp_path, proxy.url, attempts=1)
        project.fill(2)
        project.refresh()
        project.write("new.md", "# Hail\n\nHail on glass roofs is covered.\n")
        proxy.rule = lambda r: ResetBefore() if r.writes else None
        run = project.refresh()
        assert (run.status, run.of("build").retriable) == (1, True), run.messages
        assert service.aliases == {"docs": "docs-v1"}
        assert project.context().lake.pointers.live("docs").release == 1
        proxy.rule = lambda _: None
        assert project.refresh().status == 0
        assert asked(service.url, "docs", "hail") == ["new.md r2"]


def test_new_endpoint_is_written_in_full(tmp_path: Path, service: FakeService) -> None:
    project = project_at(tmp_path, service.url)
    project.fill(2)
    project.refresh()
    with FakeService().running() as other:
        moved = project_at(tmp_path, other.url)
        moved.clock.set(project.clock.now())
        run = moved.refresh()
        assert (run.status, other.aliases) == (0, {"docs": "docs-v2"}), run.messages
        assert len(other.indexes["docs-v2"].documents) == len(service.indexes["docs-v1"].documents)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"azure": None}, "go together"),
        ({"engine": "lance"}, "go together"),
        ({"id": "my_docs"}, "my_docs"),
        ({"azure": {"endpoint": "https://x"}}, "either"),
        ({"azure": {"endpoint": "https://x", "key": "k", "credential": "entra"}}, "either"),
        ({"azure": {"endpoint": "http://x", "credential": "entra"}}, "https"),
        ({"azure": {"endpoint": "x.search.windows.net", "key": "k"}}, "URL"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path: Path, changes, says: str) -> None:
    project = project_at(tmp_path, "https://x.search.windows.net")
    project.index(**changes)
    with pytest.raises(ConfigError, match=says):
        _ = project.settings


def test_key_is_shown_nowhere(tmp_path: Path) -> None:
    settings = project_at(tmp_path, "https://x.search.windows.net").settings
    assert KEY not in str(masked(settings))
    assert KEY not in repr(settings)
