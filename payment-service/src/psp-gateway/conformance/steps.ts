import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { askPsp } from '../ask-psp.ts'
import type { AuthorizeInput, Money, MoneyKind, Outcome, Psp, PspEvent, PspReply, Question } from '../port.ts'
import type { Bench, TestCard } from './bench.ts'

export const returnUrl = 'https://shop.example/return'
/** What the simplest charge asks of a PSP. */
export const plainInput: Omit<AuthorizeInput, 'reference' | 'amount'> = {
  captureMethod: 'automatic',
  returnUrl,
  description: null,
  initiator: null,
  networkTransactionId: null,
  threeDSecure: null,
}
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
    const input = { ...plainInput, reference, amount, captureMethod, description: 'Three books', token }
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
    return { kind, reference, request, outcome, payment, amount }
  }

  /** What came of it in the end: told by the reply or, where that was only “accepted”, by look-up or webhook. */
  async function resultOf(done: Awaited<ReturnType<typeof followUp>>): Promise<Outcome> {
    const { outcome, kind, reference } = done
    if (outcome.outcome !== 'unknown') return outcome
    return learn(kind, reference, (found) => found.outcome !== 'unknown', done)
  }

  /** Asks as the resolver does, all pages of an answer. @param payment what FinCore knows of it, when it knows it. */
  async function lookUp(
    kind: MoneyKind,
    reference: string,
    { account = getBench().account, payment = null as string | null, amount = undefined as Money | undefined } = {},
  ) {
    const now = new Date()
    const question: Question = { kind, reference, payment, sentAt: now, askedAt: now, ...(amount && { amount }) }
    const request = psp.payments.lookUp(account, question)
    if (request === null) return keep({ found: 'unknown', why: 'no look-up' } as const)
    const read = (reply: PspReply) => psp.payments.readLookUp(account, question, reply)
    return keep((await askPsp(getBench(), request, read, 30_000)).answer)
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
  /**
   * Waits until the PSP tells it, within its consistency window and a little: by look-up, or by webhook where it has no
   * look-up for it.
   */
  const learn = (
    kind: MoneyKind,
    reference: string,
    isIt: (outcome: Outcome) => boolean,
    known: { payment?: string | null; amount?: Money } = {},
  ): Promise<Outcome> =>
    eventually(async () => {
      const { payment = null, amount } = known
      const answer = await lookUp(kind, reference, { payment: payment === '' ? null : payment, amount })
      if (answer.found === true && isIt(answer.outcome)) return answer.outcome
      if (canLookUp(kind)) return undefined
      const told = heard().find(
        ({ about }) => about.kind === 'attempt' && about.reference === reference && isIt(about.outcome),
      )
      return told?.about.kind === 'attempt' ? told.about.outcome : undefined
    }, `the ${kind} of ${reference}`)
  /** Whether the PSP can be asked about such a request without making it. */
  function canLookUp(kind: MoneyKind): boolean {
    const question: Question = {
      kind,
      reference: newReference(),
      payment: getBench().unknown.payment,
      sentAt: new Date(),
      askedAt: new Date(),
    }
    return psp.payments.lookUp(getBench().account, question)?.method === 'GET'
  }

  const verify = (
    delivery: { body: Buffer; headers: Readonly<Record<string, string | string[] | undefined>> },
    now = new Date(),
    account = getBench().account,
  ) => keep(psp.webhooks.verify(account, { ...delivery, now }))
  const heard = (): PspEvent[] =>
    getBench()
      .deliveries()
      .flatMap((delivery) => {
        const read = verify(delivery)
        assert(read.ok, `a true webhook was refused: ${read.ok ? '' : read.why}`)
        return read.events
      })
  const hear = (isIt: (event: PspEvent) => boolean): Promise<PspEvent> =>
    eventually(() => heard().find(isIt), 'a webhook')

  return { said, keep, authorize, followUp, resultOf, lookUp, canLookUp, learn, verify, hear, bench: getBench }
}
