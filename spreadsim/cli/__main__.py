"""python -m spreadsim.cli: the command line."""

from spreadsim.cli import main

main()
