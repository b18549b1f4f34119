/** What may be said about an event. There is no field for text, so there is nowhere to put a body, a header or an error. */
type LogFields = { requestId?: string; code?: string; status?: number; durationMs?: number }

/** `event` is a word such as `refused`. */
export type Log = (event: string, fields?: LogFields) => void

/** Events and codes are words of ours, or Node's error codes: letters and underscores, so they cannot hold a card's digits. */
const word = /^[A-Za-z_]{1,64}$/
/** Below 100 million: more digits than any status or duration needs, fewer than any card number has. */
const smallNumber = /^[0-9]{1,8}$/
const forms = { event: word, requestId: /^req_[0-9a-z]{26}$/, code: word, status: smallNumber, durationMs: smallNumber }

/**
 * Makes the logger: one JSON line per event. The types already forbid all but these fields; the forms hold at run time
 * too, so that a value which is not of its field's form is left out rather than printed.
 */
export function makeLog(writeLine: (line: string) => void): Log {
  return (event, { requestId, code, status, durationMs } = {}) => {
    const said = { event, requestId, code, status, durationMs: durationMs && Math.round(durationMs) }
    const fields = Object.entries(said).filter(([name, value]) => forms[name as keyof typeof forms].test(String(value)))
    const line = { time: new Date().toISOString(), process: 'card-relay', ...Object.fromEntries(fields) }
    writeLine(`${JSON.stringify(line)}\n`)
  }
}
