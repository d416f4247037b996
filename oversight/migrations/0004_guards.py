"""Database guards of the workflow tables, written by `manage.py makeguards`; never edited."""

from django.db import migrations

from ics_governance.migration_operations import WorkflowGuard


class Migration(migrations.Migration):
    dependencies = [('oversight', '0003_case_row_security')]

    operations = [
        WorkflowGuard(
            name='case',
            sql="""create or replace function workflow_case() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.stage not in ('raised') then
      raise exception 'case may not begin as %', new.stage using errcode = '23514', constraint = 'workflow_case';
    end if;
  elsif new.stage is distinct from old.stage
    and (old.stage, new.stage) not in (
      ('dispute_resolution', 'closed'),
      ('dispute_resolution', 'facilitated_resolution'),
      ('dispute_resolution', 'oversight_review'),
      ('enforcement', 'closed'),
      ('enforcement', 'oversight_review'),
      ('facilitated_resolution', 'closed'),
      ('facilitated_resolution', 'dispute_resolution'),
      ('facilitated_resolution', 'informal_resolution'),
      ('facilitated_resolution', 'oversight_review'),
      ('informal_resolution', 'closed'),
      ('informal_resolution', 'facilitated_resolution'),
      ('informal_resolution', 'oversight_review'),
      ('informal_resolution', 'raised'),
      ('oversight_review', 'closed'),
      ('oversight_review', 'dispute_resolution'),
      ('oversight_review', 'enforcement'),
      ('oversight_review', 'facilitated_resolution'),
      ('oversight_review', 'informal_resolution'),
      ('oversight_review', 'raised'),
      ('oversight_review', 'support'),
      ('raised', 'closed'),
      ('raised', 'informal_resolution'),
      ('raised', 'oversight_review'),
      ('support', 'closed'),
      ('support', 'enforcement'),
      ('support', 'oversight_review')) then
    raise exception 'case may not go from % to %', old.stage, new.stage
      using errcode = '23514', constraint = 'workflow_case';
  end if;
  return new;
end $$;
drop trigger if exists workflow_case on oversight_case;
create trigger workflow_case before insert or update of stage on oversight_case for each row execute function workflow_case();
alter table oversight_case enable always trigger workflow_case;
""",
            reverse_sql="""drop trigger if exists workflow_case on oversight_case; drop function if exists workflow_case();
""",
        ),
        WorkflowGuard(
            name='measure',
            sql="""create or replace function workflow_measure() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state not in ('proposed') then
      raise exception 'measure may not begin as %', new.state using errcode = '23514', constraint = 'workflow_measure';
    end if;
  elsif new.state is distinct from old.state
    and (old.state, new.state) not in (
      ('appealed', 'ended'),
      ('appealed', 'final'),
      ('final', 'appealed'),
      ('final', 'ended'),
      ('notice', 'ended'),
      ('notice', 'final'),
      ('proposed', 'ended'),
      ('proposed', 'final'),
      ('proposed', 'notice')) then
    raise exception 'measure may not go from % to %', old.state, new.state
      using errcode = '23514', constraint = 'workflow_measure';
  end if;
  return new;
end $$;
drop trigger if exists workflow_measure on oversight_measure;
create trigger workflow_measure before insert or update of state on oversight_measure for each row execute function workflow_measure();
alter table oversight_measure enable always trigger workflow_measure;
""",
            reverse_sql="""drop trigger if exists workflow_measure on oversight_measure; drop function if exists workflow_measure();
""",
        ),
        WorkflowGuard(
            name='signal',
            sql="""create or replace function workflow_signal() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state not in ('new') then
      raise exception 'signal may not begin as %', new.state using errcode = '23514', constraint = 'workflow_signal';
    end if;
  elsif new.state is distinct from old.state
    and (old.state, new.state) not in (
      ('new', 'dismissed'),
      ('new', 'raised'),
      ('new', 'watched'),
      ('watched', 'dismissed'),
      ('watched', 'raised'),
      ('watched', 'watched')) then
    raise exception 'signal may not go from % to %', old.state, new.state
      using errcode = '23514', constraint = 'workflow_signal';
  end if;
  return new;
end $$;
drop trigger if exists workflow_signal on oversight_signal;
create trigger workflow_signal before insert or update of state on oversight_signal for each row execute function workflow_signal();
alter table oversight_signal enable always trigger workflow_signal;
""",
            reverse_sql="""drop trigger if exists workflow_signal on oversight_signal; drop function if exists workflow_signal();
""",
        ),
    ]
