import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { testPrograms } from '@fincore/dev/test-programs'
import { claimAccount } from '../store/reconciliation-runs.ts'
import { runCommand } from './command.ts'
import { type BooksWorld, openBooksWorld } from './testing/books-world.ts'

describe('fincore reconcile', () => {
  let world: BooksWorld
  let folder: string
  let env: Record<string, string>
  before(async () => {
    world = await openBooksWorld()
    world.state.aheadMs = 0
    folder = mkdtempSync(join(tmpdir(), 'fincore-reconcile-'))
    writeFileSync(join(folder, 'ca.pem'), world.pspAuthority)
    const { config } = world.deps
    env = {
      DATABASE_URL: config.databaseUrl,
      ENCRYPTION_KEY: String(config.encryptionKey?.toString('base64')),
      INTERNAL_TOKEN: config.internalTokens.join(),
      PUBLIC_URL: config.publicUrl,
      RELAY_URL: config.relayUrl,
      EXTRA_CA_FILE: join(folder, 'ca.pem'),
      PSP_TIMEOUT_MS: '2000',
    }
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await world.close()
  })

  type Ended = { code: number; out: string; err: string }
  const run = (...more: string[]) =>
    new Promise<Ended>((done) => {
      const flags = ['--disable-warning=ExperimentalWarning', testPrograms.fincore, 'reconcile', ...more]
      execFile(process.execPath, flags, { env }, (error, out, err) =>
        done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
      )
    })
  const hour = (): string[] => [
    ...['--psp-account', world.merchant.account],
    ...[
      '--from',
      new Date(Date.now() - 3_600_000).toISOString(),
      '--to',
      new Date(Date.now() + 3_600_000).toISOString(),
    ],
  ]
  /** Puts what was done into the past that can be compared by now. */
  const age = () => world.tamper('UPDATE movements SET at = at - 600000 WHERE at > ?', Date.now() - 300_000)
  const counts = async () =>
    (
      await world.owner.query(
        `select (select count(*) from events) as events, (select count(*) from audit_records) as audits,
           (select count(*) from reconciliation_runs) as runs, (select count(*) from reconciliation_findings) as findings`,
      )
    ).rows

  it('exits with 1 for what it only foresees, with 0 when it has repaired it, and with 1 for what is left', async () => {
    world.state.fault = (request) =>
      request.method === 'POST' ? world.send(request).then(() => ({ failure: 'timeout', requestWasSent: true })) : null
    const missed = await world.charge()
    world.state.fault = () => null
    age()

    const before = await counts()
    const foreseen = await run(...hour(), '--dry-run')
    assert.deepEqual([foreseen.code, await counts()], [1, before], foreseen.err)
    assert.match(foreseen.out, new RegExp(`missed_event +repairable +authorize .* 1000 EUR .* ${missed.id}`))
    assert.match(
      foreseen.out,
      /2 movements of the PSP and \d+ attempts? here compared: 1 would be repaired, 0 would be open, nothing was written\./,
    )
    assert.match(foreseen.out, /missed_event: The PSP did something/)
    assert.match(foreseen.err, /movements of the PSP, \d+ attempts here; \d+ differences …/)

    const repaired = await run(...hour())
    assert.equal(repaired.code, 0, repaired.err)
    assert.match(repaired.out, /missed_event +repaired /)
    assert.match(repaired.out, /1 repaired, 0 open/)
    assert.equal((await world.findCharge(missed.id)).status, 'captured')
    const { rows } = await world.owner.query(
      `select actor, origin, resource from audit_records where type = 'reconciliation.run'`,
    )
    assert.deepEqual(
      [rows.length, rows[0].actor, rows[0].resource],
      [1, 'database login fincore_app', world.merchant.account],
    )

    const stranger = await world.callPsp('POST', '/v2/payments', {
      reference: 'past-fincore',
      amount: { value: 500, currency: 'EUR' },
      capture: 'manual',
      source: { type: 'token', token: await world.makeToken('visa') },
    })
    age()
    const left = await run(...hour(), '--json')
    assert.equal(left.code, 1, left.err)
    const report = JSON.parse(left.out)
    assert.deepEqual(
      [report.complete, report.movements, report.open, report.repaired, report.differences.length],
      [true, 3, 1, 0, 1],
    )
    const { finding, moved_at, ...difference } = report.differences[0]
    assert.match(finding, /^find_/)
    assert.ok(Date.parse(moved_at) < Date.now())
    assert.deepEqual(difference, {
      class: 'unknown_here',
      state: 'open',
      kind: 'authorize',
      reference: 'past-fincore',
      psp_payment: stranger.id,
      charge: null,
      psp: { amount: 500, currency: 'EUR' },
      own: null,
      detail: null,
    })

    // An accepted difference is not left any more.
    await world.owner.query(
      `update reconciliation_findings set state = 'accepted', closed_at = now(), accepted_by = 'ada', accepted_because = 'Known.' where id = $1`,
      [finding],
    )
    const [, , , from = '', , to = ''] = hour()
    const options = { pspAccount: world.merchant.account, from, to, dryRun: false }
    const { totals } = await runCommand(world.deps, options)
    assert.deepEqual([totals.open, totals.accepted], [0, 1])
  })

  it('exits with 2 and one line when it cannot be done, and has written nothing', async () => {
    const account = world.merchant.account
    const days = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }
    const before = await counts()
    const name = { merchantId: world.merchant.id, pspAccountId: account }
    const refusals: [what: string, options: Partial<Parameters<typeof runCommand>[1]>, why: RegExp][] = [
      ['no time', {}, /Say what to compare: --from and --to, or --settlement-file\./],
      ['an unknown account', { ...days, pspAccount: 'pspa_none' }, /There is no PSP account pspa_none/],
      ['a time backwards', { from: days.to, to: days.from }, /ends before it begins/],
      ['more than a year', { from: '2024-01-01T00:00:00Z', to: days.to }, /At most 366 days/],
      ['a file that is not there', { settlementFile: join(folder, 'none.csv') }, /cannot be read \(ENOENT\)/],
    ]
    const compare = (options: (typeof refusals)[number][1]) =>
      runCommand(world.deps, { pspAccount: account, dryRun: false, ...options })
    for (const [what, options, why] of refusals) await assert.rejects(compare(options), why, what)
    assert.deepEqual(await counts(), before)
    const noFile = await compare({ settlementFile: join(folder, 'ca.pem'), dryRun: true })
    assert.match(noFile.stopped ?? '', /line 1 is not the header/)

    assert.ok(await claimAccount(world.deps.pool, name, 'rec_other', new Date(), 60_000))
    await assert.rejects(compare(days), /being compared by another process/)
    assert.equal((await compare({ ...days, dryRun: true })).stopped, null, 'reading needs no lease')
    await world.owner.query('update reconciliation_accounts set run_id = null, lease_until = null')

    await world.sandbox.close()
    const [away, unnamed, wrongDay] = await Promise.all([
      run('--psp-account', account, '--from', '2026-01-01', '--to', '2026-01-02'),
      run('--from', '2026-01-01', '--to', '2026-01-02'),
      run('--psp-account', account, '--from', '2026-02-30', '--to', '2026-03-01'),
    ])
    assert.deepEqual([away.code, /not compared to the end: The PSP/.test(away.err)], [2, true], away.err)
    assert.deepEqual([unnamed.code, /option '--psp-account <id>' not specified/.test(unnamed.err)], [64, true])
    assert.deepEqual([wrongDay.code, /A time is a day such as/.test(wrongDay.err)], [64, true])
    const { ENCRYPTION_KEY: _, ...lacking } = env
    env = lacking
    const without = await run('--psp-account', account, '--from', '2026-01-01', '--to', '2026-01-02')
    assert.equal(without.code, 2)
    assert.match(without.err, /^It could not be done: ENCRYPTION_KEY is missing\. Set these in the environment/)
  })
})
