import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadConfig } from './config.ts'
import { makeAuthority } from './testing/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'card-relay-'))
after(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

let good: Record<string, string>
before(async () => {
  const authority = await makeAuthority('Config authority')
  const own = await authority.issue({ name: 'relay', use: 'server' })
  good = {
    RELAY_PORT: '0',
    RELAY_TLS_CERT_FILE: write('cert.pem', own.cert),
    RELAY_TLS_KEY_FILE: write('key.pem', own.key),
    RELAY_CLIENT_CA_FILE: write('ca.pem', authority.cert),
    RELAY_PAYMENT_SERVICE_URL: 'http://127.0.0.1:4003',
    RELAY_INTERNAL_TOKEN: 'i'.repeat(32),
    RELAY_PSP_ORIGINS: 'https://api.psp.example, https://127.0.0.1:4201',
    RELAY_DOCS_URL: 'http://127.0.0.1:4000/docs/',
  }
})

describe('the relay’s settings', () => {
  it('are read', () => {
    const result = loadConfig(good)
    assert.ok(result.ok)
    assert.deepEqual(result.config.pspOrigins, ['https://api.psp.example', 'https://127.0.0.1:4201'])
    assert.equal(result.config.docsUrl, 'http://127.0.0.1:4000/docs')
    assert.equal(result.config.trustedProxies, undefined)
    assert.equal(result.config.pspCa, undefined)
  })

  it('are reported all at once when nothing is set', () => {
    const result = loadConfig({})
    assert.ok(!result.ok)
    const required = Object.keys(good).filter((name) => name !== 'RELAY_PORT')
    for (const name of required)
      assert.ok(
        result.problems.some((problem) => problem.startsWith(name)),
        name,
      )
    assert.equal(result.problems.length, required.length)
  })

  it('take certificate and key as texts too', () => {
    const { RELAY_TLS_CERT_FILE: cert = '', RELAY_TLS_KEY_FILE: key = '', ...others } = good
    const texts = { RELAY_TLS_CERT: readFileSync(cert, 'utf8'), RELAY_TLS_KEY: readFileSync(key, 'utf8') }
    const result = loadConfig({ ...others, ...texts })
    assert.ok(result.ok)
    assert.deepEqual([result.config.tlsCert, result.config.tlsKey], Object.values(texts))
    const mixed = loadConfig({ ...others, ...texts, RELAY_TLS_KEY: `${texts.RELAY_TLS_KEY.slice(0, 90)}…` })
    assert.deepEqual(mixed.ok ? [] : mixed.problems.map((problem) => problem.split(' ')[0]), ['RELAY_TLS_KEY'])
  })

  it('need the load balancer’s ranges when certificates come by header', () => {
    const byHeader = { ...good, RELAY_CERTIFICATE_SOURCE: 'header', RELAY_CLIENT_CA_FILE: '' }
    assert.ok(!loadConfig(byHeader).ok)
    assert.ok(loadConfig({ ...byHeader, RELAY_TRUSTED_PROXIES: '10.0.0.0/24, fd00::/8, 192.0.2.7' }).ok)
  })

  const wrong: [string, Record<string, string>][] = [
    ['a port out of range', { RELAY_PORT: '65536' }],
    ['a port that is a word', { RELAY_PORT: 'https' }],
    ['a key of another certificate', { RELAY_TLS_KEY_FILE: 'key-of-another' }],
    ['an authority that is no PEM', { RELAY_CLIENT_CA_FILE: 'garbage' }],
    ['an unknown certificate source', { RELAY_CERTIFICATE_SOURCE: 'cookie' }],
    ['proxies without the header', { RELAY_TRUSTED_PROXIES: '10.0.0.0/8' }],
    ['every address as a proxy', { RELAY_CERTIFICATE_SOURCE: 'header', RELAY_TRUSTED_PROXIES: '0.0.0.0/0' }],
    ['a PSP origin over http', { RELAY_PSP_ORIGINS: 'http://api.psp.example' }],
    ['a PSP origin with a path', { RELAY_PSP_ORIGINS: 'https://api.psp.example/v1' }],
    ['a token of 31 characters', { RELAY_INTERNAL_TOKEN: 'i'.repeat(31) }],
    ['a payment service that is no address', { RELAY_PAYMENT_SERVICE_URL: '127.0.0.1:4003' }],
  ]
  for (const [name, changes] of wrong) {
    it(`refuse ${name}`, async () => {
      const other = await (await makeAuthority('Other')).issue({ name: 'other', use: 'server' })
      write('key-of-another', other.key)
      write('garbage', 'no certificate')
      const isFile = (value: string) => value === 'key-of-another' || value === 'garbage'
      const set = Object.entries(changes).map(([key, value]) => [key, isFile(value) ? join(folder, value) : value])
      const result = loadConfig({ ...good, ...Object.fromEntries(set) })
      assert.ok(!result.ok)
      assert.equal(result.problems.length, 1)
    })
  }
})
