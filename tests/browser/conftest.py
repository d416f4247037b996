"""Journeys in a real browser: Chromium of the machine, driven by Playwright against a live server of the suite.

Without a Chromium (`chromium`, `chromium-browser`, `google-chrome`, or the path in CHROMIUM) they are skipped, loudly.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from tests.world import World

from .visitor import Visitor

# Playwright keeps an event loop in this thread to the end of the run; queries beside it are plain blocking calls.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
HERE = Path(__file__).parent
NAMES = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if name and (path := shutil.which(name))), None)
LOUD = "NO CHROMIUM on this machine: the browser journeys were SKIPPED. Install chromium, or name it in CHROMIUM."


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason=LOUD))


def pytest_terminal_summary(terminalreporter):
    if CHROMIUM is None:
        terminalreporter.section("browser journeys", sep="*", red=True, bold=True)
        terminalreporter.line(LOUD, red=True, bold=True)


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]}


@pytest.fixture(autouse=True)
def today():
    """Tuesday 20 October 2026, 11:00 in London; the clock goes on from there."""
    with time_machine.travel(datetime(2026, 10, 20, 11, tzinfo=ZoneInfo("Europe/London")), tick=True):
        yield


@pytest.fixture
def world(transactional_db):
    return World()


@pytest.fixture(params=["with scripts", "without scripts"])
def scripts(request):
    """Whether the browser runs scripts: every page works without them."""
    return request.param == "with scripts"


@pytest.fixture
def visit(new_context, live_server):
    """`visit(scripts=False)` opens a browser window of its own, signed out."""

    def begin(*, scripts: bool = True) -> Visitor:
        context = new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
        context.set_default_timeout(10_000)
        return Visitor(context.new_page(), live_server.url, scripts=scripts)

    return begin
