import { Readable } from 'node:stream'
import { listMovements, type Place, presentMovement } from '../ledger/movement-list.ts'
import { Rejection } from '../rejection.ts'
import { readDay, writeSettlementFile } from '../settlement-file.ts'
import type { Api, ApiApp } from './api.ts'
import { accountOf } from './authentication.ts'
import { DateParams, MovementsQuery } from './schemas.ts'

const dayMs = 86_400_000
const longestWindowMs = 31 * dayMs

/** What a merchant compares its books with: the list of movements, and the settlement file of a day. */
export function registerReconciliationRoutes(app: ApiApp, api: Api): void {
  const { psp } = api
  /** What is younger may still be on its way to the list, as it is to look-ups. */
  const visibleUntil = () => psp.now() - psp.lookupDelayMs

  app.get('/v2/movements', { schema: { querystring: MovementsQuery } }, async (request) => {
    const [from, to] = [Date.parse(request.query.from), Date.parse(request.query.to)]
    if (!(to > from && to - from <= longestWindowMs))
      throw new Rejection(400, 'invalid_request', 'A window ends after it begins, and within 31 days.', 'to')
    const after = request.query.cursor === undefined ? null : readCursor(request.query.cursor)
    const limit = Number(request.query.limit ?? 100)
    const end = Math.min(to, visibleUntil())
    const rows = listMovements(psp.ledger, accountOf(request).id, { from, to: end, after }, limit + 1)
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      movements: page.map(presentMovement),
      next: last !== undefined && rows.length > limit ? writeCursor(last) : null,
      complete_until: new Date(Math.max(from, end)).toISOString(),
    }
  })

  app.get('/v1/settlement_files/:date', { schema: { params: DateParams } }, async (request, reply) => {
    const { date } = request.params
    const from = readDay(date)
    if (from === null) throw new Rejection(400, 'invalid_request', 'A date is a day such as 2026-01-31.', 'date')
    if (from + dayMs > visibleUntil())
      throw new Rejection(
        409,
        'settlement_not_ready',
        'The day is not over yet. Ask again after midnight, UTC.',
        'date',
      )
    const lines = writeSettlementFile(psp.ledger, accountOf(request).id, date, from)
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="settlement-${date}.csv"`)
      .send(Readable.from(lines))
  })
}

function writeCursor({ at, seq }: Place): string {
  return Buffer.from(`${at}.${seq}`).toString('base64url')
}

function readCursor(text: string): Place {
  const [, at, seq] = /^(\d{1,15})\.(\d{1,15})$/.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
  if (at === undefined || seq === undefined)
    throw new Rejection(400, 'cursor_invalid', 'Send the `next` of the page before, as it is.', 'cursor')
  return { at: Number(at), seq: Number(seq) }
}
