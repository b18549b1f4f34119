/** What may be said about an event. There is no field for text, so there is nowhere to put a body, a header or an error. */
type LogFields = { requestId?: string; code?: string; status?: number; durationMs?: number }

const logEvents = [
  'started',
  'stopping',
  'stopped',
  'crashed',
  'request_answered',
  'refused',
  'client_gone',
  'report_unanswered',
  'not_sent_by_relay',
] as const
type LogEvent = (typeof logEvents)[number]

export type Log = (event: LogEvent, fields?: LogFields) => void

/** A code is a word of a table of ours, or a Node error code: letters and underscores, so it cannot hold digits of a card. */
const codePattern = /^[A-Za-z_]{1,64}$/
const requestIdPattern = /^req_[0-9a-z]{26}$/

/**
 * Makes the logger: one JSON line per event. The types already forbid all but four fields; the checks hold at run time
 * too, so that a value which is not of its field's form is left out rather than printed.
 */
export function makeLog(writeLine: (line: string) => void): Log {
  return (event, fields = {}) => {
    const line: Record<string, string | number> = { time: new Date().toISOString(), process: 'card-relay' }
    line.event = logEvents.includes(event) ? event : 'crashed'
    if (fields.requestId !== undefined && requestIdPattern.test(fields.requestId)) line.requestId = fields.requestId
    if (fields.code !== undefined && codePattern.test(fields.code)) line.code = fields.code
    if (isSmallNumber(fields.status)) line.status = fields.status
    if (isSmallNumber(fields.durationMs)) line.durationMs = Math.round(fields.durationMs)
    writeLine(`${JSON.stringify(line)}\n`)
  }
}

/** Below 100 million: more digits than any status or duration needs, fewer than any card number has. */
function isSmallNumber(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 1e8
}
