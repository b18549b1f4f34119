import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import { testAccount as adyenAccount } from '../psp-gateway/adyen/testing/literals.ts'
import { plainInput } from '../psp-gateway/conformance/steps.ts'
import { psps } from '../psp-gateway/registry.ts'
import { openStripeBench } from '../psp-gateway/stripe/testing/bench.ts'
import { account as stripeAccount } from '../psp-gateway/stripe/testing/objects.ts'
import { newSecret } from '../secrets.ts'
import type { App } from '../server/server.ts'
import { openDirectory } from '../store/directory.ts'
import { upsertOperators } from '../store/operators.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { createAdminServer } from './server.ts'

let world: ApiWorld
let admin: App
let production: App
let token: string
let merchant: string
before(async () => {
  world = await createApiWorld()
  admin = createAdminServer(world.deps)
  production = createAdminServer({ ...world.deps, config: { ...world.deps.config, environment: 'production' } })
  token = newSecret('op_')
  await upsertOperators(world.pool, [{ name: 'ada', token }])
  merchant = await world.addMerchant()
})
after(async () => {
  await Promise.all([admin.close(), production.close()])
  await world.close()
})

const post = async (path: string, payload: object, server = admin) => {
  const headers = { authorization: `Bearer ${token}` }
  const response = await server.inject({ method: 'POST', url: `/admin/v1${path}`, headers, payload })
  return { status: response.statusCode, body: response.json() }
}
const make = async ({ psp, config, credentials }: { psp: string; config: object; credentials: object }, at = admin) => {
  const made = await post(`/merchants/${merchant}/psp_accounts`, { psp, config, credentials }, at)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return String(made.body.id)
}
const roll = (account: string, changes: object, at = admin) =>
  post(`/merchants/${merchant}/psp_accounts/${account}/credentials`, changes, at)
/** What is stored, past every cache. */
const stored = async (id: string) => {
  const { rows } = await world.pool.query('select config, credentials from psp_accounts where id = $1', [id])
  return { config: rows[0].config, credentials: JSON.parse(world.vault.open(rows[0].credentials, id)) }
}
const sandboxAccount = {
  psp: 'sandbox',
  config: { api_url: 'https://127.0.0.1:1', pages_url: 'http://127.0.0.1:2' },
  credentials: {
    secret_key: `sk_sandbox_${'s'.repeat(32)}`,
    public_key: `pk_sandbox_${'p'.repeat(32)}`,
    webhook_secret: 'w'.repeat(32),
  },
}
const prefix = '1797a841fbb37ca7-AcmeBooks'
const liveAdyen = {
  ...adyenAccount,
  config: {
    ...adyenAccount.config,
    environment: 'live',
    client_key: 'live_L6HTEOAXQBCZJHKNU4NLN6EI7IE6VRRW',
    live_url_prefix: prefix,
  },
}
const liveKeys = { secret_key: 'sk_live_51FinCoreFinCoreFinCore', publishable_key: 'pk_live_51FinCoreFinCoreFinCore' }
const liveStripe = { ...stripeAccount, credentials: { ...stripeAccount.credentials, ...liveKeys } }

