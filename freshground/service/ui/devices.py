"""What a browser calls itself, in as many words as a person needs to know it again."""

from __future__ import annotations

import re

_BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"OPR/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|CriOS|HeadlessChrome|Chromium)/(\d+)"),
    ("Safari", r"Version/(\d+)[\d.]* (?:Mobile/\S+ )?Safari/"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)


def device_name(agent: str) -> str:
    """Return such as `Firefox 128 on Linux`; a name that is not known is returned as it is."""
    for browser, pattern in _BROWSERS:
        found = re.search(pattern, agent)
        if found is not None:
            system = next((name for name, sign in _SYSTEMS if re.search(sign, agent)), "")
            return f"{browser} {found[1]}" + (f" on {system}" if system else "")
    return agent
