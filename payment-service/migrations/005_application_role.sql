-- What the application's login may do, and nothing else. It owns no table, creates none, and may neither change nor
-- delete an audit record or an event (PCI DSS 7.2, 10.3.2).

do $$ begin
  if not exists (select from pg_roles where rolname = 'fincore_app') then
    create role fincore_app login nosuperuser nocreatedb nocreaterole;
  end if;
end $$;

revoke all on schema public from public;
grant usage on schema public to fincore_app;

grant select, insert on merchants, events, audit_records, audit_seals, audit_sealed_records to fincore_app;
grant select, insert, update on
  api_keys, psp_accounts, raw_card_grants, operators, payment_sessions, charges, refunds, attempts,
  idempotency_keys, webhook_endpoints, webhook_deliveries, psp_events
to fincore_app;
grant delete on webhook_endpoints, webhook_deliveries, idempotency_keys to fincore_app;
grant usage on all sequences in schema public to fincore_app;
