import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Dispute } from '../psp-gateway/port.ts'
import { type DisputeFacts, decideDispute } from './decide-dispute.ts'
import { type DisputeStatus, disputeStates } from './dispute-states.ts'

const day = (date: number) => new Date(Date.UTC(2026, 2, date))
const told = (status: DisputeStatus, more: Partial<Dispute> = {}): Dispute => ({
  id: 'dis_1',
  status,
  amount: { amount: 1000n, currency: 'EUR' },
  reason: null,
  evidenceDueBy: null,
  ...more,
})
const known = (status: DisputeStatus, more: Partial<DisputeFacts> = {}): DisputeFacts => ({
  status,
  amount: 1000n,
  currency: 'EUR',
  reason: null,
  evidence_due_by: null,
  ...more,
})
/** What comes of a step, in one line. */
const comesTo = (from: DisputeFacts | null, news: Dispute): string => {
  const decision = decideDispute(from, news)
  if (decision.kind !== 'change') return decision.kind
  const { status, amount, currency, reason, evidence_due_by: dueBy } = decision.facts
  return [decision.eventType, status, `${amount} ${currency}`, reason, dueBy?.getUTCDate()].join(' | ')
}

describe('a dispute', () => {
  for (const status of Object.keys(disputeStates) as DisputeStatus[])
    it(`begins as ${status}, when that is what is heard first`, () => {
      assert.equal(comesTo(null, told(status)), `dispute.${status} | ${status} | 1000 EUR |  | `)
    })

  const steps: [what: string, from: DisputeFacts, news: Dispute, to: string][] = [
    [
      'takes the amount of the state that it goes to',
      known('inquiry', { amount: 2000n }),
      told('opened', { amount: { amount: 900n, currency: 'USD' } }),
      'dispute.opened | opened | 900 USD |  | ',
    ],
    [
      'keeps what only earlier news told',
      known('opened', { reason: 'fraud', evidence_due_by: day(7) }),
      told('lost'),
      'dispute.lost | lost | 1000 EUR | fraud | 7',
    ],
    [
      'learns a reason from old news',
      known('won'),
      told('opened', { reason: 'fraud' }),
      'dispute.updated | won | 1000 EUR | fraud | ',
    ],
    [
      'takes no amount from old news',
      known('won'),
      told('opened', { amount: { amount: 5000n, currency: 'EUR' } }),
      'same',
    ],
    [
      'of two amounts keeps the larger, as nobody can say which is newer',
      known('opened'),
      told('opened', { amount: { amount: 1200n, currency: 'EUR' } }),
      'dispute.updated | opened | 1200 EUR |  | ',
    ],
    ['and not the smaller', known('opened'), told('opened', { amount: { amount: 800n, currency: 'EUR' } }), 'same'],
    [
      'has more time for evidence',
      known('opened', { evidence_due_by: day(7) }),
      told('opened', { evidenceDueBy: day(9) }),
      'dispute.updated | opened | 1000 EUR |  | 9',
    ],
    ['and never less', known('opened', { evidence_due_by: day(7) }), told('opened', { evidenceDueBy: day(5) }), 'same'],
    ['hears nothing new in a repeat', known('lost', { reason: 'fraud' }), told('lost', { reason: 'fraud' }), 'same'],
    ['can be lost after it was won', known('won'), told('lost'), 'dispute.lost | lost | 1000 EUR |  | '],
    ['is never won after it was lost', known('lost'), told('won'), 'contradiction'],
    [
      'keeps of a PSP’s reason what the database takes',
      known('inquiry'),
      told('opened', { reason: 'x'.repeat(300) }),
      `dispute.opened | opened | 1000 EUR | ${'x'.repeat(255)} | `,
    ],
  ]
  for (const [what, from, news, to] of steps)
    it(what, () => {
      assert.equal(comesTo(from, news), to)
    })
})
