"""One cast over a text: where a sentence may stand that is worth judging. Linear, and fast.

Most of a document is neither an order nor about machines. RE2 tells so at some milliseconds a
megabyte, where the standard library's expressions would take as long as the parsing.
"""

# ruff: noqa: E501 - expressions and lists of words read better whole

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from quality.admission.gates import Gates, Seen, compiled
from quality.admission.injection import words
from quality.admission.injection.machines import IN_TEXT
from quality.admission.injection.payloads import IN_DISGUISE, may_be_encoded

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    r"\busers? (?:must|should|may) (?:not|never) (?:know|see|notice|be )", r"\b(?:hid(?:e|den)|secret|conceal\w*|invisible) from\b", r"(?:tell|inform|mention|reveal|disclos|notif|alert)\w*\s+(?:\w+\s+){0,4}(?:users?|humans?|operator|customers?)\b",
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

_TAIL = (r"[^\n]*?(?:credential|password|passphrase|api[ _-]?key|secret|token|private key|conversation|contents|"
         r"everything|all |user|customer|entire )")  # fmt: skip
_LEAD = (
    r"(?:^|[\n.!?|])[^\w\n]{0,8}(?:\d{1,2}[.)]\s+)?"
    r"(?:(?:please|kindly|now|also|then|and|but|so|next|finally|additionally|instead|first|always|just|bitte|por favor|"
    r"veuillez|can you|could you|would you|i (?:want|need) you to|make sure to|be sure to|help me(?: to)?|you (?:must|should)|"
    r"(?:in|at|to|for|when|while|after|as) [^,.\n]*[,:])\W{1,3}){0,3}"
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
"""The disguises by the net that sees them. What is long and without blanks is seen often."""

_RARE = ("about", "codes", "drawn", "turned")
"""Nets that hardly any text is caught in: one pass tells of all. With more of them RE2 gets slow."""


@cache
def _pattern(name: str) -> str:
    if name == "signals":
        return f"(?i:{'|'.join((*SIGNALS, *IN_TEXT))})"
    if name == "about":
        return f"(?i:{ABOUT})"
    if name in DISGUISES:
        return "|".join(DISGUISES[name])
    verbs, acts = ("|".join(sorted(w)) for w in (words.TELLING | words.MAKING, words.ACTING))
    return rf"(?i:{_LEAD}(?:(?:{verbs})\b|(?:{acts})\b{_TAIL}))"


@cache
def _net(name: str) -> Any:
    return compiled(_pattern(name))


@cache
def _rare() -> Gates:
    return Gates({name: _pattern(name) for name in _RARE})


class Cast:
    """The nets over one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._seen = Seen(text)
        self._caught = _rare().opened(self._seen)

    def finds(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield the spans in characters of what a net catches, in their order."""
        if name in _RARE and name not in self._caught:
            return iter(())
        spans = self._seen.spans(_net(name))
        return filter(self._may_be_encoded, spans) if name == "long" else spans

    def _may_be_encoded(self, span: tuple[int, int]) -> bool:
        """Most of what is long and without blanks is a path, a name or a digest."""
        return may_be_encoded(self._text[slice(*span)])

    def catches(self, *names: str) -> bool:
        """Return whether one of some nets catches anything."""
        return any(next(self.finds(name), None) for name in names)
