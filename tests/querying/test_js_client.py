"""The official JavaScript client, where node is there and its registry can be reached."""

from __future__ import annotations

import json
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest

from tests.querying.shelf import vector_of

pytestmark = pytest.mark.slow
PACKAGE = "@azure/search-documents@13.0.0"


def left_out(why: str) -> None:
    """Skip so that nobody overlooks it: the run's summary holds the warning too."""
    warnings.warn(pytest.PytestWarning(f"LEFT OUT: the JavaScript client; {why}"), stacklevel=2)
    pytest.skip(f"LEFT OUT: the JavaScript client; {why}")


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client beside its package, installed into a temporary folder."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        left_out("there is no node here")
    folder = tmp_path_factory.mktemp("js")
    (folder / "package.json").write_text('{"private": true}')
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        left_out("its registry did not answer")
    if done.returncode:
        left_out(f"{PACKAGE} could not be installed: is there a way to the registry?")
    return Path(shutil.copy(Path(__file__).with_name("client.mjs"), folder))


def test_the_javascript_client_asks_alike(script: Path, address: str) -> None:
    vector = json.dumps(vector_of("Beach Pool Hotel 1"))
    done = subprocess.run(
        ["node", script.name, address, vector], cwd=script.parent, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["count"] == len(told["text"]) > 0
    document, marked = told["text"][0]
    assert {each for each in document if not each.startswith("@")} == {"hotelId", "Address"}
    assert set(document["Address"]) == {"City"}
    assert marked == ["hotelName"]
    assert sum(each["count"] for each in told["facets"]["category"]) == told["count"]
    assert told["paged"] == [f"{number:05d}" for number in range(2_600)]
    assert told["hybrid"][0] == ["00001", 0.032786883413791656]
    assert told["document"] == {"hotelId": "00003", "tags": ["mountain", "pool"]}
    assert told["documents"] == 40
    assert all("harb" in each["text"].lower() for each in told["suggested"])
    assert [each["text"] for each in told["completed"]] == ["harbour"]
    status, message = told["error"]
    assert status == 400
    assert "nope" in message
