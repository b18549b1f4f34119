import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { Transaction } from '../store/pool.ts'
import { hashSeal } from './canonical.ts'
import type { KnownSeal } from './check-chain.ts'
import { readSeals } from './read-seals.ts'
import { makeSealedLog, recordsPerSeal, type SealedLog, seals, seed } from './testing/sealed-log.ts'
import { verifyAudit, verifyAuditIn } from './verify.ts'

let log: SealedLog
let known: KnownSeal
before(async () => {
  log = await makeSealedLog()
  // Whoever owns the tables can take away what guards them. The seals must hold without it.
  await log.owner.query(`
    alter table audit_records alter column id drop identity;
    alter table audit_records drop constraint audit_records_actor_type_check, drop constraint audit_records_outcome_check;
    alter table audit_seals drop constraint audit_seals_hash_check, drop constraint audit_seals_previous_hash_check;
    alter table audit_sealed_records drop constraint audit_sealed_records_seal_number_fkey`)
  const { lastSeal } = await verifyAudit(log.app)
  assert.ok(lastSeal)
  known = { number: BigInt(lastSeal.number), hash: lastSeal.hash }
})
after(() => log.close())

type Kind = 'number' | 'time' | 'text' | 'bytes' | 'json'
/** Every column of the log. A new one that nobody changes here fails the test below. */
const columns = {
  audit_records: {
    id: 'number',
    at: 'time',
    actor_type: 'text',
    actor: 'text',
    type: 'text',
    outcome: 'text',
    origin: 'text',
    merchant_id: 'text',
    resource: 'text',
    details: 'json',
  },
  audit_seals: { number: 'number', previous_hash: 'bytes', hash: 'bytes', sealed_at: 'time' },
  audit_sealed_records: { record_id: 'number', seal_number: 'number' },
} as const satisfies Record<string, Record<string, Kind>>
type Table = keyof typeof columns
const keys: Record<Table, string> = { audit_records: 'id', audit_seals: 'number', audit_sealed_records: 'record_id' }
const rows: Record<Table, number> = {
  audit_records: seals * recordsPerSeal,
  audit_seals: seals,
  audit_sealed_records: seals * recordsPerSeal,
}
const record = { actor_type: 'system', actor: 'x', type: 'y', outcome: 'success', origin: 'z' }

/** One thing that somebody with the owner's rights does to the log, in a transaction that is rolled back. */
type Mutation = { name: string; apply: (tx: Transaction) => Promise<unknown> }

const recordNumber = fc.integer({ min: 1, max: seals * recordsPerSeal })
const sealNumber = fc.integer({ min: 1, max: seals })

/** Any byte of any column: one character, one bit, one microsecond. */
const changedByte: fc.Arbitrary<Mutation> = fc
  .constantFrom(
    ...(Object.keys(columns) as Table[]).flatMap((table) =>
      Object.entries<Kind>(columns[table]).map(([column, kind]) => ({ table, column, kind })),
    ),
  )
  .chain(({ table, column, kind }) =>
    fc.record({ place: fc.nat(rows[table] - 1), at: fc.nat(200), bit: fc.nat(6) }).map(({ place, at, bit }) => ({
      name: `${table}.${column} of row ${place}, byte ${at}, bit ${bit}`,
      async apply(tx: Transaction) {
        const found = await tx.query(
          `select ${keys[table]} as key, ${column}${kind === 'json' ? '::text' : ''} as value
           from ${table} order by ${keys[table]} offset $1 limit 1`,
          [place],
        )
        const { key, value } = found.rows[0]
        const change = changes[kind](value, at, bit)
        await tx.query(`update ${table} set ${column} = ${change.sql} where ${keys[table]} = $1`, [key, change.value])
      },
    })),
  )

