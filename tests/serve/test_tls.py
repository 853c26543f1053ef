"""TLS: certificates by a CA that is good for this service's names alone."""

from __future__ import annotations

import ssl
import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from freshground.core.errors import ConfigError
from freshground.service.api.hosting import tls
from freshground.service.api.hosting.tls import certificate, exports
from tests.project import NOON

if TYPE_CHECKING:
    from pathlib import Path


def authority(folder: Path):
    return tls._read(folder / "authority.pem")


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "tls"
    _, trusted = certificate(folder, ["127.0.0.1"], NOON)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(before) == {"authority.pem", "server.pem", "trusted.pem"}
    for name in ("authority.pem", "server.pem"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"PRIVATE" not in before["trusted.pem"]
    certificate(folder, ["localhost", "0.0.0.0", "::"], NOON + timedelta(days=300))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert exports(trusted) == (
        f"export REQUESTS_CA_BUNDLE={trusted}",
        f"export SSL_CERT_FILE={trusted}",
    )
    # What clients trusted before, they trust still.
    context = ssl.create_default_context(cafile=str(trusted))
    assert len(context.get_ca_certs()) > 50


def test_it_is_renewed_before_it_ends(tmp_path: Path) -> None:
    server, trusted = certificate(tmp_path, [], NOON)
    first, signer = tls._read(server)[1], trusted.read_bytes()
    later = NOON + timedelta(days=340)
    certificate(tmp_path, [], later)
    second = tls._read(server)[1]
    assert second.not_valid_after_utc == later + timedelta(days=397)
    assert second.issuer == first.issuer
    assert trusted.read_bytes() == signer
    certificate(tmp_path, [], NOON + timedelta(days=3400))
    assert trusted.read_bytes() != signer


def test_other_names_need_another_authority(tmp_path: Path) -> None:
    server, _ = certificate(tmp_path, [], NOON)
    before = authority(tmp_path)[1].subject
    certificate(tmp_path, ["search.example", "192.0.2.7"], NOON)
    assert authority(tmp_path)[1].subject != before
    names = tls._read(server)[1].extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["localhost", "search.example"]
    with pytest.raises(ConfigError, match="cannot be a name"):
        certificate(tmp_path, ["sübe"], NOON)


@pytest.mark.parametrize("damage", [b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nx"])
def test_what_is_damaged_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    server, _ = certificate(tmp_path, [], NOON)
    (tmp_path / "authority.pem").write_bytes(damage)
    server.write_bytes(damage)
    certificate(tmp_path, [], NOON)
    assert tls._read(server)[1].issuer == authority(tmp_path)[1].subject


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be kept"):
        certificate(tmp_path / "file", [], NOON)


def test_the_authority_is_good_for_nothing_else(tmp_path: Path) -> None:
    certificate(tmp_path, ["search.example"], NOON)
    own = authority(tmp_path)
    verifier = PolicyBuilder().store(Store([own[1]])).time(NOON)

    def verify(name: str) -> None:
        _, found = tls._server(own, [name], NOON)
        verifier.build_server_verifier(x509.DNSName(name)).verify(found, [])

    verify("localhost")
    verify("search.example")
    for name in ("login.example", "other.search.example.org", "example"):
        with pytest.raises(VerificationError):
            verify(name)
