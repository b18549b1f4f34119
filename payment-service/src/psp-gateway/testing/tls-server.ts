import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createCertificateAuthority, issueCertificate } from '@fincore/dev/certificates'
import { createSender } from '../send.ts'

/**
 * What a bench needs because a request to a PSP goes over TLS alone: a certificate for this machine, made now, and a
 * sender as FinCore's own that trusts it beside the public ones.
 */
export async function makeTls() {
  const authority = await createCertificateAuthority()
  const { certificate, key } = await issueCertificate(authority, { kind: 'server', commonName: 'localhost' })
  return { tls: { cert: certificate, key }, sender: createSender({ extraCa: authority.certificate }) }
}

/** A server of this process over TLS, on a free port: what a small stand-in for a PSP is made of. */
export async function startTlsServer(tls: { cert: string; key: string }, handle: RequestListener) {
  const server = createServer(tls, handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
