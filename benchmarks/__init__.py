"""What Freshground costs, each measure beside its rival or bound: `python -m benchmarks`."""
