-- Keys of a merchant's metadata whose texts the tripwire does not look at, because the merchant's own numbers there look
-- like card numbers. Few, each with the operator who answers for it and why; the audit log has their history.

create table tripwire_exemptions (
  merchant_id text collate "C" not null references merchants,
  metadata_key text collate "C" not null check (metadata_key ~ '^[A-Za-z0-9_.-]{1,40}$'),
  reason text not null check (length(reason) between 1 and 500),
  set_by text not null,
  set_at timestamptz not null default now(),
  primary key (merchant_id, metadata_key)
);
grant select, insert, update, delete on tripwire_exemptions to fincore_app;

-- They are kept in memory with the merchant's API keys.
create trigger tripwire_exemptions_changed after insert or update or delete on tripwire_exemptions for each statement execute function announce_change();
