import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Deps } from '../deps.ts'
import type { ChargeRow } from '../store/charges.ts'
import { callPsp } from './follow-up.ts'
import type { CallClock } from './time-limits.ts'

it('a follow-up at an account of the other environment is not sent, and says so', async () => {
  const send = () => assert.fail('nobody is called')
  const deps = { directory: { findPspAccount: async () => null }, send } as object as Deps
  const charge = { psp_account_id: 'pspa_1', psp_reference: 'pi_1', currency: 'EUR' } as ChargeRow
  const refund = { kind: 'refund', attemptId: 'att_1', charge, amount: 100n, clock: {} as CallClock } as const
  assert.deepEqual(await callPsp(deps, refund), { outcome: 'rejected', code: 'not_executed', pspCode: null })
})
