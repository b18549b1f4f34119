-- The audit log: append-only (PCI DSS 10.3), one row per audited action (10.2.2: who, what, when, outcome, from where, on what).

create table audit_records (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor_type text not null check (actor_type in ('operator', 'merchant', 'relay', 'system', 'anonymous')),
  actor text not null,
  type text not null,
  outcome text not null check (outcome in ('success', 'refused')),
  origin text not null,
  merchant_id text collate "C",
  resource text,
  -- Facts of the action; never card data, never secrets.
  details jsonb not null default '{}'
);
create index audit_records_by_merchant on audit_records (merchant_id, id) where merchant_id is not null;

-- Records are sealed in batches after the fact, so that sealing never slows a charge. A seal covers its records' bytes
-- and the hash of the seal before it.
create table audit_seals (
  number bigint primary key,
  previous_hash bytea not null check (length(previous_hash) = 32),
  hash bytea not null check (length(hash) = 32),
  sealed_at timestamptz not null default now()
);
create table audit_sealed_records (
  record_id bigint primary key,
  seal_number bigint not null references audit_seals
);
create index audit_sealed_records_by_seal on audit_sealed_records (seal_number, record_id);
