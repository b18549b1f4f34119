import { setImmediate } from 'node:timers/promises'
import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import { createCardTesting } from '@fincore/payment-service/abuse/card-testing'
import type { CardTestingStore } from '@fincore/payment-service/abuse/card-testing-store'
import { type Flow, holdGrowth, type RuleName } from '@fincore/payment-service/abuse/rules'
import { noSettings } from '@fincore/payment-service/abuse/settings'
import type { CardShown, Outcome } from '@fincore/payment-service/psp-gateway/port'
import { isRefusal } from '@fincore/payment-service/refusal'
import { createVault } from '@fincore/payment-service/secrets'
import type { BlockInForce } from '@fincore/payment-service/store/card-testing-blocks'
import type { ChargeRow } from '@fincore/payment-service/store/charges'
import { createStepQueue } from './step-queue.ts'

/** A payment as somebody tries it, and what its bank will say. */
export type Payment = {
  /** When, in ms from the beginning. */
  at: number
  who: 'shopper' | 'attacker' | 'billing'
  flow: Flow
  address: string | null
  card: CardShown
  amount: bigint
  /** The session's number, of a hosted one: several payments may be tries in one session. */
  session: number | null
  says: { approved: true } | { declined: DeclineCode }
  /** How long the PSP takes. */
  answersAfterMs: number
  /** The shopper confirms at the bank first, and so long after the answer the outcome is known. */
  confirmsAfterMs: number | null
}

/** What became of them: `calls` reached the PSP, `refused` did not. */
export type Result = {
  calls: Record<Payment['who'], number>
  refused: Record<Payment['who'], number>
  /** The attacker's calls until none came through for the first time; a block that ends lets some through again. */
  callsUntilStopped: number
  blocks: { rule: RuleName; value: string; at: number }[]
}

const merchantId = 'mer_replay'
/** Until the expiry job has looked, and the PSP has closed its page. */
const closingTakesMs = 1_200
/** What was under way when it was blocked has been answered by then. */
const stoppedAfterMs = 60_000

/**
 * Plays payments of one merchant through the defence as the payment service has it, in virtual time and with a store in
 * memory. A try on a PSP's hosted page does not ask the defence, as in truth; its session must be open.
 */
