"""Database guards of the workflow tables, written by `manage.py makeguards`; never edited."""

from django.db import migrations

from ics_governance.migration_operations import WorkflowGuard


class Migration(migrations.Migration):
    dependencies = [('partnerships', '0008_posts_and_urgent_powers')]

    operations = [
        WorkflowGuard(
            name='delegation',
            sql="""create or replace function workflow_delegation() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.status not in ('draft') then
      raise exception 'delegation may not begin as %', new.status using errcode = '23514', constraint = 'workflow_delegation';
    end if;
  elsif new.status is distinct from old.status
    and (old.status, new.status) not in (
      ('approved', 'ended'),
      ('approved', 'in_force'),
      ('draft', 'approved'),
      ('draft', 'withdrawn'),
      ('in_force', 'ended'),
      ('in_force', 'suspended'),
      ('suspended', 'ended'),
      ('suspended', 'in_force')) then
    raise exception 'delegation may not go from % to %', old.status, new.status
      using errcode = '23514', constraint = 'workflow_delegation';
  end if;
  return new;
end $$;
drop trigger if exists workflow_delegation on partnerships_delegation;
create trigger workflow_delegation before insert or update of status on partnerships_delegation for each row execute function workflow_delegation();
alter table partnerships_delegation enable always trigger workflow_delegation;
""",
            reverse_sql="""create or replace function workflow_delegation() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.status not in ('draft') then
      raise exception 'delegation may not begin as %', new.status using errcode = '23514', constraint = 'workflow_delegation';
    end if;
  elsif new.status is distinct from old.status
    and (old.status, new.status) not in (
      ('approved', 'ended'),
      ('approved', 'in_force'),
      ('draft', 'approved'),
      ('in_force', 'ended'),
      ('in_force', 'suspended'),
      ('suspended', 'ended'),
      ('suspended', 'in_force')) then
    raise exception 'delegation may not go from % to %', old.status, new.status
      using errcode = '23514', constraint = 'workflow_delegation';
  end if;
  return new;
end $$;
drop trigger if exists workflow_delegation on partnerships_delegation;
create trigger workflow_delegation before insert or update of status on partnerships_delegation for each row execute function workflow_delegation();
alter table partnerships_delegation enable always trigger workflow_delegation;
""",
        ),
    ]
