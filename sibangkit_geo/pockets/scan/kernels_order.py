"""Places sorted by distance with ties found, and which near places touch."""

from __future__ import annotations

import numpy as np
from numba import njit

# distances that agree in nine digits are one distance: grids and rounded coordinates
_TIE = 2e-9


@njit(cache=True, nogil=True)
def close_rows(order, u, v, *, first, reach, stop, length):
    """
    Sort nearly sorted rows by exact distance and mark where discs close.

    Places at one distance enter together: a zone is a closed disc.

    `order`: Places roughly by distance, sorted in place, shape (n_rows, width).
    `first`: Centre of the first row; the next rows follow.
    `stop`: Filled: whether the disc closes here, shape of `order`.
    `length`: Filled: places within reach, shape (n_rows,).
    """
    width = order.shape[1]
    far = np.empty(width)
    for row in range(len(order)):
        places = order[row]
        for k in range(width):
            place = places[k]
            d = (u[place] - u[first + row]) ** 2 + (v[place] - v[first + row]) ** 2
            at = k
            while at > 0 and (far[at - 1] > d or (far[at - 1] == d and places[at - 1] > place)):
                far[at] = far[at - 1]
                places[at] = places[at - 1]
                at -= 1
            far[at] = d
            places[at] = place
        count = 0
        for k in range(width):
            stop[row, k] = k + 1 == width or far[k + 1] > far[k] * (1.0 + _TIE)
            count += far[k] <= reach * (1.0 + _TIE)
        length[row] = count


@njit(cache=True, nogil=True)
def link_bits(near, starts, touching):
    """
    Note which of the nearest places of each place touch.

    `near`: Nearest places, -1 for none, shape (n, at most 63).
    `starts`, `touching`: Places that touch place i: ``touching[starts[i]:starts[i + 1]]``.
    Returns: Bit j of ``links[i, k]``: the k-th and the j-th nearest of i touch.
    """
    links = np.zeros(near.shape, dtype=np.int64)
    rank = np.full(len(starts) - 1, -1, dtype=np.int64)
    for i in range(len(near)):
        for k in range(near.shape[1]):
            if near[i, k] >= 0:
                rank[near[i, k]] = k
        for k in range(near.shape[1]):
            place = near[i, k]
            if place >= 0:
                for other in touching[starts[place] : starts[place + 1]]:
                    if rank[other] >= 0:
                        links[i, k] |= np.int64(1) << rank[other]
        for k in range(near.shape[1]):
            if near[i, k] >= 0:
                rank[near[i, k]] = -1
    return links
