"""The page of a background job."""

import pytest

from ics_governance.models import Job


@pytest.fixture
def job(world):
    """A running job that the officer asked for."""
    return Job.objects.create(
        kind="score", key="k", requested_by=world.user("officer"), state="running", done=3, total=12, doing="Counting"
    )


def body(response):
    return response.content.decode()


def test_a_running_job_shows_its_progress_and_asks_again_each_second(job, sign_in):
    page = body(sign_in("officer").get(f"/jobs/{job.pk}/"))
    assert "Counting, 3 of 12" in page
    assert 'value="25"' in page and 'hx-trigger="every 1s"' in page


def test_without_scripts_the_page_reloads_itself_until_the_job_ends(job, sign_in):
    client = sign_in("officer")
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in body(client.get(f"/jobs/{job.pk}/"))
    Job.objects.update(state="done", result={})
    assert "http-equiv" not in body(client.get(f"/jobs/{job.pk}/"))


def test_htmx_gets_the_progress_alone(job, sign_in):
    page = body(sign_in("officer").get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"}))
    assert "<html" not in page and page.count("<progress") == 1


def test_a_finished_job_leads_to_its_result_and_asks_no_more(job, sign_in):
    Job.objects.update(state="done", result={"url": "/region/", "summary": "All scored."})
    page = body(sign_in("officer").get(f"/jobs/{job.pk}/"))
    assert '<a href="/region/">See the result</a>' in page and "All scored." in page
    assert "hx-trigger" not in page and 'value="100"' in page


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", None])
def test_a_result_elsewhere_is_not_linked(job, sign_in, url):
    Job.objects.update(state="done", result={"url": url})
    assert "See the result" not in body(sign_in("officer").get(f"/jobs/{job.pk}/"))


def test_a_failed_job_says_why(job, sign_in):
    Job.objects.update(state="failed", error="It stopped because of a fault on our side. Nothing was changed.")
    page = body(sign_in("officer").get(f"/jobs/{job.pk}/"))
    assert "This did not finish" in page and "Nothing was changed" in page


def test_the_administrator_sees_every_job(job, sign_in):
    assert sign_in("admin").get(f"/jobs/{job.pk}/").status_code == 200


@pytest.mark.parametrize("who", ["executive", "region_lead", "auditor", "partner", "chair", "stranger"])
def test_for_others_it_does_not_exist(job, sign_in, who):
    assert sign_in(who).get(f"/jobs/{job.pk}/").status_code == 404


def test_an_unknown_job_does_not_exist(job, sign_in):
    assert sign_in("officer").get("/jobs/999999/").status_code == 404


def test_whoever_asked_sees_it_without_any_role(job, sign_in, world):
    Job.objects.update(requested_by=world.user("stranger"))
    assert sign_in("stranger").get(f"/jobs/{job.pk}/").status_code == 200


def test_signed_out_nobody_sees_a_job(job, client):
    assert client.get(f"/jobs/{job.pk}/").status_code == 302
    assert client.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"}).status_code == 401


def test_a_job_page_is_never_kept_by_a_cache(job, sign_in):
    assert "no-store" in sign_in("officer").get(f"/jobs/{job.pk}/").headers["Cache-Control"]
