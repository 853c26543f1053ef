"""Classes of words in several languages: who is spoken to, and what is asked of them.

Each class is a set of stems; none is a phrase of a known attack. What counts is which classes meet
in one sentence (`signals`).
"""

# ruff: noqa: SIM905 - word lists read better

from __future__ import annotations

# Verbs that take power from words said before.
OVERRIDE = (
    "ignor disregard forget overrid bypass neglect dismiss discard circumvent supersed "
    "vergiss missacht umgeh verwirf oubli contourn olvid descart omit omet dimentic trascur "
    "esquec desconsider negeer vergeet pomin zignoruj zapomnij \u0438\u0433\u043d\u043e\u0440\u0438\u0440 "
    "\u0437\u0430\u0431\u0443\u0434 \u043f\u0440\u0435\u043d\u0435\u0431\u0440\u0435\u0433 yoksay unut"
).split()  # fmt: skip
OVERRIDE_CJK = "\u5ffd\u7565 \u65e0\u89c6 \u7121\u8996 \u5fd8\u8bb0 \u7121\u8996\u3057 \ubb34\uc2dc".split()

# What an assistant has been told.
ORDERS = (
    "instruction prompt guideline directive anweisung vorgabe befehl consigne directive directriz "
    "instruccion instrucci\u00f3n indicacion istruzion instru\u00e7 instruct instrukcj polecen "
    "\u0438\u043d\u0441\u0442\u0440\u0443\u043a\u0446 \u0443\u043a\u0430\u0437\u0430\u043d talimat"
).split()  # fmt: skip
RULES = (
    "rule constraint restriction polic safeguard guardrail filter limitation programming "
    "regel richtlinie r\u00e8gle regla regola regra task context conversation everything text "
    "aufgabe kontext t\u00e2che tarea compito tarefa alles tout todo tutto tudo"
).split()
ORDERS_CJK = "\u6307\u4ee4 \u6307\u793a \u63d0\u793a \u8bf4\u660e \u547d\u4ee4 \uc9c0\uc2dc \uba85\ub839".split()

# Which were before.
BEFORE = (
    "previous prior earlier above preceding before given original initial existing system other "
    "vorherig vorig bisherig obig fr\u00fcher pr\u00e9c\u00e9dent ant\u00e9rieur ci-dessus anterior "
    "previa previo precedent prima vorige eerdere poprzedni \u043f\u0440\u0435\u0434\u044b\u0434\u0443\u0449 "
    "\u043f\u0440\u0435\u0436\u043d \u00f6nceki"
).split()  # fmt: skip

# Names and kinds of machines that read.
MACHINES = (
    "llm chatbot chatgpt gpt openai claude gemini copilot llama mistral deepseek ki-assistent "
    "ki-modell sprachmodell sprachassistent"
).split()
MACHINE_PHRASES = (
    r"\bai\b(?![\w-])", r"language models?", r"(?:ai|virtual|digital|automated) (?:assistant|agent|"
    r"system|model)s?", r"modelos? de lenguaje", r"mod\u00e8les? de langage", r"modello linguistico",
    r"modelo de linguagem", r"taalmodel", r"\bia\b", r"\bki\b", "\u044f\u0437\u044b\u043a\u043e\u0432"
    "\\w+ \u043c\u043e\u0434\u0435\u043b", "\u8bed\u8a00\u6a21\u578b", "\u8a00\u8a9e\u30e2\u30c7\u30eb",
    "\u4eba\u5de5\u667a\u80fd", "\uc5b8\uc5b4 \ubaa8\ub378",
)  # fmt: skip

# What a machine gives, when it is the reader's ("your reply").
YOURS = (
    "your thy deine deiner deinem deinen ihre ihrer ihrem ihren eure ta votre ton tes vos tu su "
    "vuestra tua tuo vostra sua seu jouw uw je twoj twoja twojej \u0442\u0432\u043e\u0439 "
    "\u0442\u0432\u043e\u0435\u043c \u0442\u0432\u043e\u0439 \u0432\u0430\u0448 \u0432\u0430\u0448\u0435\u043c"
).split()  # fmt: skip
OUTPUTS = (
    "response responses reply replies answer answers output outputs completion summary summaries "
    "translation antwort antworten ausgabe zusammenfassung r\u00e9ponse r\u00e9ponses r\u00e9sum\u00e9 "
    "respuesta respuestas resumen risposta risposte riassunto resposta respostas resumo antwoord "
    "samenvatting odpowiedzi odpowied\u017a \u043e\u0442\u0432\u0435\u0442 \u043e\u0442\u0432\u0435\u0442\u0435"
).split()  # fmt: skip
OUTPUTS_CJK = "\u4f60\u7684\u56de\u590d \u4f60\u7684\u56de\u7b54 \u60a8\u7684\u56de\u590d \u60a8\u7684\u56de\u7b54 \u3042\u306a\u305f\u306e\u56de\u7b54 \u56de\u7b54\u306b".split()

