"""Tokens of an OIDC issuer: RS256 and nothing else; what cannot be read of one gives no access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.service.api.errors import ApiError
from freshground.service.api.identity.signers import Signers
from freshground.service.api.principal import Principal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freshground.core.clock import Clock
    from freshground.core.settings import Jwt

_ALGORITHM = "RS256"
_LONGEST = 16_384
_LONGEST_NAME = 200


class Tokens:
    """Finds who a token belongs to."""

    def __init__(self, settings: Jwt, clock: Clock, signers: Signers | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._signers = signers or Signers(settings)

    async def find(self, token: str) -> Principal:
        """Return who a token belongs to.

        ApiError 401 when it is not good; 503 when that cannot be known now.
        """
        return self._principal(await self.claims(token))

    async def claims(self, token: str) -> Mapping[str, Any]:
        """Return what a token says, once issuer, audience, signature and times are right.

        ApiError as `find`.
        """
        import jwt

        try:
            if len(token) > _LONGEST:
                raise _refused("it is too long")
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            if header.get("alg") != _ALGORITHM:
                raise _refused(f"it is not signed with {_ALGORITHM}")
            if not isinstance(kid, str) or not kid:
                raise _refused("it does not say which key signed it")
            key = await self._signers.key(kid)
            if key is None:
                raise _refused("its issuer has no such key")
            claims = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                audience=list(self._settings.audience),
                issuer=self._settings.issuer,
                # Times are judged below, by the clock that everything here goes by.
                options={
                    "require": ["exp", "iss", "aud"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise _refused(_WHY.get(type(error).__name__, "it cannot be verified")) from None
        self._check_times(claims)
        return claims

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now().timestamp()
        skew = self._settings.clock_skew.total_seconds()
        times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
        if not all(type(at) in (int, float) for at in times.values()):
            raise _refused("its times cannot be read")
        if not now - skew < times["exp"]:
            raise _refused("it has expired")
        if not all(at <= now + skew for name, at in times.items() if name != "exp"):
            raise _refused("it is not good yet")

    def _principal(self, claims: Mapping[str, Any]) -> Principal:
        settings = self._settings
        name = claims.get(settings.name_claim)
        if not isinstance(name, str) or not name or len(name) > _LONGEST_NAME:
            raise _refused(f"it has no claim {settings.name_claim}")
        roles = texts_of(claims, settings.roles_claim)
        return Principal(
            name=f"jwt:{name}",
            role="admin" if roles & set(settings.admin_roles) else "query",
            groups=texts_of(claims, settings.groups_claim),
        )


_WHY = {
    "InvalidAudienceError": "it is for another audience",
    "InvalidIssuerError": "it is another issuer's",
    "InvalidSignatureError": "its signature is wrong",
    "MissingRequiredClaimError": "it lacks one of exp, iss and aud",
}


def texts_of(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """Return a claim's texts; none at all unless it is a list of nothing else.

    A user of too many groups gets none of them from Entra, but a pointer to ask for them
    (`_claim_names`): what is not in the token counts as no access.
    """
    found = claims.get(claim)
    elsewhere = claims.get("_claim_names", {})
    if not isinstance(found, list) or not all(isinstance(text, str) and text for text in found):
        return frozenset()
    if not isinstance(elsewhere, dict) or claim in elsewhere:
        return frozenset()
    return frozenset(found)


def _refused(why: str) -> ApiError:
    return ApiError(
        401,
        "InvalidToken",
        f"The token is not good: {why}.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )
