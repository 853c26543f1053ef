"""Arithmetic of freshness: windows, verdicts, percentiles of lag, error budgets. Pure."""
