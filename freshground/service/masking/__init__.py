"""Masking: under which key, what is sealed, how it is had back, and lakes without originals."""
