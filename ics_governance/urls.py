"""Addresses. Apps are named by string; each lists its own."""

from django.urls import include, path

from . import job_views, views

urlpatterns = [
    path("health/live", views.live, name="health-live"),
    path("health/ready", views.ready, name="health-ready"),
    path("health/worker", views.worker, name="health-worker"),
    path("accounts/", include("allauth.urls")),
    path("jobs/<int:pk>/", job_views.job, name="job"),
    path("about/scores/", views.text_page("how_scores_are_made"), name="how-scores-are-made"),
    path("about/accessibility/", views.text_page("accessibility"), name="accessibility"),
    path("about/privacy/", views.text_page("privacy"), name="privacy"),
    path("about/verify/", views.text_page("verify"), name="verify"),
    path("api/v1/", include("oversight.api_urls")),
    path("", include("oversight.urls")),
    path("", include("collaboration.urls")),
    path("", include("partnerships.urls")),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
