-- What the resolver and its operators know of an attempt whose outcome is not known.

alter table attempts
  -- When the doubt began. Look-ups and the alert count from it; a call that is made again does not set it back.
  add column in_doubt_since timestamptz,
  -- What the PSP was asked and answered: [{at, by, said, why, ms}], the first ten and the last ten.
  add column look_up_log jsonb check (jsonb_typeof(look_up_log) = 'array' and jsonb_array_length(look_up_log) <= 20),
  -- The operator who wants the next look-up, until it is made.
  add column look_up_asked_by text,
  -- Two operators gave the outcome, and not the PSP.
  add column settled_by_hand boolean not null default false;

create index attempts_to_alert on attempts (in_doubt_since)
  where in_doubt_since is not null and alerted_at is null and next_lookup_at is not null;

-- The PSP's reference of an operation names one operation. What the PSP calls an authorization stands at its charge.
create index attempts_by_operation_reference on attempts (psp_account_id, psp_reference)
  where psp_reference is not null and kind in ('capture', 'cancel', 'refund');

-- An outcome that operators give an attempt, because its PSP does not: asked for by one, approved by another.
create table attempt_settlements (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  attempt_id text collate "C" not null,
  state text not null check (state in ('requested', 'approved', 'applied', 'superseded', 'refused', 'withdrawn')),
  outcome text not null check (outcome in ('approved', 'declined', 'not_executed')),
  -- In the minor unit of the charge's currency; what the PSP moved by an authorization or a capture.
  captured bigint check (captured >= 0),
  psp_reference text check (length(psp_reference) between 1 and 100),
  -- What proves it: the PSP's support case, or its statement.
  proof text check (length(proof) between 1 and 500),
  reason text not null check (length(reason) between 1 and 500),
  requested_by text not null,
  requested_at timestamptz not null default now(),
  approved_by text check (approved_by <> requested_by),
  approved_at timestamptz,
  -- While it is approved: when a worker takes it, or takes it again.
  next_try_at timestamptz,
  -- Why it was not applied.
  note text,
  ended_at timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, attempt_id) references attempts (merchant_id, id),
  constraint attempt_settlements_by_two check (state not in ('approved', 'applied') or approved_by is not null),
  constraint attempt_settlements_are_taken check ((state = 'approved') = (next_try_at is not null)),
  constraint attempt_settlements_say_by_what check (case outcome when 'approved' then psp_reference is not null else proof is not null end)
);
create unique index attempt_settlements_open on attempt_settlements (merchant_id, attempt_id) where state in ('requested', 'approved');
create index attempt_settlements_to_apply on attempt_settlements (next_try_at) where state = 'approved';
create index attempt_settlements_by_id on attempt_settlements (id);

grant select, insert, update on attempt_settlements to fincore_app;
