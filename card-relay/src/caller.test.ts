import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { BlockList } from 'node:net'
import { before, describe, it } from 'node:test'
import { identifyCaller } from './caller.ts'
import { makeAuthority } from './testing/certificates.ts'

const trustedProxies = new BlockList()
trustedProxies.addSubnet('10.0.0.0', 24, 'ipv4')

let leaf: string
let fingerprint: string
before(async () => {
  const { cert } = await (await makeAuthority('Proxy')).issue({ name: 'merchant', use: 'client' })
  leaf = encodeURIComponent(cert)
  fingerprint = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase()
})

function from(remoteAddress: string | undefined, headers: Record<string, string>): IncomingMessage {
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage
}

describe('the caller behind a load balancer', () => {
  it('is who the load balancer says', () => {
    const headers = { 'x-amzn-mtls-clientcert-leaf': leaf, 'x-forwarded-for': '1.1.1.1, 203.0.113.7' }
    const caller = identifyCaller(from('::ffff:10.0.0.5', headers), trustedProxies)
    assert.deepEqual(caller, { keyDigest: null, certificateFingerprint: fingerprint, sourceAddress: '203.0.113.7' })
  })

  it('has no certificate when the header comes from anywhere else', () => {
    const headers = { 'x-amzn-mtls-clientcert-leaf': leaf, 'x-forwarded-for': '203.0.113.7' }
    for (const peer of ['10.0.1.5', '::1']) {
      const caller = identifyCaller(from(peer, headers), trustedProxies)
      assert.deepEqual(caller, { keyDigest: null, certificateFingerprint: null, sourceAddress: peer })
    }
    assert.equal(identifyCaller(from(undefined, headers), trustedProxies).certificateFingerprint, null)
  })

  it('has no certificate when the header is missing or unreadable', () => {
    for (const value of ['', '%', 'garbage', '%00']) {
      const caller = identifyCaller(from('10.0.0.5', { 'x-amzn-mtls-clientcert-leaf': value }), trustedProxies)
      assert.equal(caller.certificateFingerprint, null)
    }
  })

  it('has no key when the header is not of the form `Bearer …`', () => {
    for (const authorization of ['', 'Basic YTpi', 'Bearer', 'Bearer a b', `Bearer ${'a'.repeat(513)}`]) {
      assert.equal(identifyCaller(from('10.0.0.5', { authorization }), trustedProxies).keyDigest, null)
    }
  })
})
