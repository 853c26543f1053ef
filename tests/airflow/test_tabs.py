"""The tabs on our DAGs and runs: what they tell of whom, without an Airflow around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

from dags.dashboard.tabs import routes
from dags.ids import works
from freshground.service import stages
from freshground.service.reports import Scope
from freshground.service.ui.app import create_ui
from freshground.service.ui.board import Board
from freshground.service.ui.mounting import Beside
from tests.project import Project
from tests.serve.served import running
from tests.ui.chromium import chromium
from tests.ui.desk import OpenDoor, elsewhere, somebody

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.service.context import Context

pytestmark = pytest.mark.slow

RUN = "manual__2026-11-21T10:00:00+00:00"


class TabDoor(OpenDoor):
    def routes(self, board: Board) -> Any:
        return routes(board)


def served(context: Context, door: TabDoor) -> Any:
    return running(Beside(elsewhere, "/ui", create_ui(Board(context, door))))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def door() -> TabDoor:
    return TabDoor(somebody())


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("tabs"), engine="memory")


@pytest.fixture(scope="module")
def tabs(quick: Project, door: TabDoor) -> Iterator[httpx.Client]:
    """A project whose DAGs have run, and a guard has stopped one of its plans."""
    quick.source(access={"groups": ["staff"]})
    quick.fill(24, 1)
    for layer, names in (
        ("ingest", ("ingest",)),
        ("silver", ("silver", "admit")),
        ("gold", ("gold",)),
        ("build", ("embed", "build")),
    ):
        context = quick.context(run_id=f"freshground_{layer}_docs/{RUN}")
        for name in names:
            scope = Scope(index="docs") if layer == "build" else Scope(source="docs")
            getattr(stages, name)(context, scope)
        context.lake.journal.commit()
    quick.delete(*(f"d{number:03d}.md" for number in range(20)))
    context = quick.context(run_id="freshground_ingest_docs/stopped")
    assert stages.ingest(context, Scope(source="docs")).outcome == "guard"
    context.lake.journal.commit()
    with served(quick.context(), door) as url, httpx.Client(base_url=f"{url}/ui") as asking:
        yield asking


def test_every_dag_has_a_tab_and_others_are_told_apart(quick, tabs, door) -> None:
    for dag_id in works(quick.settings):
        found = tabs.get(f"/airflow/dag/{dag_id}")
        assert found.status_code == 200, dag_id
        assert found.text.count("<h1") == 1
    assert "not one of Freshground" in tabs.get("/airflow/dag/%3Cscript%3E").text
    assert "<script>" not in tabs.get("/airflow/dag/%3Cscript%3E").text

    ingest = tabs.get("/airflow/dag/freshground_ingest_docs").text
    assert "24 listed" in ingest
    assert "20 documents: delete" in ingest
    assert 'action="/ui/plans/docs/approve"' in ingest
    build = tabs.get("/airflow/dag/freshground_build_docs").text
    assert 'href="/ui/releases/docs/1"' in build
    assert "24 listed" not in build

    door.who = somebody("viewer", frozenset())
    seen = tabs.get("/airflow/dag/freshground_ingest_docs").text
    assert "20 documents: delete" in seen
    assert "plans/docs/approve" not in seen
    assert "The task&#39;s log says why." in seen
    assert "d003.md" not in seen
    door.who = somebody()


def test_a_run_has_its_own(tabs) -> None:
    of = f"/airflow/run/freshground_silver_docs/{RUN.replace(':', '%3A').replace('+', '%2B')}"
    found = tabs.get(of).text
    assert "silver docs" in found
    assert "build docs" not in found
    assert f"freshground_silver_docs/{RUN.replace(':', '%3A').replace('+', '%2B')}" in found
    none = tabs.get("/airflow/run/freshground_silver_docs/none").text
    assert "nothing is done yet" in none


def test_a_tab_in_a_browser(tabs) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        for dag in ("ingest_docs", "build_docs", "governor"):
            page.goto(f"{tabs.base_url}airflow/dag/freshground_{dag}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 390, dag
            found = Axe().run(page).response["violations"]
            assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
        assert not wrong
