"""Pages that only tests know: they fail in each way a page can fail. `@pytest.mark.urls("tests.kernel.pages")`"""

import json
import secrets

import structlog
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from django.db import OperationalError
from django.http import Http404, HttpResponse, JsonResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView

from ics_governance.api_writes import etag, once, require_version
from ics_governance.middleware import public
from ics_governance.models import Notification, User
from ics_governance.permissions import Refused
from ics_governance.urls import handler400, handler403, handler404, handler500  # noqa: F401 - Django looks for them here
from ics_governance.workflow import GuardFailed, Reason
from partnerships.access import P
from partnerships.models import Decision

log = structlog.get_logger(__name__)


def seen(request):
    """What this request may read."""
    references = sorted(Decision.objects.values_list("reference", flat=True))
    return JsonResponse({"actor": request.actor.user_id, "decisions": references})


@public
def seen_by_all(request):
    """The same without sign-in."""
    return seen(request)


def lazy(request):
    """Reads the database only when it is rendered, after the view."""
    template = engines["django"].from_string("{% for row in rows %}{{ row.reference }}{% endfor %}")
    return TemplateResponse(request, template, {"rows": Decision.objects.all()})


def fails(request):
    """A fault of ours, after something was written."""
    Notification.objects.create(user=request.user, kind="k", text="t", url="/", key="half")
    raise ValueError("a fault of ours")


def refuses(request):
    """Seen, not allowed."""
    raise Refused(P.DECISION_AGREE)


def misses(request):
    """Not to be seen."""
    raise Http404


def loses_the_database(request):
    """The connection broke in the middle."""
    raise OperationalError('connection to server at "10.1.2.3" failed')


def breaks_a_rule(request):
    """The database says which values broke it."""
    User.objects.create_user(request.user.email, name=request.user.name)


def logs(request):
    """Writes a line of its own."""
    log.warning("a_line_of_the_view")
    return HttpResponse()


def form(request):
    """Takes a form or a file."""
    return JsonResponse({"posted": request.POST.get("text"), "files": list(request.FILES)})


@public
def arrive(request):
    """As if an identity provider had sent a person back with these claims."""
    provider = get_adapter().get_provider(request, "nhs")
    login = provider.sociallogin_from_response(request, {"userinfo": json.loads(request.GET["claims"])})
    return complete_social_login(request, login)


class Api(APIView):
    """Each error of the API by name."""

    def get(self, request, how):
        """Write something, then fail as asked."""
        Notification.objects.create(user=request.user, kind="k", text="t", url="/", key="half")
        errors = {
            "guard": GuardFailed([Reason("A quorum is missing", "attendance"), Reason("A title", "title")]),
            "refused": Refused(P.DECISION_AGREE),
            "missing": Http404(),
            "fault": ValueError("a fault of ours"),
            "database": OperationalError('connection to server at "10.1.2.3" failed'),
        }
        if how in errors:
            raise errors[how]
        return Response({"actor": request.actor.user_id, "decisions": Decision.objects.count()})

    def post(self, request, how):
        """Read what was sent, then the same."""
        assert request.data is not None
        return self.get(request, how)


class Notes(APIView):
    """Each write adds a note; a note is changed only by who read its newest text."""

    @once
    def post(self, request):
        """One more note; without a text a fault after the write."""
        note = Notification.objects.create(user=request.user, kind="k", text="t", url="/", key=secrets.token_hex(8))
        if "text" not in request.data:
            raise GuardFailed([Reason("A text", "text")])
        return Response({"note": note.pk}, status=201, headers={"Location": f"/notes/{note.pk}/", "X-Else": "not kept"})

    def patch(self, request):
        """Change the newest note."""
        note = Notification.objects.select_for_update().latest("pk")
        require_version(request, note.text)
        note.text = request.data["text"]
        note.save()
        return Response({"text": note.text}, headers={"ETag": etag(note.text)})


urlpatterns = [
    path("test/seen/", seen),
    path("test/seen-by-all/", seen_by_all),
    path("test/lazy/", lazy),
    path("test/fails/", fails),
    path("test/refuses/", refuses),
    path("test/misses/", misses),
    path("test/database/", loses_the_database),
    path("test/rule/", breaks_a_rule),
    path("test/logs/", logs),
    path("test/form/", form),
    path("test/arrive/", arrive),
    path("test/key/<str:key>/", seen_by_all),
    path("api/v1/test/notes/", Notes.as_view()),
    path("api/v1/test/<str:how>/", Api.as_view()),
    path("", include("ics_governance.urls")),
]
