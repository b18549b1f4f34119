import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { it as nodeIt, type TestContext } from 'node:test'
import { askPsp } from '../ask-psp.ts'
import type { AuthorizeInput, Money, MoneyKind, Outcome, Psp, PspEvent, PspReply, Question } from '../port.ts'
import type { Bench, LeftOut, TestCard } from './bench.ts'

/** Where a shopper may be sent. */
export const webAddress = /^https?:\/\/./
/** Addresses that no shopper may be sent to, in the place of a page. */
export const wrongAddresses = [
  'javascript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  '//example.com',
  '',
] as const
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

/** How a `why` begins that says what is still to be written of an adapter: nothing is worth waiting for then. */
const unfinished = 'Next ('

export type Steps = ReturnType<typeof createSteps>

/** What the cases do with a PSP. `findBench`: the bench is open only once the tests run; none when it did not open. */
export function createSteps(psp: Psp, findBench: () => Bench | undefined) {
  const getBench = (): Bench => {
    const bench = findBench()
    if (bench === undefined) throw new Error('A case used the bench before it was open')
    return bench
  }
  /** A case. Without a bench there is nothing to run it on; that it did not open is one failure of its own. */
  const it = (name: string, run: (t: TestContext) => unknown) =>
    nodeIt(name, async (t) => {
      if (findBench() === undefined) t.skip('the bench did not open')
      else await run(t)
    })
  /** What a bench can do, or null where it says why it cannot. */
  const whenHooked = <T extends (...input: never[]) => unknown>(hook: T | LeftOut, t: TestContext): T | null => {
    if (typeof hook === 'function') return hook
    t.diagnostic(`Not checked: ${hook.leftOut}`)
    return null
  }
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
    const reply = await getBench().send(request)
    const outcome = keep(psp.payments.readReply('authorize', reply, { reference, amount }))
    return {
      reference,
      amount,
      input,
      request,
      reply,
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
    const reply = await getBench().send(request)
    const outcome = keep(psp.payments.readReply(kind, reply, { reference, amount }))
    return { kind, reference, request, reply, outcome, payment, amount }
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
    {
      account = getBench().account,
      payment = null as string | null,
      amount = undefined as Money | undefined,
      change = (reply: PspReply) => reply,
    } = {},
  ) {
    const now = new Date()
    const question: Question = { kind, reference, payment, sentAt: now, askedAt: now, ...(amount && { amount }) }
    const request = psp.payments.lookUp(account, question)
    if (request === null) return keep({ found: 'unknown', why: 'no look-up' } as const)
    const read = (reply: PspReply) => psp.payments.readLookUp(account, question, change(reply))
    return keep((await askPsp(getBench(), request, read, 30_000)).answer)
  }

  /** `last`, when given, says what was seen until then. */
  const eventually = async <T>(
    find: () => Promise<T | undefined> | T | undefined,
    what: string,
    last = () => '',
  ): Promise<T> => {
    const end = Date.now() + psp.consistencyWindowMs + 5_000
    for (;;) {
      const found = await find()
      if (found !== undefined) return found
      if (Date.now() > end) assert.fail(`waited in vain for ${what}${last()}`)
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
  ): Promise<Outcome> => {
    let seen = ''
    const find = async () => {
      const { payment = null, amount } = known
      const answer = await lookUp(kind, reference, { payment: payment === '' ? null : payment, amount })
      seen = `; the last look-up said ${toText(answer)}`
      const why = answer.found === true ? answer.outcome : answer
      if ('why' in why && why.why.startsWith(unfinished)) assert.fail(why.why)
      if (answer.found === true && isIt(answer.outcome)) return answer.outcome
      if (canLookUp(kind)) return undefined
      const told = heard().find(
        ({ about }) => about.kind === 'attempt' && about.reference === reference && isIt(about.outcome),
      )
      return told?.about.kind === 'attempt' ? told.about.outcome : undefined
    }
    return eventually(find, `the ${kind} of ${reference}`, () => seen)
  }
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
    eventually(
      () => heard().find(isIt),
      'a webhook',
      () => `; these came: ${toText(heard().slice(-5))}`,
    )

  return {
    said,
    keep,
    it,
    whenHooked,
    authorize,
    followUp,
    resultOf,
    lookUp,
    canLookUp,
    learn,
    verify,
    heard,
    hear,
    bench: getBench,
  }
}
