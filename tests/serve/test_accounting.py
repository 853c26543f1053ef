"""What is noted of requests: log, metrics and usage, and what is not."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
import yaml
from typer.testing import CliRunner

from freshground.core.errors import ConfigError, Fatal
from freshground.lake.usage import OTHERS, Usage, Used
from freshground.service.cli.app import app
from tests.project import NOON
from tests.serve.served import DATA, SEARCH


def lines(project) -> list[dict]:
    return [json.loads(line) for line in (project.root / "access.log").read_text().splitlines()]


def test_the_access_log(protected, quick) -> None:
    with protected() as (client, handlers):
        _, secret = handlers.context.lake.keys.create("app", "query")
        _, admin = handlers.context.lake.keys.create("root", "admin")
        found = client.post(
            f"{SEARCH}&search=who", headers={"api-key": secret}, json={"search": "who is ill"}
        )
        client.post(SEARCH, headers={"api-key": "fg_wrong"})
        client.get("/healthz")
        client.get("/broken", headers={"api-key": admin})
    rows = lines(quick)
    answered, refused, health, broken = rows
    assert answered | {"ms": 0, "at": ""} == {
        "at": "",
        "principal": "app",
        "method": "POST",
        "path": "/indexes('docs')/docs/search.post.search",
        "status": 200,
        "ms": 0,
        "request_id": found.headers["request-id"],
        "index": "docs",
        "release": 7,
        "hits": 1,
    }
    assert answered["ms"] > 0
    assert (refused["principal"], refused["status"]) == (None, 403)
    assert (health["status"], broken["status"]) == (200, 500)
    text = (quick.root / "access.log").read_text()
    for never in ("ill", "search=", secret, "fg_", DATA):
        assert never not in text


def test_the_query_is_logged_where_the_settings_say_so(protected, quick) -> None:
    log = {"file": str(quick.root / "access.log"), "query_text": True}
    with protected(log=log) as (client, handlers):
        _, secret = handlers.context.lake.keys.create("app", "query")
        client.post(SEARCH, headers={"api-key": secret})
    assert lines(quick)[0]["query"] == "who is ill"


def test_a_path_makes_no_second_line(protected, quick) -> None:
    with protected() as (client, _):
        client.get("/x%0A%7B%22principal%22:%22root%22%7D%ED%A0%80")
    assert [row["principal"] for row in lines(quick)] == [None]


def test_a_log_that_cannot_be_written(protected, quick) -> None:
    with pytest.raises(ConfigError, match="access log"), protected(log={"file": str(quick.root)}):
        pass


@pytest.mark.slow
def test_metrics(protected, quick) -> None:
    quick.fill(3)
    quick.refresh()
    with protected() as (client, handlers):
        from freshground.service.api.service import Service

        service = Service(handlers.context)
        service.follower.look()
        handlers.follower, handlers.catalog = service.follower, service.catalog
        _, secret = handlers.context.lake.keys.create("root", "admin")
        headers = {"api-key": secret}
        for _ in range(3):
            client.post(SEARCH, headers=headers)
        client.get("/nothing/of/that/name", headers=headers)
        text = client.get("/metrics", headers=headers).text
    route = "/indexes('{name}')/docs/search.post.search"
    counted = f'{{index="docs",method="POST",route="{route}",status="200"}} 3.0'
    assert f"freshground_requests_total{counted}" in text
    assert f'freshground_request_seconds_count{{route="{route}"}} 3.0' in text
    assert 'route="none",status="404"' in text
    assert 'freshground_release{index="docs"} 1.0' in text
    assert 'freshground_sla{index="docs",verdict="fresh"} 1.0' in text
    assert 'freshground_staleness_seconds{index="docs"} 0.0' in text
    assert 'freshground_rows{index="docs"}' in text
    assert 'freshground_memory_bytes{index="docs"}' in text
    assert "freshground_requests_in_flight 1.0" in text
    assert "root" not in text
    assert "nothing" not in text


@pytest.mark.slow
def test_readiness(protected, quick) -> None:
    from freshground.service.api.service import Service

    with protected() as (client, handlers):
        service = Service(handlers.context)
        handlers.follower, handlers.catalog = service.follower, service.catalog
        _, secret = handlers.context.lake.keys.create("root", "admin")
        found = client.get("/readyz")
        assert found.status_code == 503
        assert found.json() == {"ready": False, "missing": ["indexes: 1 of 1 cannot answer"]}
        told = client.get("/readyz", headers={"api-key": secret}).json()
        assert told["missing"] == ["index docs: its release is being loaded"]
        service.follower.look()
        # Waiting does not help an index that nobody ever published.
        assert client.get("/readyz").json() == {"ready": True, "missing": []}
        quick.fill(1)
        quick.refresh()
        service.start()
        try:
            while service.follower.lines["docs"].live is None:
                service.follower._thread.join(0.01)
            told = client.get("/readyz", headers={"api-key": secret}).json()
            assert told == {"ready": True, "missing": []}
        finally:
            service.close()
        told = client.get("/readyz", headers={"api-key": secret}).json()
        assert "not followed any more" in told["missing"][0]
        (quick.root / "lake" / "lake.json").unlink()
        assert client.get("/readyz").json()["missing"] == ["lake: not there"]


def test_usage_is_written_when_the_service_ends(protected, quick) -> None:
    with protected() as (client, handlers):
        _, secret = handlers.context.lake.keys.create("app", "query")
        for _ in range(2):
            body = client.post(SEARCH, headers={"api-key": secret}).content
        client.post(SEARCH, headers={"api-key": "wrong"})
        assert quick.context().lake.usage.read(NOON.date()) == {}
    found = quick.context().lake.usage.read(NOON.date())
    assert list(found) == [(NOON.date(), "app")]
    used = found[NOON.date(), "app"]
    assert used.requests == 2
    assert used.tokens_in == 2 * 3  # "who is ill" has 10 bytes
    assert used.tokens_out == 2 * (len(body) // 4)
    assert used.milliseconds > 0


def test_usage_by_key_and_day(quick) -> None:
    ours, theirs = (quick.context().lake.usage for _ in range(2))
    ours.add("app", Used(1, 2, 3, 4.5))
    ours.flush()
    ours.add("app", Used(1, 2, 3, 4.5))
    theirs.add("app", Used(1, 0, 0, 1.0))
    theirs.add("bot", Used(5, 0, 0, 1.0))
    for usage in (ours, theirs, ours):
        usage.flush()
    quick.clock.advance(timedelta(days=1))
    for requests in (4, 3, 3):
        ours.add("app", Used(requests, 0, 0, 1.0 if requests == 4 else 0.0))
        ours.flush()
    quick.clock.advance(timedelta(days=-1))  # clocks are set back
    ours.add("bot", Used(2))
    ours.flush()
    quick.clock.advance(timedelta(days=1))
    place = quick.root / "freshground.yaml"
    place.write_text(yaml.safe_dump(quick.raw))

    def usage(*arguments: str):
        called = ["usage", "--settings", str(place), "--since", "2026-11-20", *arguments]
        return CliRunner().invoke(app, called)

    rows = json.loads(usage("--json").output)
    assert [(r["day"], r["key"], r["requests"], r["milliseconds"]) for r in rows] == [
        ("2026-11-20", "app", 3, 10.0),
        ("2026-11-20", "bot", 7, 1.0),
        ("2026-11-21", "app", 10, 1.0),
    ]
    by_key = json.loads(usage("--json", "--by", "key").output)
    assert [(r["key"], r["requests"]) for r in by_key] == [("app", 13), ("bot", 7)]
    by_day = json.loads(usage("--json", "--by", "day").output)
    assert [(r["day"], r["requests"]) for r in by_day] == [("2026-11-20", 10), ("2026-11-21", 10)]
    assert "bot" in usage().output
    assert usage("--by", "hour").exit_code != 0
    assert list(quick.context().lake.usage.read(date(2026, 11, 21))) == [
        (date(2026, 11, 21), "app")
    ]
    quick.context().lake.usage.forget(date(2026, 11, 21))
    assert len(quick.context().lake.usage.read(date(2026, 1, 1))) == 1


def test_usage_that_could_not_be_written_is_written_later(quick, monkeypatch) -> None:
    lake = quick.context().lake
    lake.usage.add("app", Used(1))
    put = lake.files.put

    def fails(path: str, data: bytes) -> None:
        raise Fatal("The lake's disk is full.")

    monkeypatch.setattr(lake.files, "put", fails)
    with pytest.raises(Fatal):
        lake.usage.flush()
    monkeypatch.setattr(lake.files, "put", put)
    lake.usage.flush()
    assert lake.usage.read(NOON.date())[NOON.date(), "app"].requests == 1


def test_callers_without_end_are_one(quick, monkeypatch) -> None:
    monkeypatch.setattr("freshground.lake.usage.CALLERS", 3)
    usage: Usage = quick.context().lake.usage
    for number in range(10):
        usage.add(f"jwt:{number}", Used(1))
    usage.flush()
    found = usage.read(NOON.date())
    assert len(found) == 4
    assert found[NOON.date(), OTHERS].requests == 7
