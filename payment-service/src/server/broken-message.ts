import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { makeProblem, retryAfterSecondsOf } from '@fincore/api-contract/errors'
import { newId } from '../ids.ts'

type BrokenMessage = Error & { code?: string; rawPacket?: unknown }

/**
 * Answers what Node could not read as HTTP, or what came too slowly, with a problem (RFC 9457), and ends the connection.
 * The error carries the raw bytes, so it is never logged, and they are overwritten.
 */
export function makeBrokenMessageHandler(docsUrl: string): (error: BrokenMessage, socket: Socket) => void {
  return (error, socket) => {
    if (Buffer.isBuffer(error.rawPacket)) error.rawPacket.fill(0)
    if (socket.writable) socket.end(makeAnswer(error.code, docsUrl))
    // Ended alone, it would stay open for as long as the other side likes.
    socket.destroySoon()
  }
}

function makeAnswer(errorCode: string | undefined, docsUrl: string): string {
  const code = errorCode === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'malformed_http'
  const requestId = newId('request')
  const problem = makeProblem(code, { docsUrl, requestId })
  const body = JSON.stringify(problem)
  const retryAfterSeconds = retryAfterSecondsOf(code)
  const lines = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    `x-request-id: ${requestId}`,
    ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${retryAfterSeconds}`]),
    'connection: close',
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
