import pino from 'pino'
import { factsOfRequest } from './request-facts.ts'
import { frameInSource } from './source-places.ts'

/**
 * The fields that a log line may have. An allow-list by type: a body, a header or a message of a parser cannot be
 * passed, so it cannot leak. `error` takes the error's name and code, never its message, because messages quote input.
 */
export type LogFields = {
  request_id?: string
  merchant?: string
  object?: string
  attempt?: string
  psp_account?: string
  route?: string
  status?: number
  duration_ms?: number
  code?: string
  count?: number
  reason?: string
  error?: { name: string; code: string; at: string }
}
/** What each field says; docs/logs.md is made from it. */
export const logFields: Record<keyof LogFields, string> = {
  request_id: 'the request in which it happened, as in its answer’s `x-request-id`; of a raw card the relay’s own',
  merchant: 'whose it is',
  object: 'what it is about: a charge, a refund, a session, an endpoint',
  attempt: 'the call to a PSP',
  psp_account: 'the account at the PSP',
  route: 'method and path pattern',
  status: 'the HTTP status',
  duration_ms: 'how long it took',
  code: 'of the problem that was answered, or of what failed',
  count: 'how many',
  reason: 'why, in words of FinCore’s own; of a job its name',
  error: 'name, code (such as the SQLSTATE) and place of an exception; never its message, because messages quote input',
}
export type Log = Record<'debug' | 'info' | 'warn' | 'error', (message: string, fields?: LogFields) => void>

export function createLog(level: string): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'message' })
  const write =
    (severity: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}) => {
      if (logger.isLevelEnabled(severity)) logger[severity]({ ...factsOfRequest(), ...fields }, message)
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** A frame of ours in a stack. No file of ours has a digit in its name, so a message that looks like one holds nothing. */
const ownFrame = /^ +at .*?([a-z-]+\/[a-z.-]+\.ts:\d{1,5}):\d{1,5}\)?$/
/** Names and codes are words of ours, of Node or of a library; SQLSTATEs have five digits. */
const word = /^(?!.*\d{6})\w{1,64}$/

/**
 * What may be logged of an exception: its name, its code, and the place of the first frame of ours. Never its message,
 * and of a stack, which begins with the message, only what has the form of a frame.
 */
export function describeError(error: unknown): { name: string; code: string; at: string } {
  if (!(error instanceof Error)) return { name: typeof error, code: '', at: '' }
  const code = 'code' in error && typeof error.code === 'string' && word.test(error.code) ? error.code : ''
  const frames =
    error.stack
      ?.split('\n')
      .map(frameInSource)
      .filter((line) => !line.includes('node_modules')) ?? []
  const at = frames.map((line) => line.match(ownFrame)?.[1]).find((place) => place !== undefined) ?? ''
  return { name: word.test(error.name) ? error.name : 'Error', code, at }
}
