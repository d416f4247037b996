"""Pages of clusters: integrated care boards that share a chair, a chief executive or both."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from ics_governance.wording import day as day_in_words
from partnerships.access import P, held_anywhere
from partnerships.actions import relations
from partnerships.forms.keeping import ClusterCorrectionForm, ClusterForm, JoinForm, LastDayForm
from partnerships.forms.organisations import AsOf
from partnerships.models import Cluster, ClusterMember
from partnerships.queries import clusters as queries

from .keeping import Values, ask, keeper_only, not_begun


@require_safe
def cluster_list(request: HttpRequest) -> HttpResponse:
    """`/clusters/`: the clusters of a day."""
    form = AsOf(request.GET)
    day = form.day(request.actor.on)
    form = AsOf({"as_of": day_in_words(day)}) if form.in_use else form
    context = {
        "form": form,
        "day": day,
        "today": request.actor.on,
        "clusters": queries.on(request.actor, day, coming=day == request.actor.on),
        "keeper": held_anywhere(request.actor, P.ORGANISATION_EDIT),
    }
    return render(request, "partnerships/cluster_list.html", context, status=200 if form.is_valid() else 400)


@require_http_methods(["GET", "HEAD", "POST"])
def cluster_new(request: HttpRequest) -> HttpResponse:
    """`/clusters/new/`: record a cluster."""
    keeper_only(request)

    def act(values: Values) -> Cluster:
        name, starts, members = (values.pop(key) for key in ("name", "starts", "members"))
        return relations.form_cluster(by=request.actor, name=name, starts=starts, members=members, values=values)

    return ask(
        request,
        ClusterForm(request.POST or None, on=request.actor.on),
        act,
        lambda made: redirect("cluster-list"),
        title="Record a cluster",
        lede="Integrated care boards that share leadership and remain bodies of their own.",
        back=("Clusters", "cluster-list"),
        done="Recorded.",
    )


def _cluster(request: HttpRequest, pk: int) -> Cluster:
    found = get_object_or_404(Cluster, pk=pk)
    keeper_only(request)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def cluster_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`/clusters/<id>/edit/`: correct what is recorded of a cluster."""
    cluster = _cluster(request, pk)
    return ask(
        request,
        ClusterCorrectionForm(request.POST or None, cluster=cluster),
        lambda values: relations.correct_cluster(by=request.actor, cluster=cluster, values=values),
        lambda made: redirect("cluster-list"),
        title="Correct the cluster",
        lede=f"{cluster.name}: its name, which posts the boards share, and how sure that is.",
        back=("Clusters", "cluster-list"),
        done="Corrected.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def cluster_end(request: HttpRequest, pk: int) -> HttpResponse:
    """`/clusters/<id>/end/`: end a cluster."""
    cluster = _cluster(request, pk)
    return ask(
        request,
        LastDayForm(request.POST or None),
        lambda values: relations.end_cluster(by=request.actor, cluster=cluster, **values),
        lambda made: redirect("cluster-list"),
        title="End the cluster",
        lede=f"{cluster.name}. The memberships end with it and stay with their dates.",
        back=("Clusters", "cluster-list"),
        done="Ended.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def cluster_join(request: HttpRequest, pk: int) -> HttpResponse:
    """`/clusters/<id>/members/new/`: a board joins."""
    cluster = _cluster(request, pk)
    return ask(
        request,
        JoinForm(request.POST or None, on=request.actor.on),
        lambda values: relations.join_cluster(by=request.actor, cluster=cluster, **values),
        lambda made: redirect("cluster-list"),
        title="Add a board",
        lede=cluster.name,
        back=("Clusters", "cluster-list"),
        done="Added.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def cluster_leave(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    """`/clusters/<id>/members/<member>/end/`: a board leaves."""
    cluster = _cluster(request, pk)
    rows = ClusterMember.objects.filter(cluster=cluster).select_related("organisation")
    found = get_object_or_404(rows, pk=member)
    return ask(
        request,
        LastDayForm(request.POST or None),
        lambda values: relations.leave_cluster(by=request.actor, member=found, **values),
        lambda made: redirect("cluster-list"),
        title="End the membership",
        lede=f"{found.organisation.name} in the cluster {cluster.name}.{not_begun(found, request.actor.on)}",
        back=("Clusters", "cluster-list"),
        done="Ended.",
    )
