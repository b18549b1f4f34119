import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { settlementColumns } from '../settlement-file.ts'
import { startTestSandbox, type TestAccount } from '../testing/sandbox-client.ts'

type Movement = { kind: string; id: string; reference: string; payment: string; payment_reference: string; at: string }
type Page = { movements: Movement[]; next: string | null; complete_until: string }

const dayMs = 86_400_000
const around = { from: new Date(Date.now() - dayMs).toISOString(), to: new Date(Date.now() + dayMs).toISOString() }

async function readPage(account: TestAccount, more: Record<string, string> = {}) {
  const answer = await account.call('GET', `/v2/movements?${new URLSearchParams({ ...around, ...more })}`)
  return { status: answer.status, page: answer.body as unknown as Page, code: answer.body.error?.code }
}

test('the list of movements is complete and in order while movements arrive between its pages', async () => {
  const sandbox = await startTestSandbox()
  try {
    const [account, stranger] = [await sandbox.openAccount(), await sandbox.openAccount()]
    await stranger.pay('theirs', 'visa')
    for (const name of ['a', 'b', 'c']) await account.pay(name, 'visa')
    const found: Movement[] = []
    let cursor: string | null = null
    let arrivals = 0
    for (let calls = 0; calls < 40; calls++) {
      const { page } = await readPage(account, { limit: '2', ...(cursor === null ? {} : { cursor }) })
      assert.ok(page.movements.length <= 2)
      found.push(...page.movements)
      if (page.next === null) break
      cursor = page.next
      if (arrivals < 4) await account.pay(`late-${arrivals++}`, 'visa')
    }
    const { movements: truth } = (await account.call('GET', '/truth')).body
    assert.equal(arrivals, 4)
    assert.deepEqual(
      found.map(({ kind, id }) => [kind, id]),
      truth.map(({ kind, id }) => [kind, id]),
    )
    assert.deepEqual(
      found.map(({ at }) => at),
      found.map(({ at }) => at).sort(),
    )
    const [first] = found
    assert.deepEqual([first?.reference, first?.payment_reference, first?.payment], ['a', 'a', first?.id])
    const at = first?.at ?? ''
    assert.equal((await readPage(account, { to: at })).page.movements.length, 0, '`to` is exclusive')
    assert.ok((await readPage(account, { from: at })).page.movements.length > 0, '`from` is inclusive')
  } finally {
    await sandbox.stop()
  }
})

test('what is within the consistency window is not listed yet, and the list says up to when it is complete', async () => {
  const sandbox = await startTestSandbox({ lookupDelayMs: 400 })
  try {
    const account = await sandbox.openAccount()
    const paidAt = Date.now()
    await account.pay('hidden', 'visa')
    const early = await readPage(account)
    assert.equal(early.page.movements.length, 0)
    assert.ok(Date.parse(early.page.complete_until) <= paidAt, 'no claim for what may still come')
    await new Promise((resolve) => setTimeout(resolve, 450))
    assert.equal((await readPage(account)).page.movements.length, 2)
  } finally {
    await sandbox.stop()
  }
})

test('a window, a cursor, a key or a date that is none is refused', async () => {
  const sandbox = await startTestSandbox()
  try {
    const account = await sandbox.openAccount()
    const refusals: [Record<string, string>, string][] = [
      [{ from: around.to, to: around.from }, 'invalid_request'],
      [{ from: new Date(Date.now() - 40 * dayMs).toISOString() }, 'invalid_request'],
      [{ from: 'yesterday' }, 'invalid_request'],
      [{ limit: '501' }, 'invalid_request'],
      [{ cursor: 'bm90IG9uZQ' }, 'cursor_invalid'],
    ]
    for (const [more, code] of refusals) {
      const answer = await readPage(account, more)
      assert.deepEqual([answer.status, answer.code], [400, code], JSON.stringify(more))
    }
    const file = async (date: string) => (await account.call('GET', `/v1/settlement_files/${date}`)).body.error.code
    assert.equal(await file('2026-02-30'), 'invalid_request')
    assert.equal(await file(new Date().toISOString().slice(0, 10)), 'settlement_not_ready')
  } finally {
    await sandbox.stop()
  }
})

test('a settlement file has each capture and refund of its day, quoted as RFC 4180 says, and a trailer that adds up', async () => {
  const sandbox = await startTestSandbox()
  try {
    const account = await sandbox.openAccount()
    const odd = 'a,"b"'
    const { id } = (await account.pay(odd, 'visa')).body
    await account.post(`/v2/payments/${id}/refunds`, { reference: 'back', amount: { value: 300, currency: 'EUR' } })
    await account.pay('held', 'visa', { capture: 'manual' })
    await account.pay('yen', 'visa', { amount: { value: 5000, currency: 'JPY' } })
    const yesterday = new Date(Date.now() - dayMs).toISOString().slice(0, 10)
    const ledger = new DatabaseSync(sandbox.ledgerFile)
    ledger.exec(`UPDATE movements SET at = ${Date.parse(`${yesterday}T12:00:00Z`)} + seq`)
    ledger.close()
    const { text } = await account.call('GET', `/v1/settlement_files/${yesterday}`)
    const lines = text.split('\r\n')
    assert.equal(lines.pop(), '')
    const noon = (ms: number) => `${yesterday}T12:00:00.${String(ms).padStart(3, '0')}Z`
    const yen = (await account.lookUp('yen')).payments[0]?.id
    assert.deepEqual(lines, [
      Object.keys(settlementColumns).join(','),
      `"a,""b""",${id},capture,1000,39,961,EUR,${noon(2)}`,
      `back,${id},refund,-300,0,-300,EUR,${noon(3)}`,
      `yen,${yen},capture,5000,95,4905,JPY,${noon(6)}`,
      `# trailer,2,total,700,39,661,EUR,${yesterday}`,
      `# trailer,1,total,5000,95,4905,JPY,${yesterday}`,
      `# trailer,3,end,,,,,${yesterday}`,
    ])
  } finally {
    await sandbox.stop()
  }
})

test('the README lists the columns of the settlement file', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  for (const [name, meaning] of Object.entries(settlementColumns))
    assert.ok(readme.includes(`| \`${name}\` | ${meaning} |`), name)
})