const changes: Record<Kind, (value: unknown, at: number, bit: number) => { sql: string; value: unknown }> = {
  // Past every number that is taken: an exchange with another row is a mutation of its own.
  number: (value, at) => ({ sql: '$2', value: BigInt(String(value)) + 2n ** BigInt(10 + (at % 50)) }),
  time: (_value, at) => ({ sql: '$2::timestamptz', value: timeChanged(_value, at) }),
  text: (value, at, bit) => ({ sql: '$2', value: value === null ? 'x' : textChanged(String(value), at, bit) }),
  bytes: (value, at, bit) => ({ sql: '$2', value: bytesChanged(value as Buffer, at, bit) }),
  json: (value, at, bit) => ({ sql: '$2::jsonb', value: jsonChanged(String(value), at, bit) }),
}
function timeChanged(value: unknown, at: number): string {
  const milliseconds = value instanceof Date ? value.getTime() : 0
  return new Date(milliseconds + 2 ** (at % 40)).toISOString()
}
/** Another character in one place. PostgreSQL stores no NUL and no half of a surrogate. */
function textChanged(text: string, at: number, bit: number): string {
  const characters = [...text]
  const place = at % characters.length
  const code = characters[place]?.codePointAt(0) ?? 0
  const other = code ^ (1 << bit)
  const isStorable = other !== 0 && !(other >= 0xd800 && other <= 0xdfff)
  return characters.with(place, String.fromCodePoint(isStorable ? other : code + 1)).join('')
}
function bytesChanged(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << bit)
  return copy
}
/** A changed key, or a changed value. */
function jsonChanged(text: string, at: number, bit: number): string {
  const entries = Object.entries<unknown>(JSON.parse(text))
  const [name = '', value] = entries[at % entries.length] ?? []
  const rest = entries.filter(([other]) => other !== name)
  if (bit % 3 === 0) return JSON.stringify(Object.fromEntries([...rest, [textChanged(name, at, bit), value]]))
  const changed =
    typeof value === 'string' && value !== ''
      ? textChanged(value, at, bit)
      : typeof value === 'number'
        ? value + 1
        : value === null
          ? 'null'
          : null
  return JSON.stringify(Object.fromEntries([...rest, [name, changed]]))
}

const sql = (name: string, ...statements: [text: string, values?: unknown[]][]): Mutation => ({
  name,
  async apply(tx) {
    for (const [text, values = []] of statements) {
      const { rowCount } = await tx.query(text, values)
      assert.notEqual(rowCount, 0, `${name}: ${text}`)
    }
  },
})
const insertRecord = `insert into audit_records (id, ${Object.keys(record).join(', ')}) values ($1, ${Object.values(
  record,
)
  .map((value) => `'${value}'`)
  .join(', ')})`

const deletion: fc.Arbitrary<Mutation> = fc.oneof(
  recordNumber.map((n) => sql(`record ${n} deleted`, ['delete from audit_records where id = $1', [n]])),
  recordNumber.map((n) =>
    sql(
      `record ${n} deleted with its membership`,
      ['delete from audit_records where id = $1', [n]],
      ['delete from audit_sealed_records where record_id = $1', [n]],
    ),
  ),
  recordNumber.map((n) =>
    sql(`membership ${n} deleted`, ['delete from audit_sealed_records where record_id = $1', [n]]),
  ),
  // The last one leaves no gap, so it is as likely as all others together.
  fc
    .oneof(fc.constant(seals), sealNumber)
    .map((n) => sql(`seal ${n} deleted`, ['delete from audit_seals where number = $1', [n]])),
  // The last seal with all that is its own is the end that was cut off, which is a case of its own.
  fc
    .integer({ min: 1, max: seals - 1 })
    .map((n) =>
      sql(
        `seal ${n} deleted with its records`,
        [
          'delete from audit_records where id in (select record_id from audit_sealed_records where seal_number = $1)',
          [n],
        ],
        ['delete from audit_sealed_records where seal_number = $1', [n]],
        ['delete from audit_seals where number = $1', [n]],
      ),
    ),
)
const insertion: fc.Arbitrary<Mutation> = fc.oneof(
  fc
    .oneof(fc.integer({ min: 1_000, max: 100_000 }), fc.integer({ min: -100_000, max: 0 }))
    .map((id) => sql(`record ${id} inserted`, [insertRecord, [id]])),
  fc
    .record({ id: fc.integer({ min: 1_000, max: 100_000 }), under: sealNumber })
    .map(({ id, under }) =>
      sql(
        `record ${id} inserted under seal ${under}`,
        [insertRecord, [id]],
        ['insert into audit_sealed_records values ($1, $2)', [id, under]],
      ),
    ),
  fc
    .record({ id: fc.integer({ min: 1_000, max: 100_000 }), under: sealNumber })
    .map(({ id, under }) =>
      sql(`membership ${id} inserted`, ['insert into audit_sealed_records values ($1, $2)', [id, under]]),
    ),
  recordNumber.map((n) => sql(`record ${n} waits again`, ['insert into audit_unsealed values ($1)', [n]])),
  fc
    .oneof(fc.integer({ min: seals + 1, max: 100 }), fc.integer({ min: -100, max: 0 }))
    .map((number) =>
      sql(`seal ${number} inserted`, [
        `insert into audit_seals (number, previous_hash, hash) select $1, hash, sha256(hash) from audit_seals where number = ${seals}`,
        [number],
      ]),
    ),
)
const pairOf = (one: fc.Arbitrary<number>) => fc.tuple(one, one).filter(([a, b]) => a !== b)
const valueColumns = Object.keys(columns.audit_records).filter((name) => name !== 'id')
const reordering: fc.Arbitrary<Mutation> = fc.oneof(
  pairOf(recordNumber).map(([a, b]) =>
    sql(`records ${a} and ${b} in each other's place`, [
      `update audit_records r set (${valueColumns}) = (select ${valueColumns} from audit_records o
         where o.id = case r.id when $1::bigint then $2::bigint else $1::bigint end) where r.id in ($1, $2)`,
      [a, b],
    ]),
  ),
  pairOf(sealNumber).map(([a, b]) =>
    sql(`seals ${a} and ${b} in each other's place`, [
      `update audit_seals r set (previous_hash, hash, sealed_at) = (select previous_hash, hash, sealed_at from audit_seals o
         where o.number = case r.number when $1::bigint then $2::bigint else $1::bigint end) where r.number in ($1, $2)`,
      [a, b],
    ]),
  ),
  fc
    .tuple(recordNumber, fc.integer({ min: 1, max: seals - 1 }))
    .map(([n, by]) =>
      sql(`record ${n} moved by ${by} seals`, [
        `update audit_sealed_records set seal_number = (seal_number - 1 + $2) % ${seals} + 1 where record_id = $1`,
        [n, by],
      ]),
    ),
)

