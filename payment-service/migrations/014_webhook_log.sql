-- What was sent to merchants' servers and what they answered, how their endpoints fare, and what operators are told.

-- Every try of a delivery, kept for 30 days. What was sent is the event's text; only what differs from try to try is here.
create table webhook_tries (
  merchant_id text collate "C" not null references merchants,
  delivery_id text collate "C" not null,
  id text collate "C" not null,
  url text not null check (length(url) <= 2048),
  -- The time that was signed; and how long the try took in all, in ms.
  tried_at timestamptz not null,
  took_ms integer not null check (took_ms >= 0),
  status smallint,
  -- One word of our own, when it was no delivery.
  error text,
  -- The beginning of the answer, as text without card numbers; null when there was none that can be kept.
  answer_type text check (length(answer_type) <= 100),
  answer text check (length(answer) <= 1024),
  answer_is_cut boolean not null,
  primary key (merchant_id, delivery_id, id),
  foreign key (merchant_id, delivery_id) references webhook_deliveries (merchant_id, id) on delete cascade,
  constraint webhook_tries_have_an_end check (status is not null or error is not null)
);
create index webhook_tries_to_forget on webhook_tries (tried_at);
grant select, insert, delete on webhook_tries to fincore_app;

-- What can be sent again in one go.
create index webhook_deliveries_undelivered on webhook_deliveries (merchant_id, endpoint_id, id) where state in ('failed', 'canceled');

-- How an endpoint fares. Not in its own row: events lock that one while they are written, and every try changes this one.
create table webhook_endpoint_health (
  merchant_id text collate "C" not null references merchants,
  endpoint_id text collate "C" not null,
  -- Tries in a row that failed, and since when.
  consecutive_failures integer not null check (consecutive_failures >= 0),
  failing_since timestamptz,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  -- When operators were warned that it is failing.
  warned_at timestamptz,
  primary key (merchant_id, endpoint_id),
  foreign key (merchant_id, endpoint_id) references webhook_endpoints (merchant_id, id) on delete cascade,
  constraint webhook_endpoint_health_failing check ((failing_since is null) = (consecutive_failures = 0))
);
create index webhook_endpoint_health_failing on webhook_endpoint_health (failing_since) where failing_since is not null;
grant select, insert, update on webhook_endpoint_health to fincore_app;

alter table webhook_endpoints add constraint webhook_endpoints_disabled_reason_check
  check (disabled_reason in ('requested', 'gone', 'failing'));

-- What operators should know of a merchant, as an e-mail that is ready to be sent.
create table notices (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  kind text not null check (kind in ('webhook_endpoint_failing', 'webhook_endpoint_disabled', 'raw_card_grant_lapsing', 'raw_card_grant_expired')),
  -- The endpoint or the grant.
  object_id text collate "C" not null,
  subject text not null check (length(subject) between 1 and 200 and subject !~ '[\r\n]'),
  body text not null check (length(body) between 1 and 4000),
  created_at timestamptz not null default now(),
  acknowledged_by text,
  acknowledged_at timestamptz,
  primary key (merchant_id, id),
  constraint notices_acknowledged_by_whom check ((acknowledged_by is null) = (acknowledged_at is null))
);
-- Operators are shown those of all merchants.
create unique index notices_by_id on notices (id);
create index notices_open on notices (id) where acknowledged_at is null;
create index notices_to_forget on notices (acknowledged_at) where acknowledged_at is not null;
grant select, insert, update, delete on notices to fincore_app;

-- The order in which /v1/events is read. An event's id is made before its transaction commits, so one with a lower id may
-- appear after one with a higher, and a reader who asks for what is newer would never see it. Transactions that are over
-- when a reader looks have lower numbers than any that is not, so below the lowest running one nothing appears any more.
-- Events that were there before share this migration's number, and stand in the order of their ids.
alter table events add column recorded_in xid8 not null default pg_current_xact_id();
create index events_in_order on events (merchant_id, recorded_in, id);
