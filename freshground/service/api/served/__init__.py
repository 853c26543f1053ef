"""What names mean, which releases are in memory, and how they stand."""
