import { createTestDatabase } from '@fincore/dev/test-database'
import { openPool, type Pool, type Queryable } from '@fincore/payment-service/store/pool'
import type { Pause } from '../connection.ts'
import { type Database, makeDatabase } from '../database.ts'

/** The stand-in and a real PostgreSQL with the same merchants, PSP accounts and endpoints, and one clock for both. */
export type Twin = {
  stand: Database
  /** As the application's login on the real database. */
  real: Pool
  /** As the owner of the tables there. */
  owner: Pool
  /** Opens a pool on the stand-in whose SQL goes by the same clock. */
  open(pause?: Pause): Pool
  readonly now: Date
  setClock(now: Date): Promise<void>
  close(): Promise<void>
}

/** Both merchants have two accounts; the first one has two endpoints, one for all events and one for some. */
export const merchants = ['mer_1', 'mer_2']
export const accountsOf: Record<string, string[]> = { mer_1: ['pspa_11', 'pspa_12'], mer_2: ['pspa_21', 'pspa_22'] }
const endpoints = [
  { merchant_id: 'mer_1', id: 'whe_11', url: 'https://a.example', events: ['*'], secret: Buffer.from('one') },
  {
    merchant_id: 'mer_1',
    id: 'whe_12',
    url: 'https://b.example',
    events: ['charge.captured'],
    secret: Buffer.from('two'),
  },
]
export const start = new Date('2026-03-01T12:00:00.000Z')

/**
 * now() of its own for the real database: a function that stands before PostgreSQL's in the search path, and in the
 * columns' defaults. So both sides tell the same time, and time passes when the test says so.
 */
const clockSql = `
  create schema clock;
  create table clock.time (at timestamptz not null);
  insert into clock.time values ('${start.toISOString()}');
  create function clock.now() returns timestamptz language sql stable as 'select at from clock.time';
  grant usage on schema clock to fincore_app;
  grant select on clock.time to fincore_app;
  do $$ declare one record; begin
    for one in select attrelid::regclass as relation, attname from pg_attrdef
      join pg_attribute on attrelid = adrelid and attnum = adnum where pg_get_expr(adbin, adrelid) in ('now()', 'pg_catalog.now()')
    loop execute format('alter table %s alter column %I set default clock.now()', one.relation, one.attname); end loop;
  end $$`

export async function createTwin(): Promise<Twin> {
  const database = await createTestDatabase()
  const options = { options: '-c search_path=clock,public,pg_catalog' }
  const owner = openPool(database.ownerUrl, 3, options)
  await owner.query(clockSql)
  let now = start
  const stand = makeDatabase({ now: () => now })
  const real = openPool(database.appUrl, 8, options)
  await addFirstRows(stand, owner)
  return {
    stand,
    real,
    owner,
    open: (pause) => stand.open(pause === undefined ? {} : { pause }),
    get now() {
      return now
    },
    async setClock(next) {
      now = next
      await owner.query('update clock.time set at = $1', [next])
    },
    async close() {
      await Promise.all([real.end(), owner.end()])
      await database.drop()
    },
  }
}

async function addFirstRows(stand: Database, owner: Queryable): Promise<void> {
  for (const merchantId of merchants) {
    stand.addMerchant({ merchant_id: merchantId, name: merchantId })
    await owner.query('insert into merchants (merchant_id, name) values ($1, $1)', [merchantId])
    for (const id of accountsOf[merchantId] ?? []) {
      const account = {
        merchant_id: merchantId,
        id,
        psp: 'sandbox',
        name: id,
        config: {},
        credentials: Buffer.from(id),
      }
      stand.addPspAccount(account)
      await owner.query(
        'insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ($1, $2, $3, $4, $5, $6)',
        Object.values(account),
      )
    }
  }
  for (const endpoint of endpoints) {
    stand.addWebhookEndpoint(endpoint)
    await owner.query(
      `insert into webhook_endpoints (merchant_id, id, url, events, secret, status) values ($1, $2, $3, $4, $5, 'enabled')`,
      Object.values(endpoint),
    )
  }
}

/** All tables that the stand-in has. */
export const tableNames = [
  'merchants',
  'psp_accounts',
  'payment_sessions',
  'charges',
  'refunds',
  'disputes',
  'attempts',
  'attempt_settlements',
  'idempotency_keys',
  'events',
  'webhook_endpoints',
  'webhook_deliveries',
  'psp_events',
  'audit_records',
  'audit_unsealed',
] as const satisfies readonly (keyof Database['tables'])[]

/** The rows of both sides, in the order of their text, so that they can be compared one by one. */
export async function readBoth(
  twin: Twin,
  table: (typeof tableNames)[number],
): Promise<{ stand: object[]; real: object[] }> {
  const { rows } = await twin.owner.query<object>(`select * from ${table}`)
  const comparable = (all: Iterable<object>) => inOrder([...all].map(withoutNumbers))
  return { stand: comparable(twin.stand.tables[table]), real: comparable(rows) }
}

/**
 * Which record of one statement gets which number of the audit log's sequence is not defined; and the numbers of
 * transactions are PostgreSQL's own.
 */
function withoutNumbers(row: object): object {
  if ('record_id' in row) return {}
  if ('recorded_in' in row) {
    const { recorded_in: _number, ...others } = row
    return others
  }
  if (!('id' in row) || typeof row.id !== 'bigint') return row
  const { id: _number, ...others } = row
  return others
}

/** Rows that a statement returns in no particular order. */
export function inOrder(rows: readonly object[]): object[] {
  const textOf = (row: object) =>
    JSON.stringify(
      Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)),
      (_name, value) => (typeof value === 'bigint' ? `${value}n` : value),
    )
  return rows
    .map((row) => ({ row, text: textOf(row) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ row }) => row)
}

/** What a call came to: its result, or the error as the service's code tells errors apart. */
export type Outcome =
  | { result: unknown }
  | { code: string | undefined; constraint: string | undefined; message?: string }

export async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    return { result: await call }
  } catch (error) {
    const { code, constraint, message } = error as Error & { code?: string; constraint?: string }
    return code === undefined ? { code, constraint, message } : { code, constraint }
  }
}
