"""`python -m stellarsettle` is the command line."""

from stellarsettle.cli import main

if __name__ == "__main__":
    main()
