-- What happened, told to the merchant (out), and what the PSPs told us (in).

create table events (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  type text not null,
  object_id text collate "C" not null,
  sequence integer not null check (sequence > 0),
  -- The exact text that is signed and sent: json, not jsonb, so that no byte of it changes.
  body json not null,
  created_at timestamptz not null default now(),
  primary key (merchant_id, id),
  unique (merchant_id, object_id, sequence)
);

create table webhook_endpoints (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  url text not null check (length(url) <= 2048),
  description text,
  -- Event types, or {*}.
  events text[] not null check (cardinality(events) between 1 and 64),
  status text not null check (status in ('enabled', 'disabled')),
  disabled_reason text,
  -- AES-256-GCM, as the credentials of a PSP account. The previous secret signs too until the overlap ends.
  secret bytea not null,
  previous_secret bytea,
  previous_secret_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (merchant_id, id),
  check ((previous_secret is null) = (previous_secret_until is null))
);

create table webhook_deliveries (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  endpoint_id text collate "C" not null,
  event_id text collate "C" not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed', 'canceled')),
  tries integer not null default 0,
  next_try_at timestamptz,
  last_try_at timestamptz,
  last_status smallint,
  last_error text,
  delivered_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (merchant_id, id),
  foreign key (merchant_id, endpoint_id) references webhook_endpoints (merchant_id, id) on delete cascade,
  foreign key (merchant_id, event_id) references events (merchant_id, id),
  check ((state = 'pending') = (next_try_at is not null))
);
-- The outbox's queue, an endpoint at a time, so that a slow endpoint delays none but itself.
create index webhook_deliveries_due on webhook_deliveries (merchant_id, endpoint_id, next_try_at) where state = 'pending';
create index webhook_deliveries_by_endpoint on webhook_deliveries (merchant_id, endpoint_id, id);
create index webhook_deliveries_by_event on webhook_deliveries (merchant_id, event_id);

-- Every event gets its deliveries in the transaction that inserts it: no code path can forget them.
-- The delivery's id is the event's id and the endpoint's, so it needs no generator here.
create function create_webhook_deliveries() returns trigger language plpgsql as $$
begin
  insert into webhook_deliveries (merchant_id, id, endpoint_id, event_id, next_try_at)
  select event.merchant_id, 'del_' || substr(event.id, 5) || '_' || substr(endpoint.id, 5), endpoint.id, event.id, now()
  from inserted event
  join webhook_endpoints endpoint on endpoint.merchant_id = event.merchant_id
    and endpoint.status = 'enabled'
    and event.type <> 'ping'
    and (endpoint.events @> array['*'] or endpoint.events @> array[event.type]);
  return null;
end $$;
create trigger events_are_delivered after insert on events
  referencing new table as inserted for each statement execute function create_webhook_deliveries();

-- The inbox. Stored before it is applied, answered before it is applied, kept when it matches nothing.
create table psp_events (
  merchant_id text collate "C" not null references merchants,
  psp_account_id text collate "C" not null,
  event_id text not null check (length(event_id) between 1 and 255),
  type text not null,
  -- Our own reference, when the PSP sends it back.
  reference text,
  -- The normalised event, without card data. The PSP's own bytes are not kept.
  event jsonb not null,
  -- held: matches nothing yet. flagged: would reverse a final state. ignored: says nothing that FinCore acts on.
  state text not null default 'received' check (state in ('received', 'applied', 'held', 'flagged', 'ignored')),
  tries integer not null default 0,
  next_try_at timestamptz,
  note text,
  received_at timestamptz not null default now(),
  applied_at timestamptz,
  primary key (merchant_id, psp_account_id, event_id),
  foreign key (merchant_id, psp_account_id) references psp_accounts (merchant_id, id)
);
-- What operators are shown.
create index psp_events_held on psp_events (received_at) where state in ('held', 'flagged');
create index psp_events_to_apply on psp_events (next_try_at) where state in ('received', 'held');

-- Caches of keys, grants, PSP accounts and endpoints are dropped in every process when one of them changes.
create function announce_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('fincore_changed', tg_table_name);
  return null;
end $$;
create trigger api_keys_changed after insert or update or delete on api_keys for each statement execute function announce_change();
create trigger psp_accounts_changed after insert or update or delete on psp_accounts for each statement execute function announce_change();
create trigger raw_card_grants_changed after insert or update or delete on raw_card_grants for each statement execute function announce_change();
create trigger operators_changed after insert or update or delete on operators for each statement execute function announce_change();
