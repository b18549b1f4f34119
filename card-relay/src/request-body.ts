import type { IncomingMessage } from 'node:http'
import type { CardMemory } from './card-memory.ts'
import { limits } from './limits.ts'
import type { Refusal } from './problems.ts'

/** What the relay has taken of bodies since it started; tests read that a refused one was never looked at. */
export type BodyCount = { bytesRead: number; bytesDiscarded: number }

type BodyResult = { kind: 'read'; body: Buffer } | { kind: 'refused'; refusal: Refusal } | { kind: 'client_gone' }

/**
 * Whether it can be read in one way only where the body ends. Node also takes `gzip, chunked`, and a load balancer may
 * take an HTTP/1.0 request with a `Transfer-Encoding` to end elsewhere than the relay does: a second request could hide.
 */
export function isFramedPlainly(request: IncomingMessage): boolean {
  const encoding = request.headers['transfer-encoding']
  return encoding === undefined || (encoding === 'chunked' && request.httpVersion === '1.1')
}

/** Judges the headers that speak of the body, before any of it is read. */
export function checkBodyHeaders(request: IncomingMessage): Refusal | null {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers
  if (!/^application\/json\s*(;|$)/i.test(type)) return { code: 'media_type_unsupported' }
  if (encoding.toLowerCase() !== 'identity') {
    return { code: 'media_type_unsupported', detail: 'Send the body without `Content-Encoding`.' }
  }
  if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) return { code: 'body_too_large' }
  return null
}

/**
 * Reads the body into one buffer of card memory, bounded in size and time, and overwrites each chunk that Node hands
 * over. The caller wipes the buffer. To be called after admission only: this is where the first byte is read.
 */
export function readBody(request: IncomingMessage, memory: CardMemory, count: BodyCount): Promise<BodyResult> {
  return new Promise((resolve) => {
    const declared = request.headers['content-length']
    const buffer = memory.take(declared === undefined ? limits.bodyBytes : Number(declared))
    let length = 0
    const settle = (result: BodyResult) => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone)
      memory.wipe(buffer)
      resolve(result)
    }
    const onData = (chunk: Buffer) => {
      const fits = length + chunk.length <= buffer.length
      if (fits) length += chunk.copy(buffer, length)
      count.bytesRead += chunk.length
      chunk.fill(0)
      if (!fits) settle({ kind: 'refused', refusal: { code: 'body_too_large' } })
    }
    const onEnd = () => {
      const body = memory.take(length)
      buffer.copy(body, 0, 0, length)
      settle({ kind: 'read', body })
    }
    const onGone = () => settle({ kind: 'client_gone' })
    const timer = setTimeout(
      () => settle({ kind: 'refused', refusal: { code: 'request_timeout' } }),
      limits.bodyTimeoutMs,
    )
    request.on('data', onData).once('end', onEnd).once('close', onGone).once('error', onGone)
  })
}

/** True when the headers announce a body. */
export function announcesBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}

/**
 * Throws away, unseen and overwritten, what a client goes on sending after its refusal was written. Without this the
 * connection would be reset under a client that is still sending, and it would never read why.
 */
export function discardBody(request: IncomingMessage, count: BodyCount): Promise<void> {
  return new Promise((resolve) => {
    if (request.complete || request.destroyed) return resolve()
    let left: number = limits.discardBytes
    const finish = () => {
      clearTimeout(timer)
      request.pause()
      resolve()
    }
    const timer = setTimeout(finish, limits.discardTimeoutMs)
    request.on('data', (chunk: Buffer) => {
      count.bytesDiscarded += chunk.length
      left -= chunk.length
      chunk.fill(0)
      if (left < 0) finish()
    })
    request.once('end', finish).once('close', finish).once('error', finish)
  })
}
