"""Keeps the wrong people out, keeps the load bounded, and notes what was done."""
