"""Kinds of sentences that speak to a machine, each by one expression and what must go with it.

What a machine reads, writes, remembers and reaches is not what a person does: it has a next
session, it is made by somebody, it can say of a file that it cannot read it. An expression joins
two classes at least; how sure it is depends on whether something is ordered.
"""

# ruff: noqa: E501 - expressions read better whole

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from quality.admission.gates import Gates, Seen
from quality.admission.injection.gated import loosened

if TYPE_CHECKING:
    from collections.abc import Iterator

_JUDGED = (
    r"(?:candidate|applicant|r[ée]sum[ée]|cv|papers?|essay|manuscript|submission|proposal|tender|bid|"
    r"application|thesis|article|product|reviews?|criteria|offer|comparison|list|ranking|recommendation)"
)
_DUTY = r"(?:must|shall|should|has to|have to|needs? to|is to|are to)"
_BEST = r"(?:first|top|highest|best|winner|excellent|fulfilled|met|passed|full marks|positive)"


class Form(NamedTuple):
    """An expression, what begins it, and what its sentence holds before and after it.

    Only the expression itself is looked for in whole texts: it is the rare one of the three.
    """

    core: str
    head: str = ""
    before: str = ""
    then: str = ""

    @property
    def whole(self) -> str:
        """The expression for one sentence."""
        parts = (part for part in (self.before, self.head + self.core, self.then) if part)
        return r"[^.!?\n]*?".join(parts)


class Kind(NamedTuple):
    """What a sentence does, its weight where it is an order and where it is none, and its forms."""

    name: str
    ordered: float
    told: float
    forms: tuple[Form, ...]


