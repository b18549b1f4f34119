-- Every audit record stands here from its own transaction until it is sealed. So the sealer finds what waits without
-- searching a log that grows by one record with every raw-card charge, also when a transaction commits late; and a
-- record that neither waits nor is sealed was added by hand, or its seal was taken away: `fincore audit verify` says so.
create table audit_unsealed (
  record_id bigint primary key
);
insert into audit_unsealed (record_id)
  select r.id from audit_records r where not exists (select from audit_sealed_records s where s.record_id = r.id);
grant select, insert, delete on audit_unsealed to fincore_app;

-- The log grows in the order of time, so a block range index finds a range of days and costs an insert next to nothing.
create index audit_records_by_time on audit_records using brin (at);
