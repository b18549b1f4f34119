import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { ruleOf } from '../abuse/rules.ts'
import { writeDownAddress } from '../abuse/shopper-address.ts'
import { newId } from '../ids.ts'
import { newSecret } from '../secrets.ts'
import type { App } from '../server/server.ts'
import { upsertOperators } from '../store/operators.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { createAdminServer } from './server.ts'

let world: ApiWorld
let admin: App
const token = newSecret('op_')
let path: string
let merchant: string
before(async () => {
  world = await createApiWorld()
  admin = createAdminServer(world.deps)
  await upsertOperators(world.pool, [{ name: 'ada', token }])
  merchant = await world.addMerchant()
  path = `/admin/v1/merchants/${merchant}/card_testing`
})
after(async () => {
  await admin.close()
  await world.close()
})

const as = async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) => {
  const headers = { authorization: `Bearer ${token}` }
  const response = await admin.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  return { status: response.statusCode, body: response.json() }
}

it('shows the rules in force, takes what an operator sets, and gives the table back', async () => {
  const asInTable = (await as('GET', path)).body
  assert.deepEqual(asInTable.rules.address_declines, {
    on: true,
    limit: ruleOf.address_declines.limit,
    hold_seconds: ruleOf.address_declines.holdS,
  })
  assert.equal(asInTable.rules.flow_open_tries.on, false)
  assert.equal(asInTable.set_by, null)
  const rules = { address_declines: { limit: 40 }, flow_declines: { on: false } }
  const set = await as('PUT', path, { rules, allowed_addresses: ['203.0.113.0/28', '2001:db8::1'] })
  assert.equal(set.status, 200)
  const { body } = await as('GET', path)
  assert.deepEqual([body.rules.address_declines.limit, body.rules.flow_declines.on], [40, false])
  assert.deepEqual([body.allowed_addresses, body.set_by], [['203.0.113.0/28', '2001:db8::1'], 'ada'])
  const { rows } = await world.pool.query(`select details from audit_records where type = 'card_testing.set'`)
  assert.deepEqual(rows[0].details, {
    changed: 'address_declines flow_declines',
    off: 'flow_declines',
    allowed_addresses: 2,
  })
  assert.deepEqual((await as('PUT', path, {})).body.rules, asInTable.rules)
})

it('refuses what would open the shop wide, or is no address', async () => {
  const { most, least } = ruleOf.address_declines
  const wrong = [
    { rules: { address_declines: { limit: most + 1 } } },
    { rules: { address_declines: { limit: least - 1 } } },
    { rules: { address_declines: { hold_seconds: 1 } } },
    { rules: { address_open_tries: { hold_seconds: 60 } } },
    { rules: { no_such_rule: { on: false } } },
    { allowed_addresses: ['203.0.113.9', 'everywhere'] },
    { allowed_addresses: ['010.0.0.1'] },
    { allowed_addresses: ['010.0.0.0/24'] },
    { allowed_addresses: ['10.1/16'] },
    { allowed_addresses: ['::ffff:203.0.113.0/120'] },
    { allowed_addresses: ['0.0.0.0/0'] },
    { allowed_addresses: ['128.0.0.0/1'] },
    { allowed_addresses: ['::/0'] },
    { allowed_addresses: ['203.0.113.0/24/24'] },
  ]
  for (const body of wrong) assert.equal((await as('PUT', path, body)).status, 400, JSON.stringify(body))
  assert.equal((await as('PUT', path, wrong[5])).body.param, 'allowed_addresses.1')
})

it('lists blocks by address and by whether they hold, and lifts one once', async () => {
  const figures = { points: 10, limit: 10, declined: 9, telling: 1, approved: 0, since: new Date() }
  const add = async (address: string, from: string, until: string) => {
    const id = newId('cardTestingBlock')
    await world.pool.query(
      `insert into card_testing_blocks (merchant_id, id, rule, subject, value, figures, since, until)
       values ($1, $2, 'address_declines', 'address', $3, $4, now() + $5::interval, now() + $6::interval)`,
      [merchant, id, writeDownAddress(world.vault, merchant, address), figures, from, until],
    )
    return id
  }
  const over = await add('203.0.113.9', '-2 hours', '-1 hour')
  const holds = await add('203.0.113.9', '-1 minute', '1 hour')
  const other = await add('203.0.113.10', '-1 minute', '1 hour')
  const idsOf = async (query: string) =>
    (await as('GET', `${path}/blocks${query}`)).body.data.map(({ id }: { id: string }) => id)
  assert.deepEqual(await idsOf(''), [other, holds, over])
  assert.deepEqual(await idsOf('?in_force=true'), [other, holds])
  assert.deepEqual(await idsOf('?address=203.0.113.9'), [holds, over])
  assert.deepEqual(await idsOf(`?address=203.0.113.9&starting_after=${holds}`), [over])
  assert.equal((await as('GET', `${path}/blocks?address=somewhere`)).status, 400)

  const lift = (id: string, body: object = { reason: 'Their call centre' }) =>
    as('POST', `${path}/blocks/${id}/lift`, body)
  assert.equal((await lift(holds, {})).status, 400)
  const { status, body } = await lift(holds)
  assert.deepEqual(
    [status, body.lifted_by, body.lift_reason, body.figures.declined],
    [200, 'ada', 'Their call centre', 9],
  )
  assert.deepEqual([(await lift(holds)).status, (await lift(over)).status], [409, 409])
  assert.equal((await lift(newId('cardTestingBlock'))).status, 404)
  assert.deepEqual(await idsOf('?in_force=true'), [other])
})
