"""Addresses of this app."""

from django.urls import include, path

from .views import feedback, profiles, requests, risks

profile_urls = [
    path("", profiles.own_profile, name="own-profile"),
    path("score/", profiles.score, name="profile-score"),
    path("<str:code>/", profiles.profile, name="profile"),
]

feedback_urls = [
    path("", feedback.feedback_list, name="feedback-list"),
    path("new/", feedback.feedback_new, name="feedback-new"),
    path("invitations/<int:pk>/", feedback.answer, name="feedback-answer"),
    path("invitations/<int:pk>/decline/", feedback.decline, name="feedback-decline"),
    path("<int:pk>/", feedback.feedback_round, name="feedback-round"),
    path("<int:pk>/close/", feedback.close, name="feedback-close"),
    path("<int:pk>/cancel/", feedback.cancel, name="feedback-cancel"),
    path("<int:pk>/trail/", feedback.trail, name="feedback-trail"),
]

request_urls = [
    path("", requests.request_list, name="request-list"),
    path("new/", requests.request_new, name="request-new"),
    path("<int:pk>/", requests.information_request, name="request"),
    path("<int:pk>/trail/", requests.trail, name="request-trail"),
    path("<int:pk>/<slug:event>/", requests.move, name="request-move"),
    path("<int:pk>/<slug:event>/step/", requests.step, name="request-step"),
]

risk_urls = [
    path("", risks.risk_list, name="risk-list"),
    path("new/", risks.risk_new, name="risk-new"),
    path("<int:pk>/", risks.risk, name="risk"),
    path("<int:pk>/review/", risks.review, name="risk-review"),
    path("<int:pk>/edit/", risks.edit, name="risk-edit"),
    path("<int:pk>/close/", risks.close, name="risk-close"),
    path("<int:pk>/reopen/", risks.reopen, name="risk-reopen"),
    path("<int:pk>/trail/", risks.trail, name="risk-trail"),
]

urlpatterns = [
    path("feedback/", include(feedback_urls)),
    path("requests/", include(request_urls)),
    path("risks/", include(risk_urls)),
    path("profiles/", include(profile_urls)),
]
