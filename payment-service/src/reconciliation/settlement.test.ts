import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { lowestIdAt } from '../ids.ts'
import { createOnceNames } from './once-names.ts'
import type { Report } from './reconcile.ts'
import { addPayments, type BooksWorld, openBooksWorld } from './testing/books-world.ts'

const dayMs = 24 * 3_600_000
const yesterday = new Date(Math.floor(Date.now() / dayMs) * dayMs - dayMs)
const date = yesterday.toISOString().slice(0, 10)

let world: BooksWorld
before(async () => {
  world = await openBooksWorld()
})
after(() => world.close())

/** Moves all that was done at the PSP and here into yesterday's noon, some minutes apart, in both books. */
async function moveToYesterday(): Promise<void> {
  const noon = yesterday.getTime() + dayMs / 2
  world.tamper(`UPDATE movements SET at = ? + seq * 240000 WHERE at >= ?`, noon, yesterday.getTime() + dayMs)
  const { rows } = await world.owner.query(
    `select id, kind from attempts where sent_at >= now() - interval '1 hour' order by id`,
  )
  for (const [n, { id }] of rows.entries()) {
    const at = new Date(noon + n * 60_000)
    // An id says when it was made; the PSP's books have the same one.
    const moved = lowestIdAt('attempt', at).slice(0, -12) + id.slice(-12)
    await world.owner.query('update attempts set id = $2, sent_at = $3, settled_at = $3 where id = $1', [id, moved, at])
    world.tamper('UPDATE movements SET own_reference = ? WHERE own_reference = ?', moved, id)
    world.tamper('UPDATE movements SET reference = ? WHERE reference = ?', moved, id)
    world.tamper('UPDATE payments SET reference = ? WHERE reference = ?', moved, id)
  }
}
const download = async (): Promise<string> => world.downloadSettlement(date)
const shown = (report: Report) =>
  report.differences
    .map((one) => `${one.class} ${one.kind} ${one.psp?.amount ?? '-'} ${one.own?.amount ?? '-'} ${one.state}`)
    .sort()

