import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import { type Answer, eventually, tokenCharge, useWorld, type World } from './world.ts'

describe('after the charge', () => {
  let world: World
  before(async () => {
    world = await useWorld()
  })
  after(() => world.close())

  const authorize = async (
    card: Parameters<typeof magicCardNumber>[0] = 'visa',
    more: object = { capture_method: 'manual' },
  ) => {
    const made = await world.api('POST', '/v1/charges', tokenCharge(await world.token(magicCardNumber(card)), more))
    assert.equal(made.status, 201, made.text)
    return String(made.body.id)
  }
  const read = async (id: string) => (await world.api('GET', `/v1/charges/${id}`)).body
  /** Kind and amount of what the bank did, in its order. */
  const movements = async (id: string) => {
    const [attempt] = await world.attempts(id)
    return (await world.truth(attempt?.id ?? '')).movements.map(({ kind, amount }) => `${kind} ${amount}`)
  }
  const refund = (charge: string, amount?: number): Promise<Answer> =>
    world.api('POST', '/v1/refunds', { charge, ...(amount === undefined ? {} : { amount }) })

  it('a hold is captured in full, once', async () => {
    const id = await authorize()
    const captured = await world.api('POST', `/v1/charges/${id}/capture`, {})
    assert.deepEqual([captured.status, captured.body.status, captured.body.amount_captured], [200, 'captured', 1000])
    const again = await world.api('POST', `/v1/charges/${id}/capture`, {})
    assert.deepEqual([again.status, again.body.code], [409, 'charge_not_capturable'])
    assert.deepEqual(await movements(id), ['authorization 1000', 'capture 1000'])
  })

  it('a hold is captured in part, and no more can be refunded than that', async () => {
    const id = await authorize()
    assert.equal(
      (await world.api('POST', `/v1/charges/${id}/capture`, { amount: 1001 })).body.code,
      'amount_exceeds_authorized',
    )
    const captured = await world.api('POST', `/v1/charges/${id}/capture`, { amount: 700 })
    assert.equal(captured.body.amount_captured, 700)
    assert.equal((await refund(id, 701)).body.code, 'amount_exceeds_refundable')
    assert.equal((await refund(id, 300)).body.status, 'succeeded')
    assert.equal((await refund(id, 100)).body.status, 'succeeded')
    assert.equal((await refund(id)).body.amount, 300)
    const none = await refund(id)
    assert.deepEqual([none.status, none.body.code, none.body.param], [422, 'amount_exceeds_refundable', null])
    assert.match(String(none.body.detail), /^Nothing of the charge is left to refund/)
    assert.equal((await read(id)).amount_refunded, 700)
    assert.deepEqual(await movements(id), [
      'authorization 1000',
      'capture 700',
      'refund 300',
      'refund 100',
      'refund 300',
    ])
  })

  it('a hold is canceled, and then nothing can be taken any more', async () => {
    const id = await authorize()
    const canceled = await world.api('POST', `/v1/charges/${id}/cancel`, {})
    assert.deepEqual(
      [canceled.status, canceled.body.status, canceled.body.cancellation_reason],
      [200, 'canceled', 'requested'],
    )
    assert.equal((await world.api('POST', `/v1/charges/${id}/capture`, {})).body.code, 'charge_not_capturable')
    assert.equal((await refund(id)).body.code, 'charge_not_refundable')
    assert.deepEqual(await movements(id), ['authorization 1000', 'cancellation 1000'])
  })

  it('a capture that the PSP declines leaves the hold, says why, and says so again to a repeat', async () => {
    const id = await authorize('capture_fails')
    const key = `capture-${id}`
    const declined = await world.api('POST', `/v1/charges/${id}/capture`, {}, { key })
    assert.deepEqual([declined.status, declined.body.code], [422, 'capture_declined'])
    const repeat = await world.api('POST', `/v1/charges/${id}/capture`, {}, { key })
    assert.deepEqual(
      [repeat.status, repeat.body.code, repeat.body.detail],
      [422, 'capture_declined', declined.body.detail],
    )
    const charge = await read(id)
    assert.deepEqual([charge.status, charge.pending, charge.amount_captured], ['authorized', null, 0])
    assert.equal((await world.api('POST', `/v1/charges/${id}/cancel`, {})).body.status, 'canceled')
  })

  it('a refund that fails gives its amount free again', async () => {
    const id = await authorize('refund_fails', {})
    const failed = await refund(id, 400)
    assert.deepEqual([failed.status, failed.body.status], [201, 'failed'])
    assert.ok(failed.body.failure)
    const charge = await read(id)
    assert.deepEqual([charge.amount_refunded, charge.amount_refunds_pending], [0, 0])
    assert.deepEqual(await movements(id), ['authorization 1000', 'capture 1000'])
  })

  it('a refund that takes its time is pending, keeps its amount reserved, and succeeds when the PSP says so', async () => {
    const id = await authorize('refund_pending', {})
    const pending = await refund(id, 600)
    assert.deepEqual([pending.status, pending.body.status], [201, 'pending'])
    assert.equal((await refund(id, 500)).body.code, 'amount_exceeds_refundable')
    const settled = await eventually('the refund to settle', async () => {
      const found = await world.api('GET', `/v1/refunds/${pending.body.id}`)
      return found.body.status === 'pending' ? null : found.body
    })
    assert.equal(settled.status, 'succeeded')
    assert.equal((await read(id)).amount_refunded, 600)
  })

  it('every change has its event, in a sequence without a gap', async () => {
    const id = await authorize()
    await world.api('POST', `/v1/charges/${id}/capture`, { amount: 800 })
    const refunded = await refund(id, 300)
    const events = await world.api('GET', `/v1/events?object_id=${id}`)
    const told = (events.body.data as { type: string; sequence: number }[]).toReversed()
    assert.deepEqual(
      told.map(({ type, sequence }) => [sequence, type]),
      [
        [1, 'charge.authorized'],
        [2, 'charge.captured'],
        [3, 'charge.refunded'],
      ],
    )
    const ofRefund = await world.api('GET', `/v1/events?object_id=${refunded.body.id}`)
    assert.deepEqual(
      (ofRefund.body.data as { type: string; sequence: number }[]).map(({ type, sequence }) => [sequence, type]),
      [
        [2, 'refund.succeeded'],
        [1, 'refund.created'],
      ],
    )
  })

  it('lists page without losing or repeating one', async () => {
    const reference = `paged-${randomUUID()}`
    for (let count = 0; count < 5; count += 1) await authorize('visa', { merchant_reference: reference })
    const seen: string[] = []
    for (let cursor = ''; ; ) {
      const page = await world.api('GET', `/v1/charges?merchant_reference=${reference}&limit=2${cursor}`)
      const data = page.body.data as { id: string }[]
      seen.push(...data.map((charge) => charge.id))
      if (page.body.has_more !== true) break
      cursor = `&starting_after=${data.at(-1)?.id}`
    }
    assert.equal(new Set(seen).size, seen.length)
    const { rows } = await world.database.query<{ id: string }>(
      'select id from charges where merchant_reference = $1 order by id desc',
      [reference],
    )
    assert.equal(rows.length, 5)
    assert.deepEqual(
      seen,
      rows.map((row) => row.id),
    )
  })
})