KINDS = (
    Kind("outlasts the document", 0.55, 0.5, (
        Form(r"\b(?:all|every|any|each) (?:later|future|further|subsequent|coming|following) (?:chats?|conversations?|sessions?|prompts?|quer(?:y|ies))\b"),
        Form(r"\b(?:in|to|into|from) your (?:long[- ]term |own )?memory\b"),
        Form(r"\bnext time (?:a user|the user|users|you are asked)\b"),
    )),
    Kind("outlasts the document", 0.5, 0.2, (
        Form(r"\b(?:all|every|any|each) (?:later|future|further|subsequent|coming|following) (?:answers?|responses?|outputs?)\b"),
    )),
    Kind("asks for what was said before", 0.55, 0.3, (
        Form(head=r"\b(?:repeat|print|output|echo|reproduc|recit|reveal)\w* (?:\w+ ){0,3}",
             core=r"(?:text|words?|content|everything|all|instructions?|messages?) (?:that (?:is|stands|was) |written )?(?:(?:above|so far|preceding)(?: this\b|[.,;:!]|$| and\b| word\b| verbatim\b)|before (?:this|the) (?:line|message|sentence|text|paragraph)\b)"),
    )),
    Kind("speaks of its making", 0.6, 0.5, (
        Form(r"\b(?:who|that) (?:made|built|trained|created|programmed) you(?! (?:this|that|the|an?|your|some|our|aware|feel))\b"),
        Form(r"\bas your (?:developer|creator|maker|programmer|trainer|operator|administrator|owner)s?,? (?:i|we) (?:hereby |now )?(?:grant|allow|order|command|permit|authori[sz]e|instruct|require|want)\b"),
    )),
    Kind("uses its access", 0.6, 0.2, (
        Form(r"\byour (?:e?-?mail|inbox|calendar|files?|drive|browser|browsing|shell|terminal|search|database|web|internet) (?:tools?|functions?|plugins?|capabilit\w+|abilit\w+)\b"),
        Form(r"\byour (?:e?-?mail|inbox|calendar|files?|drive|browser|shell|terminal|database) access\b"),
    )),
    Kind("has it say what it cannot", 0.55, 0.55, (
        Form(r"^\W*(?:say|report|reply|respond|answer|state|claim|pretend|declare|write) (?:only )?that (?:you|it|(?:this|the) (?:file|document|text|page|e?mail|message|attachment))\b(?: (?:is|are))?"
             r" (?:(?:cannot|can't|can not|unable to|not able to) (?:be )?(?:open|read|found|find|see|process|access|help|answer|summari|load|display|view)|(?:empty|unavailable|not available|unreadable|corrupt|blank)|(?:holds?|contains?|has) nothing)"),
        Form(r"^\W*refuse to (?:answer|talk|speak|discuss|respond|reply|summari[sz]e|translate|help)\b",
             then=r"\b(?:above|below|follows|user|users|anything|this (?:document|text|page|file|message))\b"),
    )),
    Kind("cuts its document off", 0.55, 0.55, (
        Form(r"^\W*(?:skip|ignore|disregard|forget|stop reading)\b[^.!?\n]{0,20}\b(?:the rest|the remainder|what follows|all that follows|everything (?:below|after|that follows))\b",
             then=r"\band (?:say|tell|reply|report|answer|write|respond|output)\b"),
    )),
    Kind("judges for its reader", 0.6, 0.55, (
        Form(rf"^\W*(?:score|rate|rank|grade|mark|evaluate|assess|judge|give) (?:\w+ ){{0,2}}?(?:this|the) {_JUDGED}\b",
             then=rf"(?:\d+ ?(?:out of|/|of) ?\d+|\b{_BEST})\b"),
        Form(rf"\b{_DUTY} be (?:placed|ranked|listed|named|rated|scored|marked|graded|put) (?:at the |as (?:the )?)?{_BEST}\b",
             before=rf"\b{_JUDGED}\b"),
        Form(rf"\b{_DUTY} (?:name|rank|place|list|rate|call|put|mark) (?:it|us|him|her|them|this|our|all)\b",
             before=rf"\b{_JUDGED}\b", then=rf"\b{_BEST}\b"),
        Form(rf"\b{_DUTY} mark all {_JUDGED}\b"),
        Form(rf"^\W*(?:do not|don't|never) (?:list|mention|name|report|discuss|raise) (?:\w+ )?(?:weaknesses|flaws|mistakes|errors|drawbacks|shortcomings|criticism|negatives?) (?:of|in|about) (?:this|our) {_JUDGED}"),
    )),
    Kind("shapes what it writes", 0.55, 0.2, (
        Form(r"\b(?:each|every) (?:paragraph|sentence|line|word|section|message|text) (?:that )?you (?:write|say|produce|generate|output)\b"),
        Form(r"\beverything (?:that )?you (?:write|say|produce|generate|output) (?:from (?:here|now)|after this|next)\b"),
        Form(r"^\W*(?:return|output|respond|reply|answer|print)(?: with)? (?:only|just|exactly|nothing but)\s*[{\[]"),
    )),
    Kind("carries data in an address", 0.6, 0.2, (
        Form(r"!\[[^\]\n]*\]\(\s*https?://[^)\s]*[?&][^)]*=[^)]*\)(?=.*\b(?:said|conversation|chat|summary|history|answer|replace)\b)"),
    )),
)  # fmt: skip

_CORES = tuple(tuple(loosened(form.core) for form in kind.forms) for kind in KINDS)
IN_TEXT = tuple(core.replace(r"^[^a-z]*", "") for cores in _CORES for core in cores)
"""The rare part of each for RE2, looser, in a text that is not cut into sentences.

What holds for the rest of a sentence would be kept in mind with everything else that may follow:
RE2 would make a state for each of them together.
"""

_EXACT = tuple(re.compile("|".join(form.whole for form in kind.forms)) for kind in KINDS)
_GATES = Gates({str(place): "|".join(cores) for place, cores in enumerate(_CORES)})
_ORDERED = re.compile(rf"\b{_DUTY}\b")
_PLACES = re.compile(r"^\W*(?:put|place|mark|add|insert|append|end|begin|start|close|finish)\b")
"""Orders of where something stands, which are no order of their own to anybody."""


def kinds(sentence: str, *, order: bool) -> Iterator[tuple[str, float]]:
    """Yield the kinds of a sentence in small letters, by name, with their weights.

    `order` says that it begins with a verb that is known to order; a verb of duty does as well.
    """
    for place in _GATES.opened(Seen(sentence)):
        kind = KINDS[int(place)]
        if _EXACT[int(place)].search(sentence):
            sure = order or _ORDERED.search(sentence) or _PLACES.match(sentence)
            yield kind.name, kind.ordered if sure else kind.told
