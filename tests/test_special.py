"""Special functions are SciPy's own, and come without its package."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from spreadsim import special
from spreadsim.drivers import running
assert "scipy.special" not in sys.modules, "the package was imported"
import scipy.special, scipy.stats
same = [getattr(special, name) is getattr(scipy.special, name) for name in ("ndtr", "ndtri", "stdtrit")]
print(all(same), scipy.stats.norm.ppf(0.975) == special.ndtri(0.975), scipy.special.gammaln(1.0) == 0.0)
"""


def test_the_functions_are_those_of_the_package_that_is_not_imported_for_them() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True"] * 3
