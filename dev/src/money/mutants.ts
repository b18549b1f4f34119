/**
 * Ways to break the money path, each a small edit of the source, and the command that must notice it. `npm run
 * drill:money` tries them on a copy; docs/reliability.md lists them.
 */
export type MoneyMutant = {
  name: string
  /** What would become of the money. */
  harms: string
  edits: readonly { file: string; find: string; replacement: string }[]
  /** npm's arguments, without “npm run”: it must end with 1. */
  caughtBy: string
}

const service = 'payment-service/src'
const simulation = 'simulate -- --payments 6000 --seed 1'
const smallDrill = 'test:all -- end-to-end/src/faults/faults.test.ts'
const adyenTests =
  'test:all -- payment-service/src/psp-gateway/adyen/outcomes.test.ts payment-service/src/psp-gateway/adyen/webhooks.test.ts'

export const moneyMutants: readonly MoneyMutant[] = [
  {
    name: '5xx is a decline',
    harms: 'A gateway’s 502 fails a charge that the PSP has captured.',
    edits: [
      {
        file: `${service}/psp-gateway/sandbox/wire.ts`,
        find: 'if (status < 400 || status >= 500 || undecidedStatuses.has(status)) {',
        replacement:
          "if (status >= 500) return { kind: 'rejected', code: 'rejected_by_psp', pspCode: null }\n  if (status < 400 || undecidedStatuses.has(status)) {",
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'a broken connection is a request that was never sent',
    harms: 'The PSP acted, and FinCore calls it failed.',
    edits: [
      {
        file: `${service}/psp-gateway/send.ts`,
        find: "mayHaveLeft ? { failure: 'reset', requestWasSent: true } : { failure: kindOf(error), requestWasSent: false },",
        replacement: '{ failure: kindOf(error), requestWasSent: false },',
      },
    ],
    caughtBy: smallDrill,
  },
  {
    name: '“not found” is final at once',
    harms: 'A request that is still on its way, or not yet visible at the PSP, is called never executed.',
    edits: [
      {
        file: `${service}/flows/time-limits.ts`,
        find: '  return deps.now().getTime() >= callEndedBy(deps, attempt) + consistencyWindowMs',
        replacement: '  return callEndedBy(deps, attempt) + consistencyWindowMs > 0',
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'a blind retry under a new reference',
    harms: 'What the PSP did and could not say is done once more.',
    edits: [
      {
        file: `${service}/flows/follow-up.ts`,
        find: '  return sendInTime(deps, clock, account, call, (reply) => payments.readReply(kind, reply, input))',
        replacement: `  const first = await sendInTime(deps, clock, account, call, (reply) => payments.readReply(kind, reply, input))
  if (first.outcome !== 'unknown') return first
  const again = { ...input, reference: \`\${attemptId}_2\` }
  const second = { kind, request: payments[kind](account, again) }
  return sendInTime(deps, clock, account, second, (reply) => payments.readReply(kind, reply, again))`,
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'event outside the transaction',
    harms: 'A process that dies after its commit never tells the merchant.',
    edits: [
      {
        file: `${service}/flows/settle-attempt.ts`,
        find: "import { insertEvent, makeEvent } from '../store/events.ts'",
        replacement: "import { insertEvent as insertNow, makeEvent, type NewEvent } from '../store/events.ts'",
      },
      {
        file: `${service}/flows/settle-attempt.ts`,
        find: "const contradictionFlag = 'psp_contradicts'",
        replacement: `const later: NewEvent[] = []
async function insertEvent(_tx: Transaction, event: NewEvent): Promise<void> {
  later.push(event)
}

const contradictionFlag = 'psp_contradicts'`,
      },
      {
        file: `${service}/flows/settle-attempt.ts`,
        find: "  if (settled.result === 'applied' || settled.result === 'contradiction') deps.wakeOutbox()",
        replacement: `  for (const event of later.splice(0)) await insertNow(deps.pool, event)
  if (settled.result === 'applied' || settled.result === 'contradiction') deps.wakeOutbox()`,
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'fail-over while in doubt',
    harms: 'A card is charged at a second PSP account while the first may have charged it.',
    edits: [
      {
        file: `${service}/flows/charge-card.ts`,
        find: "const neverActed = outcome.outcome === 'rejected' && outcome.code === 'not_executed'",
        replacement:
          "const neverActed = outcome.outcome === 'unknown' || (outcome.outcome === 'rejected' && outcome.code === 'not_executed')",
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'every process has its own clock',
    harms: 'A clock that is an hour behind has a call under way called failed; one that is ahead leaves it unasked.',
    edits: [
      {
        file: `${service}/payment-service.ts`,
        find: '    now: clock.now,',
        replacement: '    now: () => new Date(),',
      },
    ],
    caughtBy: 'drill:faults -- --only clock --minutes 1',
  },
  {
    name: 'a charge is sent again under a new reference',
    harms: 'The shopper pays twice when the first answer was lost.',
    edits: [
      {
        file: `${service}/flows/charge-token.ts`,
        find: '  const outcome = await sendInTime(deps, begun.clock, chosen.account, call, (reply) =>',
        replacement: `  const again = { ...asked, reference: \`\${begun.attemptId}_2\`, shopper, token }
  const second = { kind: call.kind, request: payments.authorizeToken(chosen.account, again) }
  const outcome = await sendInTime(deps, begun.clock, chosen.account, call, async (reply) =>
    'failure' in reply ? sendInTime(deps, begun.clock, chosen.account, second, (other) => payments.readReply('authorize', other, again)) :`,
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'reserve after the call',
    harms: 'Refunds side by side give back more than was captured.',
    edits: [
      {
        file: `${service}/flows/create-refund.ts`,
        find: 'refunds_pending: charge.refunds_pending + wanted.amount',
        replacement: 'refunds_pending: charge.refunds_pending',
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'claim the key after the call',
    harms: 'Two requests under one key charge the shopper twice.',
    edits: [
      {
        file: `${service}/flows/begin-charge.ts`,
        find: '  if (claimed) return { charge, attemptId, idempotencyKey, clock }',
        replacement: '  if (claimed || !claimed) return { charge, attemptId, idempotencyKey, clock }',
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'an event that cannot be applied is dropped',
    harms: 'What only a webhook tells is never known.',
    edits: [
      {
        file: `${service}/webhooks/inbox/inbox.ts`,
        find: '  await holdPspEvent(deps.pool, claimed, heldDelaySeconds(tries), note)',
        replacement:
          "  await settlePspEvent(deps.pool, claimed, heldDelaySeconds(tries) > 0 && note !== '' ? 'ignored' : 'flagged')",
      },
      {
        file: `${service}/webhooks/inbox/inbox.ts`,
        find: '  holdPspEvent,\n',
        replacement: '',
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'an event that reverses is applied',
    harms: 'Old news makes a captured charge an authorized one again.',
    edits: [
      {
        file: `${service}/payments/charge-states.ts`,
        find: "  captured: {\n    authorized: 'same',",
        replacement: "  captured: {\n    authorized: 'authorized',",
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'late money is kept',
    harms: 'A shopper who paid after the end of the session has paid for nothing.',
    edits: [
      {
        file: `${service}/flows/settle-session.ts`,
        find: "    session.late_payments === 'refund' &&",
        replacement: "    session.late_payments === 'keep' &&",
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'an answer about another amount is believed',
    harms: 'The merchant is told of money that did not move.',
    edits: [
      {
        file: `${service}/psp-gateway/sandbox/outcomes.ts`,
        find: '  return asked === undefined || (amount === asked.amount && currency === asked.currency)',
        replacement: '  return asked === undefined || (amount >= asked.amount && currency === asked.currency)',
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'late money goes back under a new reference each time',
    harms: 'It goes back twice when the first answer was lost.',
    edits: [
      {
        file: `${service}/flows/give-back.ts`,
        find: 'const call = { kind: attempt.kind, attemptId: attempt.id, charge,',
        replacement: "const call = { kind: attempt.kind, attemptId: newId('attempt'), charge,",
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'a pending refund has succeeded',
    harms: 'The merchant tells a shopper of money that the bank has not given back.',
    edits: [
      {
        file: `${service}/psp-gateway/sandbox/outcomes.ts`,
        find: "    case 'pending':\n      return unknown('the PSP has not finished the operation yet')",
        replacement:
          "    case 'pending':\n      return { outcome: 'approved', pspReference, captured: 0n, card: null }",
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'a webhook without an answer was delivered',
    harms: 'A merchant never hears of a payment.',
    edits: [
      {
        file: `${service}/webhooks/outbox/outbox.ts`,
        find: '  if (status !== null && status >= 200 && status < 300) return { ...known, status, delivered: true }',
        replacement:
          '  if (status === null || status < 300) return { ...known, status: status ?? 200, delivered: true }',
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'silence is a no',
    harms: 'While the PSP is away its payments are called failed.',
    edits: [
      {
        file: `${service}/flows/resolve-attempts.ts`,
        find: '  if (answer.found === true) await settleAttempt(deps, attempt.id, answer.outcome)',
        replacement: `  if (answer.found === true) await settleAttempt(deps, attempt.id, answer.outcome)
  if (answer.found === 'unknown' && attempt.lookups > 3)
    await settleAttempt(deps, attempt.id, { outcome: 'rejected', code: 'not_executed', pspCode: null })`,
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'a lease that is shorter than its call',
    harms: 'A call under way is looked up, found nowhere, and called failed.',
    edits: [
      {
        file: `${service}/flows/time-limits.ts`,
        find: 'const leaseMarginMs = 4_000',
        replacement: 'const leaseMarginMs = -9_500',
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'a decline of a capture is an end',
    harms: 'A hold that the bank still has is forgotten.',
    edits: [
      {
        file: `${service}/payments/charge-states.ts`,
        find: "    declined: 'contradiction',\n    ended: 'canceled',",
        replacement: "    declined: 'failed',\n    ended: 'same',",
      },
    ],
    caughtBy: simulation,
  },
  {
    name: 'accepted by Adyen is done',
    harms: 'A refund is called given back that Adyen then declines.',
    edits: [
      {
        file: `${service}/psp-gateway/adyen/outcomes.ts`,
        find: "return { ...unknown('the PSP has accepted the request, and tells its result by webhook'), tellsWithinMs }",
        replacement:
          "return { outcome: 'approved', pspReference: modification.pspReference, captured: 0n, card: null }",
      },
    ],
    caughtBy: adyenTests,
  },
  {
    name: 'a hold at Adyen is money',
    harms: 'A charge that nobody captured is called captured.',
    edits: [
      {
        file: `${service}/psp-gateway/adyen/outcomes.ts`,
        find: "captured: captureMethod === 'automatic' ? amount.amount : 0n,",
        replacement: 'captured: amount.amount,',
      },
    ],
    caughtBy: adyenTests,
  },
  {
    name: 'a refused repeat is proof at Adyen',
    harms: 'A refund that was made is called never made, and made again.',
    edits: [
      {
        file: `${service}/psp-gateway/adyen/payments.ts`,
        find: "return { found: 'unknown', why: 'the repeated request was refused' }",
        replacement: 'return { found: false }',
      },
    ],
    caughtBy: adyenTests,
  },
  {
    name: 'one signed item vouches for Adyen’s whole batch',
    harms: 'Who recorded one webhook can add a payment to it.',
    edits: [
      {
        file: `${service}/psp-gateway/adyen/webhooks.ts`,
        find: 'if (!items.every((item) => isSigned(',
        replacement: 'if (!items.some((item) => isSigned(',
      },
    ],
    caughtBy: adyenTests,
  },
]
