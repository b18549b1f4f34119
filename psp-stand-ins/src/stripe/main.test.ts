import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createCertificateAuthority, issueCertificate } from '@fincore/dev/certificates'
import { apiVersion } from './api-version.ts'
import { testCardNumber } from './test-cards.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const flags = ['--disable-warning=ExperimentalWarning', main]
const cache = process.env.NODE_COMPILE_CACHE

test('every wrong setting is named at once', () => {
  const env = {
    NODE_COMPILE_CACHE: cache,
    STAND_IN_PAGES_PORT: 'x',
    STAND_IN_API_PORT: '0',
    STAND_IN_ADMIN_TOKEN: 'short',
  }
  const { status, stderr, stdout } = spawnSync(process.execPath, flags, { env, encoding: 'utf8' })
  assert.deepEqual([status, stdout], [1, ''])
  for (const name of ['PAGES_PORT', 'ADMIN_TOKEN', 'TLS_CERT_FILE', 'TLS_KEY_FILE'])
    assert.match(stderr, new RegExp(`STAND_IN_${name}`))
})

test('the process says where it listens, writes no card number and no key anywhere, and stops when asked', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stripe-stand-in-'))
  const authority = await createCertificateAuthority()
  const { certificate, key } = await issueCertificate(authority, { kind: 'server', commonName: 'localhost' })
  writeFileSync(join(folder, 'cert.pem'), certificate)
  writeFileSync(join(folder, 'key.pem'), key)
  const child = spawn(process.execPath, flags, {
    env: {
      NODE_COMPILE_CACHE: cache,
      STAND_IN_PAGES_PORT: '0',
      STAND_IN_API_PORT: '0',
      STAND_IN_TLS_CERT_FILE: join(folder, 'cert.pem'),
      STAND_IN_TLS_KEY_FILE: join(folder, 'key.pem'),
      STAND_IN_ADMIN_TOKEN: 'admin-token-of-the-tests',
    },
  })
  let output = ''
  const ended = once(child, 'exit')
  try {
    const listening = new Promise<{ api: string; pages: string }>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', () => reject(new Error(output)))
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text
        const line = /^listening (.*)$/m.exec(output)
        if (line?.[1]) resolve(JSON.parse(line[1]))
      })
    })
    const { api, pages } = await listening
    assert.match(pages, /^http:\/\/127\.0\.0\.1:\d+$/)
    const call = async (path: string, headers: Record<string, string>, body: string) => {
      const sent = request(`${api}${path}`, { method: 'POST', ca: authority.certificate, headers })
      sent.end(body)
      const [response] = await once(sent, 'response')
      return JSON.parse(Buffer.concat(await response.toArray()).toString())
    }
    const account = await call('/_stand_in/accounts', { authorization: 'Bearer admin-token-of-the-tests' }, '{}')
    const paid = await call(
      '/v1/payment_intents',
      {
        authorization: `Bearer ${account.secret_key}`,
        'content-type': 'application/x-www-form-urlencoded',
        'stripe-version': apiVersion,
        'idempotency-key': 'att_1',
      },
      `amount=500&currency=eur&confirm=true&return_url=https://shop.example/&payment_method_data[type]=card&payment_method_data[card][number]=${testCardNumber('visa')}&payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=2034`,
    )
    assert.equal(paid.status, 'succeeded')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
    for (const secret of [testCardNumber('visa'), account.secret_key]) assert.ok(!output.includes(secret))
    assert.match(output, /"route":"\/v1\/payment_intents"/)
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})
