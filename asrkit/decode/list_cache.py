"""The compiled hotword lists of the last utterances, which the next ones may share, whatever thread asks."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock

from asrkit.hotwords.graph import HotwordGraph

LISTS_KEPT = 16


class ListCache:
    """Keeps the lists that were asked for last, LISTS_KEPT at most."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[Hashable, HotwordGraph] = {}  # the one asked for last comes last

    def get(self, key: Hashable, compiled: Callable[[], HotwordGraph]) -> HotwordGraph:
        """Return the list called `key`; `compiled` makes it if it is not there.

        Two threads that miss the same list at once both make it; neither waits for the other's work.
        """
        with self._lock:
            found = self._kept.pop(key, None)
        if found is None:
            found = compiled()
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > LISTS_KEPT:
                del self._kept[next(iter(self._kept))]
        return found
