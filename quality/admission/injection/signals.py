"""What speaks for a sentence being addressed to a machine: classes of words that meet in it.

Every signal has a weight in 0 to 1, as if it stood alone; `judge` joins them. A signal asks for two
classes at least (an order and its object, a possessive and what a machine gives), so that a word
alone never counts.
"""

# ruff: noqa: E501, PLR2004 - expressions and lists of words read better whole

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from quality.admission.injection import words
from quality.admission.injection.gated import Gated
from quality.admission.injection.machines import kinds

if TYPE_CHECKING:
    from collections.abc import Callable


def _any(stems: list[str] | tuple[str, ...], *, whole: bool = False) -> str:
    ends = r"\b" if whole else r"\w*"
    return rf"\b(?:{'|'.join(stems)}){ends}"


_OVERRIDE = Gated(f"{_any(words.OVERRIDE)}|{'|'.join(words.OVERRIDE_CJK)}"
                       r"|\b(?:pay no attention|do(?:n't| not) (?:follow|obey|comply)|stop (?:follow|obey))\w*"
                       r"|\bne (?:pas )?(?:suivez|suis|tiens|tenez)\b|\bno (?:sigas|hagas caso)\b|\bhaz caso omiso\b"
                       r"|\bbefolge (?:nicht|keine)\b|\bbeachte (?:nicht|keine)\b")  # fmt: skip
_ORDERS = Gated(f"{_any(words.ORDERS)}|{'|'.join(words.ORDERS_CJK)}")
_RULES = Gated(_any(words.RULES))
_BEFORE = Gated(f"{_any(words.BEFORE, whole=True)}|{_any(words.BEFORE_STEMS)}|\u3053\u308c\u307e\u3067|\u4e4b\u524d|\u4ee5\u4e0a|\u4ee5\u524d|\u5148\u524d"
                     "|\u524d\u8ff0|\u4e0a\u9762|\uc774\uc804")  # fmt: skip
_MACHINE = re.compile("|".join((_any(words.MACHINES, whole=True), *words.MACHINE_PHRASES)))
_NAMED = r"(?:{})".format("|".join((_any(words.MACHINES, whole=True), *words.MACHINE_PHRASES,
                                   r"\bassistants?\b", r"\bagents?\b", r"\bbots?\b", r"\bmodels?\b")))  # fmt: skip
_YOUR_OUTPUT = Gated(
    rf"\b(?:{'|'.join(words.YOURS)})\s+(?:\w+\s+){{0,2}}(?:{'|'.join(words.OUTPUTS)})\b"
    f"|{'|'.join(words.OUTPUTS_CJK)}"
)
_GIVEN = re.compile(
    r"\byour (?:\w+ )?answers\b|\b(?:explain|justify|check|discuss|present|submit|prepare|hand in|reasons? for) your (?:\w+ )?answer\b"
)
"""Answers that are many, or are looked back at: pupils give them, and an assistant gives one."""

_MESSAGE = re.compile(r"\byour (?:\w+ )?(?:messages?|texts?|words?|sentences?|letters?)\b")
_CALLED = re.compile(
    rf"^((?:dear|hey|hi|hello|attention|important|notice|warning|note|notes|instructions?|message|"
    rf"hinweis|achtung|wichtig|attention|atenci\u00f3n|importante|an|to|for|all|any|the|of|f\u00fcr|pour|para|this)"
    rf"[\s,:!-]+){{0,6}}{_NAMED}(?:\s+(?:agents?|assistants?|models?|reviewers?|readers?|systems?|users?|bots?)){{0,2}}\s*(?:[,:!\u2013\u2014]|-\s|reading|please|must|should|you\b)"
)
_IF_MACHINE = Gated(
    rf"(?:\byou(?:'re| are| were)|\bas\b|\bdu bist|\bsie sind|\bbist du|\bsind sie|\btu es|\bvous \u00eates|"
    rf"\beres|\bes usted|\bsei|\bvoc\u00ea \u00e9|\u4f60\u662f|\u60a8\u662f|\u0442\u044b|\u0432\u044b)\s*"
    rf"(?:\w+\s+){{0,4}}(?:{_NAMED})"
)
_READING = Gated(
    rf"{_NAMED}\W+(?:\w+\W+){{0,4}}(?:read|process|pars|summari[sz]|analy[sz]|scan|index|ingest|us|review|see|evaluat)"
    r"(?:ing|es|s)?\W+(?:this|the above|these)\b"
    r"|\b(?:when|if|while|before|after) (?:you (?:are )?)?(?:summari[sz]|process|analy[sz]|answer|respond|translat)\w*"
    r" (?:to |about |with |on )?(?:this (?:document|page|text|e?mail|message|file|article|content)|the user|users|(?:the |any )?quer)"
)
_AS_SUCH = re.compile(
    r"\bas (?:an? |our |your |the )(?:\w+ ){0,3}\w+,? you (?!must|should|shall|will|need|have to|are to)"
)
"""Somebody's work is told of: "as a digital assistant you keep the calendar"."""

