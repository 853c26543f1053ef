"""Processes of their own for what must not hurt this one: reading files, scanning texts."""
