"""Writes resources/SHA256SUMS, the list of shipped files with their hashes: `make manifest`, when one has changed."""

from segdepth_app.paths import resources
from segdepth_app.shipped import LIST_NAME, write_list


def main() -> None:
    """Lists the files as they are now."""
    print(f"resources/{LIST_NAME}: {write_list(resources())} files")  # noqa: T201 (talks to a terminal)


if __name__ == "__main__":
    main()
