"""The benchmark's arithmetic; the benchmark itself is run by `make bench`."""

import pytest
from django.db.utils import ProgrammingError

from oversight import bench


def test_the_first_round_fills_caches_and_is_left_out():
    seen = []
    timing = bench.timed("an act", lambda: seen.append(1), rounds=3)
    assert (len(seen), timing.rounds) == (4, 3)
    assert 0 <= timing.median <= timing.worst


def test_what_is_done_once_is_timed_the_first_time():
    seen = []
    bench.timed("an act", lambda: seen.append(1), rounds=1)
    assert len(seen) == 1


def test_the_table_has_a_line_for_each_timing_and_the_rows_it_was_made_on():
    text = bench.report({"decisions": 28_000}, 12.3, [bench.Timing("page /", 20.5, 1030.0, 15)])
    assert "decisions: 28,000" in text and "copied in 12.3 s" in text
    assert text.splitlines()[-1].split() == ["page", "/", "20.5", "1,030.0"]


def test_copying_is_for_the_owner_of_a_throwaway_database(world):
    world.decision()
    with pytest.raises(ProgrammingError, match="must be owner"):
        bench.multiply(1)


def test_every_table_that_is_copied_names_columns_that_exist(db):
    from django.apps import apps

    tables = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    for table, changed in bench.COPIED:
        assert set(changed) <= {field.column for field in tables[table]._meta.concrete_fields}, table
