"""Classes of words in several languages: who is spoken to, and what is asked of them.

Each class is a set of stems; none is a phrase of a known attack. What counts is which classes meet
in one sentence (`signals`).
"""

# ruff: noqa: E501, SIM905 - word lists read better whole

from __future__ import annotations

# Verbs that take power from words said before.
OVERRIDE = (
    "ignor disregard forget overrid bypass neglect dismiss discard circumvent supersed "
    "vergiss missacht umgeh verwirf oubli contourn olvid descart omit omet dimentic trascur "
    "esquec desconsider negeer vergeet pomin zignoruj zapomnij игнорир "
    "забуд пренебрег yoksay unut"
).split()  # fmt: skip
OVERRIDE_CJK = "忽略 无视 無視 忘记 無視し 무시".split()

# What an assistant has been told.
ORDERS = (
    "instruction prompt guideline directive anweisung vorgabe befehl consigne directive directriz "
    "instruccion instrucción indicacion istruzion instruç orientaç instruct instrukcj polecen "
    "инструкц указан talimat"
).split()  # fmt: skip
RULES = (
    "rule constraint restriction polic safeguard guardrail filter limitation programming "
    "regel richtlinie règle regla regola regra task context conversation everything text "
    "aufgabe kontext tâche tarea compito tarefa alles tout todo tutto tudo"
).split()
ORDERS_CJK = "指令 指示 提示 说明 命令 지시 명령".split()

# Which were before.
BEFORE = (
    "previous prior earlier above preceding before given original initial existing system other "
    "ci-dessus prima"
).split()
BEFORE_STEMS = (
    "vorherig vorig bisherig obig früher précédent antérieur anterior previa previo precedent "
    "vorige eerdere poprzedn предыдущ прежн önceki"
).split()

# Names and kinds of machines that read.
MACHINES = (
    "llm chatbot chatgpt gpt openai claude gemini copilot llama mistral deepseek ki-assistent "
    "ki-modell sprachmodell sprachassistent"
).split()
MACHINE_PHRASES = (
    r"\bai\b(?![\w-])", r"language models?", r"(?:ai|virtual|digital|automated) (?:assistant|agent|system|model)s?", r"modelos? de lenguaje", r"modèles? de langage", r"modello linguistico",
    r"modelo de linguagem", r"taalmodel", r"\bia\b", r"\bki\b", "языков\\w+ модел", "语言模型", "言語モデル",
    "人工智能", "언어 모델",
)  # fmt: skip

# What a machine gives, when it is the reader's ("your reply").
YOURS = (
    "your thy deine deiner deinem deinen ihre ihrer ihrem ihren eure ta votre ton tes vos tu su "
    "vuestra tua tuo vostra sua seu jouw uw je twoj twoja twojej твой "
    "твоем твой ваш вашем"
).split()  # fmt: skip
OUTPUTS = (
    "response responses reply replies answer answers output outputs completion summary summaries "
    "translation antwort antworten ausgabe zusammenfassung réponse réponses résumé "
    "respuesta respuestas resumen risposta risposte riassunto resposta respostas resumo antwoord "
    "samenvatting odpowiedzi odpowiedź ответ ответе"
).split()  # fmt: skip
OUTPUTS_CJK = "你的回复 你的回答 您的回复 您的回答 あなたの回答 回答に".split()

# Imperatives of saying, writing, reckoning: what a language model is asked for and a reader of a
# document hardly ever is.
TELLING = frozenset((
    "explain describe summarize summarise translate write compose draft generate define outline "
    "paraphrase rephrase rewrite reword narrate recite brainstorm elaborate calculate compute solve "
    "encode decode encrypt decrypt tell teach list compare contrast analyze analyse classify suggest "
    "recommend discuss imagine invent pretend answer respond output print repeat say sing proofread "
    "rearrange jumble predict simulate impersonate roleplay speak talk state proclaim claim assert declare "
    "mention scramble jumble misspell spell anagram rhyme uppercase capitalize capitalise reverse "
    "erkläre erklären beschreibe schreibe verfasse übersetze nenne antworte antworten erzähle "
    "berechne löse fasse gib sage formuliere explique expliquez décris décrivez écris "
    "écrivez traduis traduisez réponds répondez rédige rédigez résume "
    "résumez dis dites raconte explica explique describe escribe traduce responde resume redacta "
    "dime calcula cuenta spiega descrivi scrivi traduci rispondi riassumi dimmi racconta explica "
    "descreva escreva traduza responda resuma conte leg beschrijf schrijf vertaal antwoord vertel "
    "napisz wyjaśnij przetłumacz odpowiedz opowiedz объясни "
    "напиши ответь переведи "
    "расскажи açıkla yaz çevir"
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
    "rate rank review extract turn transform change present illustrate detail cite quote "
    "erstelle zeige finde füge verwende ersetze plane crée créez donnez montre "
    "trouve ajoute ajoutez crea muestra encuentra añade agrega incluye crea mostra trova "
    "aggiungi includi crie mostre encontre adicione inclua maak geef toon voeg"
).split())  # fmt: skip

# Imperatives of changing the form of a text.
SHAPING = frozenset((
    "replace render substitute swap shuffle scramble jumble rearrange reorder reverse remove combine group "
    "encode encrypt convert misspell spell capitalize capitalise write use insert respond answer reply "
    "transform change turn break omit skip double repeat separate split merge translate provide add introduce"
).split())  # fmt: skip

# Those of them that people are hardly asked either: enough for a request that does not fit.
ASKED = MAKING - frozenset((
    "use set add include insert append prepend remove format begin start end finish build share name "
    "help order look get cite quote review extract present change turn render offer introduce "
    "organize organise combine group modify embed prepare make schedule rate rank invite ask"
).split())  # fmt: skip

# Words that are nouns as often: an order only where a small word or a quotation follows.
NOUNS = frozenset((
    "list state set plan print show share answer reply book start end design format name help order "
    "rate rank track build search use group email post access copy forward transfer return store run "
    "call output test test promise offer hint quote change turn display dump present detail estimate "
    "monitor research review contrast sing talk say claim summon visit paste leak install buy crea resume "
    "resuma conte explica spell reverse rhyme uppercase schedule approve fetch "
    "fasse gib leg maak"
).split())  # fmt: skip
SMALL = frozenset((
    "the a an all any every each some me my your this that these those in with as only to for out up "
    "about how what why who when where which whether one two three four five ten no its it everything "
    "them on from back at exactly nothing something 'yes' der die das den dem ein eine einen mir nur "
    "auf le la les un une des moi l el los las una lo il i gli uno o os as um uma de het een 'i"
).split())  # fmt: skip

# Imperatives of acting with what a machine has at hand.
ACTING = frozenset((
    "call invoke run execute send email forward post upload download open visit browse click delete "
    "transfer exfiltrate leak submit reveal disclose expose show print output repeat fetch navigate "
    "access retrieve return dump list copy paste write save store append install grant approve buy "
    "sende schicke öffne lösche rufe führe envoie envoyez exécute ouvre supprime envía "
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
    "der die das und oder mit von für ein eine einen ist sind wird werden les des une est dans "
    "pour avec los las una para con que por del"
).split())  # fmt: skip
