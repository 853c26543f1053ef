"""A real local Airflow with this project's DAGs: `make up`, or `python -m dags.up`.

Scheduler, API server with the user interface, DAG processor and triggerer, with LocalExecutor on a
PostgreSQL of its own. Everything listens on 127.0.0.1 alone. Ctrl-C stops all of it; so does the
end of the terminal. Started again, it goes on with the same home.
"""

from __future__ import annotations

import argparse
import fcntl
import http.client
import json
import os
import shlex
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from dags.local.environment import environment
from dags.local.postgres import Postgres
from dags.local.processes import Children, adopt_orphans
from dags.local.project import Secrets, keep_secrets, settings_file, write_private
from freshground.core.errors import ConfigError, FreshgroundError
from freshground.core.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.settings import Settings

HOST = "127.0.0.1"
PORT = 8080
PARALLELISM = 4
_GRACE_S = 8.0
_START_S = 180.0
# The log servers of scheduler and triggerer listen on every interface, and no setting changes it.
# All processes share one disk here, so that the API server reads the logs itself.
_COMPONENTS = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
# Imported once, by a server that every task is forked from: else each pays five seconds of CPU for
# them. Elsewhere than on Linux, libraries like these do not survive a fork.
_PRELOADED = (
    "airflow.executors.local_executor",
    "airflow.sdk.execution_time.task_runner",
    "great_expectations",
    # Half of what `lancedb` takes to import, without the threads that it starts.
    "lance_namespace",
    "freshground.service.stages",
    "ingestion.parse",
)
_FORKED = {
    "AIRFLOW__SCHEDULER__MP_START_METHOD": "forkserver",
    "AIRFLOW__SCHEDULER__MP_FORKSERVER_PRELOAD": ",".join(_PRELOADED),
}
_USERS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"
_PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command


def free_port(wanted: int, what: str) -> int:
    """Return `wanted` if nothing listens there, any free port for 0; ConfigError when taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            raise ConfigError(
                f"{what} cannot listen on {HOST}:{wanted}: {error.strerror}.",
                "Stop what listens there, or choose with --port or FRESHGROUND_AIRFLOW_PORT "
                "(0 takes any that is free).",
            ) from None
        return probe.getsockname()[1]


@contextmanager
def only_one(home: Path) -> Iterator[IO[str]]:
    """Hold an Airflow home; ConfigError when another process holds it."""
    with (home / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                f"An Airflow already runs in {home}.", "Stop it, or choose another with --home."
            ) from None
        yield lock


def variables(
    home: Path, settings: Path, database: str, port: int, kept: Secrets
) -> dict[str, str]:
    """Return the environment variables that make Airflow this one and no other."""
    site = f"http://{HOST}:{port}"
    passing = [v for v in (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"),) if v]
    direct = ",".join([*passing, HOST, "localhost"])
    return {
        **environment(home, settings, database),
        **(_FORKED if sys.platform == "linux" else {}),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{site}/execution/",
        # More people than one: admin:admin,vera:viewer. Their passwords come into that file too.
        _USERS: os.environ.get(_USERS) or "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": site,
        "AIRFLOW__API__SECRET_KEY": kept.session,
        "AIRFLOW__API_AUTH__JWT_SECRET": kept.jwt,
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def healthy(port: int) -> bool:
    """Return whether every part of the Airflow behind `port` says that it is well."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/api/v2/monitor/health")
        found = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return all((found.get(part) or {}).get("status") == "healthy" for part in _PARTS)


def _start(children: Children, postgres: Postgres, env: dict[str, str], port: int) -> bool:
    """Start everything; return False when told to stop before all of it was well."""
    postgres.make()
    children.start(
        "postgresql",
        postgres.command,
        dict(os.environ),
        signal.SIGINT,  # its fast shutdown
        cwd="/",
        **postgres.account.options,
    )
    if not children.until(postgres.ready, "PostgreSQL", _START_S):
        return False
    airflow = [sys.executable, "-m", "airflow"]
    migrate = children.start("migrate", [*airflow, "db", "migrate"], env)
    if not children.finish(migrate, _START_S):
        return False
    for name, arguments in _COMPONENTS.items():
        children.start(name, [*airflow, *arguments], env)
    return children.until(lambda: healthy(port), "Airflow", _START_S)


def _welcome(settings: Settings, home: Path, port: int, kept: Secrets, new: bool) -> None:  # noqa: FBT001
    shown = kept.admin if new else f"shown at the first start; it stands in {home}/passwords.json"
    first = f"freshground_ingest_{settings.source_ids[0]}"
    _say(
        f"""
Airflow is ready: http://{HOST}:{port}
  user      admin
  password  {shown}
  logs      {home}/processes

The DAGs are paused. Switch them on and start the first one there, or in another shell:
  . {shlex.quote(str(home / "env"))}
  airflow dags unpause --yes --treat-dag-id-as-regex freshground_
  airflow dags trigger {first}
A change then goes from layer to layer by itself. See what is served:
  freshground status

Ctrl-C stops everything."""
    )


def up(named: str | None, home: Path, port: int, stop: threading.Event) -> None:
    """Serve until told to stop. Raises ConfigError or Fatal when something cannot be started."""
    settings_at = settings_file(named, os.environ, home.parent)
    settings = load(settings_at)
    # The user that PostgreSQL runs as has to pass; what is secret is closed file by file.
    home.mkdir(parents=True, exist_ok=True, mode=0o711)
    with only_one(home):
        port = free_port(port, "Airflow")
        kept, new = keep_secrets(home)
        postgres = Postgres(home / "postgres", free_port(0, "PostgreSQL"), kept.database)
        own = variables(home, settings_at, postgres.url, port, kept)
        bin_folder = str(Path(sys.executable).parent)
        lines = [f"export {name}={shlex.quote(value)}" for name, value in own.items()]
        lines.append(f'export PATH={shlex.quote(bin_folder)}:"$PATH"')
        write_private(home / "env", "\n".join(lines) + "\n")
        _say(f"Starting Airflow for {settings_at}; this takes about half a minute.")
        adopt_orphans()
        children = Children(home / "processes", stop.is_set)
        try:
            if _start(children, postgres, {**os.environ, **own}, port):
                _welcome(settings, home, port, kept, new)
            while not stop.wait(0.5):
                children.check()
        finally:
            _say("Stopping.")
            children.stop(_GRACE_S)
        _say("Stopped.")


def main() -> int:
    """Read the arguments, serve, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m dags.up", description=__doc__)
    parser.add_argument("--settings", help="default: $FRESHGROUND_SETTINGS, ./freshground.yaml")
    parser.add_argument("--home", type=Path, default=Path(".freshground/airflow"))
    parser.add_argument(
        "--port",
        type=int,
        default=os.environ.get("FRESHGROUND_AIRFLOW_PORT", str(PORT)),
        help=f"of the user interface; default: $FRESHGROUND_AIRFLOW_PORT, {PORT}; 0: any free one",
    )
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        up(given.settings, given.home.resolve(), given.port, stop)
    except FreshgroundError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
