"""The matrix of permissions for systems, whose pages are open to everyone; `tests/matrix.py` says how to read it."""

from tests.matrix import code, public, section

section("systems")
public("system-list")
for name in ("system", "system-organogram"):
    public(name, "ours", args=lambda stage: code("icb")(stage.ours))
    public(name, "theirs", args=lambda stage: code("icb")(stage.theirs))
    public(name, "by the code of a trust", get=302, args=lambda stage: code("trust")(stage.ours))
    public(name, "no such body", get=404, args=lambda stage: {"code": "NOBODY"})
for paper in ("scheme", "functions-and-decisions"):
    for kind in ("pdf", "docx", "xlsx"):
        public(
            "system-document",
            f"{paper}.{kind}",
            args=lambda stage, paper=paper, kind=kind: {"code": stage.ours.icb.code, "paper": paper, "kind": kind},
        )
for kind in ("svg", "pdf"):
    public("system-organogram-file", kind, args=lambda stage, kind=kind: {"code": stage.ours.icb.code, "kind": kind})
public(
    "system-document", "no such paper", get=404, args=lambda stage: {"code": "QWO", "paper": "nothing", "kind": "pdf"}
)
public(
    "system-document", "no such format", get=404, args=lambda stage: {"code": "QWO", "paper": "scheme", "kind": "exe"}
)
public("system-organogram-file", "no such format", get=404, args=lambda stage: {"code": "QWO", "kind": "png"})

for which, found in (("QWO", 200), ("RCF", 404), ("NOBODY", 404)):
    public("api-system-map", which, get=found, args=lambda stage, which=which: {"code": which})
