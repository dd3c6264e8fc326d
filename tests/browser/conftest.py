"""The demo of the page, and a Chromium that looks at it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE_S

collect_ignore = [] if find_spec("selenium") else ["test_pages.py"]
"""``make test-browser`` installs what they need."""

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


@dataclass
class Demo:
    """``ivr-agi console --demo``, running."""

    url: str
    user: str
    password: str
    folder: Path
    """Of the installation."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for all tests."""
    place = tmp_path_factory.mktemp("demo")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "ivr_agi", "console", "--demo", "--page", f"127.0.0.1:{port}"]
    log = place / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            words, stdout=output, stderr=subprocess.STDOUT, env=os.environ | {"TMPDIR": str(place)}
        )
    try:
        deadline = time.monotonic() + 2 * PATIENCE_S
        while (found := re.search(r"name: (\S+)   password: (\S+)", log.read_text())) is None:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (folder,) = place.glob("ivr-agi-console-*")
        yield Demo(f"http://127.0.0.1:{port}", found[1], found[2], folder)
        assert process.poll() is None, log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


@dataclass
class Browser:
    """A Chromium."""

    driver: Any
    demo: Demo
    seen: list[str] = field(default_factory=list)
    """What it has reported: mistakes, and what the policy has stopped."""

    def open(self, path: str) -> None:
        """Open a page of the demo, and wait for it."""
        self.driver.get(self.demo.url + path)
        self.until(lambda: self.script("return document.readyState") == "complete")

    def script(self, text: str, *values: Any) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(text, *values)

    def find(self, selector: str) -> Any:
        """The first element."""
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        """All elements."""
        found: list[Any] = self.driver.find_elements("css selector", selector)
        return found

    def until(self, is_so: Any) -> Any:
        """Wait until something is so."""
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, PATIENCE_S).until(lambda _: is_so())

    def look(self, width: int, *, dark: bool) -> None:
        """Take a size and colours."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def sign_in(self) -> None:
        """As the demo's user."""
        self.open("/sign-in")
        if self.all("input[name=password]"):
            self.find("input[name=name]").send_keys(self.demo.user)
            self.find("input[name=password]").send_keys(self.demo.password)
            self.find("main button").click()
            self.until(lambda: self.all("nav"))

    def reports(self) -> list[str]:
        """What the browser has reported since the last look."""
        return [f"{line['level']} {line['message']}" for line in self.driver.get_log("browser")]


@pytest.fixture(scope="session")
def chromium(demo: Demo) -> Iterator[Any]:
    """One browser for all tests."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("there is no chromium with chromium-driver: make test-browser installs them")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    words = ["--headless=new", "--autoplay-policy=no-user-gesture-required"]
    words += ["--disable-dev-shm-usage"]
    words += ["--mute-audio", "--disable-background-networking", "--disable-component-update"]
    words += ["--no-sandbox"] if os.getuid() == 0 else []
    for word in words:
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: Any, demo: Demo) -> Iterator[Browser]:
    """The browser, signed in; at the end it has reported nothing."""
    made = Browser(chromium, demo)
    chromium.delete_all_cookies()
    made.look(1280, dark=False)
    made.sign_in()
    made.reports()
    yield made
    assert made.reports() == []
