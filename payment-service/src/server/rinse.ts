import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/** After a refusal; those that come meanwhile wait for the same rinse. */
const afterMs = 300
const timeoutMs = 1_000
/** Node reads a socket into a buffer of 64 KiB; of a mebibyte at once, some read fills it whole. */
const zeros = Buffer.alloc(1_048_576)

let isDue = false

/**
 * Overwrites, a moment from now, what is left of a refused request in the buffer that all HTTP connections of this
 * process are read into: it may hold a card that came to the wrong door, and the next requests only overwrite its beginning.
 */
export function rinseSoon(): void {
  if (isDue) return
  isDue = true
  setTimeout(() => {
    isDue = false
    void rinse()
  }, afterMs).unref()
}

/**
 * Sends zeros to this process through an HTTP server of its own, on a port that is open for these milliseconds only.
 * @returns the largest number of bytes that one read took.
 */
export async function rinse(): Promise<number> {
  let largest = 0
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      largest = Math.max(largest, chunk.length)
    })
    request.once('end', () => response.end())
  })
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
    socket.setTimeout(timeoutMs, () => socket.destroy())
    socket.write(`POST / HTTP/1.1\r\nhost: rinse\r\nconnection: close\r\ncontent-length: ${zeros.length}\r\n\r\n`)
    socket.write(zeros)
    await once(socket.resume(), 'close')
  } catch {
    // No port or no file descriptor was free; the next refusal brings the next rinse.
  } finally {
    server.close()
    server.closeAllConnections()
  }
  return largest
}
