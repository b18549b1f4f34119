import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { PspReply } from '../psp-gateway/port.ts'
import { claimDueAccount } from '../store/reconciliation-runs.ts'
import { chooseTask, reconcileDueAccounts } from './job.ts'
import { comparableUntil } from './reconcile.ts'
import { type BooksWorld, openBooksWorld } from './testing/books-world.ts'

const minuteMs = 60_000
const silence: PspReply = { failure: 'timeout', requestWasSent: true }

describe('the job that compares every account', () => {
  let world: BooksWorld
  before(async () => {
    world = await openBooksWorld()
  })
  after(() => world.close())
  beforeEach(async () => {
    world.state.fault = () => null
    world.errors.length = 0
    // So that what may be compared by now ends a moment ago.
    const account = await world.deps.directory.findPspAccount(world.merchant.account)
    assert.ok(account)
    world.state.aheadMs = 0
    world.state.aheadMs = Date.now() - comparableUntil(world.deps, account).getTime() - 500
    await world.owner.query('delete from reconciliation_runs')
    await world.owner.query('delete from reconciliation_accounts')
    const today = new Date().toISOString().slice(0, 10)
    await world.owner.query(
      'insert into reconciliation_accounts (merchant_id, psp_account_id, next_run_at, day_compared) values ($1, $2, $3, $4)',
      [world.merchant.id, world.merchant.account, world.deps.now(), today],
    )
  })

  const runs = async () =>
    (await world.owner.query('select kind, state, error, repaired from reconciliation_runs order by id')).rows
  const standing = async () =>
    (
      await world.owner.query(
        'select run_id, lease_until, compared_until, day_compared::text, next_run_at from reconciliation_accounts',
      )
    ).rows[0]
  /** One whose reply was lost, a little while ago by the PSP's books. */
  const missedCharge = async (): Promise<string> => {
    world.state.fault = (request) => (request.method === 'POST' ? world.send(request).then(() => silence) : null)
    const { id } = await world.charge()
    world.state.fault = () => null
    world.tamper('UPDATE movements SET at = at - 60000 WHERE own_reference = ?', await world.attemptOf(id))
    return id
  }

  it('compares the last hour once, however many processes come at the same time, and comes again in an hour', async () => {
    const id = await missedCharge()
    await Promise.all([1, 2, 3].map(() => reconcileDueAccounts(world.deps)))
    assert.deepEqual(await runs(), [{ kind: 'window', state: 'finished', error: null, repaired: 1 }])
    assert.equal((await world.findCharge(id)).status, 'captured')
    const { run_id, lease_until, next_run_at, compared_until } = await standing()
    assert.deepEqual([run_id, lease_until], [null, null])
    const inMinutes = (next_run_at - world.deps.now().getTime()) / minuteMs
    assert.ok(inMinutes > 58 && inMinutes <= 60, String(inMinutes))
    assert.ok(Math.abs(compared_until - Date.now()) < 5_000)
    await reconcileDueAccounts(world.deps)
    assert.equal((await runs()).length, 1)
  })

  it('compares yesterday as a whole, once', async () => {
    await world.owner.query('update reconciliation_accounts set day_compared = null, compared_until = now()')
    // Midnight is an hour ago at least, by a clock of which the PSP's list knows nothing.
    const now = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 + 2 * 60 * minuteMs)
    const deps = { ...world.deps, now: () => (now > world.deps.now() ? now : world.deps.now()) }
    await world.owner.query('update reconciliation_accounts set compared_until = $1, next_run_at = $2', [
      new Date(deps.now().getTime() - 5 * minuteMs),
      deps.now(),
    ])
    await reconcileDueAccounts(deps)
    await reconcileDueAccounts(deps)
    assert.deepEqual(await runs(), [{ kind: 'day', state: 'finished', error: null, repaired: 0 }])
    const yesterday = new Date(deps.now().getTime() - 86_400_000).toISOString().slice(0, 10)
    assert.equal((await standing()).day_compared, yesterday)
  })

  it('fails loudly when the PSP is away, comes again soon, and makes up for the time', async () => {
    const before = new Date(Date.now() - 90 * minuteMs)
    await world.owner.query('update reconciliation_accounts set compared_until = $1', [before])
    world.state.fault = () => Promise.resolve(silence)
    await reconcileDueAccounts(world.deps)
    const [run] = await runs()
    assert.equal(run.state, 'failed')
    assert.match(run.error, /gave no answer, asked 4 times \(timeout\)/)
    assert.deepEqual(world.errors, ['a PSP account could not be compared with its PSP; it is tried again'])
    const failed = await standing()
    assert.deepEqual([failed.run_id, failed.compared_until], [null, before])
    const inMinutes = (failed.next_run_at - world.deps.now().getTime()) / minuteMs
    assert.ok(inMinutes > 9 && inMinutes <= 10)
    world.state.fault = () => null
    await world.owner.query('update reconciliation_accounts set next_run_at = now()')
    await reconcileDueAccounts(world.deps)
    const { rows } = await world.owner.query('select from_at from reconciliation_runs order by id desc limit 1')
    assert.deepEqual(rows[0].from_at, before)
    assert.ok((await standing()).compared_until > before)
  })

  it('takes an account over when its process is gone, and not before', async () => {
    const claim = () => claimDueAccount(world.deps.pool, 'rec_gone', world.deps.now(), minuteMs)
    assert.ok(await claim())
    await world.owner.query(
      `insert into reconciliation_runs (merchant_id, id, psp_account_id, kind) values ($1, 'rec_gone', $2, 'window')`,
      [world.merchant.id, world.merchant.account],
    )
    await reconcileDueAccounts(world.deps)
    assert.equal((await runs()).length, 1)
    assert.equal(await claim(), null)
    await world.owner.query(`update reconciliation_accounts set lease_until = now() - interval '1 second'`)
    await reconcileDueAccounts(world.deps)
    const states = (await runs()).map((run) => `${run.state} ${run.error}`)
    assert.deepEqual(states.sort(), ['failed Its process is gone.', 'finished null'])
  })

  it('stops between two pages when its process ends, and lets another go on at once', async () => {
    const stopping = new AbortController()
    world.state.fault = () => {
      stopping.abort()
      return null
    }
    await reconcileDueAccounts(world.deps, stopping.signal)
    const [run] = await runs()
    assert.match(run.error, /told to end/)
    const { run_id, next_run_at, compared_until } = await standing()
    assert.deepEqual([run_id, compared_until], [null, null])
    assert.ok(next_run_at <= world.deps.now())
    assert.deepEqual(world.errors, [])
  })

  it('looks at a new account after an hour', async () => {
    await world.owner.query('delete from reconciliation_accounts')
    await reconcileDueAccounts(world.deps)
    assert.deepEqual(await runs(), [])
    assert.ok((await standing()).next_run_at - world.deps.now().getTime() > 59 * minuteMs)
  })
})

