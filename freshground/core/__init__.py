"""Records, ids, errors and settings. Nothing here does I/O except `settings.load`."""
