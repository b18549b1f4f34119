import pino from 'pino'

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
export type Log = Record<'debug' | 'info' | 'warn' | 'error', (message: string, fields?: LogFields) => void>

export function createLog(level: string): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'message' })
  const write =
    (severity: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}) =>
      logger[severity](fields, message)
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** What may be logged of an exception: its name, its code, and the place of the first frame of ours. */
export function describeError(error: unknown): { name: string; code: string; at: string } {
  if (!(error instanceof Error)) return { name: typeof error, code: '', at: '' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const frame = error.stack?.split('\n').find((line) => /\.ts:\d+/.test(line) && !line.includes('node_modules'))
  return { name: error.name, code, at: frame?.match(/[\w-]+\/[\w.-]+\.ts:\d+/)?.[0] ?? '' }
}
