"""The public keys of an OIDC issuer, fetched when needed and seldom."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from freshground.service.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.settings import Jwt

DISCOVERY = "/.well-known/openid-configuration"
_TIMEOUT = 5.0
_LARGEST = 1_000_000
_BELIEVED = 24
"""How many times `keep_keys` keys count while the issuer cannot be reached."""

_LEAST_BITS = 2048


class Unreachable(Exception):
    """The issuer did not give its keys."""


class Signers:
    """The keys of one issuer by key id. For one event loop."""

    def __init__(self, settings: Jwt, timer: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._timer = timer
        self._keys: dict[str, Any] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching = asyncio.Lock()

    async def key(self, kid: str) -> Any | None:
        """Return the public key of an id, None when the issuer has none such.

        ApiError 503 when the issuer cannot be reached and nothing is known of it.
        """
        if kid not in self._keys or self._age() >= self._settings.keep_keys.total_seconds():
            await self._fetch(kid)
        if self._age() > _BELIEVED * self._settings.keep_keys.total_seconds():
            raise ApiError(
                503,
                "IssuerUnreachable",
                "The issuer of tokens does not give its keys now.",
                headers={"Retry-After": "5"},
            )
        return self._keys.get(kid)

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._timer() - self._fetched_at

    async def _fetch(self, kid: str) -> None:
        async with self._fetching:
            now = self._timer()
            fresh = self._age() < self._settings.keep_keys.total_seconds()
            if kid in self._keys and fresh:
                return  # another request has just fetched it
            pause = self._settings.refetch_every.total_seconds()
            if self._tried_at is not None and now - self._tried_at < pause:
                return
            self._tried_at = now
            try:
                self._keys = await self._fetched()
            except Unreachable:
                return  # what was fetched last counts for a while
            self._fetched_at = now

    async def _fetched(self) -> dict[str, Any]:
        url = self._settings.jwks_url
        if url is None:
            issuer = self._settings.issuer
            told = await get_json(issuer.rstrip("/") + DISCOVERY)
            if told.get("issuer") != issuer:
                raise Unreachable("the discovery document is another issuer's")
            url = _url(told.get("jwks_uri"))
        listed = (await get_json(url)).get("keys")
        if not isinstance(listed, list):
            raise Unreachable("the key set holds no list of keys")
        keys = {}
        for each in listed:
            key = _rsa_key(each)
            if key is not None:
                keys[each["kid"]] = key
        return keys


def _url(value: object) -> str:
    from freshground.core.settings.values import fetchable

    try:
        return fetchable(value if isinstance(value, str) else "")
    except ValueError as error:
        raise Unreachable(str(error)) from None


def _rsa_key(jwk: object) -> Any | None:
    """Return the key of an entry that may sign with RS256; others are passed over."""
    import jwt

    if not isinstance(jwk, dict) or jwk.get("kty") != "RSA":
        return None
    if not isinstance(jwk.get("kid"), str) or jwk.get("use", "sig") != "sig":
        return None
    if jwk.get("alg", "RS256") != "RS256" or "d" in jwk:
        return None
    try:
        key = jwt.PyJWK(jwk, algorithm="RS256").key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    return key if key.key_size >= _LEAST_BITS else None


async def get_json(url: str) -> dict[str, Any]:
    """Return the object at a URL of an issuer; Unreachable when there is none."""
    import httpx
    import orjson

    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False) as client:
            answer = await client.get(url)
            answer.raise_for_status()
            if len(answer.content) > _LARGEST:
                raise Unreachable("the answer is too large")
            found = orjson.loads(answer.content)
    except (httpx.HTTPError, httpx.InvalidURL, orjson.JSONDecodeError) as error:
        raise Unreachable(type(error).__name__) from error
    if not isinstance(found, dict):
        raise Unreachable("the answer is no object")
    return found
