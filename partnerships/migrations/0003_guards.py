"""Database guards of the workflow tables, written by `manage.py makeguards`; never edited."""

from django.db import migrations

from ics_governance.migration_operations import WorkflowGuard


class Migration(migrations.Migration):
    dependencies = [('partnerships', '0002_row_security')]

    operations = [
        WorkflowGuard(
            name='action',
            sql="""create or replace function workflow_action() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state not in ('proposed') then
      raise exception 'action may not begin as %', new.state using errcode = '23514', constraint = 'workflow_action';
    end if;
  elsif new.state is distinct from old.state
    and (old.state, new.state) not in (
      ('accepted', 'done'),
      ('accepted', 'withdrawn'),
      ('done', 'accepted'),
      ('done', 'confirmed'),
      ('proposed', 'accepted'),
      ('proposed', 'declined'),
      ('proposed', 'withdrawn')) then
    raise exception 'action may not go from % to %', old.state, new.state
      using errcode = '23514', constraint = 'workflow_action';
  end if;
  return new;
end $$;
drop trigger if exists workflow_action on partnerships_action;
create trigger workflow_action before insert or update of state on partnerships_action for each row execute function workflow_action();
alter table partnerships_action enable always trigger workflow_action;
""",
            reverse_sql="""drop trigger if exists workflow_action on partnerships_action; drop function if exists workflow_action();
""",
        ),
        WorkflowGuard(
            name='decision',
            sql="""create or replace function workflow_decision() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state not in ('draft') then
      raise exception 'decision may not begin as %', new.state using errcode = '23514', constraint = 'workflow_decision';
    end if;
  elsif new.state is distinct from old.state
    and (old.state, new.state) not in (
      ('agreed', 'implemented'),
      ('agreed', 'rescinded'),
      ('agreed', 'superseded'),
      ('deferred', 'draft'),
      ('draft', 'agreed'),
      ('draft', 'deferred'),
      ('draft', 'not_agreed'),
      ('draft', 'proposed'),
      ('implemented', 'reviewed'),
      ('implemented', 'superseded'),
      ('proposed', 'agreed'),
      ('proposed', 'deferred'),
      ('proposed', 'not_agreed'),
      ('reviewed', 'superseded')) then
    raise exception 'decision may not go from % to %', old.state, new.state
      using errcode = '23514', constraint = 'workflow_decision';
  end if;
  return new;
end $$;
drop trigger if exists workflow_decision on partnerships_decision;
create trigger workflow_decision before insert or update of state on partnerships_decision for each row execute function workflow_decision();
alter table partnerships_decision enable always trigger workflow_decision;
""",
            reverse_sql="""drop trigger if exists workflow_decision on partnerships_decision; drop function if exists workflow_decision();
""",
        ),
        WorkflowGuard(
            name='meeting',
            sql="""create or replace function workflow_meeting() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state not in ('planned') then
      raise exception 'meeting may not begin as %', new.state using errcode = '23514', constraint = 'workflow_meeting';
    end if;
  elsif new.state is distinct from old.state
    and (old.state, new.state) not in (
      ('held', 'minuted'),
      ('papers_issued', 'cancelled'),
      ('papers_issued', 'held'),
      ('planned', 'cancelled'),
      ('planned', 'held'),
      ('planned', 'papers_issued')) then
    raise exception 'meeting may not go from % to %', old.state, new.state
      using errcode = '23514', constraint = 'workflow_meeting';
  end if;
  return new;
end $$;
drop trigger if exists workflow_meeting on partnerships_meeting;
create trigger workflow_meeting before insert or update of state on partnerships_meeting for each row execute function workflow_meeting();
alter table partnerships_meeting enable always trigger workflow_meeting;
""",
            reverse_sql="""drop trigger if exists workflow_meeting on partnerships_meeting; drop function if exists workflow_meeting();
""",
        ),
    ]
