import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createServer, type TLSSocket } from 'node:tls'
import { createCertificateAuthority, ensureDevelopmentCertificates, issueCertificate } from './certificates.ts'

test('server and client trust each other through the authority, and the fingerprint is the one that TLS sees', async () => {
  const authority = await createCertificateAuthority()
  const server = await issueCertificate(authority, { kind: 'server', commonName: 'localhost' })
  const client = await issueCertificate(authority, { kind: 'client', commonName: 'a merchant' })
  const seen: string[] = []
  const listener = createServer(
    {
      cert: server.certificate,
      key: server.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (socket: TLSSocket) => {
      seen.push(socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase())
      socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n')
    },
  ).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  assert.ok(address !== null && typeof address === 'object')
  for (const host of ['127.0.0.1', 'localhost']) {
    const sent: ClientRequest = request({
      host,
      family: 4,
      port: address.port,
      ca: authority.certificate,
      cert: client.certificate,
      key: client.key,
      agent: false,
    }).end()
    const [response]: IncomingMessage[] = await once(sent, 'response')
    assert.equal(response?.statusCode, 204)
    response.resume()
  }
  listener.close()
  assert.deepEqual(seen, [client.fingerprint, client.fingerprint])
})

test('development certificates are kept, and renewed before they end', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-certificates-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const first = await ensureDevelopmentCertificates(folder)
  assert.deepEqual(await ensureDevelopmentCertificates(folder), first)
  for (const key of [first.serverKey, first.clientKey]) assert.equal(statSync(key).mode & 0o777, 0o600)

  const inElevenMonths = new Date(Date.now() + 340 * 24 * 60 * 60 * 1000)
  const renewed = await ensureDevelopmentCertificates(folder, inElevenMonths)
  assert.notEqual(renewed.clientFingerprint, first.clientFingerprint)
  const authority = new X509Certificate(readFileSync(renewed.ca))
  assert.ok(new X509Certificate(readFileSync(renewed.clientCert)).verify(authority.publicKey), 'the authority was kept')
})
