"""Pull: copy what changed in a CRM into the store. `describe` comes first, then `pull`.

describe.py   what our login sees, and what to do where it does not see enough
engine.py     the main thread: which stream when, every page into the store, what each read did
order.py      which streams are due, and which must wait for another
workers.py    the threads that read
results.py    what a stream's read did, for the log and for people
"""

from sync.pull.describe import describe
from sync.pull.engine import pull
from sync.pull.results import StreamPull

__all__ = ["StreamPull", "describe", "pull"]
