"""`freshground serve` over a project, asked by the official client, over http and https."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.serve.processes import serving

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.slow

CLIENT = """
import sys
from azure.core.credentials import AzureKeyCredential
from azure.search.documents import SearchClient
client = SearchClient(sys.argv[1], "docs", AzureKeyCredential(sys.argv[2]), retry_total=0)
hits = [hit["document_key"] for hit in client.search("policy", select=["document_key"])]
print(client.get_document_count() == len(hits), sorted(set(hits)))
"""


def ask(url: str, key: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CLIENT, url, key],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def published(quick: Project) -> Project:
    quick.clock.set(datetime.now(UTC))  # the process has the machine's clock
    quick.fill(2, paragraphs=1)
    quick.refresh()
    return quick


def wait_until_ready(url: str) -> None:
    for _ in range(1000):
        if httpx.get(f"{url}/readyz", verify=False).status_code == 200:
            return
    raise AssertionError(httpx.get(f"{url}/readyz", verify=False).text)


def test_over_http(published: Project) -> None:
    _, query = published.context().lake.keys.create("app", "query")
    with serving(published) as (told, process):
        assert told["exports"] == []
        wait_until_ready(told["url"])
        assert told["dashboard"] == f"{told['url']}/ui/"
        assert httpx.get(told["dashboard"]).status_code == 401
        assert "Set up the dashboard" in httpx.get(told["setup"]).text
        pages = httpx.get(f"{told['url']}/freshness", headers={"accept": "text/html"})
        assert pages.status_code == 401  # the API's doors are as they were
        for key in (query, told["api_key"]):
            done = ask(told["url"], key)
            assert done.stdout == "True ['d000.md', 'd001.md']\n", done.stderr
        assert "InvalidKey" in ask(told["url"], "fg_wrong").stderr
        published.context().lake.keys.revoke("app")
        while httpx.get(f"{told['url']}/freshness", headers={"api-key": query}).status_code != 403:
            pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    used = published.context().lake.usage.read(datetime.now(UTC).date())
    assert {name for _, name in used} == {"app", "dev"}
    rows = [json.loads(line) for line in (published.root / "stderr").read_text().splitlines()]
    found = [row for row in rows if row["path"].endswith("search.post.search")]
    assert [row["index"] for row in found if row["status"] == 200] == ["docs", "docs"]
    assert all(row["release"] == 1 and row["hits"] == 2 for row in found if row["status"] == 200)
    assert "policy" not in (published.root / "stderr").read_text()


def test_over_https(published: Project) -> None:
    with serving(published, "--tls") as (told, _):
        assert told["url"].startswith("https://127.0.0.1:")
        page = httpx.get(told["setup"], verify=False)
        assert page.headers["set-cookie"].startswith("__Host-fg_form=")
        names = dict(line.removeprefix("export ").split("=", 1) for line in told["exports"])
        assert set(names) == {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"}
        wait_until_ready(told["url"])
        by_name = told["url"].replace("127.0.0.1", "localhost")
        for url in (told["url"], by_name):
            done = ask(url, told["api_key"], **names)
            assert done.stdout == "True ['d000.md', 'd001.md']\n", done.stderr
        assert "CERTIFICATE_VERIFY_FAILED" in ask(by_name, told["api_key"]).stderr


def test_how_to_make_a_key_is_told_to_who_has_none(capsys) -> None:
    from freshground.service.cli.serve import _tell

    found = {"url": "http://127.0.0.1:8700", "exports": ["export A=b"]}
    _tell(found, has_keys=False, as_json=False)
    _tell(found | {"dashboard": "d", "setup": "s"}, has_keys=True, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "Serving on http://127.0.0.1:8700",
        "export A=b",
        "Nobody has a key yet. Make one: freshground keys create NAME --role query",
        "Serving on http://127.0.0.1:8700",
        "Dashboard: d",
        "Nobody has an account yet. Make yours, once, at s",
        "export A=b",
    ]
