import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { CardFacts } from '@fincore/api-contract/card-door'
import type { Charge } from '@fincore/api-contract/resources'
import type { Deps } from '../deps.ts'
import type { AuthorizeInput, Outcome, Psp, RawCards } from '../psp-gateway/port.ts'
import { isRefusal } from '../refusal.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { beginCardCharge, continueCardCharge } from './charge-card.ts'

const visa: CardFacts = { brand: 'visa', first6: '411111', last4: '1111', length: 16, luhnOk: true, cvcLength: 3 }
const use = {
  keyId: 'key_1',
  grantId: 'grant_1',
  certificateFingerprint: null,
  sourceAddress: '192.0.2.1',
  requestId: 'req_1',
}
const cavv = 'AAABBEg0VhI0VniQEjRWAAAAAAA='
const three_d_secure = {
  eci: '05',
  cavv,
  ds_transaction_id: 'f25084f0-5b16-4c0a-ae5d-b24808a95e4b',
  version: '2.2.0',
}
const onFile = { initiator: 'merchant', network_transaction_id: 'MCC1234560105' }

describe('a card charge with a 3-D Secure result, or on file', () => {
  let world: ApiWorld
  let merchantId: string
  let accounts: string[]
  /** What the adapter was asked last. */
  let asked: AuthorizeInput | null = null
  before(async () => {
    world = await createApiWorld()
    merchantId = await world.addMerchant()
    accounts = []
    for (const _account of [1, 2]) {
      const account = await world.addPspAccount(merchantId, {
        secret_key: `sk_sandbox_${'s'.repeat(32)}`,
        public_key: `pk_sandbox_${'p'.repeat(32)}`,
        webhook_secret: 'w'.repeat(32),
      })
      accounts.push(account)
      const config = { api_url: 'https://127.0.0.1:1', pages_url: 'http://127.0.0.1:2' }
      await world.pool.query('update psp_accounts set config = $1 where id = $2', [config, account])
    }
  })
  after(() => world.close())

  /** The sandbox as a PSP that takes what is said, and answers what is said; its second account is at another PSP. */
  function depsWith(takes: Partial<RawCards>, outcome?: Outcome, second?: Partial<RawCards>): Deps {
    const { sandbox } = world.deps.psps
    const makePsp = (more: Partial<RawCards>): Psp => {
      if (sandbox.rawCards === undefined) throw new Error('The sandbox takes no cards')
      const { authorizeCard } = sandbox.rawCards
      return {
        ...sandbox,
        rawCards: {
          ...sandbox.rawCards,
          ...more,
          authorizeCard(account, input) {
            asked = input
            return authorizeCard(account, input)
          },
        },
        ...(outcome === undefined ? {} : { payments: { ...sandbox.payments, readReply: () => outcome } }),
      }
    }
    const other = 'other' as 'sandbox'
    const atItsPsp = <Account extends { id: string }>(account: Account): Account =>
      account.id === accounts[1] ? { ...account, psp: other } : account
    const { listRoutableAccounts, findPspAccount } = world.deps.directory
    const directory: Deps['directory'] = {
      ...world.deps.directory,
      listRoutableAccounts: async (id) => (await listRoutableAccounts(id)).map(atItsPsp),
      async findPspAccount(id) {
        const account = await findPspAccount(id)
        return account === null ? null : atItsPsp(account)
      },
    }
    return {
      ...world.deps,
      psps: { sandbox: makePsp(takes), other: makePsp(second ?? takes) } as unknown as Deps['psps'],
      directory,
    }
  }
  const begin = (deps: Deps, key: string, more: object, facts = visa) => {
    const code = facts.cvcLength === 0 ? {} : { cvc: '***' }
    const card = { number: '****************', ...code, exp_month: 12, exp_year: 2034 }
    const body = { amount: 1000, currency: 'EUR', payment_method: { type: 'card', card }, ...more }
    const charge = { merchantId, idempotencyKey: key, blankedBody: JSON.stringify(body), card: facts }
    return beginCardCharge(deps, { ...charge, use })
  }
  const refusalOf = async (deps: Deps, more: object) => {
    const step = await begin(deps, `refused-${JSON.stringify(more)}`, more)
    return isRefusal(step) ? [step.refused, step.param] : step
  }
  const takesBoth = { takesThreeDSecure: true, takesMerchantInitiated: true } as const

  it('tells the PSP of it', async () => {
    const deps = depsWith(takesBoth)
    assert.ok('do' in (await begin(deps, 'plain', {})))
    assert.deepEqual([asked?.initiator, asked?.networkTransactionId, asked?.threeDSecure], ['customer', null, null])
    assert.ok('do' in (await begin(deps, 'authenticated', { three_d_secure })))
    const { ds_transaction_id: dsTransactionId, ...rest } = three_d_secure
    assert.deepEqual(asked?.threeDSecure, { ...rest, dsTransactionId })
    assert.ok('do' in (await begin(deps, 'on file', onFile)))
    assert.deepEqual([asked?.initiator, asked?.networkTransactionId], ['merchant', 'MCC1234560105'])
  })

  it('on file has no security code; a shopper’s card must have one', async () => {
    const without = { ...visa, cvcLength: 0 }
    assert.ok('do' in (await begin(depsWith(takesBoth), 'no code on file', onFile, without)))
    const step = await begin(depsWith(takesBoth), 'no code', {}, without)
    assert.ok(isRefusal(step))
    assert.deepEqual([step.refused, step.param], ['card_cvc_missing', 'payment_method.card.cvc'])
  })

  it('is refused by a PSP that does not take it, with a code that says what', async () => {
    const sandbox = world.deps
    assert.deepEqual(await refusalOf(sandbox, { three_d_secure }), ['three_d_secure_not_supported', undefined])
    assert.deepEqual(await refusalOf(sandbox, onFile), ['merchant_initiated_not_supported', undefined])
    const named = { three_d_secure, psp_account: accounts[0] }
    assert.deepEqual(await refusalOf(sandbox, named), ['three_d_secure_not_supported', 'psp_account'])
    assert.deepEqual(await refusalOf(depsWith({ takesThreeDSecure: true }), { three_d_secure, ...onFile }), [
      'merchant_initiated_not_supported',
      undefined,
    ])
  })

  it('goes to the account whose PSP takes it, and to no other when that one could not be reached', async () => {
    const step = await begin(depsWith({}, undefined, takesBoth), 'second', { three_d_secure })
    assert.ok('do' in step)
    const neverSent: Outcome = { outcome: 'rejected', code: 'not_executed', pspCode: null }
    const deps = depsWith({}, neverSent, takesBoth)
    const end = await continueCardCharge(deps, step.attempt, { failure: 'refused', requestWasSent: false })
    assert.ok('body' in end && !('do' in end))
    const charge = end.body as Charge
    assert.deepEqual([charge.status, charge.psp.account], ['failed', accounts[1]])
  })

  for (const [what, more, expected] of [
    ['by the merchant names the payment that the shopper agreed by', { initiator: 'merchant' }, 'parameter_missing'],
    ['by the shopper names none', { network_transaction_id: 'MCC1234560105' }, 'parameter_invalid'],
    ['has a network’s id of no other form', { ...onFile, network_transaction_id: 'no id' }, 'parameter_invalid'],
  ] as const)
    it(what, async () => {
      assert.deepEqual(await refusalOf(depsWith(takesBoth), more), [expected, 'network_transaction_id'])
    })

  for (const [part, value] of [
    ['eci', '5'],
    ['cavv', 'AAAA'],
    ['ds_transaction_id', 'f25084f0'],
    ['version', '1.0.2'],
  ] as const)
    it(`has a 3-D Secure result whose ${part} has its form`, async () => {
      const wrong = { three_d_secure: { ...three_d_secure, [part]: value } }
      assert.deepEqual(await refusalOf(depsWith(takesBoth), wrong), ['parameter_invalid', `three_d_secure.${part}`])
    })

  it('is another request with another result, or another payment that it follows', async () => {
    const deps = depsWith(takesBoth)
    const key = 'repeated'
    assert.ok('do' in (await begin(deps, key, { three_d_secure })))
    const codeOf = async (more: object) => {
      const step = await begin(deps, key, more)
      return isRefusal(step) ? step.refused : step
    }
    assert.equal(await codeOf({ three_d_secure }), 'idempotency_key_in_use')
    const other = { ...three_d_secure, cavv: `B${cavv.slice(1)}` }
    for (const more of [{}, { three_d_secure: other }, { three_d_secure, ...onFile }])
      assert.equal(await codeOf(more), 'idempotency_key_reused')
  })

  it('is answered with the network’s id of its payment, for later charges', async () => {
    const approved = (networkTransactionId: string): Outcome => ({
      outcome: 'approved',
      pspReference: `pay_${networkTransactionId}`,
      captured: 1000n,
      card: null,
      networkTransactionId,
    })
    // What no later charge could name is not kept; digits that were masked are ones.
    for (const [told, shown] of [
      ['123456789012345', '123456789012345'],
      ['1111111111111', null],
      ['no id', null],
    ] as const) {
      const deps = depsWith(takesBoth, approved(told))
      const step = await begin(deps, `answered ${told}`, {})
      assert.ok('do' in step)
      const end = await continueCardCharge(deps, step.attempt, { status: 200, headers: {}, body: '' })
      assert.ok('body' in end && !('do' in end))
      const charge = end.body as Charge
      assert.deepEqual([charge.status, charge.network_transaction_id], ['captured', shown])
      const { rows } = await world.pool.query('select network_transaction_id as id from charges where id = $1', [
        charge.id,
      ])
      assert.deepEqual(rows, [{ id: shown }])
    }
  })

  it('that its merchant began waits for the shopper when the PSP wants that: nothing moved, and nothing is guessed', async () => {
    const actionUrl = 'https://bank.example/3ds'
    const outcome: Outcome = { outcome: 'action_required', pspReference: 'pay_action', actionUrl, card: null }
    const deps = depsWith(takesBoth, outcome)
    const step = await begin(deps, 'challenged', onFile)
    assert.ok('do' in step)
    const end = await continueCardCharge(deps, step.attempt, { status: 200, headers: {}, body: '' })
    assert.ok('body' in end && !('do' in end))
    const charge = end.body as Charge
    assert.deepEqual([charge.status, charge.next_action?.url, charge.failure], ['requires_action', actionUrl, null])
  })

  it('leaves its authentication value in no row of the database', async () => {
    const { rows } = await world.pool.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
         and has_table_privilege(oid, 'select')`,
    )
    assert.ok(rows.length > 15)
    const hex = Buffer.from(cavv, 'base64').toString('hex')
    for (const { name } of rows) {
      const found = await world.pool.query(
        `select from ${name} as row where position($1 in row::text) > 0 or position($2 in row::text) > 0`,
        [cavv, hex],
      )
      assert.equal(found.rowCount, 0, name)
    }
  })
})
