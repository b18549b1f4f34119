import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestDatabase } from '@fincore/dev/test-database'
import pg from 'pg'

/**
 * All that the application's login may do (PCI DSS 7.2, 10.3.2): s selects, i inserts, u updates, d deletes. A table that
 * is not here fails the test.
 */
const rights: Record<string, string> = {
  merchants: 'si',
  api_keys: 'siu',
  operators: 'siu',
  encryption_keys: 'siu',
  // Each process takes back what it said.
  encryption_key_holders: 'siud',
  psp_accounts: 'siu',
  raw_card_grants: 'siu',
  payment_sessions: 'siu',
  charges: 'siu',
  refunds: 'siu',
  disputes: 'siu',
  attempts: 'siu',
  attempt_settlements: 'siu',
  idempotency_keys: 'siud',
  webhook_endpoints: 'siud',
  webhook_deliveries: 'siud',
  webhook_tries: 'sid',
  webhook_endpoint_health: 'siu',
  notices: 'siud',
  psp_events: 'siu',
  events: 'si',
  audit_records: 'si',
  audit_seals: 'si',
  // The queue of what waits for its seal: a record leaves it when it is sealed, and stays in audit_records.
  audit_unsealed: 'sid',
  tripwire_exemptions: 'siud',
  card_testing_settings: 'siu',
  card_testing_blocks: 'siud',
  audit_sealed_records: 'si',
  reconciliation_accounts: 'siu',
  reconciliation_runs: 'siu',
  reconciliation_findings: 'siu',
  schema_migrations: 's',
}

test('the application’s login has the rights of the table, on every table, and is nobody else', async (t) => {
  const database = await createTestDatabase(t)
  const owner = new pg.Client({ connectionString: database.ownerUrl })
  await owner.connect()
  const { rows } = await owner.query<{ name: string; rights: string; more: boolean }>(
    `select relname as name,
       concat(case when has_table_privilege('fincore_app', oid, 'select') then 's' end,
         case when has_table_privilege('fincore_app', oid, 'insert') then 'i' end,
         case when has_table_privilege('fincore_app', oid, 'update') then 'u' end,
         case when has_table_privilege('fincore_app', oid, 'delete') then 'd' end) as rights,
       has_table_privilege('fincore_app', oid, 'truncate, references, trigger') as more
     from pg_class where relkind in ('r', 'p', 'v', 'm') and relnamespace = 'public'::regnamespace`,
  )
  assert.deepEqual(Object.fromEntries(rows.map(({ name, rights }) => [name, rights])), rights)
  assert.deepEqual(
    rows.filter(({ more }) => more),
    [],
  )
  const { rows: roles } = await owner.query(
    `select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as powerful,
       exists (select from pg_auth_members where member = r.oid) as "inMemberships",
       exists (select from pg_class where relowner = r.oid) as owns,
       has_schema_privilege(r.oid, 'public', 'create') as creates,
       has_database_privilege(r.oid, current_database(), 'create') as "createsSchemas"
     from pg_roles r where rolname = 'fincore_app'`,
  )
  await owner.end()
  assert.deepEqual(roles, [
    { powerful: false, inMemberships: false, owns: false, creates: false, createsSchemas: false },
  ])
})
