-- FinCore's books compared with the PSPs' own.

-- How far the comparison of each PSP account has come. The row is its lease too: one run at a time.
create table reconciliation_accounts (
  merchant_id text collate "C" not null references merchants,
  psp_account_id text collate "C" not null,
  -- The hourly comparison has come so far; and the last whole day (UTC) that was compared once more.
  compared_until timestamptz,
  day_compared date,
  next_run_at timestamptz not null,
  -- The run that has it, and until when its process is expected to say that it goes on.
  run_id text collate "C",
  lease_until timestamptz,
  primary key (merchant_id, psp_account_id),
  foreign key (merchant_id, psp_account_id) references psp_accounts (merchant_id, id),
  constraint reconciliation_accounts_lease_is_whole check ((run_id is null) = (lease_until is null))
);
-- The workers' queue.
create index reconciliation_accounts_due on reconciliation_accounts (next_run_at);

create table reconciliation_runs (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  psp_account_id text collate "C" not null,
  kind text not null check (kind in ('window', 'day', 'command', 'settlement_file')),
  from_at timestamptz,
  to_at timestamptz,
  state text not null default 'running' check (state in ('running', 'finished', 'failed')),
  -- The PSP's movements and FinCore's attempts that were compared; what was repaired, and what is left open.
  movements integer not null default 0,
  records integer not null default 0,
  repaired integer not null default 0,
  left_open integer not null default 0,
  -- Why it failed, in our own words.
  error text,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, psp_account_id) references psp_accounts (merchant_id, id),
  constraint reconciliation_runs_failure_says_why check ((state = 'failed') = (error is not null)),
  constraint reconciliation_runs_end check ((state = 'running') = (finished_at is null))
);
-- A run that has lost its process; and what operators are shown, of all merchants.
create index reconciliation_runs_running on reconciliation_runs (merchant_id, psp_account_id) where state = 'running';
create index reconciliation_runs_by_id on reconciliation_runs (id);

-- Every difference that was found, once. src/payments/difference-classes.ts says what each class means.
create table reconciliation_findings (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  psp_account_id text collate "C" not null,
  class text not null check (class in ('missed_event', 'unknown_here', 'refund_unknown', 'missing_at_psp', 'amount_differs',
    'currency_differs', 'state_differs', 'duplicate_effect', 'unconfirmed', 'settled_unknown', 'settled_amount_differs', 'not_settled')),
  kind text not null check (kind in ('authorize', 'capture', 'cancel', 'refund')),
  -- What makes it the same difference when it is found again: the PSP's id of the movement, or our attempt's.
  subject text not null,
  state text not null check (state in ('open', 'repaired', 'accepted')),
  -- Our reference, the PSP's payment, and our charge, as far as there are any.
  reference text,
  psp_payment text,
  charge_id text collate "C",
  psp_amount bigint,
  psp_currency text,
  own_amount bigint,
  own_currency text,
  detail text,
  -- By whose books it is compared: when money moved, or when we asked for it. A whole comparison of that time that does
  -- not find an open difference again closes it.
  books text not null check (books in ('list', 'settlement_file')),
  moved_at timestamptz not null,
  run_id text collate "C" not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  closed_at timestamptz,
  accepted_by text,
  accepted_because text,
  primary key (merchant_id, id),
  foreign key (merchant_id, psp_account_id) references psp_accounts (merchant_id, id),
  constraint reconciliation_findings_closed_is_not_open check ((state = 'open') = (closed_at is null)),
  constraint reconciliation_findings_accepted_by_whom check ((state = 'accepted') = (accepted_by is not null and accepted_because is not null))
);
create unique index reconciliation_findings_once on reconciliation_findings (merchant_id, psp_account_id, class, kind, subject);
-- What operators are shown, and what a whole comparison closes.
create index reconciliation_findings_open on reconciliation_findings (merchant_id, psp_account_id, moved_at) where state = 'open';
create index reconciliation_findings_by_id on reconciliation_findings (id);

grant select, insert, update on reconciliation_accounts, reconciliation_runs, reconciliation_findings to fincore_app;
