"""Start the command line: ``sibangkit``, or ``python -m sibangkit_geo``."""

from __future__ import annotations

import logging
import os
import sys

_AGAIN = ": pip install --require-hashes -r requirements.lock\n"
# before anything is there that could translate it
_MISSING = {
    "id": "galat: pustaka {} tidak ada atau rusak; tidak ada yang ditulis. Pasang lagi",
    "en": "error: the library {} is missing or damaged; nothing was written. Install again",
}
_STOPPED = {
    "id": "galat: dihentikan; tidak ada yang ditulis\n",
    "en": "error: stopped; nothing was written\n",
}


def main() -> None:
    """Run the command line; where a library that it stands on is missing, say so in one line."""
    # where matplotlib keeps its list of fonts is nothing that a user of ours can act on
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        from sibangkit_geo.cli import app  # noqa: PLC0415 - a failure here is what is told

        app()
    except (ImportError, KeyboardInterrupt) as error:
        from sibangkit_geo.voice.language import of_environment  # noqa: PLC0415 - needs no library

        if isinstance(error, KeyboardInterrupt):
            # while the libraries were being read
            sys.stderr.write(_STOPPED[of_environment()])
            sys.exit(1)
        what = error.name or ""
        sys.stderr.write(_MISSING[of_environment()].format(what) + _AGAIN)
        sys.exit(1)
    finally:
        _let_go_of_output()


def _let_go_of_output() -> None:
    """Keep Python from complaining, at its own end, of what nobody could be told any more."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
