"""Other people's stores and clients against the query service: `make conformance`."""
