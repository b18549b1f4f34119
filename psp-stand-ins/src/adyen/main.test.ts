import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createCertificateAuthority, issueCertificate } from '@fincore/dev/certificates'
import { checkoutVersion } from './parameters/sdk-models.ts'
import { send } from './testing/sdk-client.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const flags = ['--disable-warning=ExperimentalWarning', main]
const { NODE_COMPILE_CACHE } = process.env

test('every wrong setting is named at once', () => {
  const env = {
    NODE_COMPILE_CACHE,
    STAND_IN_PAGES_PORT: 'x',
    STAND_IN_ADMIN_TOKEN: 'short',
    STAND_IN_TLS_CERT_FILE: '/nowhere.pem',
  }
  const { status, stderr, stdout } = spawnSync(process.execPath, flags, { env, encoding: 'utf8' })
  assert.deepEqual([status, stdout], [1, ''])
  for (const name of ['PAGES_PORT', 'API_PORT', 'ADMIN_TOKEN', 'TLS_CERT_FILE', 'TLS_KEY_FILE'])
    assert.match(stderr, new RegExp(`STAND_IN_${name}`))
})

test('the process says where it listens, writes no card number anywhere, and stops when asked', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'adyen-stand-in-main-'))
  const authority = await createCertificateAuthority()
  const tls = await issueCertificate(authority, { kind: 'server', commonName: 'localhost' })
  writeFileSync(join(folder, 'cert.pem'), tls.certificate)
  writeFileSync(join(folder, 'key.pem'), tls.key)
  const adminToken = 'admin-token-of-the-tests'
  const child = spawn(process.execPath, flags, {
    env: {
      NODE_COMPILE_CACHE,
      STAND_IN_PAGES_PORT: '0',
      STAND_IN_API_PORT: '0',
      STAND_IN_TLS_CERT_FILE: join(folder, 'cert.pem'),
      STAND_IN_TLS_KEY_FILE: join(folder, 'key.pem'),
      STAND_IN_ADMIN_TOKEN: adminToken,
    },
  })
  let output = ''
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const listening = new Promise<{ api: string }>((resolve, reject) => {
    child.once('error', reject)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const line = /^listening (.*)$/m.exec(output)
      if (line?.[1]) resolve(JSON.parse(line[1]))
    })
  })
  try {
    const { api } = await listening
    const post = async (path: string, headers: Record<string, string>, body: object) => {
      const answer = await send(new URL(api + path), authority.certificate, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
      return JSON.parse(answer.body) as Record<string, string>
    }
    const admin = { authorization: `Bearer ${adminToken}` }
    const opened = { name: 'Shop', api_key: 'AQE_mine', merchant_account: 'Shop' }
    const account = await post('/_stand_in/accounts', admin, opened)
    assert.deepEqual(await post('/_stand_in/accounts', admin, { ...opened, name: 'Again' }), account)
    const paid = await post(
      `/${checkoutVersion}/payments`,
      { 'x-api-key': 'AQE_mine', 'idempotency-key': 'k' },
      {
        amount: { value: 1000, currency: 'EUR' },
        reference: 'order',
        merchantAccount: 'Shop',
        returnUrl: 'https://shop.example/',
        paymentMethod: { type: 'scheme', number: '4111111111111111', expiryMonth: '3', expiryYear: '2030', cvc: '737' },
      },
    )
    assert.equal(paid.resultCode, 'Authorised')
    child.kill('SIGTERM')
    assert.equal(await ended, 0)
    assert(!output.includes('4111111111111111'))
    assert.equal(output.split('\n').filter((line) => line.startsWith('listening ')).length, 1)
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})
