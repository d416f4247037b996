"""Addresses of the API."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from collaboration.api.assessments import AnswerEvidence, Answers, Assessments, OneAnswer
from collaboration.api.feedback import Feedback
from collaboration.api.frameworks import Frameworks
from collaboration.api.profiles import Profiles
from collaboration.api.requests import Requests, Risks
from ics_governance.api_schema import PublicSchema, Schema
from ics_governance.job_api import JobProgress
from oversight.api.cases import Cases
from oversight.api.concerns import Concerns
from oversight.api.signals import Signals
from partnerships.api.arrangements import Arrangements
from partnerships.api.authority import Authority, PublicAuthority
from partnerships.api.checks import Findings
from partnerships.api.decisions import Decisions, PublicDecisions
from partnerships.api.delegations import Delegations
from partnerships.api.followup import Actions
from partnerships.api.forums import Forums
from partnerships.api.functions import Functions, PublicFunctions
from partnerships.api.meetings import Meetings
from partnerships.api.organisations import Organisations
from partnerships.api.places import Places
from partnerships.api.posts import Posts
from partnerships.api.route import PublicRoute, Route
from partnerships.api.systems import SystemMap

router = SimpleRouter()
for prefix, records in (
    ("organisations", Organisations),
    ("places", Places),
    ("posts", Posts),
    ("arrangements", Arrangements),
    ("forums", Forums),
    ("delegations", Delegations),
    ("functions", Functions),
    ("checks", Findings),
    ("meetings", Meetings),
    ("decisions", Decisions),
    ("actions", Actions),
    ("frameworks", Frameworks),
    ("profiles", Profiles),
    ("assessments", Assessments),
    ("feedback", Feedback),
    ("requests", Requests),
    ("risks", Risks),
    ("signals", Signals),
    ("concerns", Concerns),
    ("cases", Cases),
    ("public/decisions", PublicDecisions),
    ("public/functions", PublicFunctions),
):
    router.register(prefix, records, basename=f"api-{prefix.replace('/', '-')}")

urlpatterns = [
    path("assessments/<str:pk>/answers/", Answers.as_view(), name="api-answers"),
    path("assessments/<str:pk>/answers/<str:question>/", OneAnswer.as_view(), name="api-answer"),
    path("assessments/<str:pk>/answers/<str:question>/evidence/", AnswerEvidence.as_view(), name="api-evidence"),
    path("authority/", Authority.as_view(), name="api-authority"),
    path("authority/route/", Route.as_view(), name="api-authority-route"),
    path("jobs/<str:pk>/", JobProgress.as_view(), name="api-job"),
    path("public/authority/", PublicAuthority.as_view(), name="api-public-authority"),
    path("public/route/", PublicRoute.as_view(), name="api-public-route"),
    path("public/schema/", PublicSchema.as_view(), name="api-public-schema"),
    path("public/systems/<str:code>/map/", SystemMap.as_view(), name="api-system-map"),
    path("schema/", Schema.as_view(), name="api-schema"),
    path("", include(router.urls)),
]
