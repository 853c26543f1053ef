"""What people look at, as plain data: pages, commands and tests ask the same functions."""
