"""The command line's parser. It knows no settings, so that the window opens without their models."""

import argparse
from typing import Any, NoReturn

from segdepth_app.errors import InputError


class OneLineParser(argparse.ArgumentParser):
    """Complains in one line, like everything else here, instead of printing its usage as well."""

    def error(self, message: str) -> NoReturn:
        """Raises: InputError with argparse's complaint."""
        sentence = message[:1].upper() + message[1:]
        raise InputError(f"{sentence.rstrip('.')}.", f"See `{self.prog} --help`.")


def plain_parser(**settings: Any) -> OneLineParser:
    """A parser that takes whole option names only: an abbreviation may mean something else tomorrow."""
    return OneLineParser(allow_abbrev=False, **settings)
