"""The page of a background job: what is being done, how far it is, and where the result is."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .models import Job
from .permissions import Actor

VIEW = "job.view"


@require_safe
@never_cache
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """`/jobs/<id>/`: the progress of one job; htmx asks for the progress alone, without scripts the page reloads."""
    found = find(request.actor, pk)  # type: ignore[attr-defined]
    template = "jobs/progress.html" if request.headers.get("HX-Request") else "jobs/job.html"
    return render(request, template, {"job": found, "title": title_of(found), "result": result_of(found)})


def find(actor: Actor, pk: int) -> Job:
    """The job, for whoever asked for it and for those who may see all jobs; 404 for everybody else."""
    found = Job.objects.filter(pk=pk).first()
    asked = found is not None and actor.user_id is not None and found.requested_by_id == actor.user_id
    if found is None or not (asked or actor.organisations(VIEW)):
        raise Http404
    return found


def title_of(found: Job) -> str:
    """What the job is called: its kind in words."""
    return f"Background job: {found.kind.replace('_', ' ')}"


def result_of(found: Job) -> str:
    """The address of the outcome, which the work may leave as `url` in its result; only one of this site."""
    address = str((found.result or {}).get("url", ""))
    return address if address.startswith("/") and not address.startswith("//") else ""
