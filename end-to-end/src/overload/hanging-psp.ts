import { readFileSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { DevelopmentCertificates } from '@fincore/dev/certificates'

/** A PSP that takes every request and answers none, until it is told to be the sandbox. */
export type HangingPsp = {
  url: string
  /** Requests to make something that it has taken; look-ups are not counted. */
  taken(): number
  recover(): void
  close(): void
}

export async function startHangingPsp(certificates: DevelopmentCertificates, sandboxApi: string): Promise<HangingPsp> {
  let isHanging = true
  let taken = 0
  const ca = readFileSync(certificates.ca)
  const server = https.createServer(
    { cert: readFileSync(certificates.serverCert), key: readFileSync(certificates.serverKey) },
    (request, response) => {
      if (request.method === 'POST') taken++
      response.on('error', () => {})
      request.on('error', () => {})
      if (isHanging) return void request.resume()
      const { method, headers, url = '' } = request
      const asked = https.request(sandboxApi + url, { method, headers, ca }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      asked.on('error', () => response.destroy())
      request.pipe(asked)
    },
  )
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => taken,
    recover() {
      isHanging = false
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
