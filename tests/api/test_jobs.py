"""The API's jobs: progress for whoever asked for it."""

import pytest

from ics_governance.models import Job


@pytest.fixture
def job(world):
    return Job.objects.create(
        kind="score", key="a test", requested_by=world.user("officer"), state="running", done=3, total=6, doing="D1"
    )


def test_a_job_tells_how_far_it_is(api, job):
    record = api("officer").record(f"jobs/{job.pk}/")
    assert (record["kind"], record["title"], record["state"]) == ("score", "Background job: score", "running")
    assert (record["done"], record["total"], record["percent"], record["doing"]) == (3, 6, 50, "D1")
    assert (record["result"], record["url"], record["error"]) == (None, "", "")


def test_a_job_that_is_done_tells_where_its_result_is(api, job):
    Job.objects.update(state="done", result={"url": "/region/", "profiles": 2})
    record = api("officer").record(f"jobs/{job.pk}/")
    assert (record["percent"], record["url"], record["result"]["profiles"]) == (100, "/region/", 2)


def test_whoever_manages_jobs_sees_all_of_them(api, job):
    assert api("admin").record(f"jobs/{job.pk}/")["id"] == job.pk


@pytest.mark.parametrize("who", ["stranger", "partner", "secretary", "region_lead", "other_officer", "other_trust"])
def test_for_others_it_does_not_exist(api, job, who):
    assert api(who).get(f"jobs/{job.pk}/", 404).body == api(who).get("jobs/999999/", 404).body


@pytest.mark.parametrize("pk", ["none", "0", "-1", "9" * 30, "1.0", "٣"])
def test_what_is_no_id_is_not_found(api, job, pk):
    api("officer").get(f"jobs/{pk}/", 404)
