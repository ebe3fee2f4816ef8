"""Makes the plain-Python reference of `tests/salesops` one that tests here can import."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "salesops"))
