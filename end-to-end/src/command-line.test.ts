import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startWebhookReceiver } from '@fincore/dev/webhook-receiver'
import {
  runOnTerminal,
  startOnTerminal,
  type TerminalSettings,
} from '@fincore/payment-service/cli/testing/fake-terminal'
import { cardCharge, eventually, tokenCharge, useWorld, type World } from './world.ts'

type Json = { id: string } & Record<string, unknown>

describe('operators bring a merchant on board with the command line alone', () => {
  let world: World
  let folder: string
  let env: Record<string, string>
  const made = { merchant: '', secretKey: '', pspPublicKey: '' }
  /** Everything that was written, in which no secret may stand. */
  let transcript = ''
  const secrets: string[] = []

  before(async () => {
    world = await useWorld()
    folder = mkdtempSync(join(tmpdir(), 'fincore-cli-'))
    env = { XDG_CONFIG_HOME: folder }
    writeFileSync(join(folder, 'saq-d.pdf'), 'the evidence')
    writeFileSync(join(folder, 'other.pdf'), 'another document')
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await world.close()
  })

  const run = async (profile: string, line: string, settings: Partial<TerminalSettings> = {}) => {
    const words = [...line.split(' ').map((word) => word.replaceAll('·', ' ')), '--profile', profile]
    const ended = await runOnTerminal(words, { env, ...settings })
    transcript += ended.out + ended.err
    return ended
  }
  /** Runs a command that must succeed, and reads what it made. */
  const make = async (profile: string, line: string, settings: Partial<TerminalSettings> = {}): Promise<Json> => {
    const { code, out, err } = await run(profile, `${line} --json`, settings)
    assert.equal(code, 0, `${line}: ${out}${err}`)
    return JSON.parse(out)
  }

  it('signs both operators in, each with a token that is typed and not shown', async () => {
    const { admin, operators } = world.fincore.dev
    for (const { name, token } of operators) {
      secrets.push(token)
      const typed = { isTTY: true, typed: [token] }
      const { code, out, err } = await run(name, `login --admin-url ${admin}`, typed)
      assert.equal(code, 0, err)
      assert.match(out, new RegExp(`you are ${name}, an operator of its sandbox`))
    }
  })

  it('makes the merchant and its account at the PSP, whose credentials are typed too', async () => {
    const { psp, psp_api, psp_admin_token } = world.fincore.dev
    const merchant = await make('alice', 'merchants create --name Aske·Stoneware')
    made.merchant = merchant.id
    const keys = await world.http.json<Record<string, string>>('POST', `${psp_api}/v2/accounts`, {
      bearer: psp_admin_token,
      headers: { 'idempotency-key': merchant.id },
      json: { name: 'Aske Stoneware' },
    })
    const typed = ['secret_key', 'public_key', 'webhook_secret'].map((name) => keys[name] ?? '')
    secrets.push(keys.secret_key ?? '', keys.webhook_secret ?? '')
    const line = `psp add --merchant ${merchant.id} --psp sandbox --name Main --config api_url=${psp_api} --config pages_url=${psp}`
    const account = await make('alice', line, { isTTY: true, typed })
    made.pspPublicKey = keys.public_key ?? ''

    const wrong = await run('alice', `psp check --merchant ${merchant.id}`)
    assert.equal(wrong.code, 1)
    assert.match(wrong.out, /✖ WRONG +webhook +The PSP sends nothing to this account’s address/)
    await world.http.json('PUT', `${psp_api}/v2/account/webhook`, {
      bearer: keys.secret_key ?? '',
      json: { url: account.webhook_url },
    })
    const right = await run('alice', `psp check --merchant ${merchant.id}`)
    assert.equal(right.code, 0, right.out)
    for (const [step, status] of [
      ['disable', 'disabled'],
      ['enable', 'active'],
    ])
      assert.equal((await make('alice', `psp ${step} ${account.id} --merchant ${merchant.id}`)).status, status)
  })

  it('makes keys, one of them into a file, and a webhook endpoint', async () => {
    const { merchant } = made
    const file = join(folder, 'key.txt')
    const scopes = 'read charges:write charges:raw_card payment_sessions:write refunds:write webhook_endpoints:write'
    const kept = await run('alice', `keys create --merchant ${merchant} --scope ${scopes} --key-file ${file}`)
    assert.equal(kept.code, 0, kept.err)
    const publishable = await make('alice', `keys create --merchant ${merchant} --kind publishable`)
    assert.match(String(publishable.key), /^pk_test_/)
    await make('alice', `webhooks create --merchant ${merchant} --url http://127.0.0.1:9/hooks`)

    const { api } = world.fincore.dev
    const typed = [readFileSync(file, 'utf8').trim()]
    made.secretKey = typed[0] ?? ''
    secrets.push(made.secretKey)
    const { code, out, err } = await run('shop', `login --api-url ${api} --token-stdin`, { typed })
    assert.equal(code, 0, err)
    assert.match(out, /the key is good, and is one of test mode/)
  })

  it('lets cards be sent when one operator has asked and the other approved, with the same evidence', async () => {
    const { merchant } = made
    const { client_cert } = world.fincore.dev
    const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
    const evidence = `--evidence-kind saq_d --evidence-file ${join(folder, 'saq-d.pdf')} --evidence-reference SAQ·D`
    const dates = `--evidence-date ${day(-30)} --valid-until ${day(90)}`
    const from = `--address-range 127.0.0.0/8 --address-range ::1/128 --certificate ${client_cert}`
    const grant = await make('alice', `raw-card request --merchant ${merchant} ${evidence} ${dates} ${from}`)
    const approve = (document: string) =>
      `raw-card approve ${grant.id} --merchant ${merchant} --evidence-file ${join(folder, document)}`
    const alone = await run('alice', approve('saq-d.pdf'))
    assert.equal(alone.code, 3)
    assert.match(alone.err, /FinCore refused it: .*\(two_operators_required, 403\)[\s\S]*Request: req_/)
    const unread = await run('bob', approve('other.pdf'))
    assert.equal(unread.code, 2)
    assert.match(unread.err, /other\.pdf is not the document that alice asked with/)
    assert.equal((await make('bob', approve('saq-d.pdf'))).status, 'active')
  })

  it('and the merchant is paid in all three flows', async () => {
    const token = await world.http.json<{ id: string }>('POST', `${world.fincore.dev.psp}/v2/tokens`, {
      bearer: made.pspPublicKey,
      json: { number: '4242424242424242', cvc: '123', expiry_month: 12, expiry_year: 2034 },
    })
    const bearer = made.secretKey
    const byToken = await world.api('POST', '/v1/charges', tokenCharge(token.id), { bearer })
    const byCard = await world.relay(cardCharge('4242424242424242'), { bearer })
    const urls = { success_url: 'https://shop.example/thanks', cancel_url: 'https://shop.example/cart' }
    const hosted = await world.api(
      'POST',
      '/v1/payment_sessions',
      { amount: 1990, currency: 'EUR', ...urls },
      { bearer },
    )
    assert.deepEqual(
      [byToken.body.status, byCard.body.status, hosted.body.status],
      ['captured', 'captured', 'open'],
      `${byToken.text}${byCard.text}${hosted.text}`,
    )
    const listed = await run('shop', 'charges list --status captured')
    assert.match(listed.out, new RegExp(`${byCard.body.id} +captured +10\\.00 EUR`))
    assert.equal(listed.out.trimEnd().split('\n').length, 3)
    assert.equal((await make('shop', `charges get ${byToken.body.id}`)).amount, 1000)
  })

  it('listens: a real event comes to the local server, signed so that Standard Webhooks verifies it', async () => {
    const receiver = await startWebhookReceiver()
    const words = ['webhooks', 'listen', '--forward-to', receiver.url, '--profile', 'shop']
    const listening = startOnTerminal(words, { env })
    const secret = await eventually(
      'the secret',
      async () => /shown this once: (whsec_\S+)/.exec(listening.written().err)?.[1],
    )
    receiver.useSecret(secret)
    const { body } = await world.api(
      'POST',
      '/v1/payment_sessions',
      { amount: 700, currency: 'EUR', success_url: 'https://shop.example/a', cancel_url: 'https://shop.example/b' },
      { bearer: made.secretKey },
    )
    await world.api('POST', `/v1/payment_sessions/${body.id}/expire`, {}, { bearer: made.secretKey, key: randomUUID() })
    const event = await receiver.waitFor(({ data }) => data.object.id === body.id, 30_000)
    assert.equal(event?.type, 'payment_session.expired')
    await eventually('the line of it', async () => listening.written().out.includes('→ 204'))
    listening.interrupt()
    const { code, out, err } = await listening.ended
    assert.equal(code, 0, err)
    assert.match(
      out,
      new RegExp(`^\\d\\d:\\d\\d:\\d\\d  payment_session\\.expired +evt_\\w+  ${body.id}  → 204 \\(\\d+ ms\\)\n$`),
    )
    assert.match(err, /Ended: 1 taken, 0 not\./)
    transcript += out + err.replace(secret, '')

    const [, id = ''] = /(evt_\w+)/.exec(out) ?? []
    const again = await run('shop', `events resend ${id} --forward-to ${receiver.url}`)
    assert.equal(again.code, 0, again.err)
    assert.deepEqual([receiver.events.length, receiver.wrongSignatures(), again.err], [2, 0, ''])
    const delivered = await run('shop', `events resend ${id}`)
    assert.match(delivered.out, /^del_\w+ to whe_\w+: pending$/m)
    await receiver.close()
    secrets.push(secret)
  })

  it('tells how an endpoint fares whose server is away, and has sent again what failed there', async () => {
    const { rows } = await world.database.query('select id from webhook_endpoints where merchant_id = $1', [
      made.merchant,
    ])
    const ping = await run('shop', `webhooks ping ${rows[0].id}`)
    assert.equal(ping.code, 1)
    assert.match(ping.out, /Status: +pending\nAnswer: +refused\n/)
    const listed = await run('shop', 'webhooks list')
    assert.match(listed.out, new RegExp(`${rows[0].id} +enabled +failing +http://127\\.0\\.0\\.1:9/hooks`))
    const again = await make('shop', `webhooks redeliver-failed ${rows[0].id} --since 2026-01-01`)
    assert.equal(again.redelivered, 0)
    const notices = await run('alice', `notices list --merchant ${made.merchant}`)
    assert.deepEqual([notices.code, notices.err], [0, 'Every notice was seen.\n'])
  })

  it('as a process of its own it ends cleanly on Ctrl-C, and has no secret in its command line', async () => {
    const cli = fileURLToPath(import.meta.resolve('@fincore/payment-service/cli'))
    const words = ['webhooks', 'listen', '--forward-to', 'http://127.0.0.1:9/', '--profile', 'shop']
    const child = spawn(process.execPath, [cli, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let err = ''
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    await eventually('its first words', async () => err.includes('Ctrl-C ends it'))
    const commandLine = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8')
    for (const secret of secrets) assert.ok(!commandLine.includes(secret))
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    assert.deepEqual([code, /Ended: 0 taken, 0 not\./.test(err)], [0, true])
  })

  it('rolls a key: the old one goes on for a while beside its successor', async () => {
    const { data } = await world.http.json<{ data: Json[] }>(
      'GET',
      `${world.fincore.dev.admin}/admin/v1/merchants/${made.merchant}/api_keys`,
      { bearer: world.fincore.dev.operators[0]?.token ?? '' },
    )
    const old = data.find(({ kind }) => kind === 'secret')
    const next = await make('alice', `keys roll ${old?.id} --merchant ${made.merchant} --overlap-hours 1`)
    for (const bearer of [made.secretKey, String(next.key)])
      assert.equal((await world.api('GET', '/v1/charges', undefined, { bearer })).status, 200)
    const listed = await run('alice', `keys list --merchant ${made.merchant}`)
    assert.match(listed.out, new RegExp(`${old?.id} +secret +\\S+ +until 20`))
  })

  it('has the deployment examined, each finding a line of JSON, and says what to mend', async () => {
    const { app_database_url } = world.fincore.dev
    const { code, out, err } = await run(
      'alice',
      `doctor --merchant ${made.merchant} --json --database-url ${app_database_url}`,
    )
    const findings = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { code: string; result: string; detail: string; todo: string | null })
    const codes = findings.map((finding) => finding.code)
    for (const expected of [
      'admin_signed_in',
      'api_answers',
      'clock_agrees',
      'psp_account_right',
      'audit_log_sealed',
      'database_fits',
    ])
      assert.ok(codes.includes(expected), `${expected}: ${out}${err}`)
    // The development authority is not trusted by this profile, and the relay alone has TLS.
    const untrusted = findings.find((finding) => finding.code === 'certificate_not_trusted')
    assert.match(`${untrusted?.detail} ${untrusted?.todo}`, /card relay: .* --ca-file at fincore login/)
    assert.equal(code, 1)
  })

  it('takes an export of the audit log through the admin API, line by line', async () => {
    const { code, out, err } = await run('alice', 'audit export --from 2026-01-01 --to 2026-01-02')
    assert.equal(code, 0, err)
    const lines = out.trimEnd().split('\n')
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).line),
      ['export', 'end', 'digest'],
    )
  })

  it('and no secret of theirs was ever written to the terminal', () => {
    assert.ok(secrets.length >= 6 && secrets.every((secret) => secret.length > 16))
    for (const secret of secrets) assert.ok(!transcript.includes(secret))
  })
})