_ROLE = Gated(
    r"\bfrom (?:now|this point|here) on\b|^(?:act|behave|respond|talk|speak) (?:as|like) |\bpretend (?:to be|you|that you)\b"
    r"|\brole-?play|\bplay the role\b|\bassume the (?:role|persona|identity)\b|\byou are (?:now|no longer|hereby) \w+"
    r"|\byou (?:must|will|shall|should|have to|are to) (?:now |always |only |never |not )*"
    r"(?:comply|obey|act|respond|answer|reply|output|ignore|pretend|say|include|start|end|begin|follow|refuse|write)\b"
    r"|\byour (?:new|real|true|only|actual|next|main|primary) (?:task|role|goal|objective|job|instructions?|purpose|mission|identity|name)\b"
    r"|\bnew (?:system )?(?:instructions?|prompt|directives?)\b|^\W*(?:your )?new task\b|\b(?:developer|dan|god|debug|maintenance|admin) mode\b"
    r"|\bdu bist (?:jetzt|nun|ab)\b|\bab (?:sofort|jetzt)\b|\b(?:tu es|vous \u00eates) (?:maintenant|d\u00e9sormais)\b"
    r"|\b(?:d\u00e8s|\u00e0 partir de) maintenant\b|\bahora eres\b|\ba partir de (?:ahora|agora)\b|\bora sei\b"
    r"|\bd'ora in (?:poi|avanti)\b|\bagora (?:voc\u00ea|tu) \u00e9?s?\b|\bvanaf nu\b|\bod teraz\b"
    "|\\b\u0442\u0435\u043f\u0435\u0440\u044c \u0442\u044b\\b|\\b\u043e\u0442\u043d\u044b\u043d\u0435\\b"
    "|\u4f60\u73b0\u5728\u662f|\u4ece\u73b0\u5728\u5f00\u59cb|\u5f9e\u73fe\u5728\u958b\u59cb"
    "|\u3053\u308c\u304b\u3089\u3042\u306a\u305f|\u4eca\u304b\u3089\u3042\u306a\u305f"
)
_BECOME = Gated(
    r"(?:^|[,;:] ?|\b(?:on|then|and|now) )(?:act|behave|talk|speak|respond) (?:as|like) (?:a|an|if|the|you)\b"
    r"|\byou are now (?!(?:logged|subscribed|registered|able|ready|connected|enrolled|in|on|set|entitled|eligible|free|part|"
    r"a (?:\w+ )?(?:member|subscriber|customer|user)|up|at|done|\w+ed|\w+ing"
    r"|\w+ (?:for|to|in|on|of|at|by|from|with))\b)\w+"
    r"|\bfrom (?:now|this point|here) on,? (?:you (?!can|may|could|might|find|get|pay|receive)|act|respond|answer|speak|talk|only|always|never|reply|ignore)\b"
    r"|\bdu bist (?:jetzt|nun|ab (?:jetzt|sofort)) (?:ein|der|die|das|kein)|\b(?:tu es|vous \u00eates) (?:maintenant|d\u00e9sormais) une?\b"
    r"|\bmaintenant,? (?:tu es|vous \u00eates|r\u00e9pon)|\b(?:ahora|agora) (?:eres|ser\u00e1s|responde|voc\u00ea \u00e9) |\bahora,? eres\b|\bora sei una?\b"
    "|\u4f60\u73b0\u5728\u662f|\u3042\u306a\u305f\u306f\u4eca"
)
_FRAME = re.compile(
    r"<\|\s*(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id|begin_of_text)"
    r"|\[/?inst\]|<</?sys>>|</?(?:system|assistant|instructions?|tool_call|function_calls?|invoke|system_prompt)>"
)
_SPEAKER = re.compile(
    r"^(?:#{2,}|\*\*|\[|<|=+|-{3,})?\s*(?:new |begin |start |end |hidden |secret |special |urgent |important )*"
    r"(?:system|assistant|admin(?:istrator)?|developer|instructions?|override)"
    r"(?: (?:prompt|message|override|note|instructions?|notice|update|command|mode))?\s*(?:\]|>|:|\*\*|=)"
)
_TAKES_OVER = re.compile(
    r"^\W*(?:new |urgent )*(?:system|admin\w*|developer) (?:override|prompt|instructions?|command)\b"
)
_SECRECY = re.compile(
    r"\b(?:do not|don't|never|without)\s+(?:\w+\s+){0,2}?(?:tell|inform|mention|reveal|disclos|notif|alert)\w*\s+"
    r"(?:\w+\s+){0,4}?(?:users?|humans?|operator)\b|\buser (?:must|should|may) (?:not|never) (?:know|see|notice|be (?:told|informed))"
    r"|\b(?:hid(?:e|den)|secret|conceal\w*|invisible) from (?:the |all |any )?(?:users?|humans?|readers?)\b"
)
_OWN_ORDERS = re.compile(
    r"\bsystem (?:prompt|message)\b|\b(?:your|deine|ihre|tes|vos|tus|sus|tuoi|suas)\s+(?:(?:initial|original|hidden|secret|system|"
    r"internal|own|full|complete|exact|previous|current|core|first|safety|developer)\s+){0,3}"
    r"(?:instructions?|prompt|rules|guidelines|training data|anweisungen|consignes|instrucciones|istruzioni|instru\u00e7\u00f5es)\b"
    r"|\b(?:conversation|chat) (?:history|log)\b|\u7cfb\u7edf\u63d0\u793a|\u7cfb\u7d71\u63d0\u793a"
)
_LOOT = re.compile(
    r"\b(?:conversation|chat|credentials?|passwords?|passphrase|api[ _-]?keys?|secrets?|tokens?|access keys?|private keys?"
    r"|environment variables?|contacts|personal (?:data|information)|credit card|user(?:'s|s')? \w+"
    r"|all (?:\w+ )?(?:files|documents|e?mails?|messages|data|records)|entire \w+|full contents?|contents of|(?:everything|anything) (?:you|in|above))\b"
)
_HELD = re.compile(
    r"\b(?:conversation|chat|credentials?|passwords?|passphrase|api[ _-]?keys?|secrets?|tokens?|private keys?|contacts"
    r"|environment variables?|user(?:'s|s')? \w+|all (?:\w+ )?(?:e?mails?|messages)|contents of (?:this|the) (?:inbox|e?mails?|page|message|chat)"
    r"|(?:everything|anything) (?:you|above))\b"
)
"""What the assistant of a reader holds, of all that may be sent: no form, photo or invoice."""

