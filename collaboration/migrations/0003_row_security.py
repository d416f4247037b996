"""Row-level security of assessments, evidence, feedback, requests, risks and concerns.

Reading: an audience row in force, as for meetings and decisions. Writing: only in a named system context. Beyond that:
an invitation is read by its own body and the host of the round; a response by its own body alone; who raised a concern
in confidence by everyone in its audience but the respondents; a note of an informal attempt by its two bodies, and by
those who read a concern that it was attached to; evidence by its giver, and with the assessments it serves.
"""

from django.db import migrations

AUDIENCE = """
alter table {table} enable row level security;
create policy audience_read on {table} for select using ((select app_system())
  or ((organisation_id = any ((select app_orgs('{kind}'))::bigint[]) or user_id = (select app_user()))
      and starts <= (select app_on()) and (ends is null or ends >= (select app_on()))));
create policy audience_write on {table} using ((select app_system())) with check ((select app_system()));
"""
RECORD = """
alter table {table} enable row level security;
create policy record_read on {table} for select using ((select app_system())
  or coalesce((select true from {audience} a where a.{key} = {table}.id limit 1), false));
create policy record_write on {table} using ((select app_system())) with check ((select app_system()));
"""
PART = """
alter table {table} enable row level security;
create policy part_read on {table} for select using ((select app_system())
  or coalesce((select true from {parent} p where p.id = {table}.{key} limit 1), false));
create policy part_write on {table} using ((select app_system())) with check ((select app_system()));
"""
GRANT = """
alter table {table} enable row level security;
create policy grant_read on {table} for select using ((select app_system()) or user_id = (select app_user()));
create policy grant_write on {table} using ((select app_system())) with check ((select app_system()));
"""
SPECIAL = """
alter table {table} enable row level security;
create policy special_read on {table} for select using ((select app_system()) or {condition});
create policy special_write on {table} using ((select app_system())) with check ((select app_system()));
"""
RECORDS = [  # kind, record, audience, its key
    ("assessment", "assessment", "assessmentaudience", "assessment_id"),
    ("feedback", "feedbackround", "feedbackaudience", "round_id"),
    ("request", "informationrequest", "requestaudience", "request_id"),
    ("risk", "sharedrisk", "riskaudience", "risk_id"),
    ("concern", "concern", "concernaudience", "concern_id"),
]
PARTS = [  # part, what it belongs to, its key
    ("sectionassignment", "assessment", "assessment_id"),
    ("answer", "assessment", "assessment_id"),
    ("answerversion", "answer", "answer_id"),
    ("evidencelink", "answer", "answer_id"),
    ("moderation", "answer", "answer_id"),
    ("signoff", "assessment", "assessment_id"),
    ("feedbackresult", "feedbackround", "round_id"),
    ("feedbackcomment", "feedbackround", "round_id"),
    ("concernrespondent", "concern", "concern_id"),
    ("concern_attempts", "concern", "concern_id"),
]
GRANTS = ["assessmentgrant", "concerngrant"]
SPECIALS = {
    "feedbackinvitation": """organisation_id = any ((select app_orgs('feedback'))::bigint[])
    or coalesce((select true from collaboration_feedbackround r where r.id = collaboration_feedbackinvitation.round_id
      and r.host_id = any ((select app_orgs('feedback'))::bigint[]) limit 1), false)""",
    "feedbackresponse": """coalesce((select true from collaboration_feedbackinvitation i
      where i.id = collaboration_feedbackresponse.invitation_id
      and i.organisation_id = any ((select app_orgs('feedback'))::bigint[]) limit 1), false)""",
    "concernraiser": """coalesce((select true from collaboration_concernaudience a
      where a.concern_id = collaboration_concernraiser.concern_id and a.capacity <> 'respondent' limit 1), false)
    or coalesce((select true from collaboration_concern c
      where c.id = collaboration_concernraiser.concern_id and not c.in_confidence limit 1), false)""",
    "informalattempt": """kept_by_id = any ((select app_orgs('concern'))::bigint[])
    or other_id = any ((select app_orgs('concern'))::bigint[])
    or coalesce((select true from collaboration_concern_attempts l
      where l.informalattempt_id = collaboration_informalattempt.id limit 1), false)""",
    "evidence": """organisation_id = any ((select app_orgs('assessment'))::bigint[])
    or coalesce((select true from collaboration_evidencelink l
      where l.evidence_id = collaboration_evidence.id limit 1), false)""",
}


def statements():
    for kind, record, audience, key in RECORDS:
        yield AUDIENCE.format(table=f"collaboration_{audience}", kind=kind)
        yield RECORD.format(table=f"collaboration_{record}", audience=f"collaboration_{audience}", key=key)
    for part, parent, key in PARTS:
        yield PART.format(table=f"collaboration_{part}", parent=f"collaboration_{parent}", key=key)
    for table in GRANTS:
        yield GRANT.format(table=f"collaboration_{table}")
    for table, condition in SPECIALS.items():
        yield SPECIAL.format(table=f"collaboration_{table}", condition=condition)


class Migration(migrations.Migration):
    dependencies = [("collaboration", "0002_assessments_to_concerns")]

    operations = [migrations.RunSQL(sql) for sql in statements()]
