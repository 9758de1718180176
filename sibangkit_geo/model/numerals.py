"""Numbers as Indonesian readers write them, for notes and labels: 1.234,5."""

from __future__ import annotations

import math

_PERCENT = 100.0
MISSING = "tidak ada data"


def numeral(value: float, decimals: int = 0) -> str:
    """
    Write a number with decimal comma and dots between thousands.

    Parameters
    ----------
    value
        Number; missing gives "tidak ada data".
    decimals
        Digits behind the comma.

    Returns
    -------
    text
        Such as ``"1.234,5"``.

    Examples
    --------
    >>> numeral(1234.56, 1), numeral(-0.001, 2)
    ('1.234,6', '0,00')
    """
    if math.isnan(value):
        return MISSING
    if not round(value, decimals):
        # a little less than nothing is nothing, not "-0,00"
        value = 0.0
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def percentage(share: float, decimals: int = 1) -> str:
    """
    Write a share as per cent.

    Parameters
    ----------
    share
        0 to 1; missing gives "tidak ada data".
    decimals
        Digits behind the comma.

    Returns
    -------
    text
        Such as ``"9,3%"``.

    Examples
    --------
    >>> percentage(0.0931, 2)
    '9,31%'
    """
    text = numeral(share * _PERCENT, decimals)
    return text if text == MISSING else f"{text}%"


def rupiah(amount: float) -> str:
    """
    Write an amount of money in words of size.

    Parameters
    ----------
    amount
        Rupiah; missing gives "tidak ada data".

    Returns
    -------
    text
        Such as ``"Rp1,25 miliar"``.

    Examples
    --------
    >>> rupiah(1_250_000_000)
    'Rp1,25 miliar'
    """
    for size, word in ((1e12, "triliun"), (1e9, "miliar"), (1e6, "juta")):
        if abs(amount) >= size:
            return f"Rp{numeral(amount / size, 2)} {word}"
    text = numeral(amount)
    return text if text == MISSING else f"Rp{text}"
