"""`python -m eoexplore`: the command line."""

import sys

from eoexplore.cli import main

if __name__ == "__main__":
    sys.exit(main())
