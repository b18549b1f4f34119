import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { brandOf, isCardNumber } from './card-brands.ts'
import { type MagicCardName, magicCards, type Outcome } from './magic-cards.ts'
import { apiEndpoints } from './pages/api-endpoints.ts'
import { cardSource, startTestSandbox, type TestAccount, type TestSandbox } from './testing/sandbox-client.ts'

let sandbox: TestSandbox
let account: TestAccount
before(async () => {
  sandbox = await startTestSandbox()
  account = await sandbox.openAccount()
})
after(() => sandbox.stop())

test('every magic number is a card number of its brand, and none is there twice', () => {
  for (const row of magicCards) {
    assert.ok(isCardNumber(row.number), row.name)
    assert.equal(brandOf(row.number), row.brand, row.name)
  }
  assert.equal(new Set(magicCards.map((row) => row.number)).size, magicCards.length)
})

type Told = { caller: string; status: string | null; movements: number; declined: number }

const paid: Told = { caller: '201', status: 'captured', movements: 2, declined: 0 }

/** What the caller of an authorize with automatic capture is told, and what the look-up and the bank say after. */
function expectedOf(outcome: Outcome): Told {
  if (outcome.do === 'decline') return { caller: '201', status: 'declined', movements: 0, declined: 1 }
  if (outcome.do === 'challenge') return { caller: '201', status: 'action_required', movements: 0, declined: 0 }
  if (outcome.do !== 'fault') return paid
  if (outcome.fault === 'timeout_before') return { caller: 'cut', status: null, movements: 0, declined: 0 }
  if (outcome.fault === 'timeout_after' || outcome.fault === 'reset_after') return { ...paid, caller: 'cut' }
  if (outcome.fault === 'server_error_after') return { ...paid, caller: '500' }
  if (outcome.fault === 'garbled_reply') return { ...paid, caller: 'garbled' }
  return paid
}

for (const kind of ['card', 'token'] as const) {
  test(`what each magic ${kind} tells its caller, the look-up and the truth ledger`, async () => {
    await Promise.all(
      magicCards.map(async (row) => {
        const reference = `${kind}-${row.name}`
        const source =
          kind === 'card' ? cardSource(row.name) : { type: 'token', token: await account.makeToken(row.name) }
        const caller = await account.pay(reference, row.name, { source }).then(
          (answer) => (answer.status === 201 && !answer.body.id ? 'garbled' : String(answer.status)),
          () => 'cut',
        )
        const [truth, found] = [await account.truth(reference), await account.lookUp(reference)]
        const told = {
          caller,
          status: found.payments[0]?.status ?? null,
          movements: truth.movements.length,
          declined: truth.declined,
        }
        // The challenge that abandons itself may have done so by now.
        if (row.name === 'challenge_abandoned' && told.status === 'abandoned') told.status = 'action_required'
        assert.deepEqual(told, expectedOf(row.outcome), row.name)
        if (row.outcome.do === 'decline') assert.equal(found.payments[0]?.decline?.code, row.outcome.code)
        assert.equal(truth.calls, 1, row.name)
      }),
    )
  })
}

test('a repeat with the same key is answered whole, and the bank moved once', async () => {
  const faults: MagicCardName[] = [
    'timeout_before',
    'timeout_after',
    'reset_after',
    'server_error_after',
    'garbled_reply',
  ]
  await Promise.all(
    faults.map(async (name) => {
      const reference = `again-${name}`
      await account.pay(reference, name).catch(() => null)
      const again = await account.pay(reference, name)
      assert.deepEqual([again.status, again.body.status], [201, 'captured'], name)
      assert.equal((await account.truth(reference)).movements.length, 2, name)
    }),
  )
})

test('another number of a known brand succeeds, an unknown brand and a past date are declined', async () => {
  const pay = async (more: object) =>
    (await account.pay(`other-${Math.random()}`, 'visa', { source: { ...cardSource('visa'), ...more } })).body
  assert.equal((await pay({ number: '4111111111111111' })).status, 'captured')
  assert.equal((await pay({ number: '9000000000000001' })).decline?.code, 'card_not_supported')
  assert.equal((await pay({ expiry_year: 2020 })).decline?.code, 'expired_card')
})

test('the README and the reference page name every magic card and every endpoint', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const page = await (await fetch(`${sandbox.sandbox().pagesUrl}/`)).text()
  for (const words of [...magicCards.map((row) => row.number), ...apiEndpoints.map((row) => row.path)]) {
    assert.ok(readme.includes(words), `README lacks ${words}`)
    assert.ok(page.includes(words), `the page lacks ${words}`)
  }
})