async function findProblems(mutation: Mutation | null, known?: KnownSeal): Promise<string[]> {
  const tx = await log.owner.connect()
  try {
    await tx.query('begin')
    await mutation?.apply(tx)
    return (await verifyAuditIn(tx, known)).problems
  } finally {
    await tx.query('rollback')
    tx.release()
  }
}

test('every column of the log is among those that are changed here', async () => {
  const { rows } = await log.owner.query<{ table: Table; columns: string[] }>(
    `select table_name as table, array_agg(column_name::text order by column_name) as columns from information_schema.columns
     where table_name like 'audit\\_%' and table_name <> 'audit_unsealed' group by 1`,
  )
  assert.deepEqual(
    Object.fromEntries(rows.map((row) => [row.table, row.columns])),
    Object.fromEntries(Object.entries(columns).map(([table, names]) => [table, Object.keys(names).sort()])),
  )
})

test('verify reports nothing of a log that nobody touched', async () => {
  assert.deepEqual(await findProblems(null), [])
  assert.deepEqual(await findProblems(null, known), [])
})

const properties: [what: string, mutation: fc.Arbitrary<Mutation>, numRuns: number][] = [
  ['a changed byte', changedByte, 150],
  ['a deletion', deletion, 30],
  ['an insertion', insertion, 30],
  ['a reordering', reordering, 30],
]
for (const [what, mutation, numRuns] of properties) {
  test(`verify reports ${what}, whatever and wherever it is`, async () => {
    await fc.assert(
      fc.asyncProperty(mutation, async (one) => {
        assert.notDeepEqual(await findProblems(one), [], one.name)
      }),
      { seed, numRuns },
    )
    assert.deepEqual(await findProblems(null), [])
  })
}

test('with a seal that was kept, verify reports an end that was cut off and a chain that was computed anew', async () => {
  const cutOff = (from: number): Mutation =>
    sql(
      `seals from ${from} cut off`,
      [
        'delete from audit_records where id in (select record_id from audit_sealed_records where seal_number >= $1)',
        [from],
      ],
      ['delete from audit_sealed_records where seal_number >= $1', [from]],
      ['delete from audit_seals where number >= $1', [from]],
    )
  const rewritten = (n: number): Mutation => ({
    name: `the chain from record ${n} computed anew`,
    async apply(tx) {
      await tx.query(`update audit_records set actor = actor || '!' where id = $1`, [n])
      let previousHash: Buffer | null = null
      for await (const { seal, records } of readSeals(tx)) {
        const next = { ...seal, previousHash: previousHash ?? seal.previousHash }
        previousHash = hashSeal(next, records)
        const values = [seal.number, next.previousHash, previousHash]
        await tx.query('update audit_seals set previous_hash = $2, hash = $3 where number = $1', values)
      }
    },
  })
  const anywhere = fc.oneof(sealNumber.map(cutOff), recordNumber.map(rewritten))
  await fc.assert(
    fc.asyncProperty(anywhere, async (one) => {
      assert.notDeepEqual(await findProblems(one, known), [], one.name)
    }),
    { seed, numRuns: 20 },
  )
})
