import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { makePost, openRawConnections, type RawAnswer, type RawConnections } from './raw-connections.ts'

/** A merchant as the load knows it. */
export type Payer = {
  name: string
  key: string
  /** Unused tokens of its PSP account. One that was shed can be sent again. */
  tokens: string[]
  /** Its PSP never answers, so the breaker of its account may open, as nobody else's may. */
  pspHangs: boolean
}

/**
 * What became of one merchant's requests. Times are in milliseconds, from when the request left: at ten times the load
 * many wait here for a connection, and FinCore knows nothing of them.
 */
export type Tally = {
  name: string
  sent: number
  served: number
  /** Of those, in the later part of the load: what is done before the first answers come, and after the last request, is no measure. */
  servedMeanwhile: number
  shed: number
  /** Of those, because the merchant's own PSP account had too many calls under way, or failed again and again. */
  shedForPsp: number
  /** Shed answers without a whole number of seconds in Retry-After, or with another problem than those of overload. */
  shedWrongly: number
  /** Any other answer, by status or what went wrong. */
  others: Record<string, number>
  servedMs: number[]
  shedMs: number[]
}

export type Load = {
  /** So many callers per payer, each waiting for its answer before it asks again: how much can be done. */
  closed(payers: Payer[], callers: number, forMs: number): Promise<Tally[]>
  /** Requests come when they are due, whatever becomes of those before them: how much is asked. */
  open(rates: { payer: Payer; perSecond: number }[], forMs: number): Promise<Tally[]>
  /** The time that GET /health/live takes now, as one more caller feels it. */
  probe(): Promise<number>
  close(): void
}

/** Far fewer than what is under way at ten times the load if nothing is shed, far more than if it is. */
const mostConnections = 1_000
const tickMs = 2
/** The part of a load, at its end, in which what is served in a second is counted. */
export const countedPart = 0.6
/** When all are used up: the PSP declines it, and the charge is served all the same, as failed. */
const noToken = `tok_${'0'.repeat(26)}`
const healthRequest = Buffer.from('GET /health/live HTTP/1.1\r\nhost: fincore\r\n\r\n')
/** How long after the last request answers are waited for: also those of requests that waited for a free connection. */
const answersWithinMs = 60_000

export async function createLoad(api: string): Promise<Load> {
  const connections = openRawConnections(api, mostConnections)
  await connections.openAll(healthRequest)
  const prober = openRawConnections(api, 1)
  return {
    async closed(payers, callers, forMs) {
      const until = performance.now() + forMs
      const counted = { from: until - forMs * countedPart, until }
      const tallies = payers.map(newTally)
      const call = async (payer: Payer, tally: Tally) => {
        while (performance.now() < until) {
          if ((await charge(connections, payer, tally, counted)) !== 'served') await sleep(20)
        }
      }
      await Promise.all(
        payers.flatMap((payer, index) =>
          Array.from({ length: callers }, () => call(payer, tallies[index] ?? newTally(payer))),
        ),
      )
      return tallies
    },
    async open(rates, forMs) {
      const begunAt = performance.now()
      const counted = { from: begunAt + forMs * (1 - countedPart), until: begunAt + forMs }
      const lines = rates.map(({ payer, perSecond }) => ({ payer, perSecond, tally: newTally(payer) }))
      const underWay = new Set<Promise<unknown>>()
      for (let elapsed = 0; elapsed < forMs; elapsed = performance.now() - begunAt) {
        for (const { payer, perSecond, tally } of lines) {
          const due = Math.floor((elapsed * perSecond) / 1_000)
          while (tally.sent < due) {
            const one = charge(connections, payer, tally, counted).finally(() => underWay.delete(one))
            underWay.add(one)
          }
        }
        await sleep(tickMs)
      }
      // The connections keep the process alive; once all have their answer this shall not.
      await Promise.race([Promise.all(underWay), sleep(answersWithinMs, undefined, { ref: false })])
      for (const { tally } of lines) {
        const lost = tally.sent - tally.served - tally.shed - Object.values(tally.others).reduce((a, b) => a + b, 0)
        if (lost > 0) tally.others['no answer'] = lost
      }
      return lines.map(({ tally }) => tally)
    },
    async probe() {
      return (await prober.send(healthRequest)).tookMs
    },
    close() {
      prober.close()
      connections.close()
    },
  }
}

async function charge(
  connections: RawConnections,
  payer: Payer,
  tally: Tally,
  counted: { from: number; until: number },
): Promise<'served' | 'shed' | 'other'> {
  tally.sent++
  const token = payer.tokens.pop() ?? noToken
  const body = `{"amount":1000,"currency":"EUR","payment_method":{"type":"token","token":"${token}"}}`
  const request = makePost('/v1/charges', payer.key, body, `idempotency-key: ${randomUUID()}\r\n`)
  const { answer, tookMs } = await connections.send(request)
  if (answer?.status === 201) {
    tally.served++
    const at = performance.now()
    if (at >= counted.from && at < counted.until) tally.servedMeanwhile++
    tally.servedMs.push(tookMs)
    return 'served'
  }
  if (token !== noToken) payer.tokens.push(token)
  if (answer?.status === 503) {
    tally.shed++
    tally.shedMs.push(tookMs)
    if (/"psp_(overloaded|unavailable)"/.test(answer.body)) tally.shedForPsp++
    if (!isRightlyShed(answer, payer)) tally.shedWrongly++
    return 'shed'
  }
  const what = answer === null ? 'broken connection' : `status ${answer.status}`
  tally.others[what] = (tally.others[what] ?? 0) + 1
  return 'other'
}

function isRightlyShed({ head, body }: RawAnswer, { pspHangs }: Payer): boolean {
  return (
    /\nretry-after: [1-9]\d*(\r|$)/.test(head) &&
    head.includes('\ncontent-type: application/problem+json') &&
    (/"code":"(psp_)?overloaded"/.test(body) || (pspHangs && body.includes('"code":"psp_unavailable"')))
  )
}

function newTally({ name }: Payer): Tally {
  return {
    name,
    sent: 0,
    served: 0,
    servedMeanwhile: 0,
    shed: 0,
    shedForPsp: 0,
    shedWrongly: 0,
    others: {},
    servedMs: [],
    shedMs: [],
  }
}

/** The value below which this share of them lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
