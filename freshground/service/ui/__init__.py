"""The operators' dashboard: pages made on the server from the records in the lake."""
