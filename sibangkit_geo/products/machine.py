"""What the products use of the machine: an office program, a font."""

from __future__ import annotations

import shutil

# of all printed maps; matplotlib brings it along
FAMILY = "DejaVu Sans"
_PROGRAMS = ("soffice", "libreoffice")


def office_program() -> str | None:
    """Find LibreOffice; None where it is not installed."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def has_font() -> bool:
    """
    Tell whether the font of the printed maps is there, without which none can be drawn.

    Raises ImportError: matplotlib is missing or damaged.
    """
    from matplotlib.font_manager import findfont  # noqa: PLC0415 - slow, and it may be missing

    try:
        findfont(FAMILY, fallback_to_default=False)
    except ValueError:
        return False
    return True