_PLACE = re.compile(r"https?://|\bwww\.|[\w.+-]+@[\w-]+\.\w+")
"""An address outside. "The endpoint" or "the server" is one that the readers know."""

_TOOL = re.compile(
    r"\b(?:tools?|functions?|plugins?|apis?(?![ _-]?keys?)|mcp|browser|shell|terminal|code interpreter|web search)\b"
)
_USER = re.compile(
    r"^\w+ (?:the |all |any |every |our )?(?:users?|readers?|customers?|visitors?|recipients?|humans?|people)\b"
)
_MANNER = re.compile(
    r"^(?:respond|answer|reply|speak|output|write|say|antworte|r\u00e9ponds|r\u00e9pondez|responde|rispondi|responda|antwoord)\s+"
    r"(?:only|in|with|as|using|nothing|solely|exclusively|always|to (?:all|every|any)|(?:all|every|any)\b.* (?:in|with|by|as)|nur|auf|mit|seulement|uniquement|en|avec|solo|con|apenas|em)\b"
)  # fmt: skip
_FORM = re.compile(
    r"\b(?:letters?|vowels?|consonants?|words?|sentences?|paragraphs?|characters?|punctuation|spaces|capitals?|uppercase|lowercase|"
    r"syllables?|emojis?|symbols?|digits|anagrams?|rhymes?|ciphers?|base64|hexadecimal|morse|binary|backwards?|typos|acronyms?|"
    r"homophon\w+|alphanumeric|substitution)\b"
)
_OF_ANSWER = re.compile(
    r"\b(?:response|reply|answer|output|your (?:messages?|texts?|words?|writing))\b"
)
_THROUGHOUT = re.compile(r"\b(?:every|each|all) (?:\w+ ?)?(?:letter|word|vowel|sentence|character)")
_SECOND = re.compile(
    r"\b(?:you|your|du|dein\w*|sie|ihre?n?|tu|vous|votre|usted|tus?|voi|voc\u00ea)\b|\u4f60|\u60a8|\u3042\u306a\u305f"
)
_FORBID = re.compile(r"\W*(?:do not|don't|never)\b")
_UTTER = words.TELLING | frozenset(
    [
        "reveal",
        "show",
        "disclose",
        "display",
        "share",
        "leak",
        "give",
        "send",
        "copy",
        "dump",
        "expose",
        "provide",
        "paste",
        "return",
    ]
)
_IDENTIFIER = re.compile(
    r"\b(?:your|this|my|our|the (?:order|reference|case|ticket|invoice|booking|account|customer|tracking|job|above|"
    r"original|subject)) (?:\w+ ){0,2}?(?:number|reference|ref|id|code|name|subject|line|date|details|phone|cv|copy|address)\b"
    r"|\b(?:su|tu|votre|ton|ihren?|deinen?|vostro|tuo|seu|uw) (?:n[u\u00fa]m[e\u00e9]r\w+|\w*nummer|nom|namen?|nombre|nome|adres\w*|dat\w+|fecha)\b"
)
_ATTACHED = re.compile(
    r"\W*(?:please )?(?:attach|enclose|joignez|joins|adjunt[ae]|h\u00e4ngen|allegate)\b"
)
"""What goes with an answer of somebody who has files."""

