import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { testPrograms } from '@fincore/dev/test-programs'
import { type CheckedPspAccount, webhookUrlOf } from '../flows/check-psp-account.ts'
import { newId } from '../ids.ts'
import { type BooksWorld, openBooksWorld } from '../reconciliation/testing/books-world.ts'
import { checkAccounts } from './command.ts'
import { describeCheck, resultOf, showCheck } from './report.ts'

describe('fincore psp check', () => {
  let world: BooksWorld
  let folder: string
  let env: Record<string, string>
  before(async () => {
    world = await openBooksWorld()
    folder = mkdtempSync(join(tmpdir(), 'fincore-psp-check-'))
    writeFileSync(join(folder, 'ca.pem'), world.pspAuthority)
    const { config } = world.deps
    env = {
      DATABASE_URL: config.databaseUrl,
      ENCRYPTION_KEY: String(config.encryptionKey?.toString('base64')),
      INTERNAL_TOKEN: config.internalTokens.join(),
      PUBLIC_URL: config.publicUrl,
      RELAY_URL: config.relayUrl,
      EXTRA_CA_FILE: join(folder, 'ca.pem'),
    }
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await world.close()
  })

  const run = (...more: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((done) => {
      const flags = ['--disable-warning=ExperimentalWarning', testPrograms.fincore, 'psp', 'check', ...more]
      execFile(process.execPath, flags, { env }, (error, out, err) =>
        done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
      )
    })
  const check = async (account = world.merchant.account): Promise<CheckedPspAccount> => {
    const { value } = await checkAccounts(world.deps, account).next()
    assert.ok(value)
    return value
  }
  const codesOf = ({ findings }: CheckedPspAccount) => findings.map(({ code }) => code)
  /** The same account with other settings, as an operator would make it. */
  const addAccount = async (change: { config?: object; credentials?: object }): Promise<string> => {
    const own = await world.deps.directory.findPspAccount(world.merchant.account)
    const id = newId('pspAccount')
    await world.owner.query(
      `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ($1, $2, 'sandbox', 'other', $3, $4)`,
      [
        world.merchant.id,
        id,
        { ...own?.config, ...change.config },
        world.deps.vault.seal(JSON.stringify({ ...own?.credentials, ...change.credentials }), id),
      ],
    )
    return id
  }
  const setWebhook = (url: string) => world.tamper('UPDATE accounts SET webhook_url = ?', url)

  it('tells what is wrong first, with what to do, and exits with 1; then with 0 when it is mended', async () => {
    const wrong = await run('--psp-account', world.merchant.account)
    assert.equal(wrong.code, 1, wrong.err)
    assert.match(
      wrong.out,
      /✖ WRONG +webhook +The PSP sends nothing to this account’s address.*\n +The PSP has no address.*\n +→ Make a webhook endpoint/,
    )
    assert.ok(wrong.out.indexOf('✖ WRONG') < wrong.out.indexOf('✔ ok'))

    setWebhook(webhookUrlOf(world.deps.config, world.merchant.account))
    const right = await run('--json')
    assert.equal(right.code, 0, right.err)
    const told = JSON.parse(right.out)
    assert.deepEqual([told.object, told.psp_account, told.result], ['psp_account_check', world.merchant.account, 'ok'])
    assert.deepEqual(
      told.findings.map((finding: { code: string }) => finding.code),
      [
        'settings_fit',
        'credentials_accepted',
        'client_key_fits',
        'webhook_endpoint_found',
        'mode_fits',
        'raw_cards_enabled',
        'three_d_secure_ready',
        'hosted_page_ready',
        'webhook_secret_unproven',
      ],
    )
    const { rows } = await world.owner.query(
      `select actor, origin, resource from audit_records where type = 'psp_account.check' order by id`,
    )
    assert.equal(rows.length, 2)
    assert.deepEqual([rows[0].actor, rows[0].resource], ['database login fincore_app', world.merchant.account])
    assert.match(rows[0].origin, /^fincore psp check, /)
  })

  it('says in one line why it cannot be done, and exits with 2', async () => {
    const unknown = await run('--psp-account', newId('pspAccount'))
    assert.deepEqual([unknown.code, unknown.out], [2, ''])
    assert.match(unknown.err, /^It could not be done: There is no PSP account pspa_\w+ .*\n$/)
  })

  it('knows a webhook that came for the proof of its secret', async () => {
    await world.owner.query(
      `insert into psp_events (merchant_id, psp_account_id, event_id, type, event, state)
       values ($1, $2, 'wev_1', 'x', '{"id":"wev_1","type":"x","about":{"kind":"nothing"}}', 'ignored')`,
      [world.merchant.id, world.merchant.account],
    )
    assert.ok(codesOf(await check()).includes('webhook_secret_proven'))
  })

  it('finds refused credentials, keys of two accounts, and a PSP that is not there, and quotes none of them', async () => {
    const secret = `sk_sandbox_${'revoked'.repeat(4)}`
    const cases = [
      [{ credentials: { secret_key: secret } }, 'credentials_refused'],
      [{ credentials: { public_key: `pk_sandbox_${'other'.repeat(5)}` } }, 'client_key_differs'],
      [{ config: { api_url: 'https://127.0.0.1:1' } }, 'psp_not_reached'],
      [{ credentials: { secret_key: 'pasted into the wrong field' } }, 'setting_wrong'],
    ] as const
    for (const [change, code] of cases) {
      const checked = await check(await addAccount(change))
      assert.ok(codesOf(checked).includes(code), `${code}: ${codesOf(checked)}`)
      assert.equal(resultOf(checked), 'error')
      const said = `${describeCheck(checked)}${JSON.stringify(showCheck(checked))}`
      for (const text of [secret, 'pasted into', 'other'.repeat(5)]) assert.ok(!said.includes(text))
    }
  })

  it('moves no cursor of the terminal, whatever an account is called', async () => {
    const checked = await check()
    const named = { ...checked, account: { ...checked.account, name: 'shop\u001b[2J\u202e' } }
    assert.match(describeCheck(named), /^shop�\[2J� \(pspa_/)
  })

  it('concludes nothing from a fault of the PSP', async () => {
    world.state.fault = async () => ({ status: 503, headers: {}, body: '{"object":"account"}' })
    const codes = codesOf(await check())
    world.state.fault = () => null
    assert.ok(codes.includes('psp_not_reached'))
    assert.ok(!codes.includes('credentials_accepted') && !codes.includes('credentials_refused'))
  })

  it('checks an account that is out of use too, when it is named', async () => {
    await world.owner.query(`update psp_accounts set status = 'disabled' where id = $1`, [world.merchant.account])
    assert.ok(codesOf(await check()).includes('account_disabled'))
  })
})
