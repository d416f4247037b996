"""Addresses of this app."""

from django.urls import include, path, register_converter

from .views import (
    arrangements,
    arranging,
    authority,
    checks,
    clusters,
    decisions,
    delegating,
    delegations,
    followup,
    forum_keeping,
    forums,
    functions,
    keeping,
    meetings,
    memberships,
    ods,
    organisations,
    places,
    posts,
    register,
    rehearsals,
    system_files,
    systems,
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
    path("<reference:reference>/ratify/by/", decisions.ratify, name="decision-ratify"),
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
    path("new/", keeping.body_new, name="organisation-new"),
    path("<str:code>/", organisations.organisation, name="organisation"),
    path("<str:code>/edit/", keeping.body_edit, name="organisation-edit"),
    path("<str:code>/rename/", keeping.body_rename, name="organisation-rename"),
    path("<str:code>/close/", keeping.body_close, name="organisation-close"),
    path("<str:code>/lead/", keeping.lead_change, name="organisation-lead"),
    path("<str:code>/relations/new/", keeping.link_new, name="organisation-link-new"),
    path("<str:code>/relations/<int:pk>/end/", keeping.link_end, name="organisation-link-end"),
    path("<str:code>/trail/", trail.organisation_trail, name="organisation-trail"),
    path("<str:code>/declare/", delegating.declare, name="organisation-declare"),
    path("<str:code>/posts/", posts.post_list, name="post-list"),
]

cluster_urls = [
    path("", clusters.cluster_list, name="cluster-list"),
    path("new/", clusters.cluster_new, name="cluster-new"),
    path("<int:pk>/edit/", clusters.cluster_edit, name="cluster-edit"),
    path("<int:pk>/end/", clusters.cluster_end, name="cluster-end"),
    path("<int:pk>/members/new/", clusters.cluster_join, name="cluster-join"),
    path("<int:pk>/members/<int:member>/end/", clusters.cluster_leave, name="cluster-leave"),
]

ods_urls = [
    path("", ods.ods_imports, name="ods-imports"),
    path("<int:pk>/", ods.ods_import, name="ods-import"),
    path("<int:pk>/apply/", ods.ods_apply, name="ods-apply"),
    path("<int:pk>/drop/", ods.ods_drop, name="ods-drop"),
]

place_urls = [
    path("", places.place_list, name="place-list"),
    path("new/", places.place_new, name="place-new"),
    path("<int:pk>/edit/", places.place_edit, name="place-edit"),
    path("<int:pk>/end/", places.place_end, name="place-end"),
    path("<int:pk>/trail/", places.place_trail, name="place-trail"),
]

post_urls = [
    path("new/", posts.post_new, name="post-new"),
    path("<int:pk>/edit/", posts.post_edit, name="post-edit"),
    path("<int:pk>/holder/", posts.post_holder, name="post-holder"),
    path("<int:pk>/end/", posts.post_end, name="post-end"),
    path("<int:pk>/trail/", posts.post_trail, name="post-trail"),
]

arrangement_urls = [
    path("", arrangements.arrangement_list, name="arrangement-list"),
    path("new/", arranging.arrangement_new, name="arrangement-new"),
    path("<int:pk>/", arrangements.arrangement, name="arrangement"),
    path("<int:pk>/trail/", trail.arrangement_trail, name="arrangement-trail"),
    path("<int:pk>/edit/", arranging.arrangement_edit, name="arrangement-edit"),
    path("<int:pk>/end/", arranging.arrangement_end, name="arrangement-end"),
    path("<int:pk>/members/new/", arranging.arrangement_join, name="arrangement-join"),
    path("<int:pk>/members/<int:member>/change/", arranging.member_change, name="arrangement-member-change"),
    path("<int:pk>/members/<int:member>/end/", arranging.member_end, name="arrangement-member-end"),
    path("<int:pk>/members/<int:member>/withdraw/", arranging.member_withdraw, name="arrangement-member-withdraw"),
    path("<int:pk>/gateways/new/", arranging.gateway_new, name="gateway-new"),
    path("<int:pk>/funds/new/", arranging.fund_new, name="fund-new"),
    path("<int:pk>/funds/<int:fund>/", arranging.fund_edit, name="fund-edit"),
    path("<int:pk>/lines/new/", arranging.line_new, name="line-new"),
    path("<int:pk>/lines/<int:line>/end/", arranging.line_end, name="line-end"),
]

