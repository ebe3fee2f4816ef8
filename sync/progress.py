"""What a person watching sees of long work: a bar where a terminal is there, nothing elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from rich.console import Console
    from rich.progress import TaskID


class Progress(Protocol):
    """Where the verbs tell how far they are."""

    def pulled(self, name: str, rows: int, total: int | None) -> None:
        """So many rows of a stream are read, of so many where that is known."""

    def ended(self, name: str) -> None:
        """A stream is read."""

    def step(self, label: str) -> None:
        """A step without parts began."""

    def writing(self, changes: int) -> None:
        """So many changes will be written."""

    def written(self, changes: int) -> None:
        """So many more are done with."""


class Silent:
    """Progress for nobody."""

    def pulled(self, name: str, rows: int, total: int | None) -> None: ...

    def ended(self, name: str) -> None: ...

    def step(self, label: str) -> None: ...

    def writing(self, changes: int) -> None: ...

    def written(self, changes: int) -> None: ...


class Bars:
    """Progress as bars on a terminal; a context manager."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._bars = RichProgress(
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._changes = self._done = 0

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def _show(self, label: str, completed: int, total: int | None) -> None:
        if label not in self._tasks:
            self._tasks[label] = self._bars.add_task(label, total=total)
        self._bars.update(self._tasks[label], completed=completed, total=total)

    def pulled(self, name: str, rows: int, total: int | None) -> None:
        self._show(f"pull {name}", rows, total)

    def ended(self, name: str) -> None:
        # There are more streams than a screen has lines: only those that are going on are shown.
        task = self._tasks.pop(f"pull {name}", None)
        if task is not None:
            self._bars.remove_task(task)

    def step(self, label: str) -> None:
        self._show(label, 0, None)

    def writing(self, changes: int) -> None:
        self._changes, self._done = changes, 0
        self._show("write", 0, changes)

    def written(self, changes: int) -> None:
        self._done += changes
        self._show("write", self._done, self._changes)


@contextmanager
def counting(console: Console, what: str, count: Callable[[], int]) -> Iterator[None]:
    """While the block lasts, a line on a terminal that says how many there are by now, and for how long it has run."""
    from rich.progress import Progress as RichProgress
    from rich.progress import ProgressColumn, SpinnerColumn, Task, TimeElapsedColumn
    from rich.text import Text

    class Counted(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{count():,} {task.description}")

    columns = (SpinnerColumn(), Counted(), TimeElapsedColumn())
    with RichProgress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        shown.add_task(what, total=None)
        yield
