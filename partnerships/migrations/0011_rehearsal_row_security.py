"""Row-level security of rehearsals: read by the host and by the bodies that took part, written in a system context.

Who took part decides who reads, and is itself read by those alone: so the question is asked by a function with its
owner's rights, since a policy on that table which asked the rehearsal would ask itself.
"""

from django.db import migrations

FORWARDS = """
create function reads_rehearsal(rehearsal bigint) returns boolean language sql stable security definer
  set search_path = public as $$ select coalesce((select true from partnerships_rehearsal r where r.id = rehearsal
    and (r.host_id = any (app_orgs('rehearsal')) or exists (select from partnerships_rehearsal_partners p
      where p.rehearsal_id = r.id and p.organisation_id = any (app_orgs('rehearsal'))))), false) $$;
alter table partnerships_rehearsal enable row level security;
create policy record_read on partnerships_rehearsal for select using ((select app_system()) or reads_rehearsal(id));
create policy record_write on partnerships_rehearsal using ((select app_system())) with check ((select app_system()));
alter table partnerships_rehearsal_partners enable row level security;
create policy part_read on partnerships_rehearsal_partners for select
  using ((select app_system()) or reads_rehearsal(rehearsal_id));
create policy part_write on partnerships_rehearsal_partners using ((select app_system()))
  with check ((select app_system()));
alter table partnerships_rehearsal_places enable row level security;
create policy part_read on partnerships_rehearsal_places for select
  using ((select app_system()) or reads_rehearsal(rehearsal_id));
create policy part_write on partnerships_rehearsal_places using ((select app_system()))
  with check ((select app_system()));
"""
BACKWARDS = """
drop policy part_write on partnerships_rehearsal_places;
drop policy part_read on partnerships_rehearsal_places;
alter table partnerships_rehearsal_places disable row level security;
drop policy part_write on partnerships_rehearsal_partners;
drop policy part_read on partnerships_rehearsal_partners;
alter table partnerships_rehearsal_partners disable row level security;
drop policy record_write on partnerships_rehearsal;
drop policy record_read on partnerships_rehearsal;
alter table partnerships_rehearsal disable row level security;
drop function reads_rehearsal(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("partnerships", "0010_post_holdings")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
