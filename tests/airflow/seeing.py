"""The dashboard inside a running Airflow, as people of several roles meet it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import httpx

from freshground.service.ui.navigation import entries
from tests.ui.chromium import chromium

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page

    from tests.airflow.running import Airflow

USERS = "admin:admin,vera:viewer,otto:user,nobody:"
"""Airflow's users and their roles; the last one may nothing."""

DAG = "freshground_build_docs"
TAB = f"/airflow/dag/{DAG}"
FORMS = {"Content-Type": "application/x-www-form-urlencoded"}


def password(airflow: Airflow, name: str) -> str:
    return json.loads((airflow.home / "passwords.json").read_text())[name]


def client(airflow: Airflow, name: str | None = None) -> httpx.Client:
    """Return a client that speaks to the dashboard with the session of an Airflow user."""
    cookies = {}
    if name is not None:
        body = {"username": name, "password": password(airflow, name)}
        cookies["_token"] = airflow.call("POST", "/auth/token", body)["access_token"]
    return httpx.Client(base_url=f"{airflow.site}/freshground", cookies=cookies, timeout=60)


def token(page: str) -> str:
    found = re.search(r'name="token" value="(\w+)"', page)
    assert found, page
    return found[1]


def nobody_gets_in(airflow: Airflow) -> None:
    places = [*(entry.path for entry in entries()), "/releases/docs", "/me"]
    places += [TAB, f"/airflow/run/{DAG}/x"]
    with client(airflow) as asking:
        for path in [*places, "/nothing/of/that/name"]:
            assert asking.get(path).status_code == 401, path
        sent = asking.get("/", headers={"Accept": "text/html"})
        assert sent.is_redirect
        assert "/auth/login?next=" in sent.headers["location"]
        refused = asking.post("/releases/docs/rollback", data={"token": "x"})
        assert refused.status_code == 401
        assert asking.get("/static/app.css").status_code == 200
        asking.cookies["_token"] = "forged"
        assert asking.get("/").status_code in (401, 403)
    with client(airflow, "nobody") as asking:
        for path in places:
            found = asking.get(path)
            assert found.status_code == 403, path
            assert "does not let nobody see" in found.text


def people_do_what_airflow_lets_them(airflow: Airflow) -> None:
    """Roll back the index docs, which has two releases, and refresh, in the name of an operator."""
    action = "/releases/docs/rollback"
    with client(airflow, "vera") as vera, client(airflow, "otto") as otto:
        seen = vera.get(TAB)
        assert seen.status_code == 200
        assert "Index docs" in seen.text
        assert "build docs" in seen.text
        assert "not one of Freshground" in vera.get("/airflow/dag/somebodys").text
        assert "default-src 'none'" in seen.headers["content-security-policy"]
        for asking, sees in ((vera, False), (otto, True), (client(airflow, "admin"), True)):
            assert ("d000.md" in asking.get("/documents").text) is sees
        page = otto.get("/releases/docs").text
        form = {"token": token(page), "comment": "it was wrong", "release": ""}
        assert vera.post(action, data=form).status_code == 403
        assert otto.post(action, data={**form, "token": "x"}).status_code == 403
        done = otto.post(action, data=form)
        assert done.status_code == 303, done.text
        assert 'class="said bad"' not in otto.get("/").text
        # A paused DAG takes the run and does not begin it: there is nothing to wait for here.
        ingest = "/api/v2/dags/freshground_ingest_docs"
        airflow.call("PATCH", ingest, {"is_paused": True})
        assert vera.post("/refresh", data=form).status_code == 403
        asked = {"token": form["token"], "index": "docs", "comment": "now"}
        assert otto.post("/refresh", data=asked).status_code == 303
        assert "Paused" in otto.get("/runs").text
        run = airflow.runs("ingest")[-1]
        assert run["triggering_user_name"] == "otto"
        assert run["conf"] == {"reason": "now"}


def the_browser_shows_it(airflow: Airflow, run_id: str) -> None:
    """Log in as people do; see the dashboard in its place, and the tabs of a DAG and of a run."""
    with chromium() as browser:
        page = browser.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(airflow.site)
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", password(airflow, "admin"))
        page.keyboard.press("Enter")
        page.get_by_text("Freshground", exact=True).first.click()
        assert heading(page).startswith("Now")
        inside(page).get_by_role("link", name="Freshness", exact=True).click()
        inside(page).get_by_role("heading", level=1, name="Freshness").wait_for()
        page.evaluate("localStorage.setItem('theme', 'dark')")  # as Airflow's own switch does
        inside(page).locator("html[data-theme=dark]").wait_for()
        page.goto(f"{airflow.site}/dags/{DAG}")
        page.get_by_role("link", name="Document quality").click()
        assert heading(page).startswith("Index docs")
        page.goto(f"{airflow.site}/dags/{DAG}/runs/{run_id}")
        page.get_by_role("link", name="Document quality of this run").click()
        assert "one run" in heading(page)
        assert inside(page).get_by_text("build docs").count() == 1
        assert inside(page).get_by_text("Stages of this run").count() == 1
        assert not wrong


def inside(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def heading(page: Page) -> str:
    found = inside(page).locator("h1")
    found.wait_for()
    return found.inner_text()
