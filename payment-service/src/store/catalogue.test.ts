import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { deliveryStates, disabledReasons } from '@fincore/api-contract/webhook-endpoints'
import { createTestDatabase } from '@fincore/dev/test-database'
import pg from 'pg'
import { noticeKinds } from '../notices/notice-texts.ts'
import { attemptStates } from '../payments/attempt-states.ts'
import { chargeStates } from '../payments/charge-states.ts'
import { disputeStates } from '../payments/dispute-states.ts'
import { refundStates } from '../payments/refund-states.ts'
import { sessionStates } from '../payments/session-states.ts'
import { settlementStates } from '../payments/settlement-states.ts'

/** Tables that belong to no merchant, each with the reason. */
const tablesOfNobody: Record<string, string> = {
  schema_migrations: 'what was applied to this database',
  operators: 'they work for the company that runs FinCore',
  encryption_keys: 'they seal for all merchants',
  encryption_key_holders: 'processes of the whole service',
  audit_records: 'one chain of records for the whole service',
  audit_seals: 'one chain of records for the whole service',
  audit_sealed_records: 'one chain of records for the whole service',
  audit_unsealed: 'one chain of records for the whole service',
}

/**
 * Unique indexes that do not begin with merchant_id, each with the reason: they find a merchant, or hold for all of them
 * together. Spread over several writers each needs another way, which docs/scaling.md names.
 */
const indexesOfAll: Record<string, string> = {
  api_keys_by_digest: 'a key says whose it is: the first thing that a request is asked',
  psp_accounts_by_id: 'a webhook of a PSP comes to an account, and names no merchant',
  payment_sessions_by_link: 'a shopper’s link says whose session it is',
  charges_by_return: 'a shopper who comes back says whose charge it is',
  charges_by_psp_reference: 'an account is one merchant’s: with merchant_id before it, it would hold as well',
  disputes_by_psp_dispute: 'an account is one merchant’s: with merchant_id before it, it would hold as well',
  notices_by_id: 'operators close a notice by its id alone',
}