_QUOTED = re.compile(
    r"\"[^\"\n]*\"|\u201c[^\u201d\n]*\u201d|\u201e[^\u201c\n]*\u201c|\u00ab[^\u00bb\n]*\u00bb|(?<!\w)'[^'\n]*(?:'\w[^'\n]*)*'(?!\w)|`[^`\n]*`|\u2018[^\u2019\n]*\u2019(?!\w)"
)


class Signal(NamedTuple):
    """A signal by name, with the weight that it has alone."""

    name: str
    weight: float


def imperative(sentence: str) -> tuple[str, str]:
    """Return the verb that an order begins with, and the order from there on; else ("", "").

    `sentence` is in small letters. Words of politeness, marks of lists, and a first clause that
    names the answer ("in your reply, ...") are passed over; so are "can you" and "I want you to".
    """
    rest = _LEAD.sub("", sentence, count=1)
    for _ in range(6):
        before = rest
        rest = _ASKED.sub("", _FIRST_CLAUSE.sub("", rest, count=1), count=1)
        word = _WORD.match(rest)
        if word and word.group() in words.POLITE:
            rest = rest[word.end() :].lstrip(" ,:-")
        if rest == before:
            break
    word = _WORD.match(rest)
    verb = word.group() if word else ""
    if verb not in ORDERS or _TOLD.match(rest):
        return "", ""
    if is_noun(verb, rest[len(verb) :]) and not _YOUR_OUTPUT.search(rest):
        return "", ""
    return verb, rest


ORDERS = words.TELLING | words.MAKING | words.ACTING
_TOLD = re.compile(
    r"\w+(?:'s)?,? (?:is|are|was|were|has|have|had|can|could|will|would|does|doesn't|don't|do|did|may|might|must|"
    r"should|become|becomes|of|or|if)\b|\w+[-/(_.]"
)


def is_noun(verb: str, rest: str) -> bool:
    """Return whether what may be an order is a noun there: no small word or quotation follows."""
    if verb not in words.NOUNS:
        return False
    following = rest.split(None, 1)
    word = following[0] if following else ""
    small = word.strip(":,").rstrip("'") in words.SMALL
    return not (small or (word and word[0] in "\"'\u201c\u2018\u00ab[<"))


