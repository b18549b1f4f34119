import { setTimeout as sleep } from 'node:timers/promises'
import type { JudgedWorld } from './drill-world.ts'
import type { Asked, Journal } from './journal.ts'
import type { Random } from './random.ts'

/** A merchant's server: one payment's requests, with the manners of whoever wrote it. */
export type Call = {
  payment: number
  method: 'GET' | 'POST'
  path: string
  request?: object
  /** Where to; default the front. */
  at?: string
  /** Cards go with the client certificate. */
  withCertificate?: boolean
  headers?: Record<string, string>
}

export type MerchantClient = {
  once(call: Call, key: string | null): Promise<Asked>
  /**
   * As docs/guides/idempotency.md asks for it: 409, 429, 5xx and a broken connection are tried again with the same key, until there
   * is an answer or the patience ends.
   */
  good(call: Call): Promise<Asked>
  /** Gives up after the first try, or tries again as if nothing had been, with a new key. */
  careless(call: Call): Promise<Asked>
}

/** A merchant's server waits as long as FinCore may, which waits for its PSP. */
const patienceMs = 9_000
const mostTries = 12

export function createMerchantClient(world: JudgedWorld, journal: Journal, random: Random): MerchantClient {
  const once = (call: Call, key: string | null) => askOnce(world, journal, call, key, patienceMs)
  const newKey = () => `drill-${random.whole(0, 0xffffffff).toString(36)}-${random.whole(0, 0xffffffff).toString(36)}`
  const good = async (call: Call): Promise<Asked> => {
    const key = call.method === 'POST' ? newKey() : null
    for (let tries = 1; ; tries++) {
      const asked = await once(call, key)
      const { status } = asked
      const isAnswer = status !== null && status !== 409 && status !== 429 && status < 500
      if (isAnswer || isConflictOfState(asked) || tries === mostTries) return asked
      await sleep(Math.min(300 * 2 ** tries, 3_000), undefined, { ref: false })
    }
  }
  return {
    once,
    good,
    async careless(call) {
      const first = await once(call, call.method === 'POST' ? newKey() : null)
      if (first.status !== null && first.status < 500) return first
      return random.chance(0.5) ? first : once(call, call.method === 'POST' ? newKey() : null)
    },
  }
}

/** One try, which the journal keeps. Never throws: who breaks off, or stays silent for so long, is an answer with the status null. */
export async function askOnce(
  { http, cardHttp, addresses, merchant }: JudgedWorld,
  journal: Journal,
  call: Call,
  key: string | null,
  withinMs: number,
): Promise<Asked> {
  const { payment, method, path, request = null } = call
  const startedAt = journal.now()
  const client = call.withCertificate ? cardHttp : http
  const sent = client
    .send(method, `${call.at ?? addresses.front}${path}`, {
      bearer: merchant.secret_key,
      headers: { ...(key === null ? {} : { 'idempotency-key': key }), ...call.headers },
      ...(request === null ? {} : { json: request }),
    })
    .catch(() => null)
  const answer = await Promise.race([sent, sleep(withinMs, null, { ref: false })])
  const asked: Asked = {
    payment,
    method,
    path,
    key,
    request,
    startedAt,
    endedAt: journal.now(),
    status: answer?.status ?? null,
    body: answer === null ? null : readBody(answer.text),
  }
  journal.record(asked)
  return asked
}

/** A 409 that no repeat changes: the charge is in another state. Only these two say “come again”. */
function isConflictOfState({ status, body }: Asked): boolean {
  return status === 409 && body?.code !== 'idempotency_key_in_use' && body?.code !== 'operation_in_progress'
}

function readBody(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return null
  }
}
