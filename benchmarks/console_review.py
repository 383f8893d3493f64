"""How fast review answers the keyboard: ``python -m benchmarks.console_review``.

Starts a server on a home of its own, fills its queue with reported pictures, and decides cases by
keyboard alone: a verdict and Enter, as soon as the page can take them. Prints seconds from the
first key to the case after the last decision, the processor time that the server and the page's
own thread took of them, and how long a frame takes while the whole queue is scrolled through.
"""

import argparse
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.console_paint import FLAGS, SCRIPTS, wait_for

SCROLL = """async () => {
  const frames = [];
  const end = document.scrollingElement.scrollHeight - innerHeight;
  let last = performance.now();
  for (let y = 0; y <= end; y += 120) {
    scrollTo(0, y);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  frames.sort((a, b) => a - b);
  return { rows: document.querySelectorAll(".queued").length, frames: frames.length,
    median_ms: frames[frames.length >> 1], p95_ms: frames[Math.floor(frames.length * 0.95)],
    worst_ms: frames.at(-1) };
}"""


def picture(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (320, 240), tuple(int(one) for one in rng.integers(0, 255, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(25):
        corners = [tuple(map(float, rng.uniform((0, 0), image.size))) for _ in range(4)]
        draw.polygon(corners, fill=tuple(int(one) for one in rng.integers(0, 255, 3)))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def sent(address: str, key: str, path: str, fields: dict[str, str], file: bytes) -> dict[str, str]:
    edge = uuid.uuid4().hex
    body = b"".join(
        f'--{edge}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    head = 'content-disposition: form-data; name="file"; filename="a.png"'
    body += f"--{edge}\r\n{head}\r\n\r\n".encode() + file + f"\r\n--{edge}--\r\n".encode()
    kind = f"multipart/form-data; boundary={edge}"
    headers = {"x-rapidapi-key": key, "content-type": kind}
    request = urllib.request.Request(address + path, body, headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
        told: dict[str, str] = json.load(answer)
    return told


def fill(address: str, key: str, cases: int) -> None:
    for number in range(cases):
        file = picture(number)
        said = {"content_id": f"post-{number}", "account_id": f"user-{number}"}
        upload = sent(address, key, "/v1/uploads", said, file)
        why = {"reason": "Somebody should look.", "severity": str(number % 100)}
        sent(address, key, f"/v1/uploads/{upload['id']}/reports", why, file)


def busy(server: "subprocess.Popen[bytes]", devices: CDPSession) -> dict[str, float]:
    """Seconds of a processor that the server and the page's thread took; of the server on Linux."""
    stat = Path(f"/proc/{server.pid}/stat")
    ticks = stat.read_text().rpartition(")")[2].split()[11:13] if stat.exists() else []
    told = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK") if ticks else math.nan
    page = {one["name"]: one["value"] for one in devices.send("Performance.getMetrics")["metrics"]}
    return {"server_s": told, "page_s": page["TaskDuration"]}


def begin(page: Page) -> None:
    page.keyboard.press("s")
    page.get_by_role("heading", name="Verdict").wait_for()
    page.wait_for_timeout(1500)  # a person looks; what comes next is read meanwhile


def decide(page: Page, times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        before = page.url
        page.keyboard.press("n")
        page.locator(".verdict-form").wait_for()
        page.keyboard.press("Enter")
        page.wait_for_function(
            "(before) => location.href !== before && document.querySelector('.verdicts')"
            " && !document.querySelector('.verdict-form')",
            arg=before,
        )
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--decisions", type=int, default=10)
    parser.add_argument("--port", type=int, default=8498)
    given = parser.parse_args()
    chromium = subprocess.run([SCRIPTS / "find-chromium"], capture_output=True, check=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        settings = {**os.environ, "RESEEN_HOME": home, "RESEEN_RATE_PER_MINUTE": "0"}
        reseen = [sys.executable, "-m", "reseen"]
        made = [*reseen, "keys", "create", "--role", "owner", "--json"]
        told = subprocess.run(made, env=settings, capture_output=True, check=True)
        key: str = json.loads(told.stdout)["key"]
        serve = [*reseen, "serve", "--port", str(given.port)]
        server = subprocess.Popen(serve, env=settings, stderr=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{given.port}"
            wait_for(address)
            fill(address, key, given.cases)
            browser = playwright.chromium.launch(
                executable_path=chromium.stdout.decode().strip(), args=list(FLAGS)
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{address}/console/sign-in?next=%2Freview")
            page.get_by_role("heading", name="Sign in").wait_for()
            if page.get_by_text("Use a key instead").count():
                page.get_by_text("Use a key instead").click()
            page.get_by_label("Key", exact=True).fill(key)
            page.get_by_role("button", name="Use this key").click()
            page.locator(".queued").first.wait_for()
            print(json.dumps({"scroll": page.evaluate(SCROLL)}))
            devices = page.context.new_cdp_session(page)
            devices.send("Performance.enable", {"timeDomain": "threadTicks"})
            begin(page)
            before = busy(server, devices)
            seconds = decide(page, given.decisions)
            after = busy(server, devices)
            took = {name: round(after[name] - before[name], 3) for name in after}
            row = {"decisions": given.decisions, "seconds": round(seconds, 3), **took}
            print(json.dumps(row))
            browser.close()
        finally:
            server.terminate()
            server.wait(60)


if __name__ == "__main__":
    main()
