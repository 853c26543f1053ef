"""Cleansing: characters, page furniture, hyphenation, language, and the assembled document."""
