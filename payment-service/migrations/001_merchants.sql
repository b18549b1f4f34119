-- Who FinCore works for, and what they may do. Every primary key begins with merchant_id, so that the tables can be
-- spread over several writers by merchant; the few that belong to nobody are listed in src/store/catalogue.test.ts.
-- Ids are text in collation "C": they are UUIDv7 in Crockford base 32, so their order is the order of time.

create table merchants (
  merchant_id text collate "C" primary key,
  name text not null check (length(name) between 1 and 200),
  created_at timestamptz not null default now()
);

create table api_keys (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  kind text not null check (kind in ('secret', 'publishable')),
  -- SHA-256 of the key. The key has 256 random bits, so an unsalted digest cannot be searched for.
  digest bytea not null check (length(digest) = 32),
  -- The key's beginning and last four characters, to tell keys apart: 'sk_test_…9x2f'.
  hint text not null,
  -- A publishable key is no secret (it stands in web pages), so operators may read it again.
  publishable_key text check ((kind = 'publishable') = (publishable_key is not null)),
  scopes text[] not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  primary key (merchant_id, id)
);
create unique index api_keys_by_digest on api_keys (digest);

create table psp_accounts (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  psp text not null,
  name text not null,
  -- Addresses and options; nothing secret.
  config jsonb not null,
  -- AES-256-GCM: key id, nonce, tag and ciphertext of the credentials' JSON (src/secrets.ts).
  credentials bytea not null,
  status text not null default 'active' check (status in ('active', 'disabled')),
  created_at timestamptz not null default now(),
  primary key (merchant_id, id)
);
create unique index psp_accounts_by_id on psp_accounts (id);

create table raw_card_grants (
  merchant_id text collate "C" not null references merchants,
  id text collate "C" not null,
  status text not null check (status in ('requested', 'active', 'suspended', 'expired', 'revoked')),
  evidence_kind text not null check (evidence_kind in ('saq_d', 'roc_aoc')),
  evidence_reference text not null,
  evidence_sha256 bytea not null check (length(evidence_sha256) = 32),
  evidence_date date not null,
  valid_until date not null check (valid_until > evidence_date and valid_until <= evidence_date + interval '12 months'),
  address_ranges cidr[] not null check (cardinality(address_ranges) between 1 and 64),
  certificate_fingerprints bytea[] not null check (cardinality(certificate_fingerprints) between 1 and 16),
  requested_by text not null,
  requested_at timestamptz not null default now(),
  approved_by text check (approved_by <> requested_by),
  approved_at timestamptz,
  -- The smallest number of days before valid_until for which a warning went out: 60, 30, 7.
  warned_days smallint,
  updated_at timestamptz not null default now(),
  primary key (merchant_id, id),
  check ((status in ('active', 'suspended')) <= (approved_by is not null))
);
-- At most one grant of a merchant is in force, and at most one waits for approval: the next year's is asked for while
-- this year's still holds.
create unique index raw_card_grants_in_force on raw_card_grants (merchant_id) where status in ('active', 'suspended');
create unique index raw_card_grants_requested on raw_card_grants (merchant_id) where status = 'requested';

create table operators (
  name text primary key,
  token_digest bytea not null unique check (length(token_digest) = 32),
  created_at timestamptz not null default now()
);
