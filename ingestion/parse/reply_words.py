"""What mail programs write around quotes and signatures, in the languages that they speak."""

from __future__ import annotations

import re


def _any(*words: str) -> str:
    return "(?:" + "|".join(words) + ")"


_WROTE = _any(
    r"wrote", r"writes", r"schrieb(?:en)?", r"a écrit", r"écrit", r"a e´crit", r"escribió",
    r"escribio", r"ha scritto", r"scrive(?:va)?", r"schreef", r"escreveu", r"napisał(?:\(a\)|a)?",
    r"pisze", r"napsal(?:\(a\)|a)?", r"napísal", r"skrev", r"kirjoitti", r"írta", r"yazdı",
    r"a scris", r"написал(?:\(а\)|а)?", r"пишет", r"писал(?:\(а\)|а)?", r"έγραψε", r"写道", r"寫道",
    r"님이 작성", r"のメール", r"書きました", r"wrote on",
)  # fmt: skip
ATTRIBUTION = re.compile(rf"(?<![A-Za-z]){_WROTE}.{{0,80}}?[:：]\s*$", re.IGNORECASE | re.DOTALL)
"""The end of "On Monday, Ann wrote:"; lines that are wrapped are joined before."""

DATED = re.compile(
    r"(?:^|\s)(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d|(?:19|20)\d\d\b|\d{1,2}[:.h]\d\d)"
    r"|\d{4}\s?[年년]|<[^<>\s]+@[^<>\s]+>"
)
"""What an attribution holds besides: a date, a time, or an address."""

OPENING = re.compile(
    r"^\W{0,3}(?:On|Am|Le|El|Il|Op|Em|Den|Dne|Dnia|W dniu|Dňa|La|På|Pe|Στις|\d|20\d\d|"
    r"Mon|Tue|Wed|Thu|Fri|Sat|Sun|Mo|Di|Mi|Do|Fr|Sa|So)\b",
    re.IGNORECASE,
)

_FROM = _any(
    "From", "Von", "De", "Da", "Van", "Od", "Från", "Fra", "Lähettäjä", "Feladó", "Gönderen",
    "Kimden", "От", "Отправитель", "מאת", "发件人", "寄件者", "差出人", "보낸 ?사람", "Remitente",
    "Mittente", "Expéditeur",
)  # fmt: skip
_OTHERS = _any(
    "Sent", "Date", "To", "Cc", "Bcc", "Subject", "Reply-To", "Importance", "Attachments?",
    "Organization", "Gesendet", "Datum", "An", "Betreff", "Kopie", "Antwort an", "Anlagen?",
    "Wichtigkeit", "Envoyé", "À", "A", "Objet", "Répondre à", "Pièces jointes", "Copie à",
    "Enviado(?: el)?", "Fecha", "Para", "Asunto", "CC", "Inviato", "Data", "Oggetto", "Verzonden",
    "Aan", "Onderwerp", "Assunto", "Enviada(?: em)?", "Wysłano", "Do", "Temat", "DW", "Odesláno",
    "Komu", "Předmět", "Kopia", "Skickat", "Till", "Ämne", "Sendt", "Til", "Emne", "Lähetetty",
    "Vastaanottaja", "Aihe", "Elküldve", "Címzett", "Tárgy", "Gönderildi", "Kime", "Konu",
    "נשלח", "אל", "נושא", "Отправлено", "Дата", "Кому", "Тема", "Копия", "发送时间", "收件人",
    "主题", "抄送", "日期", "送信日時", "宛先", "件名", "보낸 ?날짜", "받는 ?사람", "제목", "참조",
)  # fmt: skip
HEADER_FROM = re.compile(
    rf"^[\s*_>|]*{_FROM}[ \u00a0]?[*_]*[ \u00a0]?[:：][*_]*\s*\S", re.IGNORECASE
)
HEADER_OTHER = re.compile(rf"^[\s*_>|]*{_OTHERS}[ \u00a0]?[*_]*[ \u00a0]?[:：]", re.IGNORECASE)

