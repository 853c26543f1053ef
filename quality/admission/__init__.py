"""Detectors: what looks into documents for what should not be served as it is."""
