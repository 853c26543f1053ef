"""Secrets: keys, tokens and passwords that somebody left in a document."""
