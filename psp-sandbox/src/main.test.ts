import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { magicCardNumber } from './magic-cards.ts'
import { makeTestCertificate } from './testing/certificate.ts'
import { callApi, paymentOf } from './testing/sandbox-client.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const flags = ['--disable-warning=ExperimentalWarning', main]

test('every wrong setting is named at once', () => {
  const env = {
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    SANDBOX_PAGES_PORT: 'x',
    SANDBOX_API_PORT: '0',
    SANDBOX_ADMIN_TOKEN: 'short',
    SANDBOX_TLS_CERT_FILE: '/nowhere.pem',
    SANDBOX_WEBHOOK_MAX_RETRY_MS: 'soon',
  }
  const { status, stderr, stdout } = spawnSync(process.execPath, flags, { env, encoding: 'utf8' })
  assert.equal(status, 1)
  assert.equal(stdout, '')
  for (const name of ['PAGES_PORT', 'ADMIN_TOKEN', 'TLS_CERT_FILE', 'TLS_KEY_FILE', 'DATA_DIR', 'WEBHOOK_MAX_RETRY_MS'])
    assert.match(stderr, new RegExp(`SANDBOX_${name}`))
})

test('one line says what to change when a port, the folder or the certificate cannot be used', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'psp-sandbox-main-'))
  const { cert, key } = makeTestCertificate()
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const taken = String((holder.address() as AddressInfo).port)
  const cases: [change: Record<string, string>, says: RegExp][] = [
    [{ SANDBOX_API_PORT: taken }, /port \d+ of .*SANDBOX_API_PORT cannot be used: something listens there already/],
    [{ SANDBOX_PAGES_PORT: taken }, /port \d+ of SANDBOX_PAGES_PORT.* cannot be used: something listens there already/],
    [{ SANDBOX_DATA_DIR: join(folder, 'cert.pem') }, /SANDBOX_DATA_DIR cannot be used \(EEXIST\)/],
    [{ SANDBOX_TLS_KEY_FILE: join(folder, 'cert.pem') }, /SANDBOX_TLS_CERT_FILE and SANDBOX_TLS_KEY_FILE must be/],
  ]
  const runs = cases.map(async ([change, says]) => {
    const env = {
      SANDBOX_PAGES_PORT: '0',
      SANDBOX_API_PORT: '0',
      SANDBOX_TLS_CERT_FILE: join(folder, 'cert.pem'),
      SANDBOX_TLS_KEY_FILE: join(folder, 'key.pem'),
      SANDBOX_DATA_DIR: join(folder, `data of ${Object.keys(change)}`),
      SANDBOX_ADMIN_TOKEN: 'admin-token-of-the-tests',
      ...change,
    }
    const child = spawn(process.execPath, flags, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    const errors = child.stderr.setEncoding('utf8').toArray()
    assert.deepEqual(await once(child, 'exit'), [1, null])
    const said = (await errors).join('')
    assert.match(said, /^psp-sandbox cannot start: [^\n]+\.\n$/)
    assert.match(said, says)
  })
  await Promise.all(runs)
  holder.close()
  rmSync(folder, { recursive: true, force: true })
})

test('the process says where it listens, writes no card number anywhere, and stops when asked', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'psp-sandbox-main-'))
  const tls = makeTestCertificate()
  writeFileSync(join(folder, 'cert.pem'), tls.cert)
  writeFileSync(join(folder, 'key.pem'), tls.key)
  const adminToken = 'admin-token-of-the-tests'
  const child = spawn(process.execPath, flags, {
    env: {
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      SANDBOX_PAGES_PORT: '0',
      SANDBOX_API_PORT: '0',
      SANDBOX_TLS_CERT_FILE: join(folder, 'cert.pem'),
      SANDBOX_TLS_KEY_FILE: join(folder, 'key.pem'),
      SANDBOX_DATA_DIR: join(folder, 'data'),
      SANDBOX_ADMIN_TOKEN: adminToken,
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
    const ca = tls.cert
    const account = await callApi(api, 'POST', '/v2/accounts', { token: adminToken, body: { name: 'Shop' }, ca })
    const token = (account.body as unknown as { secret_key: string }).secret_key
    const paid = await callApi(api, 'POST', '/v2/payments', { token, key: 'k', body: paymentOf('order', 'visa'), ca })
    assert.equal(paid.status, 201)
    child.kill('SIGTERM')
    assert.equal(await ended, 0)
    const files = readdirSync(join(folder, 'data')).map((name) => readFileSync(join(folder, 'data', name), 'latin1'))
    for (const text of [output, ...files]) assert.ok(!text.includes(magicCardNumber('visa')))
    assert.equal(output.split('\n').filter((line) => line.startsWith('listening ')).length, 1)
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})
