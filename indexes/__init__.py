"""Indexes: vectors, engines and releases."""
