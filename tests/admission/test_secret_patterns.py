"""Keys and passwords are found; hashes, placeholders and prose about them are not."""

from __future__ import annotations

import random
import string

import pytest

from quality.admission.secrets.patterns import find

ALNUM = string.ascii_letters + string.digits


def drawn(count: int, letters: str = ALNUM, seed: int = 1) -> str:
    return "".join(random.Random(seed).choices(letters, k=count))


JWT = f"eyJ{drawn(30)}.eyJ{drawn(60)}.{drawn(43)}"
FORMS = {
    "secret.aws_key": "AKIA" + drawn(16, string.ascii_uppercase + "234567"),
    "secret.github_token": "ghp_" + drawn(36),
    "secret.gitlab_token": "glpat-" + drawn(20),
    "secret.slack_token": "xoxb-" + drawn(12, string.digits) + "-" + drawn(24),
    "secret.google_key": "AIza" + drawn(35),
    "secret.stripe_key": "sk_live_" + drawn(24),
    "secret.model_key": "sk-proj-" + drawn(48),
    "secret.package_token": "npm_" + drawn(36),
    "secret.jwt": JWT,
    "secret.private_key": "-----BEGIN RSA PRIVATE KEY-----\n"
    + "\n".join(drawn(64, seed=n) for n in range(5))
    + "\n-----END RSA PRIVATE KEY-----",
    "secret.storage_key": "AccountKey=" + drawn(86) + "==",
}


def sure(text: str) -> list[tuple[str, str]]:
    return [(m.rule, text[m.start : m.end]) for m in find(text) if m.confidence >= 0.5]


@pytest.mark.parametrize("rule", sorted(FORMS))
@pytest.mark.parametrize("around", ["{}", "use {} for it", "key: {}\n", "`{}`,", '"x": "{}"'])
def test_a_key_is_found_by_its_form(rule, around):
    found = sure(around.format(FORMS[rule]))
    assert [value for _, value in found] == [FORMS[rule]]


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("postgres://app:Tr0ub4dor@db.corp/x", "url_credentials", "app:Tr0ub4dor"),
        ("password = 'h7!kQz02'", "password", "h7!kQz02"),
        ("The password is Winter2024!", "password", "Winter2024"),
        ("Passwort: Sommer#88x", "password", "Sommer#88x"),
        ("My PIN: k3Y!s9x0pQ, as agreed", "password", "k3Y!s9x0pQ"),
        ("Server=db;User Id=sa;Password=Kx92!aLq;", "password", "Kx92!aLq"),
        ('"api_key": "f3Kd82LmQz71PxWv0aBt"', "api_key", "f3Kd82LmQz71PxWv0aBt"),
        ("client_secret=Zx8Q~9dkLm2.PqRs7tUv", "api_key", "Zx8Q~9dkLm2.PqRs7tUv"),
        ("Authorization: Bearer 8f3kd82LmQz71PxWv0aBt", "authorization", "8f3kd82LmQz71PxWv0aBt"),
    ],
)
def test_what_words_give_away(text, rule, value):
    assert (f"secret.{rule}", value) in sure(text)


@pytest.mark.parametrize(
    "text",
    [
        "password: must be at least twelve characters",
        "password=${DB_PASSWORD} token={{ token }} secret: <your-secret>",
        "api_key = os.environ['API_KEY']",
        "password = getpass.getpass()",
        "key: value, token: string, secret: bool",
        "AKIAIOSFODNN7EXAMPLE",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "sha512-" + drawn(86) + "==",
        "id 123e4567-e89b-12d3-a456-426614174000",
        "https://user:password@example.com/",
        "primary key: customer_id_and_region; foreign key=orders.customer",
        "the secret is out, the token is spent, the key is under the mat",
        "SKU AB-1234567890-XYZ, part 7701-4432-9981",
    ],
)
def test_what_opens_nothing(text):
    assert sure(text) == []
