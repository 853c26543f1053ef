"""Clients' own indexes: definitions, documents, aliases."""
