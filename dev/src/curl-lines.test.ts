import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { curlLinesOf } from './curl-lines.ts'
import { findDevPsp } from './psps/dev-psps.ts'

const dev = {
  api: 'http://127.0.0.1:4000',
  relay: 'https://127.0.0.1:4001',
  psp: 'http://127.0.0.1:4200',
  shop: 'http://127.0.0.1:4300',
  secret_key: 'sk_test_1',
  psp_public_key: 'pk_sandbox_1',
  ca: "/home/o'brien/my shop/ca.crt",
  client_cert: '/client.crt',
  client_key: '/client.key',
  psp_api: 'https://127.0.0.1:4201',
  psp_admin_token: 'admin_1',
}
const lines = curlLinesOf(dev, findDevPsp('sandbox'))

/** What curl would be called with, one argument per line; the token's own curl answers a token. */
function argumentsOf(line: string): string[] {
  const fake = `curl() { case "$*" in *v2/tokens*) echo '{"id":"tok_abc","object":"token"}';; *) printf '%s\\n' "$@";; esac; }`
  return execFileSync('bash', ['-c', `${fake}\n${line}`], { encoding: 'utf8' }).split('\n')
}

test('each line is one bash command whose body is JSON, whatever the paths hold', () => {
  assert.equal(lines.length, 3)
  for (const { line } of lines) {
    assert.ok(line.startsWith('curl ') && !line.includes('\n'))
    const given = argumentsOf(line)
    const body = JSON.parse(given[given.indexOf('-d') + 1] ?? '')
    assert.equal(body.currency, 'EUR')
    assert.ok(given.some((argument) => /^Idempotency-Key: paste-\d+-\d+$/.test(argument)))
  }
})

test('the token of the first call is charged by the second, and the relay gets the certificates', () => {
  const token = argumentsOf(lines[1]?.line ?? '')
  assert.match(token.join('\n'), /"payment_method":\{"type":"token","token":"tok_abc"\}/)
  const raw = argumentsOf(lines[2]?.line ?? '')
  assert.equal(raw[raw.indexOf('--cacert') + 1], "/home/o'brien/my shop/ca.crt")
})
