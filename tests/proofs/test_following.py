"""A service that runs follows publications, rollbacks and take-downs: nothing fails or mixes."""

from __future__ import annotations

import re
import threading
from typing import Any

import httpx
import pytest

from freshground.core.ids import doc_id
from freshground.service.api.app import create_app
from freshground.service.api.protection.protect import protect
from freshground.service.api.service import Service
from freshground.service.releases.holding import rollback
from tests.project import Project
from tests.serve.served import running

pytestmark = pytest.mark.slow

DOCUMENTS = 12
SEARCH = "/indexes('docs')/docs/search.post.search?api-version=2026-04-01"
HYBRID = {
    "search": "edition of the policy",
    "vectorQueries": [{"kind": "text", "text": "policy edition", "fields": "vector", "k": 50}],
    "count": True,
    "top": 1000,
}


class Clients:
    """Threads that ask without a pause, and keep what each answer said."""

    def __init__(self, url: str, key: str, count: int = 3) -> None:
        self.answers: list[dict[str, Any]] = []
        self.failed: list[str] = []
        self._stop = threading.Event()
        self._url, self._key = url, key
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        with httpx.Client(base_url=self._url, headers={"api-key": self._key}, timeout=30) as client:
            while not self._stop.is_set():
                answer = client.post(SEARCH, json=HYBRID)
                if answer.status_code == 200:
                    self.answers.append(
                        {**answer.json(), "release": answer.headers["x-freshground-release"]}
                    )
                else:
                    self.failed.append(answer.text)

    def wait_for(self, release: int) -> None:
        """Return once a release answers."""
        seen = len(self.answers)
        while self.answers[-1:] == [] or self.answers[-1]["release"] != str(release):
            assert not self.failed, self.failed[0]
            assert all(thread.is_alive() for thread in self._threads)
            self._stop.wait(0.01)
            assert len(self.answers) - seen < 20_000, f"release {release} never answered"

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def _publish(project: Project, edition: int) -> int:
    for number in range(DOCUMENTS):
        project.write(f"d{number}.md", f"# Policy {number}\n\nThis is edition {edition}.\n")
    run = project.refresh()
    assert run.status == 0, run.messages
    found = run.of("build").release
    assert found is not None
    return found["release"]


def test_publications_and_rollbacks_take_effect_beneath_those_who_ask(quick: Project) -> None:
    quick.source(guards={"edit": {"share": 1.0}, "growth": {"share": 1e6}})
    editions = {_publish(quick, 1): 1}
    context = quick.context()
    key = context.lake.keys.create("app", "query")[1]
    service = Service(context)
    app = create_app(service)
    made = protect(app, service)
    service.start()
    try:
        with running(app) as url:
            while service.follower.lines["docs"].live is None:
                service.follower._thread.join(0.01)
            clients = Clients(url, key)
            try:
                for edition in (2, 3, 4):
                    release = _publish(quick, edition)
                    editions[release] = edition
                    clients.wait_for(release)
                other = quick.context()
                rollback(other, other.settings.index("docs"), None, comment="edition 4 is wrong")
                clients.wait_for(release - 1)
                gone = doc_id("docs", "d3.md")
                other.lake.denials.add("takedown", doc_ids=[gone], by="tester")
                at = len(clients.answers)
                with httpx.Client(base_url=url, headers={"api-key": key}) as client:
                    found = client.post(SEARCH, json=HYBRID).json()
                assert gone not in {hit["doc_id"] for hit in found["value"]}
                assert found["@odata.count"] == DOCUMENTS - 1
                while len(clients.answers) < at + 20:
                    clients._stop.wait(0.01)
            finally:
                clients.stop()
    finally:
        service.close()
        made.close()
    assert clients.failed == []
    assert {int(each["release"]) for each in clients.answers} == set(editions)
    for answer in clients.answers:
        release = int(answer["release"])
        assert {hit["release"] for hit in answer["value"]} == {release}
        told = {int(n) for n in re.findall(r"edition (\d+)", str(answer["value"]))}
        assert told == {editions[release]}
        assert answer["@odata.count"] in (DOCUMENTS, DOCUMENTS - 1)
