"""Near-duplicates: found by signatures, checked exactly, chosen among by policy. All pure."""
