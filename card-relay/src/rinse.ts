import { once } from 'node:events'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { cleansePlaintext } from './psp-connection.ts'

/** How long nothing may have happened before a rinse, and how long it is put off at most while the relay is busy. */
const quietMs = 200
const longestMs = 10_000
/** Four TLS records of the largest size. */
const zeros = Buffer.alloc(65_536)

/**
 * Overwrites what Node itself keeps of the last requests, where no buffer of ours reaches: the array on the stack that
 * TLS is decrypted into, the HTTP parser's buffer, and chunks that nobody holds any more and nobody has freed yet. What
 * is freed is overwritten by glibc, when the process was started with the `GLIBC_TUNABLES` of `start.sh`.
 * @returns what is to be called whenever a request or a connection has ended.
 */
export function makeRinse(own: { cert: string; key: string }): () => void {
  let timer: NodeJS.Timeout | undefined
  let firstAt = 0

  async function rinse(): Promise<void> {
    timer = undefined
    await exchangeZeros(own)
    // There when the process was started with `--expose-gc`, as `start.sh` does.
    globalThis.gc?.()
  }

  return () => {
    if (timer === undefined) firstAt = performance.now()
    clearTimeout(timer)
    const leftMs = firstAt + longestMs - performance.now()
    timer = setTimeout(rinse, Math.min(quietMs, Math.max(leftMs, 0))).unref()
  }
}

/**
 * Sends full records of zeros to this process and back, on the ways that a card takes: through OpenSSL, the stack and
 * the parser, in both directions. The port is open for these milliseconds only, and nothing but zeros is ever read there.
 */
async function exchangeZeros(own: { cert: string; key: string }): Promise<void> {
  const server = https.createServer({ ...own, secureOptions: cleansePlaintext }, (request, response) => {
    request.resume().once('end', () => response.end(zeros))
  })
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const options = { port, host: '127.0.0.1', method: 'POST', agent: false, rejectUnauthorized: false, timeout: 1_000 }
    const request = https.request({ ...options, secureOptions: cleansePlaintext })
    // `once` listens for errors only until the answer comes, and one that nobody hears would end the process.
    request.on('error', () => {})
    request.once('timeout', () => request.destroy()).end(zeros)
    const [response] = await once(request, 'response')
    await once(response.resume(), 'close')
  } catch {
    // No port or no file descriptor was free; the next request brings the next rinse.
  } finally {
    server.close()
    server.closeAllConnections()
  }
}
