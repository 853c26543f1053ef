"""Azure OpenAI and OpenAI-compatible `/embeddings` endpoints."""

from __future__ import annotations

import base64
import binascii
import random
import time
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np

from freshground.core.clock import SystemClock
from freshground.core.errors import ConfigError, Fatal, Retriable
from indexes.encoders.retry import LONGEST_WAIT, backoff, retry_after
from indexes.encoders.space import make_space
from indexes.encoders.vectors import unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from freshground.core.clock import Clock
    from freshground.core.records import EmbeddingSpace
    from freshground.core.settings import RemoteEncoder

_OK = 200
_TRY_AGAIN = frozenset({408, 409, 425, 429})
_SERVER_FAULT = 500
_SHOWN = 200
_ADVICE = {
    400: "Check `model`, `dimensions` and `max_tokens`: the endpoint refuses what they ask for.",
    401: "Check `api_key`, and `api` (azure sends the key in another header).",
    403: "The key is known but may not do this: check its rights and the network rules.",
    404: "Check `url` (`/embeddings` is appended to it), `model` and `api_version`.",
}


class OpenAIEncoder:
    """Asks an endpoint for vectors, in batches, and waits where it is told to.

    `sleep` waits a number of seconds, `jitter` returns a number from 0 to 1; tests pass their own.
    """

    space: EmbeddingSpace
    runtime: str = "openai"
    max_tokens: int

    def __init__(
        self,
        settings: RemoteEncoder,
        token_counter: Callable[[Sequence[str]], list[int]] | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._count = token_counter
        self._sleep = sleep
        self._jitter = jitter
        self._clock = clock or SystemClock()
        self.max_tokens = settings.max_tokens
        self.space = make_space(
            model=settings.model,
            weights=settings.model,
            pooling="remote",
            prefix=settings.prefix,
            dimensions=settings.dimensions,
            precision="remote",
        )
        try:
            url = httpx.URL(f"{settings.url.rstrip('/')}/embeddings")
        except httpx.InvalidURL as error:
            raise ConfigError(f"The encoder's `url` is no URL: {error}.", "Correct it.") from None
        if url.scheme not in {"http", "https"} or not url.host:
            found = f"The encoder's `url` has the scheme {url.scheme!r} and the host {url.host!r}."
            raise ConfigError(found, "Write it as https://host/path.")
        self._shown = str(url.copy_with(username=None, password=None, query=None))
        key = settings.api_key.get_secret_value()
        azure = settings.api == "azure"
        self._client = httpx.Client(
            timeout=settings.timeout.total_seconds(),
            headers={"api-key": key} if azure else {"Authorization": f"Bearer {key}"},
        )
        if settings.api_version:
            url = url.copy_merge_params({"api-version": settings.api_version})
        self._url = url

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> np.ndarray:
        """Return float32 of shape (len(texts), space.dimensions), rows of unit length.

        Raises ConfigError (refused key, model or request), Retriable (still failing after
        `max_attempts`, or told to wait too long) and Fatal (vectors of another length).
        """
        vectors = np.empty((len(texts), self.space.dimensions), dtype=np.float32)
        for start in range(0, len(texts), self._settings.batch_size):
            batch = texts[start : start + self._settings.batch_size]
            vectors[start : start + len(batch)] = self._ask(
                [self._settings.prefix + text for text in batch]
            )
            if progress is not None:
                progress(len(batch))
        return vectors

    def encode_query(self, text: str) -> np.ndarray:
        """Return float32 of shape (space.dimensions,), unit length."""
        return self.encode_queries([text])[0]

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 of shape (len(texts), space.dimensions), unit rows, of texts asked for."""
        return self._ask([self._settings.query_prefix + text for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text with the prefix, as the counter given counts them."""
        if self._count is None:
            found = "The remote encoder was opened without a token counter."
            raise Fatal(found, "Pass `token_counter` to open_encoder.")
        return self._count([self._settings.prefix + text for text in texts])

    def _ask(self, texts: list[str]) -> np.ndarray:
        body = {
            "model": self._settings.model,
            # The endpoint refuses an empty text, and one refused text fails its whole batch.
            "input": [text if text.strip() else " " for text in map(_sound, texts)],
            "dimensions": self._settings.dimensions,
            "encoding_format": "base64",
        }
        problem = ""
        attempts = self._settings.max_attempts
        for attempt in range(1, attempts + 1):
            wait = None
            try:
                response = self._client.post(self._url, json=body)
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
            else:
                if response.status_code == _OK:
                    return self._vectors(response, len(texts))
                problem = self._refusal(response)
                wait = retry_after(response.headers, self._clock.now())
            if wait is not None and wait > LONGEST_WAIT:
                found = f"{self._shown} asks to wait {wait:.0f} s ({problem})."
                raise Retriable(found, "Run again after that time.")
            if attempt < attempts:
                self._sleep(backoff(attempt, self._jitter()) if wait is None else wait)
        found = f"{self._shown} failed {attempts} times, last with {problem}."
        raise Retriable(found, "Run again later.")

    def _refusal(self, response: httpx.Response) -> str:
        """Return what a passing trouble says; raise ConfigError for one that time does not mend."""
        status = response.status_code
        code, message = _error_of(response)
        # A refused key may come back in the message, in full or in part.
        shown = "" if status in {401, 403} else message
        shown = shown.replace(self._settings.api_key.get_secret_value(), "***")[:_SHOWN]
        problem = f"status {status}" + (f", {shown!r}" if shown else "")
        if code == "insufficient_quota":
            found = f"{self._shown} answered {problem}."
            raise ConfigError(found, "The account's quota is used up: raise it.")
        if status in _TRY_AGAIN or status >= _SERVER_FAULT:
            return problem
        advice = _ADVICE.get(status, "Check the encoder's `url` and `api`.")
        raise ConfigError(f"{self._shown} answered {problem}.", advice)

    def _vectors(self, response: httpx.Response, count: int) -> np.ndarray:
        try:
            items = response.json()["data"]
            found = {int(item["index"]): _floats(item["embedding"]) for item in items}
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            message = f"{self._shown} answered 200 without readable embeddings ({error!r})."
            raise ConfigError(message, "Check that `url` is an embeddings endpoint.") from None
        if len(items) != count or sorted(found) != list(range(count)):
            message = f"{self._shown} returned {len(items)} vectors for {count} texts."
            raise Fatal(message, "Nothing of this batch was kept; check the endpoint.")
        lengths = {len(vector) for vector in found.values()}
        if lengths != {self.space.dimensions}:
            message = (
                f"{self._shown} returned vectors of length {sorted(lengths)}, "
                f"{self.space.dimensions} was asked for."
            )
            raise Fatal(message, "Set `dimensions` to what the model returns; it is a new space.")
        return unit_rows(np.stack([found[at] for at in range(count)]), self._shown)


def _floats(embedding: str | list[float]) -> np.ndarray:
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4")
    return np.asarray(embedding, dtype=np.float32)


def _sound(text: str) -> str:
    """Replace lone surrogates, which JSON in UTF-8 cannot carry."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _error_of(response: httpx.Response) -> tuple[str, str]:
    """Return code and message of an error in OpenAI's or Azure's form; empty where unreadable."""
    try:
        body: Any = response.json()
    except ValueError:
        return "", ""
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("code") or ""), str(error.get("message") or "")
