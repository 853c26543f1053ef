"""The command line: `freshground`. Each command calls what the DAGs and the service call."""

from freshground.service.cli.app import main

__all__ = ["main"]
