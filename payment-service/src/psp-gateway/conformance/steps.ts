import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Money, Outcome, Psp, PspEvent } from '../port.ts'
import type { Bench, TestCard } from './bench.ts'

export const returnUrl = 'https://shop.example/return'
export const eur = (amount: bigint): Money => ({ amount, currency: 'EUR' })
export const newReference = () => `att_${randomUUID().replaceAll('-', '').slice(0, 26)}`
export const is = (outcome: Outcome['outcome']) => (given: Outcome) => given.outcome === outcome
export const isAbout = (reference: string, outcome: Outcome['outcome']) => (event: PspEvent) =>
  event.about.kind === 'attempt' && event.about.reference === reference && event.about.outcome.outcome === outcome

/** JSON of something with amounts in it. */
export function toText(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? `${inner}` : inner))
}

export function assertApproved(outcome: Outcome, captured: bigint): void {
  assert(outcome.outcome === 'approved', toText(outcome))
  assert.equal(outcome.captured, captured)
}

export type Steps = ReturnType<typeof createSteps>

/** What the cases do with a PSP. `getBench`: the bench is open only once the tests run. */
export function createSteps(psp: Psp, getBench: () => Bench) {
  /** Everything that was said in words, searched for secrets at the end. */
  const said: unknown[] = []
  const keep = <T>(value: T): T => {
    said.push(value)
    return value
  }

  async function authorize(
    card: TestCard,
    amount: Money,
    captureMethod: 'automatic' | 'manual' = 'automatic',
    reference = newReference(),
  ) {
    const token = await getBench().makeToken(card)
    const input = { reference, amount, captureMethod, returnUrl, description: 'Three books', token }
    const request = psp.payments.authorizeToken(getBench().account, input)
    const outcome = keep(psp.payments.readReply('authorize', await getBench().send(request), { reference, amount }))
    return {
      reference,
      amount,
      request,
      outcome,
      payment: 'pspReference' in outcome ? (outcome.pspReference ?? '') : '',
    }
  }

  async function followUp(
    kind: 'capture' | 'cancel' | 'refund',
    payment: string,
    amount: Money,
    account = getBench().account,
  ) {
    const reference = newReference()
    const request = psp.payments[kind](account, { reference, payment, amount })
    const outcome = keep(psp.payments.readReply(kind, await getBench().send(request), { reference, amount }))
    return { reference, request, outcome }
  }

  async function lookUp(
    kind: 'authorize' | 'capture' | 'cancel' | 'refund',
    reference: string,
    account = getBench().account,
  ) {
    const answer = psp.payments.readLookUp(
      kind,
      reference,
      await getBench().send(psp.payments.lookUp(account, reference)),
    )
    return keep(answer)
  }

  const eventually = async <T>(find: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> => {
    const end = Date.now() + psp.consistencyWindowMs + 5_000
    for (;;) {
      const found = await find()
      if (found !== undefined) return found
      if (Date.now() > end) assert.fail(`waited in vain for ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  /** Looks up until the PSP shows it: within its consistency window, and a little. */
  const outcomeOnceFound = (
    kind: Parameters<typeof lookUp>[0],
    reference: string,
    isIt: (outcome: Outcome) => boolean,
  ) =>
    eventually(async () => {
      const answer = await lookUp(kind, reference)
      return answer.found === true && isIt(answer.outcome) ? answer.outcome : undefined
    }, `the ${kind} of ${reference}`)

  const verify = (
    delivery: { body: Buffer; headers: Readonly<Record<string, string | string[] | undefined>> },
    now = new Date(),
    account = getBench().account,
  ) => keep(psp.webhooks.verify(account, { ...delivery, now }))
  const hear = (isIt: (event: PspEvent) => boolean): Promise<PspEvent> =>
    eventually(() => {
      const events = getBench()
        .deliveries()
        .flatMap((delivery) => {
          const read = verify(delivery)
          assert(read.ok, 'a true webhook was refused')
          return read.events
        })
      return events.find(isIt)
    }, 'a webhook')

  return { said, keep, authorize, followUp, lookUp, outcomeOnceFound, verify, hear, bench: getBench }
}
