"""Addresses of this app."""

from django.urls import include, path

from .views import assessment_moves, assessments, evidence, feedback, profiles, record_queries, requests, risks

profile_urls = [
    path("", profiles.own_profile, name="own-profile"),
    path("score/", profiles.score, name="profile-score"),
    path("queries/", record_queries.query_list, name="record-query-list"),
    path("queries/<int:pk>/", record_queries.query, name="record-query"),
    path("queries/<int:pk>/withdraw/", record_queries.withdraw, name="record-query-withdraw"),
    path("queries/<int:pk>/trail/", record_queries.trail, name="record-query-trail"),
    path("<str:code>/query/", record_queries.query_new, name="record-query-new"),
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

answer_urls = [
    path("", assessments.answer, name="assessment-answer"),
    path("versions/", assessments.versions, name="assessment-versions"),
    path("evidence/", evidence.give, name="assessment-evidence"),
    path("evidence/<int:evidence>/use/", evidence.use_again, name="assessment-evidence-use"),
    path("evidence/<int:evidence>/remove/", evidence.take_off, name="assessment-evidence-remove"),
]

assessment_urls = [
    path("", assessments.assessment_list, name="assessment-list"),
    path("new/", assessments.assessment_new, name="assessment-new"),
    path("evidence/<int:pk>/file/", evidence.file, name="evidence-file"),
    path("<int:pk>/", assessments.assessment, name="assessment"),
    path("<int:pk>/all/", assessments.whole, name="assessment-whole"),
    path("<int:pk>/sections/<str:code>/", assessments.section, name="assessment-section"),
    path("<int:pk>/answers/<str:kloe>/", include(answer_urls)),
    path("<int:pk>/people/", assessment_moves.people, name="assessment-people"),
    path("<int:pk>/people/<int:assignment>/remove/", assessment_moves.unassign, name="assessment-unassign"),
    path("<int:pk>/moderation/<str:kloe>/", assessment_moves.moderate, name="assessment-moderation"),
    path("<int:pk>/paper.docx", assessment_moves.paper, name="assessment-paper"),
    path("<int:pk>/trail/", assessments.trail, name="assessment-trail"),
    path("<int:pk>/<slug:event>/", assessment_moves.move, name="assessment-move"),
    path("<int:pk>/<slug:event>/step/", assessment_moves.step, name="assessment-step"),
]

urlpatterns = [
    path("assessments/", include(assessment_urls)),
    path("feedback/", include(feedback_urls)),
    path("requests/", include(request_urls)),
    path("risks/", include(risk_urls)),
    path("profiles/", include(profile_urls)),
]
