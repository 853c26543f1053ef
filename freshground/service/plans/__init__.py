"""What a refresh would do, what it would cost, and who has to agree."""
