"""Keys and tokens that say what they are: a prefix of their issuer, and a length.

Each begins with a text that a gate looks for: documents without any cost next to nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from quality.admission.matches import Match
from quality.admission.secrets.randomness import is_sample

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class _Shape(NamedTuple):
    rule: str
    what: str
    anchors: tuple[str, ...]
    form: re.Pattern[str]


def _shape(rule: str, what: str, anchors: str, form: str) -> _Shape:
    return _Shape(f"secret.{rule}", what, tuple(anchors.split()), re.compile(form))


_SHAPES = (
    _shape(
        "private_key", "a private key", "PRIVATE",
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[\s\S]{0,12000}?-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|"
        r"[A-Za-z0-9+/=\s]{0,12000})",
    ),
    _shape("aws_key", "an access key of AWS", "AKIA ASIA ABIA ACCA",
           r"(?<![A-Za-z0-9/+])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9/+])"),
    _shape("github_token", "a token of GitHub", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
           r"\b(?:gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{22,255})\b"),
    _shape("gitlab_token", "a token of GitLab", "glpat- gldt- glrt- glptt-",
           r"\bgl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,64}\b"),
    _shape("slack_token", "a token of Slack", "xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxe.xox xapp-",
           r"\bxox(?:[abprs]|e(?:\.xox[bp])?)-[A-Za-z0-9-]{10,250}|\bxapp-\d-[A-Za-z0-9-]{10,250}"),
    _shape("slack_webhook", "a webhook of Slack", "hooks.slack.com",
           r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,70}"),
    _shape("webhook", "a webhook of a chat", "discord webhook.office.com",
           r"https://(?:discord(?:app)?\.com/api/webhooks/\d{17,20}/[\w-]{60,80}"
           r"|[\w.-]*webhook\.office\.com/webhookb2/[\w@/-]{60,200})"),
    _shape("google_key", "an API key of Google", "AIza ya29.",
           r"\b(?:AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{30,250})(?![0-9A-Za-z_-])"),
    _shape("stripe_key", "a key of Stripe", "sk_live_ rk_live_ sk_test_ rk_test_ whsec_",
           r"\b(?:[sr]k_(?:live|test)_[0-9A-Za-z]{16,247}|whsec_[0-9A-Za-z+/=]{32,64})"),
    _shape("model_key", "an API key of a model's host", "sk- hf_ gsk_ r8_ pplx- xai-",
           r"(?<![\w-])(?:sk-(?:ant-|proj-|svcacct-|or-v1-)?[A-Za-z0-9_-]{32,200}|hf_[A-Za-z]{34}|"
           r"gsk_[A-Za-z0-9]{48,56}|r8_[A-Za-z0-9]{37}|pplx-[a-f0-9]{48}|xai-[A-Za-z0-9]{80})"
           r"(?![\w-])"),
    _shape("package_token", "a token of a package registry", "npm_ pypi-AgE rubygems_ dckr_pat_",
           r"\b(?:npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{50,300}|rubygems_[a-f0-9]{48}|"
           r"dckr_pat_[A-Za-z0-9_-]{27})(?![A-Za-z0-9])"),
    _shape("cloud_token", "a token of a cloud service",
           "SG. dop_v1_ doo_v1_ dor_v1_ dapi shpat_ shpss_ shpca_ shppa_ sq0atp- sq0csp- EAAA "
           "lin_api_ PMAK- hvs. AGE-SECRET-KEY- key- secret_ ntn_ figd_ CFPAT- glsa_ sntrys_ "
           "NRAK- tskey- ops_eyJ",
           r"(?<![\w.-])(?:SG\.[\w-]{20,24}\.[\w-]{39,50}|do[opr]_v1_[a-f0-9]{64}|dapi[a-f0-9]{32}|"
           r"shp(?:at|ss|ca|pa)_[a-fA-F0-9]{32}|sq0(?:atp|csp)-[\w-]{22,43}|EAAA[\w-]{60}|"
           r"lin_api_[A-Za-z0-9]{40}|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|hvs\.[\w-]{90,120}|"
           r"AGE-SECRET-KEY-1[0-9A-Z]{58}|key-[0-9a-f]{32}|secret_[A-Za-z0-9]{43}|"
           r"ntn_[A-Za-z0-9]{40,50}|figd_[\w-]{40}|CFPAT-[\w-]{43}|glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|"
           r"sntrys_eyJ[\w+/=-]{40,300}|NRAK-[A-Z0-9]{27}|tskey-[a-z]+-\w{6,30}-\w{20,60}|"
           r"ops_eyJ[\w-]{200,900})(?![\w-])"),
    _shape("telegram_token", "a token of a Telegram bot", ":AA",
           r"(?<![\w:])\d{8,10}:AA[\w-]{32,34}(?![\w-])"),
    _shape("jwt", "a signed token (JWT)", "eyJ",
           r"(?<![\w.-])eyJ[\w-]{8,2000}\.eyJ[\w-]{8,8000}\.[\w-]{16,1500}"),
    _shape("storage_key", "a key of an Azure account",
           "AccountKey= SharedAccessKey= sig=",
           r"(?i:(?:AccountKey|SharedAccessKey)=)[A-Za-z0-9+/]{40,90}={0,2}"
           r"|(?<=[?&])sig=[A-Za-z0-9%+/]{43,64}(?:%3[dD]|=)"),
)  # fmt: skip

VERSIONS = dict.fromkeys((shape.rule for shape in _SHAPES), "1")


def _opening(anchor: str) -> str:
    """Return how a key begins: a prefix that ends in a mark is followed by much of the key."""
    return re.escape(anchor) + (r"[A-Za-z0-9_-]{10}" if anchor[-1] in "_-" else "")


GATES = {shape.rule: "|".join(map(_opening, shape.anchors)) for shape in _SHAPES}
"""What a text with a key of each rule holds."""


def shaped(text: str, opened: Collection[str]) -> Iterator[Match]:
    """Yield the keys and tokens of a text whose form says what they are, of rules in `opened`."""
    for shape in _SHAPES:
        for found in shape.form.finditer(text) if shape.rule in opened else ():
            sure = 0.3 if is_sample(found[0]) else 0.95
            yield Match(shape.rule, *found.span(), sure, f"the form of {shape.what}")
