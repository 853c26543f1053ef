"""Who asks: API keys and tokens, and what each role may call. No key, no data."""
