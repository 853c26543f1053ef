"""What agents ask: tools, and grounding for intents."""
