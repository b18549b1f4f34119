import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Finding, judgeFindings } from './tls-findings.ts'

const good: Finding[] = [
  ...['SSLv2', 'SSLv3', 'TLS1', 'TLS1_1'].map((id) => ({ id, severity: 'OK', finding: 'not offered' })),
  ...['TLS1_2', 'TLS1_3'].map((id) => ({ id, severity: 'OK', finding: 'offered with final' })),
  ...[
    'cipherlist_STRONG',
    'PFS',
    'cipher_order',
    'cert_chain_of_trust',
    'cert_crlRevoked',
    'secure_renego',
    'LUCKY13',
    'RC4',
  ].map((id) => ({ id, severity: 'OK', finding: 'good' })),
  { id: 'HSTS', severity: 'LOW', finding: 'not offered' },
  { id: 'sessionresumption_ticket', severity: 'WARN', finding: 'check failed because of connect problem' },
]

/** The good run with one check's outcome changed. */
function withFinding(id: string, change: Partial<Finding>): Finding[] {
  return good.map((finding) => (finding.id === id ? { ...finding, ...change } : finding))
}

test('a run with low and known findings alone speaks for the relay', () => {
  assert.deepEqual(judgeFindings(good), [])
})

test('anything above low, or that could not be looked at, speaks against it', () => {
  for (const severity of ['WARN', 'MEDIUM', 'HIGH', 'CRITICAL', 'FATAL'])
    assert.deepEqual(judgeFindings(withFinding('LUCKY13', { severity, finding: 'bad' })), [`${severity} LUCKY13: bad`])
})

test('a known finding is known at its own severity only', () => {
  assert.equal(judgeFindings(withFinding('sessionresumption_ticket', { severity: 'HIGH' })).length, 1)
})

test('TLS 1.1 speaks against it although testssl.sh calls it low, and so does a missing TLS 1.3', () => {
  const offered = withFinding('TLS1_1', { severity: 'LOW', finding: 'offered (deprecated)' })
  assert.deepEqual(judgeFindings(offered), ['TLS1_1: offered (deprecated)'])
  assert.deepEqual(judgeFindings(withFinding('TLS1_3', { finding: 'not offered' })), ['TLS1_3: not offered'])
})

test('a run that broke off shows nothing', () => {
  assert.equal(judgeFindings([]).length, 14)
})
