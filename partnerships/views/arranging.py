"""Pages that keep an arrangement: what it is, who takes part, its gateways, funds and reporting lines."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from partnerships.access import P, require, visible_or_404
from partnerships.actions import arrangements as actions
from partnerships.arrangement_guards import ORDER
from partnerships.forms.arrangements import (
    ArrangementEditForm,
    ArrangementForm,
    FundForm,
    GatewayForm,
    LineForm,
    MemberChangeForm,
    MemberForm,
)
from partnerships.forms.hosted import EndForm, WithdrawForm
from partnerships.models import Arrangement, ArrangementMember

from .asking import Values, ask, hosts_of

METHODS = ["GET", "HEAD", "POST"]


def _found(request: HttpRequest, pk: int) -> Arrangement:
    rows = Arrangement.objects.select_related("host", "place")
    found = visible_or_404(request.actor, rows, pk=pk)
    require(request.actor, P.FORUM_EDIT, found)
    return found


def _ask(request: HttpRequest, found: Arrangement, form, act, section: str, **words) -> HttpResponse:  # type: ignore[no-untyped-def]
    """A form about one arrangement: it leads back to the section where the change shows."""
    words.setdefault("lede", found.name)
    return ask(
        request, form, act, lambda made: _to(found.pk, section), back=(found.name, "arrangement", found.pk),
        whole=found, **words,
    )  # fmt: skip


def _to(pk: int, section: str) -> HttpResponse:
    address = redirect("arrangement", pk)
    if section:
        address["Location"] += f"#{section}"
    return address


# --- The arrangement itself -----------------------------------------------------------------------------------------


@require_http_methods(METHODS)
def arrangement_new(request: HttpRequest) -> HttpResponse:
    """`/arrangements/new/`: record a partnership, a collaborative, a board."""
    form = ArrangementForm(request.POST or None, hosts=hosts_of(request, P.FORUM_EDIT), on=request.actor.on)

    def act(values: Values) -> Arrangement:
        given = form.cleaned_data
        return actions.found_arrangement(
            by=request.actor, host=given["host"], values=values, footprint=given["footprint"], gateway=form.gateway()
        )

    return ask(
        request,
        form,
        act,
        lambda made: redirect("arrangement", made.pk),
        title="Record an arrangement",
        lede="Bodies that agreed to work together: in a place, at scale, or for a whole system.",
        back=("Arrangements", "arrangement-list"),
        done="Recorded. Now add who takes part.",
    )


@require_http_methods(METHODS)
def arrangement_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`/arrangements/<id>/edit/`: purpose, priorities, activity areas, footprint, oversight."""
    found = _found(request, pk)
    form = ArrangementEditForm(request.POST or None, arrangement=found, on=request.actor.on)

    def act(values: Values) -> Arrangement:
        return actions.edit_arrangement(
            by=request.actor, arrangement=found, values=values, footprint=form.cleaned_data["footprint"]
        )

    return _ask(
        request, found, form, act, "", title="Edit the arrangement", submit="Save changes", done="Saved."
    )  # fmt: skip


@require_http_methods(METHODS)
def arrangement_end(request: HttpRequest, pk: int) -> HttpResponse:
    """`/arrangements/<id>/end/`: end it, with its memberships and reporting lines."""
    found = _found(request, pk)
    return _ask(
        request, found, EndForm(request.POST or None),
        lambda values: actions.end_arrangement(by=request.actor, arrangement=found, last_day=values["last_day"]),
        "", title="End the arrangement", done="Ended.",
        notes=["It stays in the register. Its memberships and lines end with it; its forums are ended each by "
               "itself."],
    )  # fmt: skip


# --- Members --------------------------------------------------------------------------------------------------------


@require_http_methods(METHODS)
def arrangement_join(request: HttpRequest, pk: int) -> HttpResponse:
    """`/arrangements/<id>/members/new/`: record that a body takes part."""
    found = _found(request, pk)
    return _ask(
        request, found, MemberForm(request.POST or None, arrangement=found, on=request.actor.on),
        lambda values: actions.join_arrangement(
            by=request.actor, arrangement=found, organisation=values.pop("organisation"), values=values
        ),
        "members", title="Add a member", done="Added.",
    )  # fmt: skip


def _member(found: Arrangement, pk: int) -> ArrangementMember:
    return get_object_or_404(found.members.select_related("organisation", "arrangement"), pk=pk)


