"""Traces for OpenTelemetry: what a collector is sent of refreshes and queries, and when nothing."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from freshground.service import stages
from freshground.service.asking.query import query
from freshground.service.reports import Scope
from freshground.service.telemetry.switch import collector, flush
from tests.serve.served import running
from tests.telemetry.collector import collecting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Project
    from tests.telemetry.collector import Collector

pytestmark = pytest.mark.slow

SECRET = "mushroom"
WAIT_S = 0.5
OUTER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
VARIABLES = (
    "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED",
    "OTEL_TRACES_EXPORTER", "TRACEPARENT",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def taking(quick: Project) -> Iterator[Collector]:
    with collecting() as found:
        quick.changes["telemetry"] = {"otlp": found.url}
        yield found


def test_a_refresh_is_one_trace(quick, taking) -> None:
    quick.write("secret.md", f"# {SECRET}\n\nNobody is to read of the {SECRET}.\n")
    context = quick.refresh().context
    flush(context.settings)
    (root,) = taking.of("refresh")
    names = ["ingest docs", "silver docs", "gold docs", "embed docs", "build docs"]
    found = [taking.of(name)[0] for name in names]
    assert {span.trace_id for span in found} == {root.trace_id}
    assert {span.parent_id for span in found} == {root.span_id}
    assert root.parent_id == ""
    assert found[-1].values["freshground.release"] == 1
    assert found[-1].values["freshground.outcome"] == "done"
    assert found[0].values["freshground.counts.added"] == 1
    assert {span.values["freshground.run_id"] for span in taking.spans} == {context.run_id}
    assert not any(span.failed for span in taking.spans)
    assert taking.resources[0]["service.name"] == "freshground"
    assert not any(SECRET.encode() in body for body in taking.bodies)


def test_stages_of_one_run_meet_in_one_trace_from_different_processes(quick, taking) -> None:
    # As the tasks of a DAG run: nothing passes between them but the run's id.
    for stage in ("ingest", "silver"):
        context = quick.context(run_id="freshground_ingest_docs/manual__1")
        getattr(stages, stage)(context, Scope(source="docs"))
        flush(context.settings)
    first, second = taking.spans
    assert (first.trace_id, first.parent_id) == (second.trace_id, second.parent_id)
    assert first.span_id != second.span_id


def test_a_stopped_stage_is_an_error_and_a_defect_too(quick, taking, monkeypatch) -> None:
    quick.changes["sources"] = [{**quick.raw["sources"][0], "url": "nowhere"}]
    run = quick.refresh()
    assert run.status == 1
    flush(run.context.settings)
    assert taking.of("ingest docs")[0].failed
    assert taking.of("refresh")[0].failed
    monkeypatch.setattr("freshground.service.stages.silver", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        quick.refresh()
    flush(run.context.settings)
    assert taking.of("refresh")[1].values["error.type"] == "ZeroDivisionError"


def test_a_run_takes_part_in_the_trace_around_it(quick, taking, monkeypatch) -> None:
    monkeypatch.setenv("TRACEPARENT", OUTER)
    flush(quick.refresh().context.settings)
    (root,) = taking.of("refresh")
    assert (root.trace_id, root.parent_id) == (OUTER[3:35], OUTER[36:52])
    assert {span.trace_id for span in taking.spans} == {root.trace_id}


def test_a_query_of_the_command_line(quick, taking) -> None:
    quick.fill(3)
    quick.refresh()
    context = quick.context()
    answer = query(context, context.settings.index("docs"), SECRET, k=3)
    flush(context.settings)
    (span,) = taking.of("query")
    assert span.values["freshground.hits"] == len(answer.hits) > 0
    assert span.values["freshground.release"] == 1
    assert span.values["freshground.arms"] == ["vector", "text"]
    assert not any(SECRET.encode() in body for body in taking.bodies)


def test_queries_over_http(quick, taking) -> None:
    from freshground.service.api.app import create_app
    from freshground.service.api.protection.protect import protect
    from freshground.service.api.service import Service

    quick.fill(3)
    quick.refresh()
    context = quick.context()
    service = Service(context)
    app = create_app(service)
    made = protect(app, service)
    service.follower.look()
    asked = {"search": SECRET, "vectorQueries": [
        {"kind": "text", "text": SECRET, "fields": "vector", "k": 3}]}  # fmt: skip
    path = "/indexes('docs')/docs/search.post.search?api-version=2026-04-01"
    headers = {"api-key": made.ring.temporary_admin()}
    with running(app) as url:
        found = httpx.post(url + path, json=asked, headers={**headers, "traceparent": OUTER})
        assert found.status_code == 200, found.text
        httpx.post(url + path, json={"search": SECRET}, headers=headers)
        httpx.post(url + path.replace("docs'", "none'"), json=asked, headers=headers)
        httpx.get(f"{url}/health", headers=headers)
    flush(context.settings)
    spans = [span for span in taking.spans if span.kind == 2]
    assert len(spans) == 3
    first, second, third = spans
    assert (first.trace_id, first.parent_id) == (OUTER[3:35], OUTER[36:52])
    assert second.parent_id == ""
    assert second.trace_id != first.trace_id
    assert first.values["freshground.arms"] == ["text", "vector"]
    assert second.values["freshground.arms"] == ["text"]
    assert first.values["freshground.release"] == 1
    assert first.values["freshground.hits"] == len(found.json()["value"])
    assert 0 < first.seconds < 10
    assert third.values["http.response.status_code"] == 404
    assert not any(SECRET.encode() in body for body in taking.bodies)


@pytest.mark.parametrize(
    ("told", "set_to", "wanted"),
    [
        ({}, None, None),
        ({}, "http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1/"}, None, "http://c:1/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:1/x"}, None, "http://c:1/x"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1"}, "https://d", "https://d/v1/traces"),
        ({"OTEL_SDK_DISABLED": "true"}, "https://d", None),
        ({"OTEL_TRACES_EXPORTER": "none"}, "https://d", None),
    ],
)
def test_where_traces_go(quick, monkeypatch, told, set_to, wanted) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    quick.changes["telemetry"] = {"otlp": set_to}
    assert collector(quick.settings) == wanted


NOTHING = """
import sys
import freshground.service.api.protection.protect
import freshground.service.asking.query
import freshground.service.refresh
from freshground.core.settings import parse
from freshground.service.telemetry.switch import flush, traces
settings = parse({"lake": "lake", "sources": [{"id": "a", "type": "files", "url": "d",
    "access": "public"}], "indexes": [{"id": "a", "sources": ["a"]}]}, "")
assert traces(settings) is None
flush(settings)
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""


def test_without_a_collector_nothing_is_imported(tmp_path) -> None:
    env = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", NOTHING], env=env, cwd=tmp_path, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout == "[]\n", done.stderr


def test_a_collector_that_does_not_answer_ends_no_run_and_is_let_alone(
    quick, caplog, monkeypatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", f"{WAIT_S}")
    caplog.set_level(logging.WARNING)  # a test of Airflow in the same process leaves another one
    with socket.socket() as silent:  # takes connections, and never answers
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        quick.changes["telemetry"] = {"otlp": url}
        quick.write("a.md", "# A\n\nText.\n")
        run = quick.refresh()
        assert run.status == 0
        started = time.perf_counter()
        flush(run.context.settings)
        first = time.perf_counter() - started
        quick.refresh()
        started = time.perf_counter()
        flush(run.context.settings)
        second = time.perf_counter() - started
    assert first < 2 * WAIT_S + 1
    assert second < WAIT_S / 2
    assert f"Traces cannot be sent to {url}/v1/traces" in caplog.text
    print(f"the first flush took {first:.2f} s, the second {second:.3f} s")
