"""Run the command line as ``python -m sibangkit_geo``."""

from __future__ import annotations

from sibangkit_geo.cli import app

if __name__ == "__main__":
    app()
