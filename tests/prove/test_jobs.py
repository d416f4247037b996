"""Jobs under fire, on the running site: each is done once, whatever is killed, and soon."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from datetime import date, timedelta

import psycopg
import pytest

from tests.prove.conftest import Site, figure, free_port, wait_until

WORKER = ("-m celery",)
REDO = 30  # seconds in which a job whose worker was killed must have begun again
NEWEST = "select coalesce(max(id), 0) from ics_governance_ledgerentry"
TWICE = """select count(*) from (select record from ics_governance_ledgerentry
    where kind = 'profiles.scored' and id > %s group by record having count(*) > 1) twice"""


@contextmanager
def database(site):
    """The running site's database, as its superuser."""
    secret = json.loads((site.folder / ".localdb" / "main" / "secret.json").read_text())
    with psycopg.connect(
        host=secret["socket"], port=5432, user="super", password=secret["super"], dbname="ics", autocommit=True
    ) as connection:
        yield connection


def ask(connection, statement, *values):
    """The first value of the first row."""
    return connection.execute(statement, values).fetchone()[0]


def request_score(connection, key: str, day: date) -> int:
    """A job row as the site writes it, but old enough for the sweep to send it at once."""
    statement = """
        insert into ics_governance_job (kind, key, args, request, state, attempt, sent_at, done, total, doing, error)
        values ('score', 'prove:' || %s, %s, '', 'queued', 0, now() - interval '1 hour', 0, 0, '', '') returning id"""
    return ask(connection, statement, key, json.dumps({"as_of": day.isoformat()}))


def month_ends(count: int) -> list[date]:
    """The last days of the latest whole months."""
    ends = [date.today().replace(day=1) - timedelta(days=1)]
    while len(ends) < count:
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    return ends


@contextmanager
def scoring_held(site):
    """Let every scoring run wait inside a statement: the run's own lock is ours."""
    from_file = (site.folder / "collaboration" / "actions" / "scoring.py").read_text()
    lock = next(line for line in from_file.splitlines() if line.startswith("RUN_LOCK"))
    with database(site) as connection:
        number = int(lock.split("=")[1].split("#")[0], 0)
        ask(connection, "select pg_advisory_lock(%s)::text", number)
        yield connection


def test_a_job_whose_worker_is_killed_is_done_once_and_soon(site):
    with database(site) as connection:
        newest = ask(connection, NEWEST)
        with scoring_held(site):
            job = request_score(connection, f"killed:{time.time()}", month_ends(14)[-1])
            attempt = "select attempt from ics_governance_job where id = %s"
            wait_until(lambda: ask(connection, attempt, job) == 1, 30, "the first attempt")
            waiting = "select count(*) from pg_stat_activity where wait_event = 'advisory' and usename = 'web'"
            wait_until(lambda: ask(connection, waiting) == 1, 10, "the job in its statement")
            os.kill(site.pid(*WORKER), signal.SIGKILL)
            killed = time.monotonic()
            gone = wait_until(lambda: ask(connection, waiting) == 0, 10, "the dead worker's statement")
            figure("a killed worker's statement ends, with its locks, after", gone, limit=5)
        wait_until(lambda: ask(connection, attempt, job) == 2, REDO + 5, "the second attempt")
        figure("job begins again after its worker was killed", time.monotonic() - killed, limit=REDO)
        state = "select state from ics_governance_job where id = %s"
        wait_until(lambda: ask(connection, state, job) == "done", 60, "the job's end")
        assert ask(connection, attempt, job) == 2
        assert ask(connection, TWICE, newest) == 0


def test_workers_killed_at_random_leave_each_job_done_once(site):
    """Twelve scoring runs while the worker is killed every few seconds: no job lost, none with two effects."""
    chance = random.Random(2)  # noqa: S311 - not a secret
    mark = f"random:{time.time()}"
    with database(site) as connection:
        newest = ask(connection, NEWEST)
        begun = time.monotonic()
        for day in month_ends(13)[1:]:
            request_score(connection, f"{mark}:{day}", day)
        for _ in range(5):
            time.sleep(chance.uniform(1, 6))
            os.kill(site.pid(*WORKER), signal.SIGKILL)
            wait_until(lambda: any(WORKER[0] in command for command in site.processes().values()), 20, "a new worker")
        like = "select count(*) from ics_governance_job where state = 'done' and key like %s"
        wait_until(lambda: ask(connection, like, f"prove:{mark}%") == 12, 240, "all jobs")
        figure("12 scoring runs, worker killed 5 times: all done after", time.monotonic() - begun)
        assert ask(connection, TWICE, newest) == 0


def test_postgresql_killed_under_work_comes_back_and_loses_no_job(site):
    with database(site) as connection:
        job = request_score(connection, f"database:{time.time()}", month_ends(15)[-1])
    os.kill(site.pid("postgres", "-D"), signal.SIGKILL)
    figure("kill -9 of PostgreSQL: ready again after", wait_until(lambda: ready(site), 30, "pages"), limit=10)
    with database(site) as connection:
        state = "select state from ics_governance_job where id = %s"
        taken = wait_until(lambda: ask(connection, state, job) == "done", 90, "the job")
    figure("its job is done after", taken)


def ready(site) -> bool:
    """Whether pages that need the database answer."""
    return site.status("/health/ready") == 200


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="no Redis on this machine")
def test_redis_that_dies_delays_jobs_and_nothing_else(first_site, tmp_path):
    made, _ = first_site
    if made.make.poll() is None:
        made.ctrl_c()
        made.gone()
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(tmp_path)]
    redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    site = Site(made.folder, REDIS_URL=f"redis://127.0.0.1:{port}/0")
    try:
        figure("start with Redis", site.start(120))
        redis.kill()
        redis.wait()
        begun = time.monotonic()
        assert site.status("/accounts/login/") == 200
        figure("a page while Redis is dead", time.monotonic() - begun, limit=3)
        with database(site) as connection:
            job = request_score(connection, f"redis:{time.time()}", month_ends(16)[-1])
            time.sleep(10)
            state = "select state from ics_governance_job where id = %s"
            assert ask(connection, state, job) == "queued"
            redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            taken = wait_until(lambda: ask(connection, state, job) == "done", 90, "the job after Redis came back")
            figure("Redis dead for 10 s: a job of that time is done after its return in", taken, limit=60)
    finally:
        site.stop()
        redis.kill()
        redis.wait()
