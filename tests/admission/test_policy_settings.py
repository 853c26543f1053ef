"""Wrong settings of policies, scope and labels say what was found, and what to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from freshground.core.errors import ConfigError
from freshground.core.settings import Admission, parse
from quality.admission.scanning import wanted


def settings(**changes: Any) -> dict[str, Any]:
    source = {"id": "docs", "type": "files", "url": "docs", "access": "public", **changes}
    return {"lake": "lake", "sources": [source], "indexes": [{"id": "docs", "sources": ["docs"]}]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"retention": 2}, "retention: 2 has no unit"),
        ({"retention": "0d"}, "retention: Input should be greater than 0"),
        ({"scope": {"exclude": [{"older_than": 30}]}}, "older_than: 30 has no unit"),
        ({"retention": "6m"}, "retention: '6m': m stands for minutes"),
        ({"admission": {"quality": "mask"}}, "admission.quality: Input should be 'allow', 'rest"),
        (
            {"admission": {"rules": {"quality.words": "mask"}}},
            "quality.words is about a whole text",
        ),
        ({"scope": {"include": {"path": "a"}}}, "include: Input should be a list"),
        ({"labels": {"field": "label"}}, "labels: it names no label"),
        ({"labels": {"field": "label", "secret": "hide"}}, "labels.secret: Input should be"),
        ({"admission": {"persnal": "mask"}}, "'persnal' is no known setting"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        parse(settings(**changes), Path())
    assert said in str(wrong.value)


@pytest.mark.parametrize("key", ["ab01" * 16, "s3cret-key"])
def test_a_key_written_into_the_settings_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ConfigError, match="masking.key: write the name of") as wrong:
        parse({**settings(), "masking": {"key": key}}, Path())
    assert key not in str(wrong.value)


@pytest.mark.parametrize(
    ("rule", "meant"), [("personal.emial", "personal.email"), ("name", "personal.name")]
)
def test_a_rule_that_there_is_not_is_refused(rule: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"{rule}.*Did you mean .*{meant}"):
        wanted(Admission(rules={rule: "mask"}))


def test_every_rule_may_be_named() -> None:
    rules = wanted(Admission(personal="mask"))
    assert {"personal.name", "secret.jwt", "injection.hidden", "quality.words"} <= rules.keys()
    assert wanted(Admission(rules=dict.fromkeys(rules, "allow"))).keys() <= rules.keys()
