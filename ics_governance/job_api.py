"""`/jobs/<id>/`: how far background work is, and where its result is."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from .api_views import Endpoint, number
from .job_views import find, result_of, title_of
from .models import Job


class JobRecord(serializers.ModelSerializer):
    """A job. `done` of `total` steps; `percent` from 0 to 100; `result` when done, `error` when it failed."""

    title = serializers.SerializerMethodField()
    percent = serializers.IntegerField()
    result = serializers.JSONField(allow_null=True)
    url = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = (
            "id", "kind", "title", "state", "done", "total", "percent", "doing", "result", "url", "error",
            "created_at", "finished_at",
        )  # fmt: skip

    def get_title(self, job: Job) -> str:
        """The kind in words."""
        return title_of(job)

    @extend_schema_field(serializers.CharField(allow_blank=True))
    def get_url(self, job: Job) -> str:
        """The page of the result."""
        return result_of(job)


class JobProgress(Endpoint):
    """The progress of one job."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(responses=JobRecord)
    def get(self, request: Request, pk: str) -> Response:
        """For whoever asked for it, and for those who manage jobs."""
        actor: Any = request.actor  # type: ignore[attr-defined]
        return Response(JobRecord(find(actor, number(pk))).data)
