import type { IncomingMessage } from 'node:http'
import { refuse } from '../refusal.ts'
import { RefusalError } from './problems.ts'

/**
 * Reads a request's body into one buffer of its own, and overwrites every chunk that Node handed over. Whoever overwrites
 * a part of that buffer, as the tripwire does with card data, so leaves no second copy of it in this process's memory.
 * Throws a RefusalError when the body is larger than `maxBytes`, or does not arrive whole.
 */
export async function readBody(payload: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const declared = Number(payload.headers['content-length'] ?? Number.NaN)
  if (declared > maxBytes) throw new RefusalError(refuse('body_too_large'))
  if (payload.destroyed) throw new RefusalError(refuse('malformed_json'))
  const chunks: Buffer[] = []
  let length = 0
  try {
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => {
        payload.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken)
        settle()
      }
      const onData = (chunk: Buffer) => {
        length += chunk.length
        chunks.push(chunk)
        if (length > maxBytes) end(() => reject(new RefusalError(refuse('body_too_large'))))
      }
      const onEnd = () => end(resolve)
      const onBroken = () => end(() => reject(new RefusalError(refuse('malformed_json'))))
      payload.on('data', onData).once('end', onEnd).once('error', onBroken).once('close', onBroken)
    })
    // An ArrayBuffer lies outside V8's heap, which moves small buffers about and leaves copies where they were.
    const body = Buffer.from(new ArrayBuffer(length))
    let at = 0
    for (const chunk of chunks) at += chunk.copy(body, at)
    return body
  } finally {
    for (const chunk of chunks) chunk.fill(0)
  }
}

/**
 * Overwrites whatever of a body was received and is read by nobody, because its request was refused or given up, and
 * what still comes of it. Without this it would lie in memory until something else is written there.
 */
export function overwriteRest(payload: IncomingMessage): void {
  const overwrite = (chunk: Buffer) => chunk.fill(0)
  if (!payload.destroyed) {
    payload.on('data', overwrite)
    return
  }
  // A stream that was destroyed hands out what it still holds only when it is asked.
  for (let chunk = payload.read(); chunk !== null; chunk = payload.read()) overwrite(chunk)
}
