"""`make run`, timed and killed: what the promises say about starting, stopping and falling."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.prove.conftest import figure, wait_until
from tests.prove.test_bad_input import refused

SERVER = ("postgres", "-D")
WEB = ("-m gunicorn",)
WORKER = ("-m celery",)
SUPERVISOR = ("-m ics_governance.supervisor",)
KINDS = {"web": WEB, "worker": WORKER, "supervisor": SUPERVISOR, "make": ("make",), "database": ("postgres",)}


def seconds_of(line: str) -> float:
    """The time in front of a line of the supervisor."""
    return float(line.split(" s ")[0])


def test_a_clean_clone_is_ready_in_time(first_site):
    made, taken = first_site
    lines = made.said().splitlines()
    figure("clean clone to Ready, with a warm package cache", taken, limit=90)
    ready = next(seconds_of(line) for line in lines if "Ready: http" in line)
    figure("of which database, migrations, reference and demonstration", ready, limit=40)
    for line in lines:
        print(f"\n        {line}", end="")
    assert made.status("/health/live") == 200
    assert made.status("/accounts/login/") == 200


def test_the_processes_and_their_memory(site):
    site.status("/accounts/login/")
    kinds: dict[str, list[float]] = {}
    for pid, command in site.processes().items():
        kind = next((name for name, words in KINDS.items() if all(word in command for word in words)), "other")
        kinds.setdefault(kind, []).append(resident(pid))
    for kind, sizes in kinds.items():
        figure(f"{kind}: {len(sizes)} processes, the largest", max(sizes), "MB", 160 if kind == "web" else None)
    figure("all processes, resident (shared pages counted each time)", sum(map(sum, kinds.values())), "MB")


def resident(pid: int) -> float:
    """Resident memory in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def test_a_worker_takes_work(site):
    taken = wait_until(lambda: site.status("/health/worker") == 200, 60, "a sign of life of the worker")
    figure("the worker's first sign of life after Ready", taken)


@pytest.mark.parametrize(("what", "words"), [("PostgreSQL", SERVER), ("the web server", WEB), ("the worker", WORKER)])
def test_what_is_killed_comes_back(site, what, words):
    before = site.pid(*words)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: before not in site.processes(), 5, "the kill")
    wait_until(lambda: any(all(w in c for w in words) and p != before for p, c in site.processes().items()), 20, what)
    taken = wait_until(lambda: site.status("/health/ready") == 200, 20, "pages after the kill")
    figure(f"kill -9 of {what}: pages answer again, after its restart, in", taken)
    assert site.make.poll() is None


def test_ctrl_c_ends_all(site):
    site.ctrl_c()
    figure("Ctrl-C to no process left", site.gone(), limit=10)
    assert "Traceback" not in site.said()


def test_the_second_start_is_quick(site):
    if site.make.poll() is None:
        site.ctrl_c()
        site.gone()
    figure("second start", site.start(60), limit=8)


def test_kill_of_the_supervisor_leaves_nothing(site):
    count = len(site.processes())
    os.kill(site.pid(*SUPERVISOR), signal.SIGKILL)
    figure(f"kill -9 of the supervisor: {count} processes gone after", site.gone(), limit=10)


def test_kill_of_make_leaves_nothing(site):
    site.make.kill()
    figure("kill -9 of make: all processes gone after", site.gone(), limit=10)


def test_kill_under_way_leaves_nothing_and_the_next_start_goes_on(site):
    if site.make.poll() is None:
        site.ctrl_c()
        site.gone()
    for delay in (0.1, 0.6, 1.2, 1.8, 2.4, 3.0, 3.6, 4.2):
        site.begin()
        wait_until(lambda: any("supervisor" in command for command in site.processes().values()), 5, "the supervisor")
        time.sleep(delay)
        os.kill(site.pid(*SUPERVISOR), signal.SIGKILL)
        figure(f"kill -9 of the supervisor {delay} s into the start: gone after", site.gone(), limit=10)
    figure("started again after all kills", site.start(60), limit=8)
    assert site.status("/health/ready") == 200


def test_the_stop_is_clean_for_the_database(site):
    site.ctrl_c()
    site.gone()
    log = (site.folder / ".localdb" / "main" / "log").read_text()
    assert "database system is shut down" in log


def test_a_second_start_of_the_same_site_is_refused(site):
    assert "This site is already running: http://127.0.0.1:" in refused(site.folder)
