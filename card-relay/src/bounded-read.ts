import type { IncomingMessage } from 'node:http'
import type { CardMemory } from './card-memory.ts'

/** How the reading of a body ended: whole, by its bound, by its time, or because the other side went away. */
type ReadEnd = 'whole' | 'body_too_large' | 'request_timeout' | 'client_gone'
type Bounds = { bytes: number; timeoutMs: number }

/**
 * Reads a body to its end or a bound. Every chunk that Node hands over is given to `use`, and then overwritten; so are
 * those that still come after a bound.
 */
export function drain(message: IncomingMessage, bounds: Bounds, use: (chunk: Buffer) => void): Promise<ReadEnd> {
  return new Promise((resolve) => {
    let left = bounds.bytes
    let isOver = false
    const settle = (end: ReadEnd) => {
      isOver = true
      clearTimeout(timer)
      message.pause()
      resolve(end)
    }
    const timer = setTimeout(settle, bounds.timeoutMs, 'request_timeout')
    message.on('data', (chunk: Buffer) => {
      left -= chunk.length
      if (left >= 0 && !isOver) use(chunk)
      chunk.fill(0)
      if (left < 0 && !isOver) settle('body_too_large')
    })
    message.on('error', () => settle('client_gone'))
    message.once('end', () => settle('whole')).once('close', () => settle('client_gone'))
    if (message.destroyed) settle('client_gone')
    else message.resume()
  })
}

/** Reads a body into card memory, and gives the whole of it to `read`; it is wiped when `read` returns. */
export async function readBody<Result>(
  from: IncomingMessage,
  bounds: Bounds,
  memory: CardMemory,
  read: (body: Buffer) => Result,
) {
  using buffer = memory.take(Math.min(Number(from.headers['content-length'] ?? bounds.bytes), bounds.bytes))
  let length = 0
  const end = await drain(from, { ...bounds, bytes: buffer.length }, (chunk) => {
    length += chunk.copy(buffer, length)
  })
  return end === 'whole' ? read(buffer.subarray(0, length)) : end
}
