"""One cast over a text: where a sentence may stand that is worth judging. Linear, and fast.

Most of a document is neither an order nor about machines. RE2 tells so at some milliseconds a
megabyte, where the standard library's expressions would take as long as the parsing.
"""

# ruff: noqa: E501 - expressions and lists of words read better whole

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import re2

from quality.admission.injection import words
from quality.admission.injection.payloads import IN_DISGUISE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MEMORY = 64 << 20
_OUTPUTS, _YOURS = "|".join(words.OUTPUTS), "|".join(words.YOURS)
_MACHINES = "|".join((*(rf"\b{word}\b" for word in words.MACHINES),
                      *(p.replace(r"(?![\w-])", "") for p in words.MACHINE_PHRASES)))  # fmt: skip

SIGNALS = (
    rf"\b(?:{'|'.join(words.OVERRIDE)})", *words.OVERRIDE_CJK, r"\bpay no attention",
    r"\bdo(?:n't|n’t| not) (?:follow|obey|comply)", r"\bstop (?:follow|obey)",
    r"\b(?:no (?:sigas|hagas)|haz caso omiso|ne (?:suivez|tenez)|befolge|beachte) ",
    _MACHINES, rf"\b(?:{_YOURS})\s+(?:\w+\s+){{0,2}}(?:{_OUTPUTS})\b", *words.OUTPUTS_CJK,
    r"\bassistants?\b", r"\bfrom (?:now|this point|here) on\b", r"\bpretend\b", r"\brole-?play",
    r"\bplay the role\b", r"\bassume the (?:role|persona|identity)",
    r"\byou are (?:now|no longer|hereby)\b", r"\byour (?:new|real|true|only|actual|next) ",
    r"\byou (?:must|will|shall|should|have to|are to) (?:now |always |only |never |not )*(?:comply|obey|act|respond|answer|reply|output|ignore|pretend|say|include|start|end|begin|follow|refuse|write)\b",
    r"\bnew (?:system )?(?:instructions?|prompt|directives?)\b", r"\byour (?:\w+ ){0,3}(?:instructions?|prompt|rules|guidelines)\b",
    r"<\|", r"\[/?inst\]", r"<</?sys", r"</?(?:system|assistant|instructions?|tool_call|function_calls?|invoke)>",
    r"\bsystem (?:prompt|message|override|note|instruction)", r"\b(?:conversation|chat) (?:history|log)\b",
    r"\b(?:the|all|any) users?\b.{0,40}\b(?:not|never)\b", r"\b(?:not|n't|never|without) (?:\w+ ){0,2}(?:tell|inform|mention|reveal|disclos|notif|alert)",
    r"\b(?:developer|dan|god|debug|maintenance|admin) mode\b",
    r"\b(?:du bist|ab sofort|ab jetzt|tu es|vous êtes|partir de|ahora eres|ora sei|d'ora in|vanaf nu|od teraz)\b",
    "теперь ты", "отныне", "你现在",
    "从现在", "從現在", "あなた",
    r"\b(?:when|if|while|before|after) (?:you (?:are )?)?(?:summari|process|analy|answer|respond|translat)",
    r"(?:^|\n)[^\w\n]{0,6}(?:new |begin |start |hidden |secret |urgent )*(?:system|assistant|admin|developer|instruction|override)s?\b",
)  # fmt: skip
ABOUT = (
    r"prompt[- ]injection|jailbreak|adversarial prompt|red[- ]team|prompt engineering|llm security|"
    r"system prompt|prompt template|few-shot|fine-tun"
)
"""What tells of prompts and of attacks on them."""

_TAIL = (r"[^\n]{0,120}(?:credential|password|passphrase|api[ _-]?key|secret|token|private key|conversation|contents|"
         r"everything|all |user|customer|entire )")  # fmt: skip
_LEAD = (
    r"(?:^|[\n.!?:|])[^\w\n]{0,8}(?:\d{1,2}[.)]\s+)?"
    r"(?:(?:please|kindly|now|also|then|and|but|so|next|finally|additionally|instead|first|always|just|bitte|por favor|"
    r"veuillez|can you|could you|would you|i (?:want|need) you to|make sure to|be sure to|help me(?: to)?|you (?:must|should)|"
    r"(?:in|at|to|for|when|while|after|as) [^,.\n]{0,60},)\W{1,3}){0,3}"
)
DISGUISES: dict[str, tuple[str, ...]] = {
    "long": (r"[A-Za-z0-9]{4}[A-Za-z0-9+/_-]{24,}", r"(?:[0-9a-fA-F]{2}[ :,]?){16,}"),
    "codes": (
        r"(?:\\x[0-9a-fA-F]{2}){8,}", r"(?:[01]{8}[ ,]?){8,}", r"(?:\d{2,3}[ ,]+){12,}",
        r"(?:%[0-9a-fA-F]{2}\w*){6,}", r"(?:\\u[0-9a-fA-F]{4}){6,}", r"(?:&#x?[0-9a-fA-F]{2,5};){6,}",
    ),
    "drawn": (
        r"(?:[A-Za-z][ ._*|-]{1,3}){10,}",
        r"[A-Za-z][013457@$]{1,2}[A-Za-z]\w*[^\w\n]+(?:\w+[^\w\n]+)?\w*[A-Za-z][013457@$]{1,2}[A-Za-z]",
    ),
    "turned": (
        r"[A-Za-z][\x{370}-\x{3ff}\x{400}-\x{4ff}]|[\x{370}-\x{3ff}\x{400}-\x{4ff}][A-Za-z]",
        r"[\x{ff21}-\x{ff5a}\x{1d400}-\x{1d7ff}]{3}", r"[\x{1d00}-\x{1d22}]{3}", *IN_DISGUISE,
    ),
}  # fmt: skip
"""The disguises in nets of their own: together their states are so many that RE2 gets slow."""


@lru_cache(maxsize=8)
def _net(name: str) -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.case_sensitive = name in DISGUISES
    options.never_capture = True
    if name == "signals":
        pattern = "|".join(SIGNALS)
    elif name == "orders":
        verbs = "|".join(sorted(words.TELLING | words.MAKING))
        acts = "|".join(sorted(words.ACTING))
        pattern = rf"{_LEAD}(?:(?:{verbs})\b|(?:{acts})\b{_TAIL})"
    elif name == "about":
        pattern = ABOUT
    else:
        pattern = "|".join(DISGUISES[name])
    return re2.compile(pattern, options)


class Cast:
    """A text as RE2 reads it: UTF-8, with the way back from bytes to characters."""

    def __init__(self, text: str) -> None:
        self._data = text.encode("utf-8", "surrogatepass")
        self._plain = len(self._data) == len(text)

    def finds(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield the spans in characters of what a net catches, in their order."""
        spans = (match.span() for match in _net(name).finditer(self._data))
        return spans if self._plain else self._characters(spans)

    def catches(self, *names: str) -> bool:
        """Return whether one of some nets catches anything."""
        return any(_net(name).search(self._data) is not None for name in names)

    def _characters(self, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        at = count = 0
        for start, end in spans:
            count += len(self._data[at:start].decode("utf-8", "ignore"))
            length = len(self._data[start:end].decode("utf-8", "ignore"))
            yield count, count + length
            at, count = end, count + length
