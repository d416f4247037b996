"""The queue in a folder: messages arrive whole, once and in order, whoever else writes and reads."""

import os
import threading
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue
from kombu.transport import resolve_transport

from ics_governance.celery import app
from ics_governance.folder_queue import Transport


@pytest.fixture
def folders(tmp_path):
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def connect(folders):
    made = []
    options = {
        "data_folder_in": str(folders / "queue"),
        "data_folder_out": str(folders / "queue"),
        "control_folder": str(folders / "control"),
    }

    def new():
        made.append(Connection("filesystem://", transport=Transport, transport_options=options))
        return made[-1].channel()

    yield new
    for connection in made:
        connection.release()


def drain(channel, queue="celery"):
    found = []
    while True:
        try:
            found.append(channel._get(queue))
        except Empty:
            return found


def test_celery_uses_it_wherever_the_address_says_filesystem():
    assert app.main == "ics_governance"
    assert resolve_transport("filesystem") is Transport


def test_messages_come_in_the_order_they_were_sent_and_leave_nothing_behind(connect, folders):
    channel = connect()
    for number in range(20):
        channel._put("celery", {"number": number})
    channel._put("other", {"number": -1})
    assert channel._size("celery") == 20
    assert [message["number"] for message in drain(connect())] == list(range(20))
    assert len(os.listdir(folders / "queue")) == 1


def test_many_writers_and_readers_pass_each_message_on_once(connect):
    writers = [connect() for _ in range(4)]
    readers = [connect() for _ in range(4)]
    got, begun, all_sent = [], threading.Barrier(8), threading.Event()

    def write(channel, first):
        begun.wait()
        for number in range(first, first + 100):
            channel._put("celery", {"number": number, "weight": "x" * 4000})

    def read(channel):
        begun.wait()
        while not all_sent.is_set():
            got.extend(drain(channel))

    reading = [threading.Thread(target=read, args=[channel]) for channel in readers]
    writing = [threading.Thread(target=write, args=[c, 1000 * n]) for n, c in enumerate(writers)]
    for thread in reading + writing:
        thread.start()
    for thread in writing:
        thread.join()
    all_sent.set()
    for thread in reading:
        thread.join()
    got.extend(drain(connect()))
    assert sorted(message["number"] for message in got) == [1000 * n + m for n in range(4) for m in range(100)]


def test_a_message_that_cannot_be_read_is_dropped_and_the_next_one_taken(connect, folders):
    channel = connect()
    (folders / "queue" / "0_broken.celery.msg").write_bytes(b"\xff{")
    (folders / "queue" / "1_empty.celery.msg").touch()
    (folders / "queue" / ".unfinished.celery.msg").touch()
    channel._put("celery", {"number": 1})
    assert [message["number"] for message in drain(channel)] == [1]
    assert os.listdir(folders / "queue") == [".unfinished.celery.msg"]


def test_processes_that_start_at_once_share_one_table_of_bindings(connect):
    channels = [connect() for _ in range(8)]
    begun = threading.Barrier(8)

    def bind(channel, number):
        begun.wait()
        channel._queue_bind("celery", "key", "", f"queue{number % 3}")

    threads = [threading.Thread(target=bind, args=[c, n]) for n, c in enumerate(channels)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(binding.queue for binding in channels[0].get_table("celery")) == ["queue0", "queue1", "queue2"]


def test_a_consumer_gets_what_a_producer_published(connect):
    exchange = Exchange("jobs", type="direct")
    queue = Queue("jobs", exchange, routing_key="jobs")
    sending, receiving = connect(), connect()
    queue(sending).declare()
    with sending.connection.client.Producer(serializer="json") as producer:
        producer.publish({"job": 7}, exchange=exchange, routing_key="jobs", declare=[queue])
    message = queue(receiving).get(no_ack=True)
    assert message.payload == {"job": 7}
