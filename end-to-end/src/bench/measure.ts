import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../overload/load.ts'
import { makePost } from '../overload/raw-connections.ts'
import { type BenchWorld, type Part, parts } from './bench-world.ts'

export type Flow = 'token' | 'raw card'

/** Of one run. Per charge unless it says otherwise. */
export type Figures = {
  flow: Flow
  apis: number
  charges: number
  perSecond: number
  /** In ms, from request to answer. */
  p50: number
  p99: number
  /** In ms; the webhook's delivery included. */
  cpu: Record<Part, number>
  walBytes: number
  commits: number
  storedBytes: number
  rows: number
  /** By the way; empty unless they were counted. */
  networkBytes: Record<string, number>
}

const warmUpMs = 3_000
const settlesWithinMs = 300_000
/** The tables that one charge writes to. */
const tables = [
  'charges',
  'attempts',
  'idempotency_keys',
  'events',
  'webhook_deliveries',
  'webhook_tries',
  'psp_events',
  'audit_records',
  'audit_sealed_records',
] as const

/** Charges by so many callers for each API, each waiting for its answer before it asks again. */
export async function measure(
  world: BenchWorld,
  options: { flow: Flow; apis: number; callers: number; forMs: number },
): Promise<Figures> {
  const { flow, apis, callers, forMs } = options
  await load(world, flow, callers, Math.min(warmUpMs, forMs))
  await isSettled(world)
  const before = await look(world)
  const { times, seconds } = await load(world, flow, callers, forMs)
  await isSettled(world)
  const after = await look(world)
  const charges = times.length
  const perCharge = (of: (looked: Look) => number) => (of(after) - of(before)) / charges
  return {
    flow,
    apis,
    charges,
    perSecond: charges / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    cpu: Object.fromEntries(parts.map((part) => [part, perCharge(({ cpu }) => cpu[part])])) as Record<Part, number>,
    walBytes: perCharge(({ wal }) => wal),
    commits: perCharge(({ commits }) => commits),
    storedBytes: perCharge(({ stored }) => stored),
    rows: perCharge(({ rows }) => rows),
    networkBytes: Object.fromEntries(
      Object.keys(after.bytes).map((name) => [name, perCharge(({ bytes }) => bytes[name] ?? 0)]),
    ),
  }
}

async function load(world: BenchWorld, flow: Flow, callers: number, forMs: number) {
  const times: number[] = []
  const begunAt = performance.now()
  const { secret_key, psp_account } = world.merchant
  const method =
    flow === 'token'
      ? `{"type":"token","token":"tok_bench","psp_account":"${psp_account}"}`
      : '{"type":"card","card":{"number":"4242424242424242","cvc":"123","exp_month":12,"exp_year":2034}}'
  const body = `{"amount":1000,"currency":"EUR","payment_method":${method},"return_url":"https://shop.example/back"}`
  const call = async (door: BenchWorld['doors'][Flow][number]) => {
    while (performance.now() - begunAt < forMs) {
      const request = makePost('/v1/charges', secret_key, body, `idempotency-key: ${randomUUID()}\r\n`)
      const { answer, tookMs } = await door.send(request)
      if (answer?.status !== 201 || !answer.body.includes('"status":"captured"'))
        throw new Error(`A charge was not captured: ${answer?.status} ${answer?.body}`)
      times.push(tookMs)
    }
  }
  await Promise.all(world.doors[flow].flatMap((door) => Array.from({ length: callers }, () => call(door))))
  return { times, seconds: (performance.now() - begunAt) / 1_000 }
}

type Look = {
  cpu: Record<Part, number>
  wal: number
  commits: number
  stored: number
  rows: number
  bytes: Readonly<Record<string, number>>
}

async function look({ database, cpu, bytes }: BenchWorld): Promise<Look> {
  const { rows } = await database.query<{ wal: string; commits: string; stored: string; rows: string }>(
    `select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as wal,
       (select xact_commit from pg_stat_database where datname = current_database()) as commits,
       (select sum(pg_total_relation_size(name::regclass)) from unnest($1::text[]) as name) as stored,
       ${tables.map((table) => `(select count(*) from ${table})`).join(' + ')} as rows`,
    [tables],
  )
  const [row] = rows
  if (row === undefined) throw new Error('PostgreSQL counted nothing')
  return {
    cpu: cpu(),
    wal: Number(row.wal),
    commits: Number(row.commits),
    stored: Number(row.stored),
    rows: Number(row.rows),
    bytes: bytes(),
  }
}

/** Until every webhook is delivered: its work belongs to the charge. */
async function isSettled({ database }: BenchWorld): Promise<void> {
  for (const until = performance.now() + settlesWithinMs; ; await sleep(250)) {
    const { rows } = await database.query<{ left: string }>(
      `select count(*) as left from webhook_deliveries where state = 'pending'`,
    )
    // PostgreSQL's own counters come up to a second late.
    if (Number(rows[0]?.left) === 0) return sleep(1_200)
    if (performance.now() > until) throw new Error('The webhooks were not delivered within five minutes')
  }
}
