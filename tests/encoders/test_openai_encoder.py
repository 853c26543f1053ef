"""The remote encoder against a real server on loopback that behaves, and misbehaves, like one."""

from __future__ import annotations

import base64
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from freshground.core.errors import ConfigError, Fatal, FreshgroundError, Retriable
from freshground.core.settings import RemoteEncoder
from indexes.encoders import open_encoder
from indexes.encoders.openai import OpenAIEncoder
from indexes.encoders.retry import LONGEST_BACKOFF, backoff, retry_after

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

SECRET = "sk-very-secret-0123456789"
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DIMENSIONS = 4


def vector_of(text: str) -> list[float]:
    """Return what the server embeds a text to: not of unit length."""
    return [float(len(text)), 1.0, float(text.count("a")), 2.0]


@dataclass
class Answer:
    """One scripted answer; status 200 without a body means: embed properly."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    form: str = "base64"


@dataclass
class Endpoint:
    """The server's script and what it was asked. An empty script means: answer properly."""

    url: str = ""
    script: deque[Answer | None] = field(default_factory=deque)
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A running endpoint; an Answer of None in the script drops the connection."""
    state = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append(request)
            state.paths.append(self.path)
            state.headers.append({name.lower(): value for name, value in self.headers.items()})
            answer = state.script.popleft() if state.script else Answer()
            if answer is None:
                self.close_connection = True
                return
            body = answer.body if answer.body is not None else embed(request, answer.form)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(data)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def embed(request: dict[str, Any], form: str) -> dict[str, Any]:
    """Return the proper body, items in reverse order: `index` says which is which."""
    items = []
    for index, text in reversed(list(enumerate(request["input"]))):
        vector: Any = vector_of(text)
        if form == "base64":
            vector = base64.b64encode(np.array(vector, dtype="<f4").tobytes()).decode()
        items.append({"object": "embedding", "index": index, "embedding": vector})
    return {"object": "list", "data": items, "model": request["model"]}


@dataclass
class Client:
    """An encoder and the waits that it asked for."""

    encoder: OpenAIEncoder
    waits: list[float]


def connect(endpoint: Endpoint, **changes: Any) -> Client:
    """Open an encoder whose waits pass at once, on a clock that stands at NOW."""
    settings = {
        "type": "openai",
        "url": endpoint.url,
        "model": "embed-small",
        "dimensions": DIMENSIONS,
        "api_key": SECRET,
        "batch_size": 3,
        "max_attempts": 4,
        **changes,
    }
    waits: list[float] = []
    encoder = OpenAIEncoder(
        RemoteEncoder.model_validate(settings),
        lambda texts: [len(text.split()) for text in texts],
        sleep=waits.append,
        jitter=lambda: 0.0,
        clock=ManualClock(NOW),
    )
    return Client(encoder, waits)


def unit(texts: list[str]) -> np.ndarray:
    """Return the vectors that must come back."""
    vectors = np.array([vector_of(text) for text in texts], dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


TEXTS = ["a", "banana", "cd", "aaaa", "tenor", "xyz aa", "last one"]


@pytest.mark.parametrize("form", ["base64", "float"])
def test_batches_come_back_in_input_order(endpoint: Endpoint, form: str) -> None:
    endpoint.script.extend([Answer(form=form)] * 3)
    done: list[int] = []
    vectors = connect(endpoint).encoder.encode(TEXTS, done.append)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, unit(TEXTS), atol=1e-6)
    assert done == [3, 3, 1]
    assert [request["input"] for request in endpoint.requests] == [TEXTS[:3], TEXTS[3:6], TEXTS[6:]]
    first = endpoint.requests[0]
    assert (first["model"], first["dimensions"]) == ("embed-small", DIMENSIONS)
    assert first["encoding_format"] == "base64"
    assert endpoint.paths[0] == "/v1/embeddings"
    assert endpoint.headers[0]["authorization"] == f"Bearer {SECRET}"


def test_azure_takes_the_key_and_version_elsewhere(endpoint: Endpoint) -> None:
    connect(endpoint, api="azure", api_version="2024-10-21").encoder.encode(["a"])
    assert endpoint.paths == ["/v1/embeddings?api-version=2024-10-21"]
    assert endpoint.headers[0]["api-key"] == SECRET
    assert "authorization" not in endpoint.headers[0]


def test_nothing_is_asked_for_nothing(endpoint: Endpoint) -> None:
    assert connect(endpoint).encoder.encode([]).shape == (0, DIMENSIONS)
    assert endpoint.requests == []


def test_prefixes_are_sent_and_blank_texts_are_not(endpoint: Endpoint) -> None:
    client = connect(endpoint, prefix="passage: ", query_prefix="query: ")
    client.encoder.encode(["x"])
    client.encoder.encode_query("y")
    assert client.encoder.count_tokens(["two words"]) == [3]
    connect(endpoint).encoder.encode(["", "\n", "a\ud800"])
    asked = [request["input"] for request in endpoint.requests]
    assert asked == [["passage: x"], ["query: y"], [" ", " ", "a\ufffd"]]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after-ms": "1500", "Retry-After": "2"}, 1.5),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90.0),
        ({"Retry-After": format_datetime(NOW - timedelta(hours=1), usegmt=True)}, 0.0),
        ({"Retry-After": "soon"}, 0.5),
        ({}, 0.5),
    ],
)
def test_a_busy_server_is_asked_again_when_it_says(
    endpoint: Endpoint, headers: dict[str, str], wait: float
) -> None:
    endpoint.script.append(Answer(429, headers, {"error": {"code": "429", "message": "busy"}}))
    client = connect(endpoint)
    np.testing.assert_allclose(client.encoder.encode(["a"]), unit(["a"]), atol=1e-6)
    assert client.waits == [wait]
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_storm_ends_as_retriable(endpoint: Endpoint, status: int) -> None:
    endpoint.script.extend([Answer(status, body=b"<html>no</html>")] * 9)
    client = connect(endpoint)
    with pytest.raises(Retriable, match=f"failed 4 times, last with status {status}"):
        client.encoder.encode(TEXTS)
    assert len(endpoint.requests) == 4
    assert client.waits == [0.5, 1.0, 2.0]


def test_a_dropped_connection_is_tried_again(endpoint: Endpoint) -> None:
    endpoint.script.extend([None, None])
    client = connect(endpoint)
    np.testing.assert_allclose(client.encoder.encode(["a"]), unit(["a"]), atol=1e-6)
    assert client.waits == [0.5, 1.0]


def test_nobody_listening_is_retriable(endpoint: Endpoint) -> None:
    unused = Endpoint(url="http://127.0.0.1:9/v1")
    with pytest.raises(Retriable, match="ConnectError"):
        connect(unused).encoder.encode(["a"])
    assert endpoint.requests == []


def test_a_slow_answer_is_retriable(endpoint: Endpoint) -> None:
    release = threading.Event()
    with pytest.raises(Retriable, match="Timeout"):
        connect(
            Endpoint(url=_silent_server(release)), timeout="50ms", max_attempts=1
        ).encoder.encode(["a"])
    release.set()
    assert endpoint.requests == []


def _silent_server(release: threading.Event) -> str:
    """Return the URL of a socket that takes a connection and says nothing until released."""
    import socket

    listener = socket.create_server(("127.0.0.1", 0))

    def hold() -> None:
        connection, _ = listener.accept()
        release.wait(10)
        connection.close()
        listener.close()

    threading.Thread(target=hold, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_told_to_wait_for_hours_it_ends_at_once(endpoint: Endpoint) -> None:
    endpoint.script.append(Answer(429, {"Retry-After": "86400"}, {}))
    client = connect(endpoint)
    with pytest.raises(Retriable, match="asks to wait 86400 s"):
        client.encoder.encode(["a"])
    assert client.waits == []


@pytest.mark.parametrize(
    ("status", "advice"),
    [(400, "dimensions"), (401, "api_key"), (403, "rights"), (404, "url"), (422, "url")],
)
def test_a_refusal_says_what_to_do_and_never_the_key(
    endpoint: Endpoint, status: int, advice: str
) -> None:
    message = f"Incorrect API key provided: {SECRET}."
    endpoint.script.append(Answer(status, body={"error": {"code": "x", "message": message}}))
    client = connect(endpoint)
    with pytest.raises(ConfigError, match=f"answered status {status}") as caught:
        client.encoder.encode(["a"])
    assert advice in caught.value.do
    assert SECRET not in str(caught.value)
    assert len(endpoint.requests) == 1


def test_a_used_up_quota_is_not_waited_for(endpoint: Endpoint) -> None:
    body = {"error": {"code": "insufficient_quota", "message": "You exceeded your quota."}}
    endpoint.script.append(Answer(429, body=body))
    with pytest.raises(ConfigError, match="exceeded your quota"):
        connect(endpoint).encoder.encode(["a"])


@pytest.mark.parametrize("form", ["base64", "float"])
def test_vectors_of_another_length_are_fatal(endpoint: Endpoint, form: str) -> None:
    endpoint.script.append(Answer(form=form))
    with pytest.raises(Fatal, match=r"length \[4\], 5 was asked for"):
        connect(endpoint, dimensions=5).encoder.encode(["a"])


def _item(index: int) -> dict[str, Any]:
    return {"index": index, "embedding": [1.0, 2.0, 3.0, 4.0]}


@pytest.mark.parametrize("indexes", [[0], [0, 0], [0, 2], [0, 1, 2], [-1, 0]], ids=str)
def test_missing_or_doubled_vectors_are_fatal(endpoint: Endpoint, indexes: list[int]) -> None:
    endpoint.script.append(Answer(body={"data": [_item(index) for index in indexes]}))
    with pytest.raises(Fatal, match=f"{len(indexes)} vectors for 2 texts"):
        connect(endpoint).encoder.encode(["a", "b"])


@pytest.mark.parametrize(
    "body",
    [
        b"<html>a portal</html>",
        {"object": "list"},
        {"data": [{"index": 0, "embedding": "!!!!"}]},
        {"data": [{"index": 0, "embedding": "AAA="}]},
        {"data": [{"index": 0, "embedding": ["x"]}]},
        {"data": [{"embedding": [1.0, 2.0, 3.0, 4.0]}]},
        [],
    ],
    ids=lambda body: str(body)[:30],
)
def test_an_answer_that_is_none_points_at_the_url(endpoint: Endpoint, body: Any) -> None:
    endpoint.script.append(Answer(body=body))
    with pytest.raises(ConfigError, match="without readable embeddings"):
        connect(endpoint).encoder.encode(["a"])


def test_not_a_number_is_fatal(endpoint: Endpoint) -> None:
    body = {"data": [{"index": 0, "embedding": [0.0] * 4}]}
    endpoint.script.append(Answer(body=body))
    with pytest.raises(Fatal, match="without direction"):
        connect(endpoint).encoder.encode(["a"])


@pytest.mark.parametrize("url", ["ftp://host/v1", "host/v1", "http://", "http://a:port"])
def test_a_wrong_url_is_a_fault_of_the_settings(url: str) -> None:
    with pytest.raises(ConfigError, match="`url`"):
        connect(Endpoint(url=url))


def test_credentials_in_the_url_are_not_shown() -> None:
    client = connect(Endpoint(url=f"http://user:{SECRET}@127.0.0.1:9/v1"), max_attempts=1)
    with pytest.raises(FreshgroundError) as caught:
        client.encoder.encode(["a"])
    assert SECRET not in str(caught.value)


def test_the_space_is_model_dimensions_and_prefix(tmp_path: Path) -> None:
    def space(**changes: Any) -> str:
        settings = {"type": "openai", "url": "http://a/v1", "model": "m", "dimensions": 8}
        made = RemoteEncoder.model_validate({**settings, "api_key": "k", **changes})
        return open_encoder(made, tmp_path, str).space.id

    same = {space(), space(url="https://b/v1"), space(query_prefix="q"), space(api_key="other")}
    assert len(same) == 1
    assert len(same | {space(model="n"), space(dimensions=9), space(prefix="p")}) == 4


def test_counting_needs_a_counter(tmp_path: Path) -> None:
    settings = {"type": "openai", "url": "http://a", "model": "m", "dimensions": 8, "api_key": "k"}
    encoder = open_encoder(RemoteEncoder.model_validate(settings), tmp_path, str)
    with pytest.raises(Fatal, match="token counter"):
        encoder.count_tokens(["a"])


@settings(deadline=None)
@given(st.integers(1, 40), st.floats(0, 1))
def test_backoff_grows_to_a_bound(attempt: int, jitter: float) -> None:
    wait = backoff(attempt, jitter)
    assert 0.25 <= wait <= LONGEST_BACKOFF
    assert wait <= 0.5 * 2 ** (attempt - 1)
    assert backoff(attempt + 1, jitter) >= wait


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_retry_after_is_a_wait_or_none(value: str) -> None:
    wait = retry_after(httpx.Headers([(b"retry-after", value.encode("utf-8"))]), NOW)
    assert wait is None or wait >= 0
