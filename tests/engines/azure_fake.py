"""A search service of one dictionary: as little as the engine's tests need, evaluated plainly.

It speaks HTTP on loopback, in this process. `lag` makes counts and searches trail what was written
by so many questions; `aliases` names the versions of the protocol that have aliases.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pyarrow as pa

from freshground.core.errors import ConfigError
from indexes.engines.bm25 import Bm25
from indexes.filters.evaluate import matches
from indexes.filters.parse import parse

KEY = "test-key"
_TYPES = {
    "Edm.String": pa.string(),
    "Edm.Int32": pa.int32(),
    "Edm.Int64": pa.int64(),
    "Edm.Double": pa.float64(),
    "Edm.Boolean": pa.bool_(),
    "Edm.DateTimeOffset": pa.timestamp("us", "UTC"),
    "Collection(Edm.String)": pa.list_(pa.string()),
}


@dataclass
class FakeIndex:
    definition: dict[str, Any]
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    hidden: int = 0
    """Questions to the count that are still told one document too few."""

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in self.definition["fields"]}

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(n, _TYPES[f["type"]]) for n, f in self.fields.items() if n != "vector"])


class Answer(Exception):
    def __init__(self, status: int, body: Any = None) -> None:
        self.status = status
        self.body = body


@dataclass
class FakeService:
    aliases_for: tuple[str, ...] = ("2026-04-01", "2025-11-01-preview")
    lag: int = 0
    max_bytes: int = 16_000_000
    refused: tuple[str, ...] = ()
    """Keys that are refused for good."""
    indexes: dict[str, FakeIndex] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    moves: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def running(self) -> Iterator[FakeService]:
        service, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                pass

            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                raw = self.rfile.read(length)
                try:
                    if self.headers.get("api-key") != KEY:
                        raise Answer(403, _error("Forbidden", "wrong key"))
                    with lock:
                        service.answer(self.command, self.path, raw, self.headers)
                    raise AssertionError("no answer")
                except Answer as answer:
                    body = b"" if answer.body is None else json.dumps(answer.body).encode()
                    self.send_response(answer.status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def index(self, name: str) -> FakeIndex:
        found = self.indexes.get(self.aliases.get(name, name))
        if found is None:
            raise Answer(404, _error("IndexNotFound", name))
        return found

    def answer(self, method: str, target: str, raw: bytes, headers: Any) -> None:
        parts = urlsplit(target)
        path, query = unquote(parts.path), parse_qs(parts.query)
        body = json.loads(raw) if raw else {}
        if path.startswith("/aliases"):
            self._alias(method, path, body, query["api-version"][0])
        if path == "/indexes":
            raise Answer(200, {"value": [i.definition for i in self.indexes.values()]})
        found = re.fullmatch(r"/indexes\('([^']*)'\)(/.*)?", path)
        assert found, path
        name, rest = found[1], found[2]
        if rest is None:
            self._definition(method, name, body, headers)
        index = self.index(name)
        if rest == "/docs/$count":
            index.hidden = max(0, index.hidden - 1)
            raise Answer(200, len(index.documents) - (1 if index.hidden else 0))
        if rest == "/docs/search.index":
            self._write(index, body, len(raw))
        assert rest == "/docs/search.post.search", rest
        self._search(index, body)

    def _alias(self, method: str, path: str, body: dict[str, Any], version: str) -> None:
        if version not in self.aliases_for:
            raise Answer(404)
        found = re.fullmatch(r"/aliases\('([^']*)'\)", path)
        shown = [{"name": a, "indexes": [i]} for a, i in sorted(self.aliases.items())]
        if not found:
            raise Answer(200, {"value": shown})
        if method == "PUT":
            self.aliases[found[1]] = body["indexes"][0]
            self.moves.append((found[1], body["indexes"][0]))
            raise Answer(200, body)
        named = [each for each in shown if each["name"] == found[1]]
        raise Answer(200, named[0]) if named else Answer(404, _error("NotFound", "alias"))

    def _definition(self, method: str, name: str, body: dict[str, Any], headers: Any) -> None:
        if method == "PUT":
            if name in self.indexes and headers.get("if-none-match") == "*":
                raise Answer(412, _error("PreconditionFailed", name))
            self.indexes[name] = FakeIndex(body)
            raise Answer(201, body)
        index = self.index(name)
        if method == "DELETE":
            if name in self.aliases.values():
                raise Answer(400, _error("AliasMeansIt", name))
            del self.indexes[name]
            raise Answer(204)
        raise Answer(200, index.definition)

    def _write(self, index: FakeIndex, body: dict[str, Any], size: int) -> None:
        if size > self.max_bytes:
            raise Answer(413, _error("TooLarge", str(size)))
        self.batches.append(len(body["value"]))
        results = []
        for action in body["value"]:
            document = {k: v for k, v in action.items() if k != "@search.action"}
            key = document["chunk_id"]
            if key in self.refused:
                results.append({"key": key, "status": False, "statusCode": 400,
                                "errorMessage": "refused"})  # fmt: skip
                continue
            assert re.fullmatch(r"[A-Za-z0-9=-][A-Za-z0-9_=-]*", key), key
            assert document.keys() <= index.fields.keys()
            new = key not in index.documents
            if action["@search.action"] == "delete":
                index.documents.pop(key, None)
            else:
                empty = {
                    n: [] if f["type"].startswith("Coll") else None for n, f in index.fields.items()
                }
                kept = {n: v for n, v in document.items() if v is not None}
                index.documents[key] = {**empty, **kept}
            status = 201 if new and action["@search.action"] == "upload" else 200
            results.append({"key": key, "status": True, "statusCode": status, "errorMessage": None})
        index.hidden = self.lag
        bad = any(not each["status"] for each in results)
        raise Answer(207 if bad else 200, {"value": results})

    def _search(self, index: FakeIndex, body: dict[str, Any]) -> None:
        rows = [index.documents[key] for key in sorted(index.documents)]
        if body.get("filter"):
            filterable = {n for n, f in index.fields.items() if f.get("filterable")}
            try:
                where = parse(body["filter"], index.schema, filterable)
            except ConfigError as error:
                raise Answer(400, _error("InvalidFilter", str(error))) from None
            kept = [matches(where, _typed(index, row)) for row in rows]
        else:
            kept = [True] * len(rows)
        scores = dict.fromkeys((n for n, keep in enumerate(kept) if keep), 1.0)
        text = body.get("search")
        if text not in (None, "", "*"):
            assert not re.search(r"""[+\-|"()*~\\]""", text), text
            (name,) = _names(body["searchFields"])
            found = Bm25([row[name] or "" for row in rows], "english").scores(text)
            scores = {n: found[n] for n in scores if n in found}
        for arm in body.get("vectorQueries") or []:
            scores = _nearest(rows, scores, arm)
        order = sorted(scores, key=lambda n: (-scores[n], rows[n]["chunk_id"]))
        top, skip = body.get("top", 50), body.get("skip") or 0
        assert top <= 1000
        chosen = order[skip : skip + top]
        select = _names(body["select"])
        value = [{"@search.score": scores[n], **{s: rows[n][s] for s in select}} for n in chosen]
        answer: dict[str, Any] = {"value": value}
        if body.get("count"):
            answer["@odata.count"] = len(order)
        raise Answer(200, answer)


def _names(value: str | list[str]) -> list[str]:
    return value.split(",") if isinstance(value, str) else value


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _typed(index: FakeIndex, row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(row[name])
        if each["type"] == "Edm.DateTimeOffset" and row[name] is not None
        else row[name]
        for name, each in index.fields.items()
    }


def _nearest(
    rows: list[dict[str, Any]], among: dict[int, float], arm: dict[str, Any]
) -> dict[int, float]:
    query = np.asarray(arm["vector"], np.float64)
    found: dict[int, float] = {}
    for n in among:
        row = np.asarray(rows[n][arm["fields"]], np.float32).astype(np.float64)
        cosine = (row * query).sum() / (np.sqrt((row * row).sum()) * np.linalg.norm(query))
        found[n] = float(np.float32(1 / (2 - cosine)))
    best = sorted(found, key=lambda n: (-found[n], rows[n]["chunk_id"]))[: arm["k"]]
    return {n: found[n] for n in best}