@require_http_methods(METHODS)
def member_change(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    """`/arrangements/<id>/members/<member>/change/`: another agreement from a day on."""
    found = _found(request, pk)
    row = _member(found, member)
    return _ask(
        request, found, MemberChangeForm(request.POST or None, member=row, on=request.actor.on),
        lambda values: actions.change_member(
            by=request.actor, member=row, from_day=values.pop("from_day"), values=values
        ),
        "members", title="Change what was agreed", submit="Save change",
        lede=f"{row.organisation.name} in {found.name}",
        done="Changed.",
    )  # fmt: skip


@require_http_methods(METHODS)
def member_end(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    """`/arrangements/<id>/members/<member>/end/`: a body leaves."""
    found = _found(request, pk)
    row = _member(found, member)
    return _ask(
        request, found, EndForm(request.POST or None),
        lambda values: actions.end_member(by=request.actor, member=row, last_day=values["last_day"]),
        "members", title="End a membership", lede=f"{row.organisation.name} in {found.name}", done="Ended.",
    )  # fmt: skip


@require_http_methods(METHODS)
def member_withdraw(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    """`/arrangements/<id>/members/<member>/withdraw/`: take back a part that has not begun."""
    found = _found(request, pk)
    row = _member(found, member)
    return _ask(
        request, found, WithdrawForm(request.POST or None),
        lambda values: actions.withdraw_member(by=request.actor, member=row, why=values["why"]),
        "members", title="Withdraw a membership", lede=f"{row.organisation.name} in {found.name}",
        notes=["It has not begun. It goes, and the audit trail keeps what it said."], done="Withdrawn.",
    )  # fmt: skip


# --- Gateways, funds, lines -----------------------------------------------------------------------------------------


@require_http_methods(METHODS)
def gateway_new(request: HttpRequest, pk: int) -> HttpResponse:
    """`/arrangements/<id>/gateways/new/`: record a gateway review."""
    found = _found(request, pk)
    form = GatewayForm(request.POST or None, arrangement=found)
    phases = dict(Arrangement.Phase.choices)
    note = f"It is in the phase “{phases[found.phase]}”. "
    note += (
        "That is the last phase: there is no further gateway."
        if found.phase == ORDER[-1]
        else f"Passed, also with conditions, it goes on to “{phases[form.following]}”."
    )
    return _ask(
        request, found, form,
        lambda values: actions.review_gateway(by=request.actor, arrangement=found, values=values),
        "phase", title="Record a gateway review", submit="Record review", notes=[note], done="Recorded.",
    )  # fmt: skip


@require_http_methods(METHODS)
def fund_new(request: HttpRequest, pk: int) -> HttpResponse:
    """`/arrangements/<id>/funds/new/`: record a fund of a financial year."""
    found = _found(request, pk)
    form = FundForm(request.POST or None, arrangement=found, on=request.actor.on)
    return _ask(
        request, found, form,
        lambda values: actions.record_fund(
            by=request.actor, arrangement=found, values=values, paid=form.paid(), as_fact=form.cleaned_data["as_fact"]
        ),
        "funds", title="Record a fund", done="Recorded.",
    )  # fmt: skip


@require_http_methods(METHODS)
def fund_edit(request: HttpRequest, pk: int, fund: int) -> HttpResponse:
    """`/arrangements/<id>/funds/<fund>/`: correct a fund and its contributions."""
    found = _found(request, pk)
    row = get_object_or_404(found.funds.select_related("arrangement").prefetch_related("contributions"), pk=fund)
    form = FundForm(request.POST or None, arrangement=found, on=request.actor.on, fund=row)
    return _ask(
        request, found, form,
        lambda values: actions.change_fund(
            by=request.actor, fund=row, values=values, paid=form.paid(), as_fact=form.cleaned_data["as_fact"]
        ),
        "funds", title="Edit the fund", lede=f"{row}, of {found.name}", submit="Save changes", done="Saved.",
    )  # fmt: skip


@require_http_methods(METHODS)
def line_new(request: HttpRequest, pk: int) -> HttpResponse:
    """`/arrangements/<id>/lines/new/`: record to whom it reports."""
    found = _found(request, pk)
    return _ask(
        request, found, LineForm(request.POST or None, arrangement=found, on=request.actor.on),
        lambda values: actions.report_to(by=request.actor, arrangement=found, values=values),
        "lines", title="Add a reporting line", done="Added.",
    )  # fmt: skip


@require_http_methods(METHODS)
def line_end(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """`/arrangements/<id>/lines/<line>/end/`: it reports there no more."""
    found = _found(request, pk)
    row = get_object_or_404(
        found.reporting_lines.select_related("arrangement", "to_arrangement", "to_organisation"), pk=line
    )
    to = row.to_arrangement.name if row.to_arrangement else f"the board of {row.to_organisation.name}"  # type: ignore[union-attr]
    return _ask(
        request, found, EndForm(request.POST or None),
        lambda values: actions.end_line(by=request.actor, line=row, last_day=values["last_day"]),
        "lines", title="End a reporting line", lede=f"{found.name} reports to {to}.", done="Ended.",
    )  # fmt: skip
