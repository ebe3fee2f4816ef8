"""Makes the random worlds of `tests/salesops` ones that tests here can import."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "salesops"))
