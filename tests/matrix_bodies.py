"""The matrix of permissions for keeping the register of bodies; `tests/matrix.py` says how to read it."""

from typing import Any

from partnerships.models import Cluster, ClusterMember, OdsImport, OrganisationRelation
from tests.matrix import ADMIN, code, only, ours, row, section, signed_in, theirs
from tests.stage import Side, Stage
from tests.world import KNOWN

section("bodies")


def a_cluster(stage: Stage) -> Cluster:
    """A cluster of our ICB and theirs."""
    made, new = Cluster.objects.get_or_create(name="Pennine cluster", starts=KNOWN)
    for icb in (stage.ours.icb, stage.theirs.icb) if new else ():
        ClusterMember.objects.create(cluster=made, organisation=icb, starts=KNOWN)
    return made


def a_link(side: Side) -> dict[str, Any]:
    """The trust's link with its ICB."""
    return {"code": side.trust.code, "pk": OrganisationRelation.objects.get(source_body=side.trust).pk}


def an_import(stage: Stage) -> dict[str, Any]:
    """A preview."""
    return {"pk": OdsImport.objects.get_or_create(file_name="etr.csv", layout="etr", digest="0" * 64)[0].pk}


FORM = {"get": only(ADMIN, others=403), "post": only(ADMIN, 422, others=403)}

row("organisation-new", **FORM)
for side in (ours, theirs):
    # the form of corrections can be sent as it is: nothing in it is required
    side("organisation-edit", "a trust", code("trust"), get=FORM["get"], post=only(ADMIN, 302, others=403))
    for name in ("organisation-rename", "organisation-close", "organisation-lead", "organisation-link-new"):
        side(name, "a trust", code("trust"), **FORM)
    side("organisation-link-end", "a trust's", a_link, **FORM)
row("organisation-edit", "none", args=lambda stage: {"code": "NONE"}, get=signed_in(404), post=signed_in(404))

row("cluster-list", get=signed_in(200))
row("cluster-new", **FORM)
row("cluster-edit", args=lambda stage: {"pk": a_cluster(stage).pk}, **FORM)
row("cluster-end", args=lambda stage: {"pk": a_cluster(stage).pk}, **FORM)
row("cluster-join", args=lambda stage: {"pk": a_cluster(stage).pk}, **FORM)
row(
    "cluster-leave",
    args=lambda stage: {"pk": a_cluster(stage).pk, "member": a_cluster(stage).members.first().pk},
    **FORM,
)

row("ods-imports", **FORM)
row("ods-import", args=an_import, get=only(ADMIN, others=403), post=only(ADMIN, 302, others=403))
row("ods-apply", args=an_import, post=only(ADMIN, 302, others=403))
row("ods-drop", args=an_import, post=only(ADMIN, 302, others=403))
