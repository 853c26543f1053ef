"""Text in documents that speaks to the machine which reads them, not to people.

Structure comes first: who is spoken to, in which mood, about what, and whether that fits the
document around it. No attack is listed; `words` holds classes of words in several languages.
"""
