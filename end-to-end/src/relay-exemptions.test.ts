import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CardDoorPair, shareCardDoorPair } from './card-door-pair.ts'
import { makeCanary } from './card-traces.ts'
import { callAdmin, makeMerchant } from './merchants.ts'
import { knock } from './relay-door.ts'
import { cardCharge } from './world.ts'

/** What a change of an exemption may take to hold. */
const boundMs = 5_000
/** An order number that is a card number to anyone. */
const orderNumber = '4111111111111111'
/** Where an admitted charge ends, since these merchants have no PSP. */
const passed = 'psp_account_missing'
const refused = 'card_data_not_accepted_here'

const shared = shareCardDoorPair()

describe('an exemption of a key of metadata holds at the card relay', { concurrency: false }, () => {
  let pair: CardDoorPair
  before(async () => {
    pair = await shared.open()
    // As if every NOTIFY were lost: what holds then is how long anybody remembers.
    await setNotifying('disable')
  })
  after(async () => {
    await setNotifying('enable')
    await shared.close()
  })
  const setNotifying = (word: 'disable' | 'enable') =>
    pair.database.query(`alter table tripwire_exemptions ${word} trigger tripwire_exemptions_changed`)

  it('within 5 s, for that merchant and that key alone, and no longer than 5 s', async () => {
    const relay = await pair.startRelay()
    const [merchant, neighbour] = [await makeMerchant(pair), await makeMerchant(pair)]
    const charge = async (metadata: object, { key } = merchant) => {
      const body = JSON.stringify({ ...cardCharge(makeCanary(903)), metadata })
      const door = { relay: relay.url, ca: pair.authority.certificate }
      return (await knock(door, { bearer: key, certificate: pair.registered, body, how: 'at_once' })).code
    }
    /** What the last charge within the bound came to; it goes on for as long, so that the relay always remembers an admit. */
    const chargeOn = async (metadata: object) => {
      let last: string | null = null
      for (const startedAt = performance.now(); performance.now() - startedAt < boundMs; await sleep(100))
        last = await charge(metadata)
      return last
    }
    const exemption = `/merchants/${merchant.id}/tripwire_exemptions/order_no`
    assert.equal(await charge({ order_no: orderNumber }), refused)
    await callAdmin(pair, 'PUT', exemption, { reason: 'Our order numbers have 16 digits' })
    await chargeOn({})
    assert.equal(await charge({ order_no: orderNumber }), passed)
    assert.equal(await charge({ order_no: orderNumber }, neighbour), refused)
    assert.equal(await charge({ order_no: orderNumber, other: orderNumber }), refused)
    assert.equal(await charge({ order_no: { deeper: orderNumber } }), refused)
    await callAdmin(pair, 'DELETE', exemption)
    assert.equal(await chargeOn({ order_no: orderNumber }), refused)
    // What the relay refused is in the audit log, as what the API's tripwire finds is; repeats as a count.
    const { rows } = await pair.database.query(
      `select actor_type, actor, outcome, resource, details ->> 'code' as code, details ->> 'param' as param
       from audit_records where type = 'card_data.send' group by 1, 2, 3, 4, 5, 6 order by actor = $1`,
      [merchant.keyId],
    )
    const record = { actor_type: 'merchant', outcome: 'refused', resource: 'POST /v1/charges', code: refused }
    assert.deepEqual(rows, [
      { ...record, actor: neighbour.keyId, param: 'metadata' },
      { ...record, actor: merchant.keyId, param: 'metadata' },
    ])
    const { rows: holding } = await pair.database.query('select 1 from audit_records t where strpos(t::text, $1) > 0', [
      orderNumber,
    ])
    assert.equal(holding.length, 0)
  })
})