# Imperatives of saying, writing, reckoning: what a language model is asked for and a reader of a
# document hardly ever is.
TELLING = frozenset((
    "explain describe summarize summarise translate write compose draft generate define outline "
    "paraphrase rephrase rewrite reword narrate recite brainstorm elaborate calculate compute solve "
    "encode decode encrypt decrypt tell teach list compare contrast analyze analyse classify suggest "
    "recommend discuss imagine invent pretend answer respond output print repeat say sing proofread "
    "summon predict simulate impersonate roleplay speak talk state proclaim claim assert declare "
    "mention scramble jumble misspell spell anagram rhyme uppercase capitalize capitalise reverse "
    "erkl\u00e4re erkl\u00e4ren beschreibe schreibe verfasse \u00fcbersetze nenne antworte antworten erz\u00e4hle "
    "berechne l\u00f6se fasse gib sage formuliere explique expliquez d\u00e9cris d\u00e9crivez \u00e9cris "
    "\u00e9crivez traduis traduisez r\u00e9ponds r\u00e9pondez r\u00e9dige r\u00e9digez r\u00e9sume "
    "r\u00e9sumez dis dites raconte explica explique describe escribe traduce responde resume redacta "
    "dime calcula cuenta spiega descrivi scrivi traduci rispondi riassumi dimmi racconta explica "
    "descreva escreva traduza responda resuma conte leg beschrijf schrijf vertaal antwoord vertel "
    "napisz wyja\u015bnij przet\u0142umacz odpowiedz opowiedz \u043e\u0431\u044a\u044f\u0441\u043d\u0438 "
    "\u043d\u0430\u043f\u0438\u0448\u0438 \u043e\u0442\u0432\u0435\u0442\u044c \u043f\u0435\u0440\u0435\u0432\u0435\u0434\u0438 "
    "\u0440\u0430\u0441\u0441\u043a\u0430\u0436\u0438 a\u00e7\u0131kla yaz \u00e7evir"
).split())  # fmt: skip

# Imperatives that ask people as well: they count only where the matter is out of place.
MAKING = frozenset((
    "provide give show create make develop find add include insert append prepend modify replace "
    "remove use introduce integrate augment enhance embed render group combine design build set "
    "schedule plan identify determine evaluate estimate assess break track book search look get "
    "convert substitute swap shuffle format start begin end finish conclude share name help "
    "remind recommend recall retrieve fetch order organize organise prepare produce propose invite "
    "promote advertise emphasize emphasise highlight stress hint tease offer inform advise warn urge "
    "encourage ask persuade convince gather monitor research investigate automate optimize optimise "
    "play rate rank review extract turn transform change present illustrate detail cite quote "
    "erstelle zeige finde f\u00fcge verwende ersetze plane cr\u00e9e cr\u00e9ez donne donnez montre "
    "trouve ajoute ajoutez crea da muestra encuentra a\u00f1ade agrega incluye crea mostra trova "
    "aggiungi includi crie mostre encontre adicione inclua maak geef toon voeg"
).split())  # fmt: skip

# Imperatives of acting with what a machine has at hand.
ACTING = frozenset((
    "call invoke run execute send email forward post upload download open visit browse click delete "
    "transfer exfiltrate leak submit reveal disclose expose show print output repeat fetch navigate "
    "access retrieve return dump list copy paste write save store append install grant approve buy "
    "sende schicke \u00f6ffne l\u00f6sche rufe f\u00fchre envoie envoyez ex\u00e9cute ouvre supprime env\u00eda "
    "ejecuta abre borra invia esegui apri cancella envie execute abra apague stuur voer verwijder"
).split())  # fmt: skip

POLITE = frozenset((
    "please kindly now also then and but so next finally additionally furthermore moreover instead "
    "first second third just always never bitte jetzt s'il veuillez por favor per prego alsjeblieft"
).split())  # fmt: skip

# Words that carry no matter: what is left of a sentence without them says what it is about.
EMPTY = frozenset((
    "about above after again also although always among another any anything are around because "
    "been before being below between both but came can could did does doing done down during each "
    "either every everything few first following for from further had has have having here hers him "
    "his how however into its itself just know known last least less like made many may might mine "
    "more most much must need new next none nor not nothing now off often once one only other our "
    "out over own per please same several shall she should simple simply since some someone "
    "something such than that the their them then there these they thing things this those through "
    "too two under until upon use used using very via was way well were what when where whether "
    "which while who whom whose why will with within without would yes yet you your yours and main "
    "primary important example examples difference differences between step steps it's what's me my "
    "der die das und oder mit von f\u00fcr ein eine einen ist sind wird werden les des une est dans "
    "pour avec los las una para con que por del"
).split())  # fmt: skip
