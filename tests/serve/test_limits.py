"""Bytes, places and time, over real HTTP."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from freshground.core.settings import Limits as Settings
from freshground.service.api.protection.limits import Limits
from freshground.service.api.protection.slots import Busy, Slots
from tests.serve.served import COUNT, SEARCH


def key(handlers) -> dict[str, str]:
    return {"api-key": handlers.context.lake.keys.create("app", "query")[1]}


def test_a_body_that_is_too_large(protected) -> None:
    with protected(limits={"max_body": 10_000}) as (client, handlers):
        headers = key(handlers)

        def chunks(size: int):
            for _ in range(size // 100):
                yield b"x" * 100

        assert client.post(SEARCH, content=b"x" * 10_000, headers=headers).json()["size"] == 10_000
        assert client.post(SEARCH, content=chunks(10_000), headers=headers).json()["size"] == 10_000
        for body in (b"x" * 10_001, b"x" * 30_000, chunks(10_100), chunks(39_000)):
            found = client.post(SEARCH, content=body, headers=headers)
            assert found.status_code == 413
            assert found.json()["error"]["code"] == "RequestEntityTooLarge"
        assert handlers.inside._value == 2
        found = client.post(SEARCH, content=b"x" * 50_000, headers=headers)
        assert found.status_code == 413
        assert found.headers["connection"] == "close"
        with suppress(httpx.TransportError):  # it may still be sending when nobody listens
            found = client.post(SEARCH, content=chunks(10_000_000), headers=headers)
            assert found.status_code == 413
            assert found.headers["connection"] == "close"
        # Who has no key sends no body either.
        assert client.post(SEARCH, content=b"x" * 10_001).status_code == 401


def test_a_body_that_does_not_come(protected) -> None:
    with protected(limits={"max_upload_time": "50ms"}) as (client, handlers):
        headers = key(handlers)
        stuck = handlers.go
        stuck.clear()

        def slowly():
            yield b"x"
            stuck.wait(10)

        with ThreadPoolExecutor() as pool:
            asked = pool.submit(client.post, SEARCH, content=slowly(), headers=headers)
            # The answer is there while the body is still on its way: nobody is inside.
            stuck.wait(0.3)
            assert not handlers.inside.acquire(blocking=False)
            stuck.set()
            # The connection may be closed before the client has sent all.
            with suppress(httpx.TransportError):
                assert asked.result(10).status_code == 408


def test_those_who_find_no_place(protected) -> None:
    limits = {"max_concurrent": 1, "max_wait": "50ms"}
    with protected(limits=limits) as (client, handlers), ThreadPoolExecutor() as pool:
        headers = key(handlers)
        handlers.go.clear()
        first = pool.submit(client.post, SEARCH, headers=headers)
        assert handlers.inside.acquire(timeout=10)
        found = client.post(SEARCH, headers=headers)
        assert found.status_code == 429
        assert found.headers["retry-after"] == "1"
        assert found.json()["error"]["code"] == "TooManyRequests"
        assert client.get("/healthz").status_code == 200
        handlers.go.set()
        assert first.result(10).status_code == 200
        assert client.post(SEARCH, headers=headers).status_code == 200


def test_those_who_wait_in_line(protected) -> None:
    limits = {"max_concurrent": 1, "max_wait": "20s", "max_waiting": 1}
    with protected(limits=limits) as (client, handlers), ThreadPoolExecutor() as pool:
        headers = key(handlers)
        handlers.go.clear()
        asked = [pool.submit(client.post, SEARCH, headers=headers) for _ in range(3)]
        # One is inside and one waits: for the third there is no room in the line.
        refused = next(f for f in _as_they_end(asked))
        assert refused.result().status_code == 429
        handlers.go.set()
        assert sorted(f.result(10).status_code for f in asked) == [200, 200, 429]


def _as_they_end(futures):
    from concurrent.futures import as_completed

    return as_completed(futures, timeout=10)


def test_what_takes_too_long_is_given_up_and_keeps_its_place(protected) -> None:
    limits = {"max_concurrent": 1, "max_wait": "50ms", "max_time": "100ms"}
    with protected(limits=limits) as (client, handlers):
        headers = key(handlers)
        handlers.go.clear()
        found = client.post(SEARCH, headers=headers)
        assert found.status_code == 504
        assert found.json()["error"]["code"] == "QueryTimeout"
        assert client.get(COUNT, headers=headers).status_code == 429
        handlers.go.set()
        retried = next(
            r
            for r in (client.get(COUNT, headers=headers) for _ in range(100))
            if r.status_code != 429
        )
        assert retried.text == "1"


def test_an_error_of_a_handler_says_nothing_and_gives_its_place_back(protected) -> None:
    with protected(limits={"max_concurrent": 1, "max_wait": "0s"}) as (client, handlers):
        _, secret = handlers.context.lake.keys.create("root", "admin")
        for _ in range(3):
            # The server closes a connection on which a handler failed: the next one needs its own.
            headers = {"api-key": secret, "connection": "close"}
            found = client.get("/broken", headers=headers)
            assert found.status_code == 500
            assert json.loads(found.text)["error"]["code"] == "InternalError"


@pytest.mark.anyio
async def test_an_answer_that_comes_too_late_is_dropped() -> None:
    late, sent = asyncio.Event(), []

    async def app(scope, receive, send):
        await late.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"late"})

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    limits = Limits(app, Settings(max_time="10ms"))
    scope = {"type": "http", "method": "POST", "path": "/x", "headers": [], "state": {}}
    await limits(scope, receive, send)
    given_up = list(limits._given_up)
    late.set()
    await asyncio.gather(*given_up)
    assert [m["status"] for m in sent if m["type"] == "http.response.start"] == [504]
    assert len(sent) == 2


@pytest.mark.anyio
async def test_slots_let_in_first_who_came_first() -> None:
    slots, order = Slots(2, 10, 5.0), []

    async def visit(name: int) -> None:
        await slots.enter()
        order.append(name)

    await visit(0)
    await visit(1)
    others = [asyncio.create_task(visit(name)) for name in (2, 3, 4)]
    await asyncio.sleep(0)
    others[0].cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    slots.leave()
    slots.leave()
    await asyncio.gather(*others[1:])
    assert order == [0, 1, 3, 4]
    slots.leave()
    slots.leave()
    await visit(5)
    await visit(6)
    with pytest.raises(Busy):
        await Slots(0, 0, 1.0).enter()
    with pytest.raises(Busy):
        await Slots(0, 1, 0.001).enter()
