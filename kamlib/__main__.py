"""`python -m kamlib` is `kam`: no program of its own that a company's Windows would have to trust."""

from kamlib.cli import main

if __name__ == "__main__":
    main()