describe('the database', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let owner: pg.Client
  before(async () => {
    database = await createTestDatabase()
    owner = new pg.Client({ connectionString: database.ownerUrl })
    await owner.connect()
  })
  after(async () => {
    await owner.end()
    await database.drop()
  })

  it('begins every primary key with merchant_id, so that it can be spread over several writers', async () => {
    const { rows } = await owner.query<{ table: string; first: string }>(`
      select class.relname as table, attribute.attname as first
      from pg_class class
      left join pg_constraint pk on pk.conrelid = class.oid and pk.contype = 'p'
      left join pg_attribute attribute on attribute.attrelid = class.oid and attribute.attnum = pk.conkey[1]
      where class.relkind = 'r' and class.relnamespace = 'public'::regnamespace`)
    assert.ok(rows.length > 15)
    for (const { table, first } of rows) {
      if (table in tablesOfNobody) continue
      assert.equal(first, 'merchant_id', table)
    }
  })

  it('begins every other unique index with merchant_id too, but for those that find the merchant', async () => {
    const { rows } = await owner.query<{ table: string; index: string; first: string }>(`
      select class.relname as table, index.relname as index, attribute.attname as first
      from pg_index
      join pg_class class on class.oid = indrelid
      join pg_class index on index.oid = indexrelid
      left join pg_attribute attribute on attribute.attrelid = indrelid and attribute.attnum = indkey[0]
      where class.relnamespace = 'public'::regnamespace and indisunique and not indisprimary`)
    const others = rows.filter(({ table, first }) => !(table in tablesOfNobody) && first !== 'merchant_id')
    assert.deepEqual(others.map(({ index }) => index).sort(), Object.keys(indexesOfAll).sort())
  })

  it('has every foreign key within one merchant, so that both its ends lie in one place', async () => {
    const { rows } = await owner.query<{ table: string; name: string; from: string; to: string }>(`
      select conrelid::regclass::text as table, conname as name, a.attname as from, b.attname as to
      from pg_constraint
      join pg_attribute a on a.attrelid = conrelid and a.attnum = conkey[1]
      join pg_attribute b on b.attrelid = confrelid and b.attnum = confkey[1]
      where contype = 'f' and connamespace = 'public'::regnamespace`)
    assert.ok(rows.length > 30)
    for (const { table, name, from, to } of rows) {
      if (table in tablesOfNobody) continue
      assert.deepEqual([from, to], ['merchant_id', 'merchant_id'], name)
    }
  })

  it('allows exactly the states that the tables in the code know', async () => {
    const expected = {
      charges: chargeStates,
      refunds: refundStates,
      disputes: disputeStates,
      payment_sessions: sessionStates,
      attempts: attemptStates,
      webhook_deliveries: deliveryStates,
      attempt_settlements: settlementStates,
      webhook_endpoints: disabledReasons,
      notices: noticeKinds,
    }
    const columns: Record<string, string> = {
      attempts: 'state',
      attempt_settlements: 'state',
      webhook_deliveries: 'state',
      webhook_endpoints: 'disabled_reason',
      notices: 'kind',
    }
    for (const [table, states] of Object.entries(expected)) {
      const column = columns[table] ?? 'status'
      const { rows } = await owner.query<{ definition: string }>(
        `select pg_get_constraintdef(oid) as definition from pg_constraint where conrelid = $1::regclass and conname = $2`,
        [table, `${table}_${column}_check`],
      )
      const allowed = [...(rows[0]?.definition ?? '').matchAll(/'([a-z_]+)'/g)].map((match) => match[1])
      assert.deepEqual(allowed.sort(), Object.keys(states).sort(), table)
    }
  })

  it('gives the application’s role no right to change or delete what must stay', async () => {
    const { rows } = await owner.query<{ table_name: string; privilege_type: string }>(
      `select table_name, privilege_type from information_schema.role_table_grants where grantee = 'fincore_app'`,
    )
    const rights = (table: string) =>
      rows
        .filter((row) => row.table_name === table)
        .map((row) => row.privilege_type)
        .sort()
    for (const table of ['audit_records', 'audit_seals', 'audit_sealed_records', 'events', 'merchants']) {
      assert.deepEqual(rights(table), ['INSERT', 'SELECT'], table)
    }
    assert.deepEqual(rights('audit_unsealed'), ['DELETE', 'INSERT', 'SELECT'])
    for (const table of ['charges', 'refunds', 'disputes', 'attempts', 'payment_sessions', 'psp_events']) {
      assert.deepEqual(rights(table), ['INSERT', 'SELECT', 'UPDATE'], table)
    }
    assert.ok(!rows.some((row) => ['TRUNCATE', 'TRIGGER', 'REFERENCES'].includes(row.privilege_type)))
    assert.deepEqual(rights('schema_migrations'), ['SELECT'])
  })

  it('refuses money that is not conserved, whatever the code believes', async () => {
    const insert = (values: string) =>
      owner.query(`insert into charges (merchant_id, id, status, flow, amount, currency, capture_method, captured, refunded, refunds_pending, psp_account_id, psp, metadata)
        values ('mer_x', 'ch_x', ${values}, 'pspa_x', 'sandbox', '{}')`)
    await owner.query(`insert into merchants (merchant_id, name) values ('mer_x', 'x')`)
    await owner.query(
      `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ('mer_x', 'pspa_x', 'sandbox', 'x', '{}', '\\x00')`,
    )
    const cases = [
      [`'captured', 'token', 100, 'EUR', 'automatic', 101, 0, 0`, 'charges_conservation'],
      [`'captured', 'token', 100, 'EUR', 'automatic', 100, 60, 41`, 'charges_conservation'],
      [`'captured', 'token', 100, 'EUR', 'automatic', 100, -1, 0`, 'charges_conservation'],
      [`'failed', 'token', 100, 'EUR', 'automatic', 100, 0, 0`, 'charges_captured_has_money'],
      [`'captured', 'token', 100, 'EUR', 'automatic', 0, 0, 0`, 'charges_captured_has_money'],
    ] as const
    for (const [values, constraint] of cases) await assert.rejects(insert(values), { constraint }, values)
  })
})
