"""Progress of long work: a bar, a function, or nothing."""
from __future__ import annotations

import contextlib
from typing import Any, Callable, Iterator, Union

Show = Callable[[str, int, int], None]
Progress = Union[bool, Show]  # True: a bar, where tqdm is installed


class _Bar:
    def __init__(self, tqdm: Any) -> None:
        self.tqdm = tqdm
        self.bar: Any = None
        self.shown: tuple[str, int] | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        if self.shown != (what, total):
            self.close()
            self.bar = self.tqdm(desc=what, total=total, leave=False, unit_scale=True)
            self.shown = (what, total)
        self.bar.n = done
        self.bar.refresh()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


@contextlib.contextmanager
def shown(progress: Progress) -> Iterator[Show | None]:
    """The function that shows `progress`, or None."""
    if callable(progress):
        yield progress
        return
    if progress:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            progress = False
    if not progress:
        yield None
        return
    bar = _Bar(tqdm)
    try:
        yield bar
    finally:
        bar.close()
