"""`python -m dbkit`."""

from .cli import main

main()
