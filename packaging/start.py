"""The script that is frozen; what it does is in segdepth_app.__main__."""

import multiprocessing
import sys

if __name__ == "__main__":
    # first of all: a frozen child of multiprocessing comes in through here
    multiprocessing.freeze_support()
    from segdepth_app.__main__ import main

    sys.exit(main())
