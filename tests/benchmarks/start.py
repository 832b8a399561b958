"""How long the window takes: `python -m tests.benchmarks.start`. Each start is a new process, caches are warm.

Printed are the median and the worst of several starts, in seconds from the first line of Python to the
painted window, and the part of it that is imports.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

RUNS = 7
SCRIPT = """
import time
begin = time.perf_counter()
from segdepth_app.gui.app import create_application, create_main_window
imported = time.perf_counter()
application = create_application(["segdepth"])
window = create_main_window()
window.show()
application.processEvents()
shown = time.perf_counter()
window.close()
import json
print(json.dumps([imported - begin, shown - begin]))
"""


def measure(runs: int = RUNS) -> tuple[list[float], list[float]]:
    """Seconds of imports and seconds until the window is painted, of each start."""
    imports, shown = [], []
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"SEGDEPTH_HOME": home}
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        for _ in range(runs + 1):
            done = subprocess.run(
                [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
            )
            first, second = json.loads(done.stdout.splitlines()[-1])
            imports.append(first)
            shown.append(second)
    return imports[1:], shown[1:]  # the first start warms the caches


if __name__ == "__main__":
    imports, shown = measure()
    sys.stdout.write(
        f"window shown: median {statistics.median(shown):.2f} s, worst {max(shown):.2f} s "
        f"(imports {statistics.median(imports):.2f} s), {len(shown)} starts\n"
    )
