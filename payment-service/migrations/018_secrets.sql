-- The keys that seal PSP credentials and webhook secrets, each wrapped by a key that the database does not have:
-- ENCRYPTION_KEY, or a key of AWS KMS. Number 0 is the seed: link tokens and pseudonyms are derived from it, and it opens
-- what was sealed before there were data keys. Without rows everything is sealed by ENCRYPTION_KEY itself
-- (docs/decisions/0026-data-keys.md).
create table encryption_keys (
  number integer primary key check (number >= 0),
  -- An announced key is known to processes before one of them seals with it; a retired one still opens.
  state text not null check (state in ('seed', 'announced', 'active', 'retired', 'destroyed')),
  wrapped bytea,
  -- Which key wrapped it: `aws-kms` and the key's id, or `local` and a fingerprint.
  wrapped_by text not null,
  created_at timestamptz not null default now(),
  activated_at timestamptz,
  retired_at timestamptz,
  destroyed_at timestamptz,
  check ((number = 0) = (state = 'seed')),
  check ((wrapped is null) = (state = 'destroyed'))
);
create unique index encryption_keys_active on encryption_keys (state) where state in ('active', 'announced');
create trigger encryption_keys_changed after insert or update or delete on encryption_keys
  for each statement execute function announce_change();

-- What each running process says every few seconds: a rotation waits until all can open what it will seal.
create table encryption_key_holders (
  id uuid primary key,
  -- Host and process number, for whoever looks for one that lags behind.
  name text not null,
  numbers integer[] not null,
  seals_with integer,
  -- Which wrapping keys its settings can use.
  unwraps text[] not null,
  seen_at timestamptz not null default now()
);

grant select, insert, update on encryption_keys to fincore_app;
grant select, insert, update, delete on encryption_key_holders to fincore_app;

-- Operators come and go without a restart: asked for by one, approved by another. An operator without a digest has no
-- token, and comes in nowhere.
alter table operators
  alter column token_digest drop not null,
  -- The tokens that the settings ever gave. Only another one in them is news: one that was replaced stays replaced, also
  -- when a process starts that still has the settings of before.
  add column settings_digests bytea[] not null default '{}',
  add column asked_digest bytea check (length(asked_digest) = 32),
  add column asked_by text,
  add column asked_at timestamptz,
  add column approved_by text,
  add column disabled_at timestamptz,
  add column disabled_by text,
  add check (approved_by <> asked_by),
  add check (asked_digest is null or asked_by is not null);
update operators set settings_digests = array[token_digest];
