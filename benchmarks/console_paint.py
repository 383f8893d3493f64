"""How soon the console is there: ``python -m benchmarks.console_paint``.

Starts a server on a home of its own, opens the console in a headless Chromium many times, each time
with an empty cache, and prints a row for each opening as JSON, then the medians. Milliseconds since
the navigation began: ``first_paint`` when anything but the ground is drawn, ``usable`` when the
first field or button can be used.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

SCRIPTS = Path(__file__).parents[1] / "scripts"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
USABLE = "button:not([disabled]), input:not([disabled])"
SEEN = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""
LOADED = """() => performance.getEntriesByType("resource").map((one) => one.encodedBodySize)"""
PATIENCE_S = 60


@contextmanager
def serving(port: int) -> Iterator[str]:
    """The address of a fresh server."""
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "reseen", "serve", "--port", str(port)]
        settings = {**os.environ, "RESEEN_HOME": home}
        server = subprocess.Popen(command, env=settings, stderr=subprocess.DEVNULL)
        try:
            wait_for(address)
            yield address
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


def wait_for(address: str) -> None:
    for _ in range(10 * PATIENCE_S):
        try:
            urllib.request.urlopen(f"{address}/console", timeout=5).close()  # noqa: S310 - loopback
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)


def opened(browser: Browser, address: str, slowdown: float) -> dict[str, float]:
    """One opening with an empty cache, on a processor that is slower by a factor."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    devices = context.new_cdp_session(page)
    devices.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.goto(f"{address}/console/", wait_until="commit")
    page.locator(USABLE).first.wait_for()
    usable = page.evaluate("performance.now()")
    painted = page.wait_for_function(SEEN).json_value()
    sizes = page.evaluate(LOADED)
    context.close()
    return {
        "slowdown": slowdown,
        "first_paint_ms": round(painted, 1),
        "usable_ms": round(usable, 1),
        "files": len(sizes),
        "kilobytes": round(sum(sizes) / 1000, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--port", type=int, default=8497)
    given = parser.parse_args()
    chromium = subprocess.run([SCRIPTS / "find-chromium"], capture_output=True, check=True)
    with serving(given.port) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.stdout.decode().strip(), args=list(FLAGS)
        )
        opened(browser, address, 1)  # the browser's own start is not ours
        for slowdown in (1.0, 4.0):
            rows = [opened(browser, address, slowdown) for _ in range(given.times)]
            for row in rows:
                print(json.dumps(row))
            middle = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
            print(json.dumps({"median": middle}))
        browser.close()


if __name__ == "__main__":
    main()
