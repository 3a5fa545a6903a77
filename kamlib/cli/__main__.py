"""`python -m kamlib.cli` is `kam`."""

from kamlib.cli import main

main()
