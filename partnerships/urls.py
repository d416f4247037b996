"""Addresses of this app."""

from django.urls import include, path, register_converter

from .views import (
    arrangements,
    decisions,
    delegations,
    followup,
    forums,
    founding,
    meetings,
    organisations,
    register,
    trail,
)


class Reference:
    """A decision's reference in an address: `QWO-2026-0143`, with `.2` for its second version."""

    regex = "[A-Za-z0-9]{2,12}-[0-9]{4}-[0-9]{4,7}(?:\\.[0-9]{1,3})?"

    def to_python(self, value: str) -> str:
        """As stored."""
        return value.upper()

    def to_url(self, value: str) -> str:
        """As stored."""
        return value


register_converter(Reference, "reference")

meeting_urls = [
    path("", meetings.meeting_list, name="meeting-list"),
    path("new/", meetings.meeting_new, name="meeting-new"),
    path("<int:pk>/", meetings.meeting, name="meeting"),
    path("<int:pk>/attendance/", meetings.attendance, name="meeting-attendance"),
    path("<int:pk>/quorum/", meetings.quorum, name="meeting-quorum"),
    path("<int:pk>/trail/", trail.meeting_trail, name="meeting-trail"),
    path("<int:pk>/agenda/", meetings.agenda, name="meeting-agenda"),
    path("<int:pk>/decisions/new/", meetings.log_decision, name="decision-new"),
    path("<int:pk>/<slug:event>/", meetings.move, name="meeting-move"),
]

decision_urls = [
    path("", decisions.decision_list, name="decision-list"),
    path("<reference:reference>/", decisions.decision, name="decision"),
    path("<reference:reference>/edit/", decisions.edit, name="decision-edit"),
    path("<reference:reference>/notice.docx", decisions.word, name="decision-notice"),
    path("<reference:reference>/trail/", trail.decision_trail, name="decision-trail"),
    path("<reference:reference>/actions/new/", decisions.add_action, name="decision-action-new"),
    path("<reference:reference>/actions/<int:pk>/drop/", decisions.drop_action, name="decision-action-drop"),
    path("<reference:reference>/contributors/", decisions.invite, name="decision-invite"),
    path("<reference:reference>/contributors/<int:pk>/remove/", decisions.uninvite, name="decision-uninvite"),
    path("<reference:reference>/<slug:event>/", decisions.move, name="decision-move"),
    path("<reference:reference>/<slug:event>/why/", decisions.move_with_reason, name="decision-why"),
]

action_urls = [
    path("", followup.action_list, name="action-list"),
    path("<int:pk>/", followup.action, name="action"),
    path("<int:pk>/trail/", trail.action_trail, name="action-trail"),
    path("<int:pk>/<slug:event>/", followup.move, name="action-move"),
    path("<int:pk>/<slug:event>/step/", followup.step, name="action-step"),
]

register_urls = [
    path("", register.register, name="register"),
    path("<reference:reference>/", register.register_decision, name="register-decision"),
]

organisation_urls = [
    path("", organisations.organisation_list, name="organisation-list"),
    path("<str:code>/", organisations.organisation, name="organisation"),
    path("<str:code>/trail/", trail.organisation_trail, name="organisation-trail"),
    path("<str:code>/declare/", founding.declare, name="organisation-declare"),
]

arrangement_urls = [
    path("", arrangements.arrangement_list, name="arrangement-list"),
    path("new/", founding.arrangement_new, name="arrangement-new"),
    path("<int:pk>/", arrangements.arrangement, name="arrangement"),
    path("<int:pk>/trail/", trail.arrangement_trail, name="arrangement-trail"),
    path("<int:pk>/members/new/", founding.arrangement_join, name="arrangement-join"),
]

forum_urls = [
    path("", forums.forum_list, name="forum-list"),
    path("new/", founding.forum_new, name="forum-new"),
    path("<int:pk>/", forums.forum, name="forum"),
    path("<int:pk>/trail/", trail.forum_trail, name="forum-trail"),
    path("<int:pk>/terms/new/", founding.terms_new, name="terms-new"),
    path("<int:pk>/members/new/", founding.membership_new, name="membership-new"),
    path("<int:pk>/members/<int:member>/end/", founding.membership_end, name="membership-end"),
]

delegation_urls = [
    path("", delegations.delegation_list, name="delegation-list"),
    path("new/", founding.delegation_new, name="delegation-new"),
    path("<int:pk>/", delegations.delegation, name="delegation"),
    path("<int:pk>/trail/", trail.delegation_trail, name="delegation-trail"),
    path("<int:pk>/end/day/", founding.delegation_end, name="delegation-end"),
    path("<int:pk>/<slug:event>/", founding.delegation_move, name="delegation-move"),
]

urlpatterns = [
    path("organisations/", include(organisation_urls)),
    path("arrangements/", include(arrangement_urls)),
    path("forums/", include(forum_urls)),
    path("delegations/", include(delegation_urls)),
    path("meetings/", include(meeting_urls)),
    path("decisions/", include(decision_urls)),
    path("authority/panel/", decisions.authority_panel, name="authority-panel"),
    path("actions/", include(action_urls)),
    path("register/", include(register_urls)),
]
