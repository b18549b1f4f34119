import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { newSecret } from '../secrets.ts'
import type { App } from '../server/server.ts'
import { upsertOperators } from '../store/operators.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { createAdminServer } from './server.ts'

let world: ApiWorld
let admin: App
let token: string
let merchant: string
before(async () => {
  world = await createApiWorld()
  admin = createAdminServer(world.deps)
  token = newSecret('op_')
  await upsertOperators(world.pool, [{ name: 'ada', token }])
  merchant = await world.addMerchant()
})
after(async () => {
  await admin.close()
  await world.close()
})

const as = async (method: 'GET' | 'POST', path: string, body?: object) => {
  const response = await admin.inject({
    method,
    url: `/admin/v1${path}`,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { payload: body }),
  })
  return { status: response.statusCode, body: response.json() }
}
const create = (more: object = {}, to = merchant) =>
  as('POST', `/merchants/${to}/psp_accounts`, {
    psp: 'sandbox',
    config: { api_url: 'https://127.0.0.1:1', pages_url: 'http://127.0.0.1:2' },
    credentials: {
      secret_key: `sk_sandbox_${'s'.repeat(32)}`,
      public_key: `pk_sandbox_${'p'.repeat(32)}`,
      webhook_secret: 'w'.repeat(32),
    },
    ...more,
  })
const auditsOf = async (account: string, type: string) =>
  (
    await world.pool.query('select actor, outcome, details from audit_records where resource = $1 and type = $2', [
      account,
      type,
    ])
  ).rows

describe('how an account takes part in routing', () => {
  it('is set when it is made; without it, it comes after the merchant’s others and takes everything', async () => {
    const mine = await world.addMerchant()
    const settingsOf = ({ body }: { body: Record<string, unknown> }) => [
      body.priority,
      body.share,
      body.currencies,
      body.card_brands,
    ]
    assert.deepEqual(settingsOf(await create({}, mine)), [1, 1, null, null])
    assert.deepEqual(settingsOf(await create({}, mine)), [2, 1, null, null])
    const chosen = { priority: 7, share: 30, currencies: ['EUR', 'JPY'], card_brands: ['visa'] }
    assert.deepEqual(settingsOf(await create(chosen, mine)), Object.values(chosen))
    assert.deepEqual(settingsOf(await create({}, mine)), [8, 1, null, null])
  })

  it('is changed, field by field, and each change is in the audit log', async () => {
    const { body: account } = await create()
    const path = `/merchants/${merchant}/psp_accounts/${account.id}`
    const first = await as('POST', path, { name: 'Cards', priority: 3, currencies: ['EUR', 'USD'] })
    assert.deepEqual(
      [first.status, first.body.name, first.body.priority, first.body.currencies],
      [200, 'Cards', 3, ['EUR', 'USD']],
    )
    const second = await as('POST', path, { currencies: null, card_brands: ['amex'] })
    const { name, priority, share, currencies, card_brands } = second.body
    assert.deepEqual(
      { name, priority, share, currencies, card_brands },
      { name: 'Cards', priority: 3, share: 1, currencies: null, card_brands: ['amex'] },
    )
    const listed = await as('GET', `/merchants/${merchant}/psp_accounts`)
    assert.deepEqual(
      listed.body.data.find((one: { id: string }) => one.id === account.id),
      second.body,
    )
    assert.deepEqual(await auditsOf(account.id, 'psp_account.change'), [
      {
        actor: 'ada',
        outcome: 'success',
        details: { priority: 3, share: 1, currencies: 'EUR USD', card_brands: 'all' },
      },
      { actor: 'ada', outcome: 'success', details: { priority: 3, share: 1, currencies: 'all', card_brands: 'amex' } },
    ])
  })

  it('is refused when it makes no sense', async () => {
    const { body: account } = await create()
    const path = `/merchants/${merchant}/psp_accounts/${account.id}`
    for (const [body, code, param] of [
      [{}, 'parameter_invalid', null],
      [{ priority: 0 }, 'parameter_invalid', 'priority'],
      [{ share: 101 }, 'parameter_invalid', 'share'],
      [{ currencies: [] }, 'parameter_invalid', 'currencies'],
      [{ currencies: ['XXY'] }, 'currency_unsupported', 'currencies'],
      [{ currencies: ['EUR', 'EUR'] }, 'parameter_invalid', 'currencies'],
      [{ card_brands: ['master'] }, 'parameter_invalid', 'card_brands.0'],
      [{ weight: 1 }, 'parameter_unknown', 'weight'],
    ] as const) {
      const answer = await as('POST', path, body)
      assert.deepEqual([answer.body.code, answer.body.param], [code, param], JSON.stringify(body))
    }
    const stranger = await world.addMerchant()
    assert.equal((await as('POST', `/merchants/${stranger}/psp_accounts/${account.id}`, { priority: 1 })).status, 404)
  })
})

