"""Database guards of the workflow tables, written by `manage.py makeguards`; never edited."""

from django.db import migrations

from ics_governance.migration_operations import WorkflowGuard


class Migration(migrations.Migration):
    dependencies = [('collaboration', '0003_row_security')]

    operations = [
        WorkflowGuard(
            name='assessment',
            sql="""create or replace function workflow_assessment() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state not in ('draft') then
      raise exception 'assessment may not begin as %', new.state using errcode = '23514', constraint = 'workflow_assessment';
    end if;
  elsif new.state is distinct from old.state
    and (old.state, new.state) not in (
      ('draft', 'ready'),
      ('moderated', 'final'),
      ('moderated', 'submitted'),
      ('ready', 'draft'),
      ('ready', 'reviewed'),
      ('reviewed', 'draft'),
      ('reviewed', 'submitted'),
      ('submitted', 'moderated')) then
    raise exception 'assessment may not go from % to %', old.state, new.state
      using errcode = '23514', constraint = 'workflow_assessment';
  end if;
  return new;
end $$;
drop trigger if exists workflow_assessment on collaboration_assessment;
create trigger workflow_assessment before insert or update of state on collaboration_assessment for each row execute function workflow_assessment();
alter table collaboration_assessment enable always trigger workflow_assessment;
""",
            reverse_sql="""drop trigger if exists workflow_assessment on collaboration_assessment; drop function if exists workflow_assessment();
""",
        ),
        WorkflowGuard(
            name='feedback_round',
            sql="""create or replace function workflow_feedback_round() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state not in ('open') then
      raise exception 'feedback_round may not begin as %', new.state using errcode = '23514', constraint = 'workflow_feedback_round';
    end if;
  elsif new.state is distinct from old.state
    and (old.state, new.state) not in (
      ('open', 'cancelled'),
      ('open', 'closed')) then
    raise exception 'feedback_round may not go from % to %', old.state, new.state
      using errcode = '23514', constraint = 'workflow_feedback_round';
  end if;
  return new;
end $$;
drop trigger if exists workflow_feedback_round on collaboration_feedbackround;
create trigger workflow_feedback_round before insert or update of state on collaboration_feedbackround for each row execute function workflow_feedback_round();
alter table collaboration_feedbackround enable always trigger workflow_feedback_round;
""",
            reverse_sql="""drop trigger if exists workflow_feedback_round on collaboration_feedbackround; drop function if exists workflow_feedback_round();
""",
        ),
        WorkflowGuard(
            name='information_request',
            sql="""create or replace function workflow_information_request() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state not in ('open') then
      raise exception 'information_request may not begin as %', new.state using errcode = '23514', constraint = 'workflow_information_request';
    end if;
  elsif new.state is distinct from old.state
    and (old.state, new.state) not in (
      ('open', 'answered'),
      ('open', 'refused'),
      ('open', 'withdrawn')) then
    raise exception 'information_request may not go from % to %', old.state, new.state
      using errcode = '23514', constraint = 'workflow_information_request';
  end if;
  return new;
end $$;
drop trigger if exists workflow_information_request on collaboration_informationrequest;
create trigger workflow_information_request before insert or update of state on collaboration_informationrequest for each row execute function workflow_information_request();
alter table collaboration_informationrequest enable always trigger workflow_information_request;
""",
            reverse_sql="""drop trigger if exists workflow_information_request on collaboration_informationrequest; drop function if exists workflow_information_request();
""",
        ),
        WorkflowGuard(
            name='record_query',
            sql="""create or replace function workflow_record_query() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state not in ('open') then
      raise exception 'record_query may not begin as %', new.state using errcode = '23514', constraint = 'workflow_record_query';
    end if;
  elsif new.state is distinct from old.state
    and (old.state, new.state) not in (
      ('open', 'rejected'),
      ('open', 'upheld'),
      ('open', 'withdrawn')) then
    raise exception 'record_query may not go from % to %', old.state, new.state
      using errcode = '23514', constraint = 'workflow_record_query';
  end if;
  return new;
end $$;
drop trigger if exists workflow_record_query on collaboration_recordquery;
create trigger workflow_record_query before insert or update of state on collaboration_recordquery for each row execute function workflow_record_query();
alter table collaboration_recordquery enable always trigger workflow_record_query;
""",
            reverse_sql="""drop trigger if exists workflow_record_query on collaboration_recordquery; drop function if exists workflow_record_query();
""",
        ),
        WorkflowGuard(
            name='shared_risk',
            sql="""create or replace function workflow_shared_risk() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state not in ('open') then
      raise exception 'shared_risk may not begin as %', new.state using errcode = '23514', constraint = 'workflow_shared_risk';
    end if;
  elsif new.state is distinct from old.state
    and (old.state, new.state) not in (
      ('closed', 'open'),
      ('open', 'closed')) then
    raise exception 'shared_risk may not go from % to %', old.state, new.state
      using errcode = '23514', constraint = 'workflow_shared_risk';
  end if;
  return new;
end $$;
drop trigger if exists workflow_shared_risk on collaboration_sharedrisk;
create trigger workflow_shared_risk before insert or update of state on collaboration_sharedrisk for each row execute function workflow_shared_risk();
alter table collaboration_sharedrisk enable always trigger workflow_shared_risk;
""",
            reverse_sql="""drop trigger if exists workflow_shared_risk on collaboration_sharedrisk; drop function if exists workflow_shared_risk();
""",
        ),
    ]