describe('an account’s credentials', () => {
  it('are replaced by name; what is not named stays, and what is empty or null goes', async () => {
    const id = await make({ ...stripeAccount, config: { note: 'old', region: 'eu' } })
    const { secret_key, publishable_key, webhook_secret } = stripeAccount.credentials
    const next = 'whsec_very_new_secret_0123456789'
    const first = await roll(id, {
      credentials: { webhook_secret: next, previous_webhook_secret: webhook_secret },
      config: { note: 'new', region: null },
    })
    assert.equal(first.status, 200, JSON.stringify(first.body))
    assert.deepEqual(await stored(id), {
      config: { note: 'new' },
      credentials: { secret_key, publishable_key, webhook_secret: next, previous_webhook_secret: webhook_secret },
    })
    assert.deepEqual([first.body.id, first.body.config], [id, { note: 'new' }])
    const unused = { severity: 'warning', field: 'config.note', message: 'There is no such setting; it is unused.' }
    assert.deepEqual(first.body.findings, [unused])
    const last = await roll(id, { credentials: { previous_webhook_secret: '' }, config: { note: null } })
    assert.deepEqual(last.body.findings, [])
    assert.deepEqual(await stored(id), {
      config: {},
      credentials: { secret_key, publishable_key, webhook_secret: next },
    })
    // A second time, or with a slip in the name, nothing is there to take away.
    const again = await roll(id, { credentials: { previous_webhook_secret: null } })
    assert.deepEqual(
      again.body.findings.map(({ severity, field }: { severity: string; field: string }) => [severity, field]),
      [['warning', 'credentials.previous_webhook_secret']],
    )
  })

  it('are in the audit log by their names, and their values nowhere', async () => {
    const id = await make(stripeAccount)
    const secret = 'whsec_must_be_seen_nowhere_0123456789'
    const taken = await roll(id, {
      credentials: { webhook_secret: secret, previous_webhook_secret: null },
      config: { adyen: true },
    })
    const refused = await roll(id, { credentials: { secret_key: secret } })
    assert.deepEqual([taken.status, refused.status, refused.body.param], [200, 400, 'credentials.secret_key'])
    const { rows } = await world.pool.query(
      `select actor, outcome, details from audit_records
       where resource = $1 and type = 'psp_account.set_credentials' order by id`,
      [id],
    )
    assert.deepEqual(rows, [
      {
        actor: 'ada',
        outcome: 'success',
        details: { set: 'credentials.webhook_secret config.adyen', removed: '', findings: 2 },
      },
      { actor: 'ada', outcome: 'refused', details: { code: 'parameter_invalid', param: 'credentials.secret_key' } },
    ])
    const { rows: texts } = await world.pool.query<{ text: string }>(
      'select t::text as text from psp_accounts t union all select t::text from audit_records t',
    )
    const all = JSON.stringify([taken.body, refused.body, texts])
    assert.doesNotMatch(all, /must_be_seen_nowhere/)
    assert.ok(!all.includes(Buffer.from(secret).toString('hex')))
  })

  it('are told to every process at once', async () => {
    const id = await make(stripeAccount)
    const { config, pool, vault, log } = world.deps
    const other = await openDirectory({ ...config, databaseUrl: world.databaseUrl }, pool, vault, log)
    assert.equal((await other.findPspAccount(id))?.credentials.webhook_secret, stripeAccount.credentials.webhook_secret)
    const told = new Promise<void>((resolve) => other.onChange(resolve))
    await roll(id, { credentials: { webhook_secret: 'whsec_fedcba9876543210' } })
    await told
    assert.equal((await other.findPspAccount(id))?.credentials.webhook_secret, 'whsec_fedcba9876543210')
    await other.close()
  })

  it('are rolled without losing a webhook: during the roll the old and the new secret are both right', async () => {
    const id = await make(stripeAccount)
    const { webhook_secret: old = '' } = stripeAccount.credentials
    const next = 'whsec_of_the_next_year_0123456789'
    let events = 0
    const deliver = async (secret: string) => {
      const event = { object: 'event', type: 'payment_intent.created', livemode: false, request: null }
      const payload = JSON.stringify({ id: `evt_${++events}`, ...event, data: { object: {} } })
      const at = Math.floor(Date.now() / 1_000)
      const signature = createHmac('sha256', secret).update(`${at}.${payload}`).digest('hex')
      const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${at},v1=${signature}` }
      return (await world.app.inject({ method: 'POST', url: `/v1/psp_webhooks/${id}`, headers, payload })).statusCode
    }
    /** The answers to the old and the new secret, once the process has heard of the change. */
    const answers = async (changes: object | null) => {
      const told = new Promise<void>((resolve) => world.deps.directory.onChange(resolve))
      if (changes !== null) {
        assert.equal((await roll(id, changes)).status, 200)
        await told
      }
      return [await deliver(old), await deliver(next)]
    }
    assert.deepEqual(await answers(null), [200, 400])
    const both = { webhook_secret: next, previous_webhook_secret: old }
    assert.deepEqual(await answers({ credentials: both }), [200, 200])
    assert.deepEqual(await answers({ credentials: { previous_webhook_secret: null } }), [400, 200])
    // Without the old one at hand, the new one can come in by the other name first.
    assert.deepEqual(await answers({ credentials: { previous_webhook_secret: old } }), [200, 200])
  })
})

describe('a change of credentials is refused, and nothing is changed', () => {
  const prod = () => production
  const here = () => admin
  const invalid = 'parameter_invalid'
  type Case = [
    what: string,
    of: { psp: string; config: object; credentials: object },
    changes: object,
    at: () => App,
    code: string,
    param: string | null,
  ]
  const cases: Case[] = [
    ['that names nothing', stripeAccount, {}, here, invalid, null],
    ['of no credential', stripeAccount, { credentials: {} }, here, invalid, 'credentials'],
    [
      'to a text that the database cannot hold',
      stripeAccount,
      { config: { note: 'a\u0000b' } },
      here,
      invalid,
      'config.note',
    ],
    ['of something else', stripeAccount, { psp: 'adyen' }, here, 'parameter_unknown', 'psp'],
    [
      'that takes a needed one away',
      stripeAccount,
      { credentials: { webhook_secret: null } },
      here,
      invalid,
      'credentials.webhook_secret',
    ],
    [
      'to a wrong form',
      stripeAccount,
      { credentials: { webhook_secret: 'none' } },
      here,
      invalid,
      'credentials.webhook_secret',
    ],
    ['to a number', stripeAccount, { credentials: { webhook_secret: 1 } }, here, invalid, 'credentials.webhook_secret'],
    [
      'to more than an account has',
      stripeAccount,
      { credentials: Object.fromEntries([...'abcdefghijklmn'].map((name) => [name, 'x'])) },
      here,
      invalid,
      'credentials',
    ],
    ['to keys of the other mode', stripeAccount, { credentials: liveKeys }, here, invalid, 'credentials.secret_key'],
    [
      'to one key of the other mode',
      stripeAccount,
      { credentials: { publishable_key: liveKeys.publishable_key } },
      here,
      invalid,
      'credentials.publishable_key',
    ],
    [
      'to another address',
      stripeAccount,
      { config: { api_url: 'https://127.0.0.1:1' } },
      here,
      invalid,
      'config.api_url',
    ],
    [
      'to another address',
      sandboxAccount,
      { config: { api_url: 'https://127.0.0.1:9' } },
      here,
      invalid,
      'config.api_url',
    ],
    [
      'to another merchant account',
      adyenAccount,
      { config: { merchant_account: 'Another' } },
      here,
      invalid,
      'config.merchant_account',
    ],
    ['to the other environment', adyenAccount, { config: liveAdyen.config }, here, invalid, 'config.environment'],
    [
      'to another region',
      liveAdyen,
      { config: { live_url_prefix: 'ffff-AcmeBooks' } },
      prod,
      invalid,
      'config.live_url_prefix',
    ],
    [
      'to a test key in production',
      liveStripe,
      { credentials: { secret_key: 'sk_test_51FinCoreFinCoreFinCore' } },
      prod,
      invalid,
      'credentials.secret_key',
    ],
    [
      'to a stand-in in production',
      liveStripe,
      { config: { pages_url: 'http://127.0.0.1:1' } },
      prod,
      invalid,
      'config.pages_url',
    ],
    [
      'of a test account in production',
      adyenAccount,
      { credentials: { webhook_user: 'another' } },
      prod,
      invalid,
      'config.environment',
    ],
    [
      'of an account at the sandbox in production',
      sandboxAccount,
      { credentials: { webhook_secret: 'v'.repeat(32) } },
      prod,
      invalid,
      'account',
    ],
  ]
  for (const [what, of, changes, at, code, param] of cases) {
    it(`${of.psp}: ${what}`, async () => {
      const movesMoney = of === liveAdyen || of === liveStripe
      const id = await make(of, movesMoney ? production : admin)
      const found = await stored(id)
      const { body } = await roll(id, changes, at())
      assert.deepEqual([body.code, body.param], [code, param], JSON.stringify(body))
      assert.deepEqual(await stored(id), found)
    })
  }

  it('of another merchant’s account', async () => {
    const id = await make(stripeAccount)
    const stranger = await world.addMerchant()
    const changes = { credentials: { webhook_secret: 'whsec_fedcba9876543210' } }
    assert.equal((await post(`/merchants/${stranger}/psp_accounts/${id}/credentials`, changes)).status, 404)
    assert.deepEqual((await stored(id)).credentials, stripeAccount.credentials)
  })
})

describe('new credentials of an account that has payments', () => {
  const nextKey = 'sk_test_nextYearNextYearNextYear'
  let bench: Awaited<ReturnType<typeof openStripeBench>>
  let payment: string
  before(async () => {
    bench = await openStripeBench()
    const asked = { reference: newId('attempt'), amount: { amount: 1_200n, currency: 'EUR' } }
    const token = await bench.makeToken(bench.cards.approves)
    const request = psps.stripe.payments.authorizeToken(bench.account, { ...asked, ...plainInput, token })
    const outcome = psps.stripe.payments.readReply('authorize', await bench.send(request), asked)
    assert(outcome.outcome === 'approved', JSON.stringify(outcome.outcome))
    payment = outcome.pspReference
  })
  after(() => bench.close())

  const makePaid = async () => {
    const id = await make(bench.account)
    await world.pool.query(
      `insert into charges (merchant_id, id, status, flow, amount, currency, capture_method, captured, refunded,
         refunds_pending, psp_account_id, psp, psp_reference, metadata)
       values ($1, $2, 'captured', 'token', 1200, 'EUR', 'automatic', 1200, 0, 0, $3, 'stripe', $4, '{}')`,
      [merchant, newId('charge'), id, payment],
    )
    return id
  }
  /** Rolls with a PSP that answers like this. */
  const rollAsking = async (id: string, changes: object, send: Deps['send']) => {
    const server = createAdminServer({ ...world.deps, send })
    const answer = await roll(id, changes, server)
    await server.close()
    return answer
  }

  it('are taken when the PSP shows one of them with the new key', async () => {
    const id = await makePaid()
    // The stand-in knows one key of an account. Stripe knows both while one is being rolled.
    const send: Deps['send'] = ({ headers, ...request }) => {
      assert.equal(headers.authorization, `Bearer ${nextKey}`)
      const authorization = `Bearer ${bench.account.credentials.secret_key}`
      return bench.send({ ...request, headers: { ...headers, authorization } })
    }
    const { status, body } = await rollAsking(id, { credentials: { secret_key: nextKey } }, send)
    assert.deepEqual([status, body.findings], [200, []])
    assert.equal((await stored(id)).credentials.secret_key, nextKey)
  })

  it('are refused when the PSP knows none of them, or not the key', async () => {
    const id = await makePaid()
    const found = await stored(id)
    const { secret_key } = bench.strangersAccount.credentials
    const { body } = await rollAsking(id, { credentials: { secret_key } }, bench.send)
    assert.deepEqual([body.code, body.param], ['parameter_invalid', 'credentials'])
    assert.deepEqual(await stored(id), found)
  })

  it('are taken with a warning when the PSP does not say; what it is not called with needs no asking', async () => {
    const id = await makePaid()
    const away: Deps['send'] = async () => ({ failure: 'timeout', requestWasSent: true })
    const warned = await rollAsking(id, { credentials: { secret_key: nextKey } }, away)
    assert.deepEqual(
      [warned.status, warned.body.findings.map(({ field }: { field: string }) => field)],
      [200, ['credentials']],
    )
    const secret = await rollAsking(id, { credentials: { webhook_secret: 'whsec_fedcba9876543210' } }, away)
    assert.deepEqual([secret.status, secret.body.findings], [200, []])
  })

  it('set right what was stored wrong', async () => {
    const id = await makePaid()
    const wrong = { ...bench.account.credentials, previous_webhook_secret: '' }
    await world.pool.query('update psp_accounts set credentials = $2 where id = $1', [
      id,
      world.vault.seal(JSON.stringify(wrong), id),
    ])
    const { status, body } = await rollAsking(id, { credentials: { previous_webhook_secret: null } }, bench.send)
    assert.deepEqual([status, body.findings], [200, []])
    assert.deepEqual((await stored(id)).credentials, bench.account.credentials)
  })

  it('are refused when somebody else changes them while the PSP is asked', async () => {
    const id = await makePaid()
    const meanwhile: Deps['send'] = async () => {
      assert.equal((await roll(id, { credentials: { webhook_secret: 'whsec_meanwhile_0123456789' } })).status, 200)
      return { failure: 'timeout', requestWasSent: true }
    }
    const { status, body } = await rollAsking(id, { credentials: { secret_key: nextKey } }, meanwhile)
    assert.deepEqual([status, body.code], [409, 'conflict'])
    const { secret_key, webhook_secret } = (await stored(id)).credentials
    assert.deepEqual([secret_key, webhook_secret], [bench.account.credentials.secret_key, 'whsec_meanwhile_0123456789'])
  })

  it('are taken when a rotation of the keys seals them anew meanwhile', async () => {
    const id = await makePaid()
    const meanwhile: Deps['send'] = async () => {
      const same = world.vault.seal(JSON.stringify((await stored(id)).credentials), id)
      await world.pool.query('update psp_accounts set credentials = $2 where id = $1', [id, same])
      return { failure: 'timeout', requestWasSent: true }
    }
    const { status } = await rollAsking(id, { credentials: { secret_key: nextKey } }, meanwhile)
    assert.equal(status, 200)
    assert.equal((await stored(id)).credentials.secret_key, nextKey)
  })
})

describe('in production', () => {
  it('the keys of a live account are rolled', async () => {
    for (const [of, changes] of [
      [liveStripe, { secret_key: 'rk_live_51AnotherAnother', publishable_key: 'pk_live_51AnotherAnother' }],
      [liveAdyen, { api_key: 'AQEyAnotherKeyOfTheTests', previous_hmac_key: 'ab'.repeat(32) }],
    ] as const) {
      const id = await make(of, production)
      assert.equal((await roll(id, { credentials: changes }, production)).status, 200)
      assert.deepEqual((await stored(id)).credentials, { ...of.credentials, ...changes })
    }
  })

  it('an account that moves no money is not made, at a real PSP neither', async () => {
    for (const [{ psp, config, credentials }, param] of [
      [stripeAccount, 'credentials.secret_key'],
      [adyenAccount, 'config.environment'],
    ] as const) {
      const { body } = await post(`/merchants/${merchant}/psp_accounts`, { psp, config, credentials }, production)
      assert.deepEqual([body.code, body.param], ['parameter_invalid', param])
    }
  })
})