describe('that a PSP takes card numbers', () => {
  it('is confirmed with what proves it, and withdrawn; routing hears of both', async () => {
    const mine = await world.addMerchant()
    const { body: account } = await create({}, mine)
    const path = `/merchants/${mine}/psp_accounts/${account.id}`
    const takesRawCards = async () => (await world.deps.directory.listRoutableAccounts(mine))[0]?.takesRawCards
    assert.equal((await as('POST', `${path}/confirm_raw_cards`, {})).body.param, 'reference')
    const { body } = await as('POST', `${path}/confirm_raw_cards`, { reference: 'Support case 4711' })
    const { needs_confirmation, confirmed_by, reference } = body.raw_cards
    assert.deepEqual([needs_confirmation, confirmed_by, reference], [false, 'ada', 'Support case 4711'])
    assert.ok(Date.now() - Date.parse(body.raw_cards.confirmed_at) < 60_000)
    const seen = async (wanted: boolean) => {
      for (let tries = 0; (await takesRawCards()) !== wanted && tries < 500; tries++)
        await new Promise((resolve) => setTimeout(resolve, 10))
      assert.equal(await takesRawCards(), wanted)
    }
    await seen(true)
    const withdrawn = await as('POST', `${path}/withdraw_raw_cards`, {})
    assert.deepEqual(withdrawn.body.raw_cards, {
      needs_confirmation: false,
      confirmed_at: null,
      confirmed_by: null,
      reference: null,
    })
    await seen(false)
    assert.deepEqual(
      (await auditsOf(account.id, 'psp_account.confirm_raw_cards')).map(({ details }) => details.reference),
      [undefined, 'Support case 4711'],
    )
    assert.equal((await auditsOf(account.id, 'psp_account.withdraw_raw_cards')).length, 1)
  })
})

describe('how an account does', () => {
  it('is shown with it and in a list, for each way by which it was called', async () => {
    const { body: account } = await create()
    assert.deepEqual(account.health, [])
    world.deps.pspHealth.ours.report(account.id, { status: 201, headers: {}, body: '' })
    world.deps.pspHealth.ours.report(account.id, { status: 502, headers: {}, body: 'secret words of the PSP' })
    world.deps.pspHealth.relayed.report(account.id, { failure: 'tls', requestWasSent: false })
    const { body } = await as('GET', '/psp_accounts/health?limit=1')
    const [shown] = body.data
    assert.equal(shown.id, account.id)
    const calls = shown.calls.map((one: Record<string, unknown>) => ({
      ...one,
      since: 'then',
      last_failure: (one.last_failure as { kind: string }).kind,
    }))
    assert.deepEqual(calls, [
      { called_by: 'payment_service', state: 'closed', since: 'then', last_failure: 'http_502', calls: 2, failures: 1 },
      { called_by: 'card_relay', state: 'closed', since: 'then', last_failure: 'tls', calls: 1, failures: 1 },
    ])
    assert.doesNotMatch(JSON.stringify(body), /secret words/)
    const listed = await as('GET', `/merchants/${merchant}/psp_accounts?limit=1`)
    assert.deepEqual(
      listed.body.data[0].health.map((one: { calls: number }) => one.calls),
      [2, 1],
    )
  })
})
