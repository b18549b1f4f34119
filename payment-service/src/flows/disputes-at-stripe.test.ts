import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Charge, Dispute } from '@fincore/api-contract/resources'
import { createCertificateAuthority, issueCertificate } from '@fincore/dev/certificates'
import { type StripeStandIn, startStripeStandIn } from '@fincore/psp-stand-ins/stripe/stand-in'
import { testCardNumber } from '@fincore/psp-stand-ins/stripe/test-cards'
import type { Job } from '../jobs/run-every.ts'
import { createSender, type Sender } from '../psp-gateway/send.ts'
import { isRefusal } from '../refusal.ts'
import { startInbox } from '../webhooks/inbox/inbox.ts'
import { type ApiWorld, callerOf, createApiWorld } from '../webhooks/testing/api-world.ts'
import { until } from '../webhooks/testing/webhook-world.ts'
import { applyPspEvent } from './apply-psp-event.ts'
import { chargeToken } from './charge-token.ts'

const adminToken = 'admin-token-of-the-tests'

/** From the PSP's signed webhook to the merchant's event, with Stripe's adapter and the strict stand-in for Stripe. */
describe('a payment that is disputed at Stripe', () => {
  let world: ApiWorld
  let standIn: StripeStandIn
  let sender: Sender
  let inbox: Job
  let merchantId: string
  let keys: { secret_key: string; publishable_key: string; webhook_secret: string }
  let call: ReturnType<typeof callerOf>
  before(async () => {
    const authority = await createCertificateAuthority()
    const tls = await issueCertificate(authority, { kind: 'server', commonName: 'localhost' })
    world = await createApiWorld()
    await world.app.listen({ host: '127.0.0.1', port: 0 })
    standIn = await startStripeStandIn({
      tls: { cert: tls.certificate, key: tls.key },
      adminToken,
      timings: { disputeMs: 1, webhookDelayMs: 1 },
    })
    sender = createSender({ extraCa: authority.certificate })
    Object.assign(world.deps, { send: sender.send })
    merchantId = await world.addMerchant()
    const account = await world.addPspAccount(merchantId, {})
    const { port } = world.app.server.address() as AddressInfo
    const webhook_url = `http://127.0.0.1:${port}/v1/psp_webhooks/${account}`
    keys = await askStandIn('/accounts', { name: 'Blue Bottle Books', webhook_url })
    await world.pool.query(`update psp_accounts set psp = 'stripe', config = $1, credentials = $2 where id = $3`, [
      { api_url: standIn.apiUrl },
      world.deps.vault.seal(JSON.stringify(keys), account),
      account,
    ])
    call = callerOf(world.app, await world.addKey(merchantId, ['read']))
    inbox = startInbox(world.deps, applyPspEvent)
  })
  after(async () => {
    await inbox.stop()
    await standIn.close()
    await sender.close()
    await world.close()
  })

  async function askStandIn<T>(path: string, body: object): Promise<T> {
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
    const request = { method: 'POST', url: `${standIn.apiUrl}/_stand_in${path}`, headers } as const
    const reply = await sender.send({ ...request, body: JSON.stringify(body) }, 5_000)
    assert.ok('body' in reply && reply.status < 300, JSON.stringify(reply))
    return JSON.parse(reply.body)
  }
  const charge = async (card: string): Promise<Charge> => {
    const made = await fetch(`${standIn.pagesUrl}/v1/payment_methods`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.publishable_key}` },
      body: new URLSearchParams({
        type: 'card',
        'card[number]': testCardNumber(card),
        'card[cvc]': '123',
        'card[exp_month]': '12',
        'card[exp_year]': '2034',
      }),
    })
    const { id: token } = (await made.json()) as { id: string }
    const request = { amount: 1000, currency: 'EUR', payment_method: { type: 'token', token } } as const
    const answer = await chargeToken(world.deps, { merchantId, idempotencyKey: card, request })
    assert.ok(!isRefusal(answer), JSON.stringify(answer))
    return answer.body as Charge
  }
  const disputeOf = async (chargeId: string, status: Dispute['status']): Promise<Dispute> => {
    let found: Dispute | undefined
    await until(`there is a dispute, ${status}`, async () => {
      ;[found] = (await call('GET', `/disputes?charge=${chargeId}&status=${status}`)).body.data
      return found !== undefined
    })
    return found ?? assert.fail()
  }
  const eventsOf = async (id: string): Promise<string[]> =>
    (await call('GET', `/events?object_id=${id}`)).body.data.map(({ type }: { type: string }) => type).reverse()

  for (const [won, status] of [
    [true, 'won'],
    [false, 'lost'],
  ] as const)
    it(`is told to its merchant, and that it was ${status}`, async () => {
      const { id, status: paid } = await charge(won ? 'disputed_as_fraudulent' : 'disputed_as_not_received')
      assert.equal(paid, 'captured')
      const opened = await disputeOf(id, 'opened')
      assert.deepEqual([opened.amount, opened.currency], [1000, 'EUR'])
      assert.equal(opened.reason, won ? 'fraudulent' : 'product_not_received')
      assert.ok(opened.evidence_due_by !== null && new Date(opened.evidence_due_by) > new Date())
      await askStandIn(`/disputes/${opened.psp_reference}/close`, { won })
      assert.equal((await disputeOf(id, status)).id, opened.id)
      assert.deepEqual(await eventsOf(opened.id), ['dispute.opened', `dispute.${status}`])
      const stays = (await call('GET', `/charges/${id}`)).body
      assert.deepEqual([stays.status, stays.amount_captured, stays.amount_refunded], ['captured', 1000, 0])
    })

  it('is told as what it is when the bank only asks', async () => {
    const { id } = await charge('inquiry')
    const inquiry = await disputeOf(id, 'inquiry')
    assert.deepEqual(await eventsOf(inquiry.id), ['dispute.inquiry'])
  })
})
