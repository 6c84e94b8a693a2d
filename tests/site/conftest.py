"""The site's own modules can be imported by the tests of the site."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "site-src" / "hooks"))
