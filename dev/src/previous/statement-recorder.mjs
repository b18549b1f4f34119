// Loaded before everything else in the processes of a test run (`node --import`): writes down, for each statement that the
// payment service's own code sends to PostgreSQL, which file and line sent it. Statements of tests are left out.
import { appendFileSync } from 'node:fs'
import pg from 'pg'

const file = process.env.RECORD_STATEMENTS_TO
const seen = new Set()

function record(query) {
  const text = typeof query === 'string' ? query : query?.text
  if (typeof text !== 'string') return
  const site = findSite()
  if (site === null) return
  const line = JSON.stringify({ ...site, text })
  if (seen.has(line)) return
  seen.add(line)
  appendFileSync(file, `${line}\n`)
}

/** The innermost place of the payment service; null when a test, or a migration, sent it. */
function findSite() {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 30
  const stack = new Error().stack ?? ''
  Error.stackTraceLimit = stackTraceLimit
  const place = /\/payment-service\/src\/([^\s:)]+):(\d+)/.exec(stack)
  if (place === null || /\.test\.ts$|\/testing\/|^store\/migrate\.ts$/.test(place[1])) return null
  return { file: place[1], line: Number(place[2]) }
}

if (file !== undefined) {
  for (const type of [pg.Client, pg.Pool]) {
    const { query } = type.prototype
    type.prototype.query = function (...args) {
      record(args[0])
      return query.apply(this, args)
    }
  }
}
