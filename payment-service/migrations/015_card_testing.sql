-- The defence against card testing: docs/card-testing.md. What is counted lives in the processes' memory; what came of it
-- is here, so that all of them hold it, a restart forgets nothing, and it can be explained and lifted.

create table card_testing_settings (
  merchant_id text collate "C" primary key references merchants,
  -- {rules: {<rule>: {on, limit, hold_seconds}}, allowed_addresses: [<CIDR>]}; what is left out is as in the table of rules.
  settings jsonb not null check (jsonb_typeof(settings) = 'object'),
  set_by text not null,
  set_at timestamptz not null default now()
);

create table card_testing_blocks (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  rule text not null,
  subject text not null check (subject in ('session', 'address', 'bin', 'flow')),
  -- A session's id, first six digits, a flow's name; of an address its network and a keyed digest, and never the address.
  value text collate "C" not null check (length(value) between 1 and 100),
  -- What was counted: {points, limit, declined, telling, approved, since}.
  figures jsonb not null check (jsonb_typeof(figures) = 'object'),
  since timestamptz not null,
  until timestamptz not null check (until > since),
  lifted_at timestamptz,
  lifted_by text,
  lift_reason text check (length(lift_reason) between 1 and 500),
  primary key (merchant_id, id),
  check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null))
);
-- Those in force, and those of the last day of the same subject, by which the next one is as long as it is.
create index card_testing_blocks_of_subject on card_testing_blocks (merchant_id, subject, value, since);
create index card_testing_blocks_in_force on card_testing_blocks (merchant_id, until) where lifted_at is null;
create index card_testing_blocks_to_forget on card_testing_blocks (until);

-- Who opened the link, as card_testing_blocks names an address: the tries on the PSP's page are counted for it.
alter table payment_sessions add column opened_from text check (length(opened_from) between 1 and 100);

grant select, insert, update on card_testing_settings, card_testing_blocks to fincore_app;
grant delete on card_testing_blocks to fincore_app;

-- They are kept in memory by every process that takes payments.
create trigger card_testing_settings_changed after insert or update on card_testing_settings for each statement execute function announce_change();
create trigger card_testing_blocks_changed after insert or update on card_testing_blocks for each statement execute function announce_change();

-- A whole flow that is blocked turns shoppers away: operators are told.
alter table notices drop constraint notices_kind_check;
alter table notices add constraint notices_kind_check check (kind in ('webhook_endpoint_failing', 'webhook_endpoint_disabled',
  'raw_card_grant_lapsing', 'raw_card_grant_expired', 'card_testing_flow_blocked'));
