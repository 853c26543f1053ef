"""TLS with a CA of this machine, made on first use and good for this service's names alone.

The folder holds `authority.pem` and `server.pem` (key and certificate, mode 0600), and
`trusted.pem`, which clients are pointed at: the CA, and the roots that clients trust otherwise, as
REQUESTS_CA_BUNDLE and SSL_CERT_FILE replace those. Name constraints keep the CA from vouching for
anything but the names that it was made for: whoever steals its key gains no more than them.
"""

from __future__ import annotations

import ipaddress
import os
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, CertificateBuilder, GeneralName

LOCAL = ("localhost", "127.0.0.1", "::1")

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 397
"""What browsers accept of a server's certificate, in days."""

_RENEW_DAYS = 60
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # no name that clients call


def certificate(folder: Path, names: Iterable[str], now: datetime) -> tuple[Path, Path]:
    """Return the files of server and of trusted certificates, made or renewed where needed.

    `names` are hosts and addresses beside localhost. ConfigError when the folder cannot be
    written, or a name cannot be in a certificate.
    """
    wanted = tuple(dict.fromkeys((*LOCAL, *(n for n in names if n not in _EVERYWHERE))))
    _general(wanted)
    server, trusted = folder / "server.pem", folder / "trusted.pem"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = _read(folder / "authority.pem")
        if authority is None or not _is_good(authority[1], wanted, now, _SERVER_DAYS):
            authority = _authority(wanted, now)
            _write(folder / "authority.pem", _pem(*authority), 0o600)
        own = _read(server)
        signer = authority[1].subject
        if own is None or own[1].issuer != signer or not _is_good(own[1], wanted, now, _RENEW_DAYS):
            own = _server(authority, wanted, now)
            _write(server, _pem(*own), 0o600)
        _write(trusted, _roots() + _public(authority[1]), 0o644)
    except OSError as error:
        raise ConfigError(
            f"The certificates cannot be kept in {folder}: {error}.", "Set `cache` to a folder."
        ) from None
    return server, trusted


def exports(trusted: Path) -> tuple[str, str]:
    """Return the two lines that make Python's clients trust the service."""
    return (f"export REQUESTS_CA_BUNDLE={trusted}", f"export SSL_CERT_FILE={trusted}")


def _general(names: Sequence[str]) -> list[GeneralName]:
    from cryptography import x509

    found: list[GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            try:
                found.append(x509.DNSName(name))
            except ValueError:
                raise ConfigError(
                    f"{name!r} cannot be a name of a server.", "Write it in ASCII, as a host name."
                ) from None
    return found


def _networks(names: Sequence[str]) -> list[GeneralName]:
    """Return what a CA for these names may vouch for."""
    from cryptography import x509

    found: list[GeneralName] = []
    for name in _general(names):
        if isinstance(name, x509.IPAddress):
            found.append(x509.IPAddress(ipaddress.ip_network(name.value)))
        else:
            found.append(name)
    return found


def _is_good(found: Certificate, names: Sequence[str], now: datetime, days: int) -> bool:
    """Return whether a certificate covers all names for so many days to come."""
    from cryptography import x509

    if not found.not_valid_before_utc <= now <= found.not_valid_after_utc - timedelta(days=days):
        return False
    try:
        covered = list(found.extensions.get_extension_for_class(x509.NameConstraints).value
                       .permitted_subtrees or ())  # fmt: skip
        asked = _networks(names)
    except x509.ExtensionNotFound:
        covered = list(found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        asked = _general(names)
    return all(name in covered for name in asked)


def _authority(names: Sequence[str], now: datetime) -> tuple[EllipticCurvePrivateKey, Certificate]:
    from cryptography import x509

    key = _new_key()
    # A new CA has a new name: a client that trusts an old one is told apart from a wrong signature.
    subject = _name(f"Freshground local CA {uuid.uuid4().hex[:8]}")
    builder = (
        _builder(key, subject, subject, now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(
            x509.NameConstraints(permitted_subtrees=_networks(names), excluded_subtrees=None),
            critical=True,
        )
    )
    return key, _signed(builder, key)


def _server(
    authority: tuple[EllipticCurvePrivateKey, Certificate], names: Sequence[str], now: datetime
) -> tuple[EllipticCurvePrivateKey, Certificate]:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = _new_key()
    builder = (
        _builder(key, _name("freshground serve"), authority[1].subject, now, _SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_general(names)), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority[0].public_key()),
            critical=False,
        )
    )
    return key, _signed(builder, authority[0])


def _builder(
    key: EllipticCurvePrivateKey, subject: Any, issuer: Any, now: datetime, days: int
) -> CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks differ
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signed(builder: CertificateBuilder, key: EllipticCurvePrivateKey) -> Certificate:
    from cryptography.hazmat.primitives import hashes

    return builder.sign(key, hashes.SHA256())


def _new_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs: bool) -> Any:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: EllipticCurvePrivateKey, found: Certificate) -> bytes:
    from cryptography.hazmat.primitives import serialization

    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + _public(found)


def _public(found: Certificate) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return found.public_bytes(serialization.Encoding.PEM)


def _read(path: Path) -> tuple[EllipticCurvePrivateKey, Certificate] | None:
    """Return key and certificate of a file; None when there is none that can be read as such."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        data = path.read_bytes()
        key = serialization.load_pem_private_key(data, None)
        found = x509.load_pem_x509_certificate(data[data.index(b"-----BEGIN CERTIFICATE") :])
    except (FileNotFoundError, ValueError):
        return None
    return key, found  # type: ignore[return-value]  # the file is our own


def _write(path: Path, data: bytes, mode: int) -> None:
    """Write a file whole, never readable by others before its mode is set."""
    fresh = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    fresh.replace(path)


def _roots() -> bytes:
    """Return the roots that requests and httpx trust by themselves."""
    from pathlib import Path

    import certifi

    data = Path(certifi.where()).read_bytes()
    return data if data.endswith(b"\n") else data + b"\n"