_LEAD = re.compile(r"^[^\w<\[#]*(?:(?:\d+|[a-z])[.)]\s+)?")
_WORD = re.compile(r"[^\W\d_]+")
_FIRST_CLAUSE = re.compile(
    r"^(?:in|at|to|for|within|throughout|when|while|after|before|if|as|by|inside|without)\b[^,.;:]{0,80}"
    r"(?:response|reply|answer|output|summary|answering|responding|replying|summari[sz]ing|user|document|text|email|message)"
    r"\w*[^,.;:]{0,40}[,:]\s*"
)
_ASKED = re.compile(
    r"^(?:(?:can|could|would|will) you(?: please| kindly)?|i (?:want|need|would like|'d like) you to|i order you to"
    r"|you (?:must|should|shall|will|need to|have to|are to)(?: now| always| also)?"
    r"|(?:make sure|be sure|remember|don't forget|do not forget|try|feel free|proceed|continue|ensure) (?:to|you|that you)"
    r"|your (?:task|job|goal|mission|role|objective) is(?: now)? to|let's|help me(?: to)?|please)\s+"
)  # fmt: skip


def signals(sentence: str, verb: str, order: str, *, marked: bool = True) -> list[Signal]:
    """Return the signals of a sentence in small letters, given what `imperative` says of it.

    `marked` False says that the net for signals did not catch it, which leaves its verb's.
    """
    found: list[Signal] = []

    def add(name: str, weight: float) -> None:
        found.append(Signal(name, weight))

    if marked:
        _told(sentence, verb, add)
    if verb:
        _ordered(sentence, verb, order, add)
    return found


def _ordered(sentence: str, verb: str, order: str, add: Callable[[str, float], None]) -> None:
    if verb in _UTTER and _OWN_ORDERS.search(order):
        add("asks for its orders", 0.65)
    if verb in words.ACTING and _LOOT.search(order):
        away = bool(_PLACE.search(order))
        add("sends data", 0.25 + 0.15 * away + 0.15 * (away and bool(_HELD.search(order))))
    if (
        verb in words.ACTING
        and _TOOL.search(order)
        and (_LOOT.search(order) or _PLACE.search(order))
    ):
        add("uses a tool", 0.3)
    manner = bool(_MANNER.search(order) or _MANNER.search(sentence))
    if verb in words.SHAPING and _FORM.search(order):
        if _OF_ANSWER.search(order, len(verb)):
            add("shapes the letters", 0.5)
        elif _THROUGHOUT.search(order):
            add("shapes the letters", 0.45)
        elif not manner:
            add("shapes the letters", 0.3)
    if (verb in words.MAKING or verb in words.TELLING) and _USER.search(order):
        add("speaks of the user", 0.35)
    if manner:
        add("says how to answer", 0.35 if order.startswith("reply") else 0.45)


def _told(sentence: str, verb: str, add: Callable[[str, float], None]) -> None:
    second = bool(_SECOND.search(sentence))
    _override(sentence, add, second=second)
    if match := _YOUR_OUTPUT.search(sentence):
        if verb not in words.TELLING and (
            _IDENTIFIER.search(sentence) or _ATTACHED.match(sentence)
        ):
            add("asks for an answer", 0.4 if verb else 0.2)
        elif _GIVEN.search(sentence):
            add("speaks of answers", 0.35)
        else:
            leads = match.start() < 8 and "," in sentence[match.end() : match.end() + 40]
            add(
                "shapes the answer", 0.85 if verb or leads else _some_order(sentence, match.start())
            )
    elif verb in words.TELLING and _MESSAGE.search(sentence):
        add("shapes the answer", 0.6)
    if called := _CALLED.search(_LEAD.sub("", sentence, count=1)):
        sure = verb or second or _order_inside(sentence) or called.start(1) >= 0
        add("calls a machine", 0.7 if sure else 0.2)
    elif (_IF_MACHINE.search(sentence) and _MACHINE.search(sentence)) or _READING.search(sentence):
        told = _AS_SUCH.search(sentence) is not None
        sure = (verb or second) and not told
        add("speaks to a machine", 0.65 if sure else 0.3 if told else 0.4)
    if _BECOME.search(sentence):
        add("gives a role", 0.6)
    elif _ROLE.search(sentence):
        add("gives a role", 0.45)
    if _FRAME.search(sentence):
        add("marks of a chat", 0.7)
    elif _SPEAKER.search(sentence):
        # "Assistant: Mary Jones" is a field and its value.
        follows = verb or second or _order_inside(sentence)
        weight = 0.6 if _TAKES_OVER.search(sentence) else 0.45 if follows else 0.25
        add("speaks as the system", weight)
    for name, weight in kinds(sentence, order=bool(verb)):
        if weight:
            add(name, weight)
    if _SECRECY.search(sentence):
        add("behind the user's back", 0.55 if verb or second or _FORBID.match(sentence) else 0.25)


