"""A small driver of Chromium for the browser tests: the DevTools protocol over a websocket."""

import base64
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import websocket

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
    "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip


def find_browser() -> str:
    """Return the browser, or skip aloud (or fail where one is demanded)."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        message = f"no browser found ({', '.join(NAMES)}): the web map was not opened"
        if os.environ.get("QUARTERHOUR_DEMAND_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found


class Browser:
    """One headless browser with one page, which remembers what the page asked for and said."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [find_browser(), *FLAGS, f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._socket = websocket.create_connection(self._page_address(folder), timeout=60)
        self._count = 0
        self.events: list[dict] = []
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Network.emulateNetworkConditions", offline=True, latency=0,
                  downloadThroughput=-1, uploadThroughput=-1)  # fmt: skip

    def _page_address(self, folder: Path) -> str:
        """Wait for the port that the browser chose, and return the address of its page."""
        told = folder / "DevToolsActivePort"
        for _ in range(600):
            if told.is_file() and len(lines := told.read_text().split()) >= 1:
                with urllib.request.urlopen(f"http://127.0.0.1:{lines[0]}/json/list") as answer:
                    pages = [t for t in json.load(answer) if t["type"] == "page"]
                if pages:
                    return pages[0]["webSocketDebuggerUrl"]
            time.sleep(0.05)
        raise TimeoutError("the browser did not start")

    def close(self) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(timeout=20)

    def call(self, method: str, **params: object) -> dict:
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def js(self, expression: str) -> object:
        """Return the value of an expression in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def settle(self) -> None:
        """Wait until the page has drawn."""
        frame = "requestAnimationFrame(() => requestAnimationFrame(done))"
        self.js(f"new Promise((done) => {frame}).then(() => 0)")

    def open(
        self, page: Path, *, width: int = 1440, height: int = 900, still: bool = True
    ) -> float:
        """Open a page at a size, and return the seconds until it has drawn.

        ``still``: the reader's system asks for no movement.
        """
        self.events.clear()
        wanted = "reduce" if still else "no-preference"
        self.call("Emulation.setEmulatedMedia", media="",
                  features=[{"name": "prefers-reduced-motion", "value": wanted}])  # fmt: skip
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 500)  # fmt: skip
        began = time.perf_counter()
        self.call("Page.navigate", url=page.as_uri())
        ready = "document.readyState === 'complete' && document.body.classList.contains('ready')"
        while not self.js(f"location.protocol === 'file:' && {ready}"):
            assert time.perf_counter() - began < 30, self.faults()
            time.sleep(0.02)
        self.settle()
        return time.perf_counter() - began

    def mouse(self, x: float, y: float, *, click: bool = True) -> None:
        kinds = ["mouseMoved", "mousePressed", "mouseReleased"] if click else ["mouseMoved"]
        for kind in kinds:
            button = {"button": "left", "clickCount": 1} if kind != "mouseMoved" else {}
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)
        self.settle()

    def click(self, selector: str) -> None:
        """Click the middle of the first element that matches, with the mouse."""
        self.js(f"document.querySelector({selector!r}).scrollIntoView({{block: 'nearest'}}), 0")
        box = f"document.querySelector({selector!r}).getBoundingClientRect()"
        x, y = self.js(
            f"(() => {{ const b = {box}; return [b.x + b.width / 2, b.y + b.height / 2]; }})()"
        )
        self.mouse(x, y)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)
        self.settle()

    def key(self, name: str, code: int) -> None:
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                      windowsVirtualKeyCode=code)  # fmt: skip
        self.settle()

    def pdf(self) -> bytes:
        """Print the page as the browser's own menu does."""
        told = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(told["data"])

    def texts(self, selector: str) -> list[str]:
        """Return the text of every visible element that matches."""
        return self.js(
            f"[...document.querySelectorAll({selector!r})].filter((e) => e.offsetParent !== null)"
            ".map((e) => e.textContent)"
        )

    def count(self, selector: str) -> int:
        return self.js(f"document.querySelectorAll({selector!r}).length")

    def requests(self) -> list[str]:
        """Return the addresses asked for since the page was opened, its own file apart."""
        asked = [e["params"]["request"]["url"] for e in self.events
                 if e.get("method") == "Network.requestWillBeSent"]  # fmt: skip
        return [url for url in asked if not re.match(r"(data|file):", url)]

    def faults(self) -> list[str]:
        """Return what the page complained about."""
        said = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                said.append(str(params["exceptionDetails"]))
            elif method == "Log.entryAdded":
                said.append(params["entry"]["text"])
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
                said.append(str(params["args"]))
        return said
