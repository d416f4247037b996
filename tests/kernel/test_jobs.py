"""Background jobs: asked for once, done once, whatever happens to workers and broker."""

import threading
from datetime import timedelta

import pytest
import structlog
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from ics_governance import jobs
from ics_governance.models import Job, Notification, WorkerHeartbeat
from ics_governance.permissions import Refused
from ics_governance.workflow import GuardFailed, Reason


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    """Kinds of work that only tests know; `kinds["name"] = function` adds one."""
    known = dict(jobs._kinds)
    monkeypatch.setattr(jobs, "_kinds", known)
    known["test.tell"] = lambda job, **args: args
    return known


@pytest.fixture
def sent(monkeypatch):
    """Messages handed to the sender."""
    messages = []
    monkeypatch.setattr(jobs, "send_task", lambda task, *args: messages.append((task, *args)))
    return messages


def _ask(key="one", **args):
    return jobs.enqueue("test.tell", key, args)


def _expire(row):
    Job.objects.filter(pk=row.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


# --- Asking -------------------------------------------------------------------------------------------------------


def test_asking_twice_is_one_job_and_one_message(db, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first, second = _ask(), _ask()
    assert first.pk == second.pk
    assert sent == [("jobs.run", first.pk)]


def test_the_message_leaves_only_when_the_transaction_commits(db, sent):
    with pytest.raises(RuntimeError), transaction.atomic():
        _ask()
        raise RuntimeError
    assert sent == []
    assert Job.objects.count() == 0


def test_a_job_knows_who_asked_and_in_which_request(world):
    with structlog.contextvars.bound_contextvars(request_id="r-7"):
        row = jobs.enqueue("test.tell", "k", by=world.actor("officer"))
    assert (row.requested_by, row.request) == (world.user("officer"), "r-7")


def test_a_kind_that_nobody_registered_is_refused(db):
    with pytest.raises(KeyError, match=r"No job kind named no\.such"):
        jobs.enqueue("no.such", "k")


def test_kinds_are_found_in_the_tasks_of_the_apps(db, kinds, monkeypatch):
    """The web server asks for work that only `tasks` modules know, and imports none of them by itself."""

    def discover(name):
        assert name == "tasks"
        kinds["test.late"] = lambda job: None

    monkeypatch.setattr(jobs, "autodiscover_modules", discover)
    assert jobs.enqueue("test.late", "k").kind == "test.late"


def test_a_failed_job_is_tried_again_when_it_is_asked_for_again(db, kinds, sent, django_capture_on_commit_callbacks):
    kinds["test.tell"] = _raise(ValueError("no"))
    first = _ask(n=1)
    jobs.run_waiting()
    kinds["test.tell"] = lambda job, **args: args
    with django_capture_on_commit_callbacks(execute=True):
        again = _ask(n=2)
    assert (again.pk, again.state, again.error) == (first.pk, "queued", "")
    assert ("jobs.run", first.pk) in sent
    jobs.run_waiting()
    assert Job.objects.get().result == {"n": 2}


def test_a_finished_job_stays_finished_when_it_is_asked_for_again(db):
    _ask(n=1)
    jobs.run_waiting()
    assert _ask(n=2).state == "done"
    assert jobs.run_waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_get_one_job(db):
    """Both begin before either commits."""
    both = threading.Barrier(2)

    def ask():
        with transaction.atomic():
            both.wait()
            _ask()
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Job.objects.count() == 1


# --- Doing --------------------------------------------------------------------------------------------------------


def test_a_job_is_done_and_keeps_its_result(db):
    row = _ask(n=3)
    assert jobs.run(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.result, row.attempt, row.percent) == ("done", {"n": 3}, 1, 100)
    assert row.finished_at is not None
    assert row.lease_until is None


def test_a_message_that_comes_twice_does_the_work_once(db):
    row = _ask()
    assert [jobs.run(row.pk), jobs.run(row.pk)] == [True, False]


def test_a_message_about_no_job_does_nothing(db):
    assert jobs.run(12345) is False


def test_a_job_that_another_worker_holds_is_left_alone(db):
    row = _ask()
    assert jobs.claim(row.pk).attempt == 1
    assert jobs.claim(row.pk) is None


def test_a_job_whose_lease_ran_out_is_taken_over(db):
    row = _ask()
    jobs.claim(row.pk)
    _expire(row)
    assert jobs.claim(row.pk).attempt == 2


def test_a_lease_is_counted_by_the_clock_of_the_database(db, time_machine):
    """A worker whose own clock is an hour ahead takes nothing from the others."""
    row = _ask()
    jobs.claim(row.pk)
    time_machine.move_to(timezone.now() + timedelta(hours=1))
    assert jobs.claim(row.pk) is None
    assert jobs.sweep() == 0


def test_a_superseded_attempt_leaves_no_effect(db, kinds, world):
    """While this attempt works, its lease runs out and another worker takes the job."""
    row = _ask()

    def slow(job):
        Notification.objects.create(user=world.user("officer"), kind="k", text="t", url="/", key="from the slow one")
        _expire(row)
        assert jobs.claim(row.pk).attempt == 2

    kinds["test.tell"] = slow
    assert jobs.run(row.pk) is False
    assert Notification.objects.count() == 0
    row.refresh_from_db()
    assert row.attempt == 1  # the claim inside the slow one's transaction was undone with it


@pytest.mark.django_db(transaction=True)
def test_of_two_attempts_exactly_one_takes_effect(world, kinds):
    """The first stands still until its lease ran out and the second is done."""
    user = world.user("officer")
    row = _ask()
    standing, go_on = threading.Event(), threading.Event()
    outcome = {}

    def work(job):
        Notification.objects.create(user=user, kind="k", text="t", url="/", key=f"attempt {job.attempt}")
        if job.attempt == 1:
            standing.set()
            assert go_on.wait(10)

    def first():
        outcome[1] = jobs.run(row.pk)
        connection.close()

    kinds["test.tell"] = work
    thread = threading.Thread(target=first)
    thread.start()
    assert standing.wait(10)
    _expire(row)
    outcome[2] = jobs.run(row.pk)
    go_on.set()
    thread.join()
    assert outcome == {1: False, 2: True}
    assert list(Notification.objects.values_list("key", flat=True)) == ["attempt 2"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_wakes_late_does_not_take_the_number_of_the_next_attempt(db):
    """The claim reads its number before it lets the row go."""
    row = _ask()
    with transaction.atomic():
        mine = jobs.claim(row.pk)
        seen = {}

        def other():
            seen["claim"] = jobs.claim(row.pk)
            connection.close()

        thread = threading.Thread(target=other)
        thread.start()
    thread.join()
    assert (mine.attempt, seen["claim"]) == (1, None)


# --- Failing ------------------------------------------------------------------------------------------------------


def _raise(error):
    def work(job, **args):
        raise error

    return work


def test_a_fault_of_ours_is_told_in_plain_words_and_without_values(db, kinds):
    kinds["test.tell"] = _raise(ValueError("Key (email)=(someone@example.test) already exists"))
    _ask()
    jobs.run_waiting()
    row = Job.objects.get()
    assert (row.state, row.error) == ("failed", "It stopped because of a fault on our side. Nothing was changed.")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (jobs.CannotBeDone("There is no framework yet."), "There is no framework yet."),
        (GuardFailed([Reason("A title.")]), "A title."),
        (Refused("x", who="This can be done by: somebody else."), "This can be done by: somebody else."),
    ],
)
def test_a_job_that_cannot_be_done_says_why(db, kinds, error, text):
    kinds["test.tell"] = _raise(error)
    _ask()
    jobs.run_waiting()
    assert (Job.objects.get().state, Job.objects.get().error) == ("failed", text)


def test_a_failed_job_leaves_no_effect(db, kinds, world):
    def half(job):
        Notification.objects.create(user=world.user("officer"), kind="k", text="t", url="/", key="half")
        raise ValueError

    kinds["test.tell"] = half
    _ask()
    jobs.run_waiting()
    assert Notification.objects.count() == 0


def test_a_job_that_the_database_broke_is_tried_again(db, kinds, sent):
    kinds["test.tell"] = _raise(OperationalError("server closed the connection unexpectedly"))
    row = _ask()
    assert jobs.run(row.pk) is False
    assert Job.objects.get().state == "running"
    _expire(row)
    assert jobs.sweep() == 1


def test_a_job_that_loses_its_worker_each_time_is_given_up(db, sent):
    row = _ask()
    for attempt in range(1, jobs.ATTEMPTS + 1):
        assert jobs.claim(row.pk).attempt == attempt
        _expire(row)
        jobs.sweep()
    row.refresh_from_db()
    assert (row.state, row.error) == ("failed", jobs.LOST)


def test_a_job_that_was_given_up_has_all_its_tries_again_under_new_numbers(db, sent):
    row = _ask()
    numbers = []
    for _ in range(2):
        _ask()
        while jobs.sweep() or Job.objects.get().state == "queued":
            numbers.append(jobs.claim(row.pk).attempt)
            _expire(row)
    assert numbers == list(range(1, 2 * jobs.ATTEMPTS + 1))


# --- Sending again ------------------------------------------------------------------------------------------------


def test_the_sweep_sends_what_waits_too_long_once_in_a_while(db, sent, django_capture_on_commit_callbacks):
    row = _ask()
    assert jobs.sweep() == 0
    Job.objects.update(sent_at=Now() - jobs.RESEND_AFTER - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.sweep() == 1
    assert sent[-1] == ("jobs.run", row.pk)
    assert jobs.sweep() == 0


def test_the_sweep_sends_what_a_silent_worker_held(db, sent, django_capture_on_commit_callbacks):
    row = _ask()
    jobs.claim(row.pk)
    assert jobs.sweep() == 0
    _expire(row)
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.sweep() == 1
    assert sent[-1] == ("jobs.run", row.pk)


@pytest.mark.parametrize("state", ["done", "failed"])
def test_the_sweep_leaves_what_is_over(db, state):
    row = _ask()
    Job.objects.filter(pk=row.pk).update(state=state, sent_at=Now() - timedelta(days=1))
    assert jobs.sweep() == 0


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_do_not_wait_for_each_other(db, sent):
    _ask()
    Job.objects.update(sent_at=Now() - timedelta(minutes=1))
    counts = []

    def sweep():
        counts.append(jobs.sweep())
        connection.close()

    with transaction.atomic():
        Job.objects.select_for_update().get()
        thread = threading.Thread(target=sweep)
        thread.start()
        thread.join(10)
    assert counts == [0]


# --- Progress -----------------------------------------------------------------------------------------------------


def test_progress_is_shown_as_a_number_and_a_sentence(db, kinds):
    shown = []

    def work(job):
        job.progress(3, 12, "Scoring Airedale")
        shown.append(Job.objects.get(pk=job.pk))

    kinds["test.tell"] = work
    _ask()
    jobs.run_waiting()
    (row,) = shown
    assert (row.done, row.total, row.doing, row.percent) == (3, 12, "Scoring Airedale", 25)


@pytest.mark.parametrize(("done", "total", "percent"), [(0, 0, 0), (0, 5, 0), (5, 5, 99), (1, 3, 33)])
def test_a_running_job_is_never_at_a_hundred(done, total, percent):
    assert Job(state="running", done=done, total=total).percent == percent


@pytest.mark.django_db(transaction=True)
def test_progress_is_visible_before_the_work_commits_and_renews_the_lease(db, settings, monkeypatch):
    row = _ask()
    claimed = jobs.claim(row.pk)
    _expire(row)
    settings.TESTING = False  # from here on a thread of its own renews the lease
    written = threading.Event()
    write = jobs.RunningJob._write
    monkeypatch.setattr(jobs.RunningJob, "_write", lambda self: (write(self), written.set()))
    with jobs.RunningJob(claimed) as running, transaction.atomic():
        running.progress(1, 2, "half")
        assert written.wait(10)
        seen = Job.objects.get()
    assert (seen.done, seen.total, seen.doing) == (1, 2, "half")
    assert seen.lease_until > timezone.now()


def test_a_database_that_is_away_for_a_moment_does_not_end_the_renewal_of_a_lease(db, settings, monkeypatch):
    settings.TESTING = False
    monkeypatch.setattr(jobs, "BEAT", 0.01)
    enough = threading.Event()
    calls = []

    def write(self):
        calls.append(1)
        if len(calls) == 3:
            enough.set()
        raise OperationalError("the database system is shutting down")

    monkeypatch.setattr(jobs.RunningJob, "_write", write)
    with jobs.RunningJob(Job(pk=1, attempt=1)):
        assert enough.wait(10)


# --- The sender ---------------------------------------------------------------------------------------------------


@pytest.fixture
def broker(monkeypatch):
    """A broker in place of Celery's: `broker.hang` makes it hang until `broker.go`."""
    from ics_governance.celery import app

    class Broker:
        def __init__(self):
            self.got, self.taken, self.go = [], threading.Event(), threading.Event()
            self.go.set()
            self.error = None

        def send_task(self, task, args, retry):
            self.taken.set()
            assert self.go.wait(10)
            if self.error:
                raise self.error
            self.got.append((task, args))
            if task == "last":
                self.end.set()

    fake = Broker()
    fake.end = threading.Event()
    monkeypatch.setattr(app, "send_task", fake.send_task)
    yield fake
    fake.go.set()


def test_a_hanging_broker_never_holds_up_whoever_asks(broker):
    broker.go.clear()
    sender = jobs.Sender(limit=2, send=broker.send_task)
    sender.put("first", ())
    assert broker.taken.wait(10)
    for number in range(100):  # the queue takes two, the rest is dropped for the sweep
        sender.put("jobs.run", (number,))
    sender.put("jobs.run", (0,))
    assert sender.waiting.qsize() == 2
    assert broker.got == []


def test_a_broker_that_refuses_does_not_end_the_sender(broker):
    broker.error = OSError("connection refused")
    sender = jobs.Sender(send=broker.send_task)
    sender.put("first", ())
    assert broker.taken.wait(10)
    broker.error = None
    sender.put("last", ())
    assert broker.end.wait(10)
    assert ("last", ()) in broker.got


def test_the_same_message_waits_once(broker):
    broker.go.clear()
    sender = jobs.Sender(send=broker.send_task)
    sender.put("first", ())
    assert broker.taken.wait(10)
    for _ in range(50):
        sender.put("ledger.seal", ())
    sender.put("last", ())
    broker.go.set()
    assert broker.end.wait(10)
    assert [task for task, _ in broker.got] == ["first", "ledger.seal", "last"]


def test_each_process_has_a_sender_of_its_own(broker, settings, monkeypatch):
    """After a fork the parent's thread is gone; a queue without it would fill up and send nothing."""
    settings.TESTING = False
    monkeypatch.setattr(jobs, "_sender", None)
    jobs.send_task("first")
    assert broker.taken.wait(10)
    parent = jobs._sender
    monkeypatch.setattr(jobs.os, "getpid", lambda: -1)
    jobs.send_task("last")
    assert jobs._sender is not parent
    assert broker.end.wait(10)


# --- What Celery calls --------------------------------------------------------------------------------------------


def test_celery_runs_a_job_by_its_number(db):
    from ics_governance.tasks import run_job

    row = _ask()
    run_job(row.pk)
    row.refresh_from_db()
    assert row.state == "done"


def test_the_heartbeat_is_one_row(db):
    from ics_governance.tasks import heartbeat

    heartbeat()
    heartbeat()
    assert WorkerHeartbeat.objects.count() == 1


def test_every_scheduled_task_exists(settings):
    from ics_governance.celery import app

    app.loader.import_default_modules()
    wanted = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert wanted <= set(app.tasks)