describe('what is compared next', () => {
  const at = (text: string) => new Date(`2026-11-${text}Z`)
  const rows: [
    what: string,
    comparedUntil: string | null,
    day: string | null,
    until: string,
    now: string,
    expected: string | null,
  ][] = [
    ['a new account: its last hour', null, null, '29T04:58:00', '29T05:00:00', 'window 29T03:58 29T04:58'],
    ['a full hour, before the day', '29T03:58:00', null, '29T04:58:00', '29T05:00:00', 'window 29T03:58 29T04:58'],
    ['then yesterday', '29T04:58:00', null, '29T04:58:00', '29T05:00:00', 'day 28T00:00 29T00:00'],
    ['yesterday once', '29T04:58:00', '2026-11-28', '29T04:58:00', '29T05:00:00', null],
    ['yesterday not before one o’clock', '29T00:50:00', '2026-11-27', '29T00:57:00', '29T00:59:00', null],
    [
      'after two days away, six hours at once',
      '27T00:00:00',
      '2026-11-28',
      '29T04:58:00',
      '29T05:00:00',
      'window 27T00:00 27T06:00',
    ],
    ['nothing before the hour is full', '29T04:30:00', '2026-11-28', '29T04:58:00', '29T05:00:00', null],
  ]
  for (const [what, comparedUntil, dayCompared, until, now, expected] of rows) {
    it(what, () => {
      const task = chooseTask(
        { comparedUntil: comparedUntil === null ? null : at(comparedUntil), dayCompared },
        at(until),
        at(now),
      )
      const short = (time: Date) => time.toISOString().slice(8, 16)
      assert.equal(task && `${task.kind} ${short(task.window.from)} ${short(task.window.to)}`, expected)
    })
  }
})