_DASHES = r"^[\s>*_]*[-_–—]{2,}\s*"
_DASHES_END = r"\s*[-_–—]*\s*$"
ORIGINAL = re.compile(
    _DASHES
    + _any(
        "Original Message", "Original-Nachricht", "Ursprüngliche Nachricht",
        "Ursprungliche Nachricht", "Originalnachricht", "Message d'origine", "Message d’origine",
        "Message original", "Mensaje original", "Messaggio originale", "Oorspronkelijk bericht",
        "Mensagem original", "Oryginalna wiadomość", "Wiadomość oryginalna", "Původní zpráva",
        "Ursprungligt meddelande", "Oprindelig meddelelse", "Opprinnelig melding",
        "Alkuperäinen viesti", "Eredeti üzenet", "Orijinal İleti", "Исходное сообщение",
        "Оригинальное сообщение", "原始邮件", "原始郵件", "원본 메시지", "元のメッセージ",
        "Reply Message",
    )
    + _DASHES_END,
    re.IGNORECASE,
)  # fmt: skip
FORWARDED = re.compile(
    r"^[\s>*_–—-]*"
    + _any(
        "Forwarded message", "Begin forwarded message", "Forwarded by", "Weitergeleitete Nachricht",
        "Weitergeleitete E-Mail", "Anfang der weitergeleiteten (?:E-Mail|Nachricht)",
        "Message transféré", "Message transmis", "Début du message (?:réexpédié|transféré)",
        "Mensaje reenviado", "Inicio del mensaje reenviado", "Messaggio inoltrato",
        "Inizio messaggio inoltrato", "Doorgestuurd bericht", "Begin doorgestuurd bericht",
        "Mensagem encaminhada", "Wiadomość przekazana", "Przeposlaná zpráva",
        "Vidarebefordrat meddelande", "Vidarebefordrat brev", "Videresendt meddelelse",
        "Пересылаемое сообщение", "Пересланное сообщение", "转发的邮件", "转发邮件",
        "転送メッセージ", "전달된 메시지",
    )
    + r"\b.{0,80}$",
    re.IGNORECASE,
)  # fmt: skip
FORWARDING = re.compile(
    r"^\s*(?:\[[^\]]*\]\s*)?(?:fwd?|wg|tr|rv|i|doorst|vb|enc|pd|vs|fs|转发|轉寄|転送|전달)\s*[:：]",
    re.IGNORECASE,
)
"""A subject that says: what follows is passed on, and not only quoted."""
REPLYING = re.compile(
    r"^\s*(?:\[[^\]]*\]\s*)?(?:re|aw|antw|r|rif|odp|sv|vs|res|回复|回覆|답장)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)

CLOSING = re.compile(
    r"^\W{0,2}"
    + _any(
        r"(?:(?:with |my )?(?:best|kind|kindest|warm|warmest|many)(?: and best)? )?regards",
        r"best wishes", r"(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?", r"cheers",
        r"all the best", r"best", r"many thanks", r"thanks(?: again| a lot| so much)?",
        r"thank you(?: very much)?", r"cordially", r"respectfully",
        r"mit (?:freundlichen|besten|herzlichen|vielen) grü(?:ß|ss)en", r"mfg", r"lg", r"vg",
        r"mit freundlichem gru(?:ß|ss)", r"freundliche grü(?:ß|ss)e",
        r"(?:viele|liebe|beste|herzliche|schöne|sonnige) grü(?:ß|ss)e", r"gru(?:ß|ss)",
        r"hochachtungsvoll", r"besten dank", r"vielen dank", r"danke",
        r"(?:bien )?(?:cordialement|amicalement)", r"bien à (?:vous|toi)",
        r"(?:meilleures |sincères )?salutations(?: distinguées)?", r"sincèrement",
        r"respectueusement", r"bonne (?:journée|soirée|réception)",
        r"merci(?: d'avance| beaucoup)?",
        r"(?:un )?(?:cordial |atento )?saludos?(?: cordiales)?", r"atentamente", r"cordialmente",
        r"(?:muchas )?gracias", r"(?:cordiali|distinti|cari) saluti", r"saluti",
        r"grazie(?: mille)?",
        r"(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?", r"groet(?:en|jes)?", r"mvg",
        r"(?:com os melhores )?cumprimentos", r"atenciosamente", r"obrigad[oa]", r"abraços?",
        r"z poważaniem", r"pozdrawiam", r"s pozdravem", r"s úctou", r"med vänliga? hälsning(?:ar)?",
        r"vänliga? hälsningar", r"mvh", r"(?:med )?venlig hilsen", r"vennlig hilsen", r"hilsen",
        r"ystävällisin terveisin", r"üdvözlettel", r"saygılarımla", r"с уважением",
        r"此致", r"敬上", r"よろしくお願いいたします", r"敬具", r"감사합니다",
    )
    + r"\W{0,3}(?:\s?[,/].{0,40})?$",
    re.IGNORECASE,
)  # fmt: skip
"""A line that closes a letter, and holds nothing else."""

SENT_FROM = re.compile(
    r"^\W{0,3}"
    + _any(
        r"Sent from (?:my|the|Mail|Outlook|Yahoo|Proton|Samsung|Gmail)\b", r"Get Outlook for",
        r"Sent (?:via|with) ", r"Von meinem .{1,40} gesendet", r"Gesendet (?:von|mit) ",
        r"Diese Nachricht wurde von meinem ", r"Envoyé (?:de mon|depuis|à partir de|avec)\b",
        r"Enviado (?:desde|do|a partir)\b", r"Enviada do ", r"Inviato da(?:l mio)?\b",
        r"Verzonden (?:vanaf|met|via)\b", r"Verstuurd vanaf\b", r"Wysłane? z ", r"Odesláno z ",
        r"Skickat från ", r"Sendt fra ", r"Lähetetty ", r"Отправлено (?:с|из) ", r"发自我的",
        r"iPhoneから送信",
        r"나의 .{1,20}에서 보냄",
    )
    + r".{0,80}$",
    re.IGNORECASE,
)  # fmt: skip

CONFIDENTIAL = re.compile(
    r"confidential|intended (?:solely |only )?for|intended recipient|addressee|privileged"
    r"|disclaimer|notify the sender|received (?:this|it) in error|delete (?:this|the|it)\b"
    r"|unauthori[sz]ed"
    r"|vertraulich|irrtümlich|adressat|empfänger|unbefugt|confidenti[eé]l|destinataire|par erreur"
    r"|confidencial|destinatario|por error|riservat|vertrouwelijk|geadresseerde"
    r"|environment before printing|ausdrucken|imprimer ce",
    re.IGNORECASE,
)
"""Words of notices under messages; two of them make a paragraph a notice."""
