-- Payments. Money is bigint, in the currency's minor unit. The CHECK constraints repeat what src/payments/ decides,
-- because two independent guards are worth their price where money is concerned; a test compares the two.

create table payment_sessions (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  status text not null check (status in ('open', 'completed', 'expired', 'canceled')),
  amount bigint not null check (amount > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  capture_method text not null check (capture_method in ('automatic', 'manual')),
  psp_account_id text collate "C" not null,
  -- The PSP's own id and one-time page; null until the PSP answered.
  psp_reference text,
  psp_url text,
  success_url text not null,
  cancel_url text not null,
  merchant_reference text,
  description text,
  metadata jsonb not null,
  locale text,
  customer_email text,
  line_items jsonb not null,
  late_payments text not null check (late_payments in ('refund', 'keep')),
  -- SHA-256 of the link's 256-bit token; the token itself is stored nowhere.
  link_digest bytea not null check (length(link_digest) = 32),
  -- Set once, by the one POST that consumed the link; binds it to the browser that holds the cookie.
  link_used_at timestamptz,
  browser_digest bytea,
  charge_id text collate "C",
  -- Events of this session so far; the next one's sequence is one more.
  sequence integer not null default 0,
  -- When the expiry job next looks at an open session; pushed on when the PSP could not be reached.
  expires_at timestamptz not null,
  next_expiry_try_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (merchant_id, id),
  foreign key (merchant_id, psp_account_id) references psp_accounts (merchant_id, id),
  check ((link_used_at is null) = (browser_digest is null)),
  check ((status = 'completed') = (charge_id is not null))
);
create unique index payment_sessions_by_link on payment_sessions (link_digest);
create index payment_sessions_to_expire on payment_sessions (next_expiry_try_at) where status = 'open';

create table charges (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  status text not null check (status in ('processing', 'requires_action', 'authorized', 'captured', 'failed', 'canceled')),
  flow text not null check (flow in ('hosted', 'token', 'raw_card')),
  amount bigint not null check (amount > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  capture_method text not null check (capture_method in ('automatic', 'manual')),
  captured bigint not null default 0,
  refunded bigint not null default 0,
  refunds_pending bigint not null default 0,
  -- A capture or a cancel whose outcome is not known yet. One at a time, so that they exclude each other.
  pending_operation text check (pending_operation in ('capture', 'cancel')),
  pending_amount bigint,
  psp_account_id text collate "C" not null,
  psp text not null,
  psp_reference text,
  payment_session_id text collate "C",
  -- {brand, first6, last4, exp_month, exp_year}: all that FinCore ever keeps of a card (PCI DSS 3.4.1, 3.5.1).
  card jsonb,
  merchant_reference text,
  description text,
  metadata jsonb not null,
  return_url text,
  return_digest bytea,
  action_url text,
  failure jsonb,
  cancellation_reason text check (cancellation_reason in ('requested', 'abandoned', 'authorization_expired')),
  flags text[] not null default '{}',
  sequence integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (merchant_id, id),
  foreign key (merchant_id, psp_account_id) references psp_accounts (merchant_id, id),
  constraint charges_conservation check (
    0 <= refunded and 0 <= refunds_pending and refunded + refunds_pending <= captured and captured <= amount
  ),
  constraint charges_captured_has_money check ((status = 'captured') = (captured > 0)),
  constraint charges_pending_is_whole check ((pending_operation is null) = (pending_amount is null)),
  constraint charges_pending_fits check (pending_operation is null or (status = 'authorized' and pending_amount between 1 and amount)),
  constraint charges_failure_says_why check ((status = 'failed') = (failure is not null)),
  constraint charges_action_has_address check (status <> 'requires_action' or action_url is not null)
);
-- One payment at the PSP is one charge, whichever of reply, look-up and webhook brings it first.
create unique index charges_by_psp_reference on charges (psp_account_id, psp_reference) where psp_reference is not null;
create unique index charges_by_return on charges (return_digest) where return_digest is not null;
create index charges_by_session on charges (merchant_id, payment_session_id) where payment_session_id is not null;
create index charges_by_merchant_reference on charges (merchant_id, merchant_reference) where merchant_reference is not null;

create table refunds (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  charge_id text collate "C" not null,
  status text not null check (status in ('pending', 'succeeded', 'failed')),
  amount bigint not null check (amount > 0),
  currency text not null,
  reason text,
  metadata jsonb not null,
  failure jsonb,
  psp_reference text,
  sequence integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (merchant_id, id),
  foreign key (merchant_id, charge_id) references charges (merchant_id, id),
  constraint refunds_failure_says_why check ((status = 'failed') = (failure is not null))
);
create index refunds_by_charge on refunds (merchant_id, charge_id);

-- Every call to a PSP that makes or moves something. The id is our reference at the PSP and its idempotency key.
create table attempts (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  kind text not null check (kind in ('authorize', 'capture', 'cancel', 'refund', 'create_session', 'expire_session')),
  state text not null check (state in ('sent', 'approved', 'declined', 'action_required', 'rejected', 'unknown')),
  psp_account_id text collate "C" not null,
  charge_id text collate "C",
  refund_id text collate "C",
  payment_session_id text collate "C",
  amount bigint,
  -- 'give_back': FinCore returns money that came after its session had ended; it must happen, so it is sent again.
  origin text not null default 'merchant' check (origin in ('merchant', 'give_back')),
  psp_reference text,
  -- Until this time a living process is expected to bring the outcome; after it the resolver asks the PSP.
  next_lookup_at timestamptz,
  lookups integer not null default 0,
  alerted_at timestamptz,
  sent_at timestamptz not null default now(),
  settled_at timestamptz,
  primary key (merchant_id, id),
  foreign key (merchant_id, psp_account_id) references psp_accounts (merchant_id, id),
  constraint attempts_has_one_object check (
    case kind
      when 'authorize' then charge_id is not null and refund_id is null and payment_session_id is null
      when 'capture' then charge_id is not null and refund_id is null and payment_session_id is null
      when 'cancel' then charge_id is not null and refund_id is null and payment_session_id is null
      when 'refund' then charge_id is not null and refund_id is not null and payment_session_id is null
      else payment_session_id is not null and charge_id is null and refund_id is null
    end
  ),
  constraint attempts_unsettled_is_looked_up check ((state in ('sent', 'unknown', 'action_required')) = (next_lookup_at is not null))
);
-- The resolver's queue.
create index attempts_to_look_up on attempts (next_lookup_at) where next_lookup_at is not null;
create index attempts_by_charge on attempts (merchant_id, charge_id);
create index attempts_by_session on attempts (merchant_id, payment_session_id) where payment_session_id is not null;
-- A PSP event names our reference, and the event's account names the merchant.
create index attempts_by_id on attempts (id);

create table idempotency_keys (
  merchant_id text collate "C" not null references merchants,
  key text not null check (length(key) between 1 and 255),
  fingerprint bytea not null check (length(fingerprint) = 32),
  -- The object that the first request made or moves: ch_…, ps_…, re_…, whe_…
  object_id text collate "C" not null,
  -- While the first request runs, until when; a crashed one is taken over after it.
  locked_until timestamptz not null,
  -- Null until the first request was answered. A null body with a status means: the object's current state.
  response_status smallint,
  response_body json,
  created_at timestamptz not null default now(),
  primary key (merchant_id, key)
);
create index idempotency_keys_to_forget on idempotency_keys (created_at);
create index idempotency_keys_by_object on idempotency_keys (merchant_id, object_id);