forum_urls = [
    path("", forums.forum_list, name="forum-list"),
    path("new/", forum_keeping.forum_new, name="forum-new"),
    path("<int:pk>/", forums.forum, name="forum"),
    path("<int:pk>/trail/", trail.forum_trail, name="forum-trail"),
    path("<int:pk>/terms/new/", forum_keeping.terms_new, name="terms-new"),
    path("<int:pk>/edit/", forum_keeping.forum_edit, name="forum-edit"),
    path("<int:pk>/end/", forum_keeping.forum_end, name="forum-end"),
    path("<int:pk>/members/new/", memberships.membership_new, name="membership-new"),
    path("<int:pk>/members/<int:member>/change/", memberships.membership_change, name="membership-change"),
    path("<int:pk>/members/<int:member>/end/", memberships.membership_end, name="membership-end"),
    path("<int:pk>/members/<int:member>/withdraw/", memberships.membership_withdraw, name="membership-withdraw"),
    path("<int:pk>/members/<int:member>/deputies/new/", memberships.deputy_new, name="deputy-new"),
    path("<int:pk>/members/<int:member>/deputies/<int:deputy>/end/", memberships.deputy_end, name="deputy-end"),
    path(
        "<int:pk>/members/<int:member>/deputies/<int:deputy>/withdraw/",
        memberships.deputy_withdraw,
        name="deputy-withdraw",
    ),
    path("<int:pk>/members/<int:member>/<slug:event>/", memberships.membership_answer, name="membership-answer"),
]

delegation_urls = [
    path("", delegations.delegation_list, name="delegation-list"),
    path("new/", delegating.delegation_new, name="delegation-new"),
    path("panel/", delegating.delegation_panel, name="delegation-panel"),
    path("<int:pk>/", delegations.delegation, name="delegation"),
    path("<int:pk>/edit/", delegating.delegation_edit, name="delegation-edit"),
    path("<int:pk>/trail/", trail.delegation_trail, name="delegation-trail"),
    path("<int:pk>/suspend/why/", delegating.delegation_suspend, name="delegation-suspend"),
    path("<int:pk>/reviews/new/", delegating.delegation_review, name="delegation-review"),
    path("<int:pk>/end/day/", delegating.delegation_end, name="delegation-end"),
    path("<int:pk>/<slug:event>/", delegating.delegation_move, name="delegation-move"),
]

system_urls = [
    path("", systems.system_list, name="system-list"),
    path("<str:code>/", systems.system, name="system"),
    path("<str:code>/organogram/", systems.organogram, name="system-organogram"),
    path("<str:code>/organogram.<slug:kind>", system_files.organogram_file, name="system-organogram-file"),
    path("<str:code>/<slug:paper>.<slug:kind>", system_files.document, name="system-document"),
]

rehearsal_urls = [
    path("<int:pk>/", rehearsals.rehearsal, name="rehearsal"),
    path("<int:pk>/draft/", rehearsals.draft, name="rehearsal-draft"),
    path("<int:pk>/paper.docx", rehearsals.word, name="rehearsal-paper"),
    path("<int:pk>/trail/", rehearsals.rehearsal_trail, name="rehearsal-trail"),
]

urlpatterns = [
    path("systems/", include(system_urls)),
    path("organisations/", include(organisation_urls)),
    path("clusters/", include(cluster_urls)),
    path("imports/ods/", include(ods_urls)),
    path("places/", include(place_urls)),
    path("posts/", include(post_urls)),
    path("arrangements/", include(arrangement_urls)),
    path("forums/", include(forum_urls)),
    path("delegations/", include(delegation_urls)),
    path("functions/", functions.function_list, name="function-list"),
    path("functions/<slug:code>/", functions.function, name="function"),
    path("meetings/", include(meeting_urls)),
    path("decisions/", include(decision_urls)),
    path("authority/", authority.ask, name="authority-ask"),
    path("authority/route/", authority.route, name="authority-route"),
    path("scenarios/", rehearsals.scenario_list, name="scenario-list"),
    path("scenarios/<slug:code>/", rehearsals.scenario, name="scenario"),
    path("rehearsals/", include(rehearsal_urls)),
    path("authority/panel/", decisions.authority_panel, name="authority-panel"),
    path("actions/", include(action_urls)),
    path("checks/", checks.check_list, name="check-list"),
    path("checks/now/", checks.check_now, name="check-now"),
    path("expiring/", checks.expiring, name="expiring"),
    path("register/", include(register_urls)),
]
