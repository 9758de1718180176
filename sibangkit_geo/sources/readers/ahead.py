"""Work on the next item while the caller is busy with this one."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """
    Take the next item in a thread while the caller is busy with this one.

    Only one thread is ever inside `items`, and their order stays.

    Parameters
    ----------
    items
        Anything that takes time to make; at most one is made before it is asked for.

    Returns
    -------
    items
        The same.

    Raises
    ------
    Exception
        Whatever `items` raises, when its turn comes.

    Examples
    --------
    >>> list(ahead(iter([1, 2, 3])))
    [1, 2, 3]
    """
    with ThreadPoolExecutor(1) as pool:
        waiting = deque([pool.submit(next, items, None)])
        while (item := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(next, items, None))
            yield item
