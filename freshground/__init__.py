"""Freshground: every index that an app queries is an immutable, gated, dated release."""

__version__ = "0.1.0"
