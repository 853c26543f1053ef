"""Quarantine: what is set aside and why, and what people decide about it.

`listing` reads, `deciding` records what people decide, and the rest is how a refresh honours that.
"""
