/**
 * Ways to break the money path, each a small edit of the source, and what must notice it: a command that fails, and the
 * invariant that it names (end-to-end/src/faults/invariants).
 */
export type MoneyMutant = {
  name: string
  /** What would become of the money. */
  harms: string
  edits: readonly { file: string; find: string; replacement: string }[]
  caughtBy: { command: string; invariants: string }
}

const service = 'payment-service/src'
const smallDrill = 'npm run test:all -- end-to-end/src/faults/faults.test.ts'

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
    caughtBy: { command: smallDrill, invariants: 'I2, I7' },
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
    caughtBy: { command: smallDrill, invariants: 'I2, I7' },
  },
  {
    name: '“not found” is final at once',
    harms: 'A request that is still on its way, or not yet visible at the PSP, is called never executed.',
    edits: [
      {
        file: `${service}/flows/time-limits.ts`,
        find: "if (attempt.state === 'action_required') return false",
        replacement: "if (attempt.state !== 'action_required') return true",
      },
    ],
    caughtBy: { command: 'npm run drill:faults -- --only network --minutes 4', invariants: 'I2, I7' },
  },
  {
    name: 'a blind retry under a new reference',
    harms: 'What the PSP did and could not say is done once more.',
    edits: [
      {
        file: `${service}/flows/follow-up.ts`,
        find: '  return payments.readReply(kind, await sendInTime(deps, clock, asked), input)',
        replacement: `  const first = payments.readReply(kind, await sendInTime(deps, clock, asked), input)
  if (first.outcome !== 'unknown') return first
  const again = { ...input, reference: \`\${attemptId}_2\` }
  return payments.readReply(kind, await sendInTime(deps, clock, payments[kind](account, again)), again)`,
      },
    ],
    caughtBy: { command: smallDrill, invariants: 'I2, I7' },
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
    caughtBy: { command: smallDrill, invariants: 'I6' },
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
    caughtBy: { command: 'npm run drill:faults -- --only network --minutes 4', invariants: 'I1, I2, I7' },
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
    caughtBy: { command: 'npm run drill:faults -- --only clock --minutes 1', invariants: 'I2, I7' },
  },
]
