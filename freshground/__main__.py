"""`python -m freshground` is the command `freshground`."""

from freshground.service.cli import main

if __name__ == "__main__":
    main()