describe('a settlement file', () => {
  it('agrees with what was captured and refunded, in every flow; and what it lacks, has too much or has otherwise is raised', async () => {
    const charge = await world.charge()
    await world.refund(charge.id, 300)
    const manual = await world.charge({ capture_method: 'manual', amount: 900 })
    await world.call('POST', `/v1/charges/${manual.id}/capture`, { amount: 500 })
    await world.charge({ capture_method: 'manual' })
    await world.charge({}, 'declined')
    const session = await world.createSession({ currency: 'USD' })
    const visit = await world.visit(new Map(), 'POST', session.url)
    await world.pay(visit.location ?? '', 'visa')
    await world.reconcile()
    assert.equal((await world.findSession(session.id)).status, 'completed')
    await moveToYesterday()

    const file = await download()
    const whole = await world.settle(file)
    assert.deepEqual([shown(whole), whole.stopped], [[], null])
    assert.deepEqual(whole.window, { from: yesterday, to: new Date(yesterday.getTime() + dayMs) })
    // Three captures and a refund; what was only held is in no settlement.
    assert.deepEqual([whole.totals.movements, whole.totals.records, whole.totals.atTheEdge], [4, 4, 0])

    // What was done twice, and what stands on the line of another payment.
    world.tamper(
      `INSERT INTO movements (kind, id, account, payment, reference, own_reference, amount, currency, at)
       SELECT kind, 'ref_again', account, payment, reference, own_reference, amount, currency, at + 1 FROM movements WHERE kind = 'refund'`,
    )
    world.tamper(
      `INSERT INTO movements (kind, id, account, payment, reference, own_reference, amount, currency, at)
       SELECT kind, 'pay_again', account, (SELECT id FROM payments WHERE status = 'authorized'), reference, own_reference, amount, currency, at + 1
       FROM movements WHERE kind = 'capture' AND amount = 1000`,
    )
    const twice = await world.settle(await download(), false)
    assert.deepEqual(shown(twice), ['duplicate_effect capture 1000 - open', 'duplicate_effect refund 300 - open'])
    world.tamper(`DELETE FROM movements WHERE id LIKE '%_again'`)

    // Another file of that day: one refund more, a capture of less, and one that is not there.
    world.tamper(`UPDATE movements SET amount = 450 WHERE amount = 500`)
    world.tamper(`UPDATE movements SET own_reference = 'by-hand', amount = 70 WHERE kind = 'refund'`)
    world.tamper(`DELETE FROM movements WHERE currency = 'USD' AND kind = 'capture'`)
    const wrong = [
      'not_settled capture - 1999 open',
      'not_settled refund - 300 open',
      'settled_amount_differs capture 450 500 open',
      'settled_unknown refund 70 - open',
    ]
    assert.deepEqual(shown(await world.settle(await download(), false)), wrong, 'only read')
    assert.deepEqual(shown(await world.settle(await download())), wrong)
    const again = await world.settle(await download())
    assert.deepEqual(shown(again), wrong)
    const { rows } = await world.owner.query('select count(*) from reconciliation_findings where books = $1', [
      'settlement_file',
    ])
    assert.equal(rows[0].count, 4n, 'each once')
    const mended = await world.settle(file)
    assert.deepEqual([shown(mended), mended.totals.closed], [[], 4])
  })

  it('a line that stands hours from the time at which FinCore heard of it is found all the same', async () => {
    // Two pages of the file, so that what is far away is not in memory any more.
    await addPayments(world, 600, new Date(yesterday.getTime() + 3 * 3_600_000), 2 * 3_600_000)
    const before = shown(await world.settle(await download(), false))
    world.tamper(`UPDATE movements SET at = at + ? WHERE id = 'pay_000000001' AND kind = 'capture'`, 5 * 3_600_000)
    assert.deepEqual(shown(await world.settle(await download(), false)), before)
    world.tamper(`DELETE FROM movements WHERE id = 'pay_000000001' AND kind = 'capture'`)
    const missing = await world.settle(await download(), false)
    assert.deepEqual(
      missing.differences.filter((one) => one.pspPayment === 'pay_000000001').map((one) => one.class),
      ['not_settled'],
    )
  })

  it('what it pays or takes back a second time is raised, pages and hours after the first', async () => {
    const before = shown(await world.settle(await download(), false))
    const again = (of: string) =>
      world.tamper(
        `INSERT INTO movements (kind, id, account, payment, reference, own_reference, amount, currency, at)
         SELECT kind, id || '_again', account, payment, reference, own_reference, amount, currency, at + ? FROM movements
         WHERE id = ? AND kind IN ('capture', 'refund')`,
        8 * 3_600_000,
        of,
      )
    world.tamper(
      `INSERT INTO movements (kind, id, account, payment, reference, own_reference, amount, currency, at)
       SELECT 'refund', 'ref_early', account, payment, 'ref-early', 'ref-early', 77, currency, at + 1000 FROM movements
       WHERE id = 'pay_000000002' AND kind = 'capture'`,
    )
    assert.deepEqual([again('pay_000000002'), again('ref_early')], [1, 1])
    const twice = shown(await world.settle(await download(), false))
    world.tamper(`DELETE FROM movements WHERE id LIKE '%_again' OR id = 'ref_early'`)
    const expected = [
      'duplicate_effect capture 1000 - open',
      'duplicate_effect refund 77 - open',
      'settled_unknown refund 77 - open',
    ]
    assert.deepEqual(twice, [...before, ...expected].sort())
  })

  it('a payment’s line under a stranger’s reference is none of a charge that operators gave this payment', async () => {
    const of = 'pay_000000003'
    const before = shown(await world.settle(await download(), false))
    world.tamper(`UPDATE movements SET own_reference = own_reference || '-x' WHERE id = ? AND kind = 'capture'`, of)
    const judged = async () => shown(await world.settle(await download(), false))
    assert.deepEqual(await judged(), before, 'the PSP itself has said whose it is')
    await world.owner.query('update attempts set settled_by_hand = true where psp_reference = $1', [of])
    assert.deepEqual(await judged(), [...before, 'not_settled capture - 1000 open'].sort())
    world.tamper(`UPDATE movements SET own_reference = replace(own_reference, '-x', '') WHERE id = ?`, of)
    assert.deepEqual(await judged(), before, 'under its own reference it is found')
  })

  it('that has more names than can be kept is not compared, rather than compared in part', () => {
    const names = createOnceNames(2)
    assert.deepEqual(
      ['a', 'b', 'a'].map((name) => names.isRepeat(name)),
      [false, false, true],
    )
    assert.throws(() => names.isRepeat('c'), /more than 2 captures and refunds/)
  })

  it('that is cut off, or has lost a line, is not believed at all: what it lacks is no difference', async () => {
    const lines = (await download()).split('\r\n')
    const before = await world.owner.query('select count(*), max(last_seen_at) from reconciliation_findings')
    for (const [broken, why] of [
      [lines.slice(0, 2), /cut off before its end/],
      [lines.toSpliced(1, 1), /another count or sum/],
      // A line that was changed with care is no claim on the PSP: the sum gives it away.
      [lines.map((line) => line.replace(',1000,39,961,', ',1001,39,962,')), /another count or sum/],
    ] as const) {
      const report = await world.settle(`${broken.join('\r\n')}\r\n`)
      assert.match(report.stopped ?? '', why)
      assert.deepEqual([report.differences, report.window], [[], null])
    }
    const { rows: findings } = await world.owner.query(
      'select count(*), max(last_seen_at) from reconciliation_findings',
    )
    assert.deepEqual(findings, before.rows)
    const { rows } = await world.owner.query('select state, error from reconciliation_runs order by id desc limit 1')
    assert.equal(rows[0].state, 'failed')
    assert.match(rows[0].error, /line \d+ has another count or sum/)
  })

  it('a capture close to midnight is of the day that the PSP’s list says, and of neither while it says nothing', async () => {
    const { id } = await world.charge()
    const attempt = await world.attemptOf(id)
    const at = new Date(yesterday.getTime() + dayMs - 60_000)
    const moved = lowestIdAt('attempt', at).slice(0, -12) + attempt.slice(-12)
    await world.owner.query('update attempts set id = $2, sent_at = $3, settled_at = $3 where id = $1', [
      attempt,
      moved,
      at,
    ])
    const file = await download()
    const judged = async (bookedAt: number) => {
      world.tamper('UPDATE movements SET at = ? WHERE own_reference = ?', bookedAt, attempt)
      const { totals, differences } = await world.settle(file, false)
      return [totals.atTheEdge, differences.filter((one) => one.reference === moved).map((one) => one.class)]
    }
    const midnight = yesterday.getTime() + dayMs
    assert.deepEqual(await judged(midnight + 1), [0, []], 'the next day’s file has it')
    assert.deepEqual(await judged(midnight - 1), [0, ['not_settled']], 'this file should have it')
    assert.deepEqual(await judged(midnight + 3_600_000), [1, []], 'nobody knows')
  })
})
