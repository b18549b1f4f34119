import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Charge, Refund } from '@fincore/api-contract/resources'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import { openLinkWorld } from '../../http/link/testing/link-world.ts'
import type { PspReply, PspRequest } from '../../psp-gateway/port.ts'
import { isRefusal } from '../../refusal.ts'
import { chargeToken } from '../charge-token.ts'
import { createRefund } from '../create-refund.ts'
import { cancelCharge, captureCharge } from '../end-authorization.ts'

export const silence: PspReply = { failure: 'timeout', requestWasSent: true }

export type DoubtWorld = Awaited<ReturnType<typeof openDoubtWorld>>

/** A payment service and a whole sandbox PSP, whose replies can get lost after it has acted. */
export async function openDoubtWorld() {
  const world = await openLinkWorld()
  const { deps, merchant, state } = world
  const merchantId = merchant.id
  const key = () => randomUUID()
  const resultOf = <T>(answer: object): T => {
    assert.ok(!isRefusal(answer), JSON.stringify(answer))
    return (answer as { body: T }).body
  }
  const makeToken = async (): Promise<string> => {
    const account = await deps.directory.findPspAccount(merchant.account)
    assert.ok(account)
    const response = await fetch(`${account.config.pages_url}/v2/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.credentials.public_key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ number: magicCardNumber('visa'), cvc: '123', expiry_month: 12, expiry_year: 2034 }),
    })
    return ((await response.json()) as { id: string }).id
  }
  return {
    ...world,
    /** The PSP does what it is asked next, and its reply gets lost. */
    loseNextReply(isMeant: (asked: PspRequest) => boolean = (asked) => asked.method === 'POST') {
      state.fault = (asked) => {
        if (!isMeant(asked)) return null
        state.fault = () => null
        return deps.send(asked, 2_000).then(() => silence)
      }
    },
    async charge(more: { capture_method?: 'manual' } = {}): Promise<Charge> {
      const payment_method = { type: 'token' as const, token: await makeToken() }
      const request = { amount: 1000, currency: 'EUR', payment_method, ...more }
      return resultOf(await chargeToken(deps, { merchantId, idempotencyKey: key(), request }))
    },
    capture: async (chargeId: string, amount?: number): Promise<Charge> =>
      resultOf(await captureCharge(deps, { merchantId, chargeId, idempotencyKey: key(), amount })),
    cancel: async (chargeId: string): Promise<Charge> =>
      resultOf(await cancelCharge(deps, { merchantId, chargeId, idempotencyKey: key() })),
    refund: async (charge: string): Promise<Refund> =>
      resultOf(await createRefund(deps, { merchantId, idempotencyKey: key(), request: { charge } })),
    /** The newest attempt of a charge, a refund or a session. */
    async attemptOf(objectId: string) {
      const { rows } = await deps.pool.query(
        `select * from attempts where $1 in (charge_id, refund_id, payment_session_id) order by id desc limit 1`,
        [objectId],
      )
      assert.ok(rows[0])
      return rows[0]
    },
    async rowOf(table: 'charges' | 'refunds' | 'payment_sessions' | 'attempts', id: string) {
      return (await deps.pool.query(`select * from ${table} where id = $1`, [id])).rows[0]
    },
    /** What the bank did by this reference of ours. */
    async bankOf(attemptId: string): Promise<string[]> {
      const account = await deps.directory.findPspAccount(merchant.account)
      const reply = await deps.send(
        {
          method: 'GET',
          url: `${account?.config.api_url}/truth?reference=${attemptId}`,
          headers: { authorization: `Bearer ${account?.credentials.secret_key}` },
          body: null,
        },
        2_000,
      )
      assert.ok('body' in reply)
      return JSON.parse(reply.body).movements.map(
        (one: { kind: string; amount: number }) => `${one.kind} ${one.amount}`,
      )
    },
  }
}
