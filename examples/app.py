"""An app of somebody else's: it knows an endpoint and a key, and uses Azure AI Search's own client.

`serving` starts the service beside it, on a free port of this machine.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from azure.core.credentials import AzureKeyCredential
from azure.search.documents import SearchClient
from azure.search.documents.models import VectorizableTextQuery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def ask(endpoint: str, key: str, index: str, question: str, where: str | None = None) -> list[str]:
    """Search text and vectors together; return lines for people."""
    told: dict[str, str] = {}
    client = SearchClient(endpoint, index, AzureKeyCredential(key))
    hits = client.search(
        search_text=question,
        vector_queries=[
            VectorizableTextQuery(text=question, fields="vector", k_nearest_neighbors=50)
        ],
        filter=where,
        top=3,
        select=["title", "text", "source_uri", "source_modified_at", "release"],
        raw_response_hook=lambda response: told.update(response.http_response.headers),
    )
    lines = [
        f"{hit['@search.score']:.4f}  {hit['title']}  (release {hit['release']}, "
        f"modified {hit['source_modified_at']})\n          {_short(hit['text'])}"
        for hit in hits
    ]
    lines.append(
        f"as of {told['x-freshground-as-of']}, {told['x-freshground-sla']}, "
        f"{float(told['x-freshground-staleness']):.0f} s old"
    )
    client.close()
    return lines


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= 100 else one_line[:99] + "…"


@contextmanager
def serving(settings: Path) -> Iterator[str]:
    """Serve a project until the block ends; yield the endpoint once it is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "freshground", "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--settings", str(settings)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _wait(process, endpoint)
        yield endpoint
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _wait(process: subprocess.Popen[bytes], endpoint: str) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"`freshground serve` ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"{endpoint}/readyz"):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError("`freshground serve` is not ready after a minute")