def _override(sentence: str, add: Callable[[str, float], None], *, second: bool) -> None:
    match = _OVERRIDE.search(sentence)
    if not match:
        return
    near = sentence[max(match.start() - 40, 0) : match.end() + 90]
    orders, before = _ORDERS.search(near), _BEFORE.search(near)
    rules = before and _RULES.search(near)
    if not (orders or rules):
        if not match.start() and _QUESTION.match(sentence[match.end() :]):
            add("lifts its orders", 0.6)
        return
    # "You may ignore ..." and "... is ignored" are told of things; an order opens its sentence,
    # or follows a comma, a colon, or a verb of duty.
    head = sentence[: match.start()].rstrip()
    if match.group() in words.OVERRIDE_CJK:
        head = ""
    ordered = (
        not _CLASSED.sub("", head).strip()
        or head[-1] in ",;:!.-\u2013\u2014*#>]\"'\u201c("
        or bool(_DUTY.search(head))
    )
    ordered = ordered and not _PASSIVE.match(match.group())
    if orders and (before or _WHOLE.search(near)):
        add("lifts its orders", 0.9 if ordered else 0.3)
    elif orders or _WHOLE.search(near):
        add("lifts its orders", (0.6 if second or not orders else 0.45) if ordered else 0.1)


_QUESTION = re.compile(r"\w* (?:the )?(?:users?'?s? )?(?:users?|questions?|query|queries)\b")
_DUTY = re.compile(
    r"(?:must|should|please|now|then|shall|bitte|merci de|veuillez|por favor|you will|(?:you|important|need|have|want) to)"
    r"(?: now| also| just| completely| simply)?$|^(?:\W*\w+){1,4} (?:and|then|&)$"
)
_WHOLE = re.compile(
    r"\b(?:all|any|every|everything|your|alle\w*|sämtliche\w*|tüm|bütün|toutes?|tous|vos|tes|todas?|todos?|tus|sus|tutt[ei]|tuas?|suas?|todas)\b"
    "|\u6240\u6709|\u5168\u90e8|\u3059\u3079\u3066|\u0432\u0441\u0435"
)
_CLASSED = re.compile(f"{_ORDERS.pattern}|{_BEFORE.pattern}|{_WHOLE.pattern}")
"""An object of these classes alone may stand before its verb, as in Turkish."""

_PASSIVE = re.compile(r"\w+(?:ed|ing|s)$")


def _some_order(sentence: str, place: int) -> float:
    """Return the weight of "your answer" where the sentence begins with a word of no known class.

    An order may begin with any verb. What begins with a pronoun, an article, or a verb that has
    its subject elsewhere is none, and people who thank for an answer speak of themselves.
    """
    rest = _LEAD.sub("", sentence, count=1)
    word = _WORD.match(rest)
    is_open = (
        word is not None
        and place > len(word.group())
        and word.group() not in words.EMPTY
        and not word.group().endswith(("ed", "ing", "s", "ly"))
        and not _TOLD.match(rest)
        and not _OURS.search(sentence)
    )
    return 0.7 if is_open else 0.12


_OURS = re.compile(
    r"\b(?:wir|uns|unser\w*|nous|notre|nos|nosotros|nuestr\w*|we|our|us|i|i'm|thanks?|thankful|appreciate|await|forward|received?|if|hi|hello|dear|re|subject)\b"
)


def _order_inside(sentence: str) -> bool:
    return any(
        word in words.TELLING or word in words.ACTING for word in _WORD.findall(sentence)[:14]
    )


def quoted_away(sentence: str) -> str:
    """Return a sentence without what stands in quotation marks: told of, not said."""
    return _QUOTED.sub(" ", sentence)
