"""Start the command line: ``sibangkit``, or ``python -m sibangkit_geo``."""

from __future__ import annotations

import logging
import sys


def main() -> None:
    """Run the command line; where a library that it stands on is missing, say so in one line."""
    # where matplotlib keeps its list of fonts is nothing that a user of ours can act on
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        from sibangkit_geo.cli import app  # noqa: PLC0415 - a failure here is what is told

        app()
    except ImportError as error:
        what = error.name or "that is needed"
        sys.stderr.write(
            f"error: the library {what} is missing or damaged; nothing was written. Install "
            "again: pip install --require-hashes -r requirements.lock\n"
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
