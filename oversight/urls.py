"""Addresses of this app."""

from django.urls import include, path, register_converter

from .views import attempts, case_file, case_page, cases, concerns, demo, home, region, restructures, signals


class CaseReference:
    """A case's reference in an address: `C-2026-047`."""

    regex = "[Cc]-[0-9]{4}-[0-9]{3,7}"

    def to_python(self, value: str) -> str:
        """As stored."""
        return value.upper()

    def to_url(self, value: str) -> str:
        """As stored."""
        return value


register_converter(CaseReference, "case")

concern_urls = [
    path("raise/", concerns.start, name="concern-raise"),
    path("raise/check/", concerns.check, name="concern-check"),
    path("raise/discard/", concerns.discard, name="concern-discard"),
    path("raise/<slug:step>/", concerns.step, name="concern-step"),
    path("<case:reference>/sent/", concerns.sent, name="concern-sent"),
]

attempt_urls = [
    path("", attempts.attempt_list, name="attempt-list"),
    path("new/", attempts.attempt_new, name="attempt-new"),
    path("<int:pk>/", attempts.attempt, name="attempt"),
]

case_urls = [
    path("", cases.case_list, name="case-list"),
    path("<case:reference>/", case_page.case, name="case"),
    path("<case:reference>/readers/", case_page.readers, name="case-readers"),
    path("<case:reference>/trail/", case_page.trail, name="case-trail"),
    path("<case:reference>/moves/<slug:event>/", case_file.move, name="case-move"),
    path("<case:reference>/<slug:act>/", case_file.act, name="case-act"),
    path("<case:reference>/<slug:act>/<int:pk>/", case_file.act, name="case-part"),
]

signal_urls = [
    path("", signals.signal_list, name="signal-list"),
    path("<int:pk>/", signals.signal, name="signal"),
    path("<int:pk>/trail/", signals.trail, name="signal-trail"),
]

restructure_urls = [
    path("", restructures.restructure_list, name="restructure-list"),
    path("new/", restructures.restructure_new, name="restructure-new"),
    path("<int:pk>/", restructures.restructure, name="restructure"),
    path("<int:pk>/carry-out/", restructures.carry_out, name="restructure-carry-out"),
    path("<int:pk>/drop/", restructures.drop, name="restructure-drop"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("together/", home.together, name="together"),
    path("seen/", home.mark_seen, name="seen"),
    path("region/", region.region, name="region"),
    path("concerns/", include(concern_urls)),
    path("attempts/", include(attempt_urls)),
    path("cases/", include(case_urls)),
    path("signals/", include(signal_urls)),
    path("restructures/", include(restructure_urls)),
    path("demo/switch/", demo.switch_person, name="switch-person"),
]