export async function replay(
  payments: readonly Payment[],
  settings = noSettings,
  startedAt = Date.UTC(2026, 10, 27),
): Promise<Result> {
  let now = 0
  const result: Result = { calls: zero(), refused: zero(), callsUntilStopped: 0, blocks: [] }
  const isStopped = () => result.blocks.some(({ rule, at }) => rule !== 'session_declines' && now - at > stoppedAfterMs)
  const call = (who: Payment['who']) => {
    result.calls[who]++
    if (who === 'attacker' && !isStopped()) result.callsUntilStopped++
  }
  const held: BlockInForce[] = []
  const closedAt = new Map<string, number>()
  const close = (session: string) => {
    if (!closedAt.has(session)) closedAt.set(session, now + closingTakesMs)
  }
  let forget = () => {}
  const store: CardTestingStore = {
    read: async () => ({ settings, blocks: held }),
    async begin(_merchant, { rule, subject, value }, holdS) {
      const earlier = held.filter((block) => block.subject === subject && block.value === value).length
      const seconds = Math.min(holdGrowth.longestS, holdS * holdGrowth.factor[subject] ** earlier)
      const until = new Date(startedAt + now + seconds * 1_000)
      held.push({ rule, subject, value, until })
      result.blocks.push({ rule, value, at: now })
      if (subject === 'session') close(value)
      forget()
      return until
    },
    async endFlowBlock(_merchant, flow) {
      const at = held.findLastIndex((block) => block.subject === 'flow' && block.value === flow)
      if (at >= 0) held.splice(at, 1)
      forget()
    },
    endSession: async (_merchant, session) => close(session),
  }
  const silent = () => {}
  const defence = createCardTesting({
    store,
    config: { environment: 'production' },
    directory: {
      onCardTestingChange(listener) {
        forget = listener
      },
    },
    vault: createVault(Buffer.alloc(32, 7)),
    now: () => new Date(startedAt + now),
    log: { debug: silent, info: silent, warn: silent, error: silent },
  })
  const steps = createStepQueue()

  const tryByRequest = async (payment: Payment, charge: ChargeRow): Promise<void> => {
    const admitted = await defence.admit({
      merchantId,
      flow: payment.flow,
      address: payment.address,
      bin: payment.flow === 'raw_card' ? payment.card.first6 : null,
      amount: { amount: payment.amount, currency: 'EUR' },
      isMerchantInitiated: payment.who === 'billing',
    })
    if (isRefusal(admitted)) {
      result.refused[payment.who]++
      return
    }
    call(payment.who)
    const answered = now + payment.answersAfterMs
    steps.add({
      at: answered,
      run() {
        admitted.learn(charge, outcomeOf(payment, payment.confirmsAfterMs !== null))
        if (payment.confirmsAfterMs === null) return
        steps.add({
          at: answered + payment.confirmsAfterMs,
          run: () => defence.learn({ charge: ended(charge, payment) }),
        })
      },
    })
  }

  const tryOnPage = async (payment: Payment, charge: ChargeRow): Promise<void> => {
    const session = charge.payment_session_id ?? ''
    const openedFrom = payment.address === null ? null : await defence.nameAddress(merchantId, payment.address)
    const isClosed = (closedAt.get(session) ?? Number.POSITIVE_INFINITY) <= now
    const isOpened = opened.has(session)
    if (
      isClosed ||
      (!isOpened && (await defence.findBlock({ merchantId, flow: 'hosted', openedFrom, session })) !== null)
    ) {
      result.refused[payment.who]++
      return
    }
    opened.add(session)
    call(payment.who)
    const after = payment.answersAfterMs + (payment.confirmsAfterMs ?? 0)
    steps.add({ at: now + after, run: () => defence.learn({ charge: ended(charge, payment), openedFrom }) })
  }
  const opened = new Set<string>()

  payments.forEach((payment, index) => {
    const charge = makeCharge(payment, index, new Date(startedAt + payment.at))
    const attempt = payment.flow === 'hosted' ? tryOnPage : tryByRequest
    steps.add({ at: payment.at, run: () => attempt(payment, charge) })
  })
  for (let step = steps.take(); step !== undefined; step = steps.take()) {
    now = step.at
    await step.run()
    await defence.settle()
  }
  // What was remembered for a time is let go by timers.
  await setImmediate()
  return result
}

function outcomeOf({ says, card }: Payment, mustConfirm: boolean): Outcome {
  if (mustConfirm) return { outcome: 'action_required', pspReference: null, actionUrl: 'https://bank.example', card }
  if ('approved' in says) return { outcome: 'approved', pspReference: 'x', captured: 0n, card }
  return { outcome: 'declined', pspReference: null, code: says.declined, pspCode: null, card }
}

function makeCharge({ flow, session, amount, card }: Payment, index: number, at: Date): ChargeRow {
  const known: Partial<ChargeRow> = {
    merchant_id: merchantId,
    id: `ch_${index}`,
    status: 'processing',
    flow,
    amount,
    currency: 'EUR',
    payment_session_id: session === null ? null : `ps_${session}`,
    card: flow === 'raw_card' ? card : null,
    failure: null,
    created_at: at,
  }
  // The defence looks at nothing else of it.
  return known as ChargeRow
}

function ended(charge: ChargeRow, { says, card }: Payment): ChargeRow {
  if ('approved' in says) return { ...charge, status: 'captured', card }
  return {
    ...charge,
    status: 'failed',
    card,
    failure: { code: says.declined, message: '', psp_code: null, shopper_can_retry: 'other_card' },
  }
}

function zero(): Record<Payment['who'], number> {
  return { shopper: 0, attacker: 0, billing: 0 }
}
