"""`python -m octavo.cli` is `octavo`."""

from octavo.cli.main import main

main()
