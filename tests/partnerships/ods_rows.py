"""Small made-up files of the national register, in each of its layouts."""

import json
from typing import Any

DATES = "{opened}", "{closed}"
# column by column as the national register writes its tables; what is not used here has something plain in it
LINE = (
    '"{code}","{name}","{region}","{icb}","HIGH STREET","","","TOWN","","AB1 2CD","{opened}","{closed}"'
    + ',""' * 9
    + ',"1","","A","","",""'
)


def line(
    code: str, name: str, region: str = "Y63", icb: str = "QWO", opened: str = "20200401", closed: str = ""
) -> str:
    """One row of a table."""
    return LINE.format(code=code, name=name, region=region, icb=icb, opened=opened, closed=closed)


AIREDALE = line("RCF", "AIREDALE NHS FOUNDATION TRUST", opened="20220701")
LEEDS = line("RR8", "LEEDS TEACHING HOSPITALS NHS TRUST", opened="20220701")
MANCHESTER = line("R0A", "MANCHESTER UNIVERSITY NHS FOUNDATION TRUST", "Y62", "QOP", opened="20220701")
NEW = line("RX9", "ST. ANNE'S AND WHARFE-ON-SEA NHS FOUNDATION TRUST", opened="20260901")
WELSH = line("RT4", "WELSH AMBULANCE SERVICES NHS TRUST", "", "", "19980401")
LONG_GONE = line("R0C", "PROJECT NIGHTINGALE NHS TRUST", opened="20200301", closed="20200326")


def table(*lines: str) -> bytes:
    """A table as the national register publishes it."""
    return "".join(f"{each}\r\n" for each in lines).encode()


def stu3(
    code: str, name: str, *, start: str = "2022-07-01", end: str = "", role: str = "197", active: bool = True
) -> dict:
    """An Organization as the STU3 interface writes it."""
    base = "https://fhir.nhs.uk/STU3/StructureDefinition/Extension-ODSAPI-"
    kind = {"url": f"{base}DateType-1", "valueString": "Operational"}
    period = {"extension": [kind], "start": start} | ({"end": end} if end else {})
    roles = [
        {"url": "role", "valueCoding": {"code": role, "display": "A ROLE"}},
        {"url": "primaryRole", "valueBoolean": True},
        {"url": "status", "valueString": "Active" if active else "Inactive"},
    ]
    return {
        "resourceType": "Organization",
        "id": code,
        "extension": [
            {"url": f"{base}ActivePeriod-1", "valuePeriod": period},
            {"url": f"{base}OrganizationRole-1", "extension": roles},
        ],
        "identifier": {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": code},
        "active": active,
        "name": name,
    }


def r4(
    code: str, name: str, *, legal: tuple[str, str] = ("2022-07-01", ""), roles: tuple[str, ...] = ("RO197",)
) -> dict:
    """An Organization as the R4 interface writes it, with an operational and a legal period."""
    base = "https://fhir.nhs.uk/England/StructureDefinition/Extension-England-"

    def period(kind: str, start: str, end: str) -> dict[str, Any]:
        span = {"start": start} | ({"end": end} if end else {})
        parts = [{"url": "dateType", "valueCoding": {"code": kind}}, {"url": "period", "valuePeriod": span}]
        return {"url": f"{base}TypedPeriod", "extension": parts}

    def role(code: str) -> dict[str, Any]:
        parts = [
            {"url": "instanceID", "valueInteger": 1},
            {"url": "roleCode", "valueCodeableConcept": {"coding": [{"code": code}]}},
            {"url": "active", "valueBoolean": True},
        ]
        return {"url": f"{base}OrganisationRole", "extension": parts}

    return {
        "resourceType": "Organization",
        "id": code,
        "extension": [*map(role, roles), period("Operational", "2019-01-01", ""), period("Legal", *legal)],
        "identifier": [{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": code}],
        "active": not legal[1],
        "name": name,
    }


def ord_full(code: str, name: str, *, start: str = "2022-07-01", icb: str = "QWO", region: str = "Y63") -> dict:
    """An Organisation as the ORD interface writes it, with its dates, roles and relations."""

    def lies_in(target: str, role: str, status: str = "Active") -> dict[str, Any]:
        return {
            "id": "RE5", "Status": status,
            "Target": {"OrgId": {"extension": target}, "PrimaryRoleId": {"id": role}},
        }  # fmt: skip

    return {
        "Organisation": {
            "Name": name,
            "Date": [{"Type": "Operational", "Start": "1999-04-01"}, {"Type": "Legal", "Start": start}],
            "OrgId": {"extension": code},
            "Status": "Active",
            "Roles": {
                "Role": [
                    {"id": "RO197", "primaryRole": True, "Status": "Active"},
                    {"id": "RO57", "Status": "Active"},
                ]
            },
            "Rels": {
                "Rel": [lies_in("QXX", "RO261", "Inactive"), lies_in(icb, "RO261"), lies_in(region, "RO209")],
            },
        }
    }


def as_json(content: object) -> bytes:
    """Content as a file."""
    return json.dumps(content).encode()
