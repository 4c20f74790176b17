"""A little ahead of what is asked for: the network hears the next recordings while this one is searched."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_END = object()


def ahead(items: Iterator[T], most: int) -> Iterator[T]:
    """Yield `items`, which are made in a thread of their own, at most `most` of them before they are asked for."""
    with ThreadPoolExecutor(1, "listener") as thread:
        waiting = deque(thread.submit(next, items, _END) for _ in range(most))
        try:
            while (item := waiting.popleft().result()) is not _END:
                waiting.append(thread.submit(next, items, _END))
                yield item  # type: ignore[misc]
        finally:
            for future in waiting:
                future.cancel()
