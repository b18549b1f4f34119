-- An endpoint that is being deleted while an event is written gets no delivery of it. Without the lock the event's
-- statement saw the endpoint still there, and its delivery then broke the foreign key: with it failed the statement, and
-- the outcomes of all charges that it was to write. `for key share` is what the foreign key takes anyway; it waits for the
-- deletion, and then looks at the row anew.
create or replace function create_webhook_deliveries() returns trigger language plpgsql as $$
begin
  insert into webhook_deliveries (merchant_id, id, endpoint_id, event_id, next_try_at)
  select event.merchant_id, 'del_' || substr(event.id, 5) || '_' || substr(endpoint.id, 5), endpoint.id, event.id, now()
  from inserted event
  join webhook_endpoints endpoint on endpoint.merchant_id = event.merchant_id
    and endpoint.status = 'enabled'
    and event.type <> 'ping'
    and (endpoint.events @> array['*'] or endpoint.events @> array[event.type])
  for key share of endpoint;
  return null;
end $$;
