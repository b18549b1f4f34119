import type { Ledger } from './ledger/database.ts'
import { type ListedMovement, listMovements, type Place } from './ledger/movement-list.ts'

/**
 * The columns of a settlement file, in their order: RFC 4180, UTF-8, one header line, CRLF. Amounts are whole minor
 * units of the line's currency, negative for what leaves the merchant.
 */
export const settlementColumns = {
  reference: 'The reference of the capture or refund; of an automatic capture, and in a checkout, the payment’s.',
  payment_id: 'The payment.',
  kind: '`capture`, `refund`; `total` and `end` in the trailer.',
  gross_amount: 'What moved; negative for a refund.',
  fee: 'What the PSP keeps: 1.4 % rounded to the next unit, and 25, of a capture; 0 of a refund.',
  net_amount: '`gross_amount` less `fee`.',
  currency: 'ISO 4217.',
  booked_at: 'When it moved, RFC 3339 in UTC; the file’s date in the trailer.',
} as const

/** In the place of a reference, which can have no blank. */
export const trailerMark = '# trailer'

const dayMs = 86_400_000
const pageSize = 1_000

type Sums = { count: number; gross: number; fee: number; net: number }

/** The day's first moment; null for a date that there is not. */
export function readDay(date: string): number | null {
  const from = Date.parse(`${date}T00:00:00Z`)
  return Number.isNaN(from) || new Date(from).toISOString().slice(0, 10) !== date ? null : from
}

/**
 * The lines of a day: captures and refunds in the order of time, then one `total` per currency (the number of lines in
 * `payment_id`), then `end` with the number of all lines, without which the file is cut off. A page at a time, so that
 * a day of any size is sent in little memory.
 */
export function* writeSettlementFile(ledger: Ledger, account: string, date: string, from: number): Generator<string> {
  yield csvLine(Object.keys(settlementColumns))
  const sums = new Map<string, Sums>()
  let count = 0
  let after: Place | null = null
  for (;;) {
    const page: ListedMovement[] = listMovements(ledger, account, { from, to: from + dayMs, after }, pageSize)
    for (const movement of page) {
      if (movement.kind !== 'capture' && movement.kind !== 'refund') continue
      const { gross, fee, net } = settle(movement)
      const total = sums.get(movement.currency) ?? { count: 0, gross: 0, fee: 0, net: 0 }
      sums.set(movement.currency, {
        count: total.count + 1,
        gross: total.gross + gross,
        fee: total.fee + fee,
        net: total.net + net,
      })
      count++
      const { own_reference: reference, payment, kind, currency, at } = movement
      yield csvLine([reference, payment, kind, gross, fee, net, currency, new Date(at).toISOString()])
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) break
    after = { at: last.at, seq: last.seq }
  }
  for (const [currency, { count: lines, gross, fee, net }] of [...sums].sort())
    yield csvLine([trailerMark, lines, 'total', gross, fee, net, currency, date])
  yield csvLine([trailerMark, count, 'end', '', '', '', '', date])
}

function settle({ kind, amount }: ListedMovement): { gross: number; fee: number; net: number } {
  if (kind === 'refund') return { gross: -amount, fee: 0, net: -amount }
  const fee = Math.round((amount * 14) / 1000) + 25
  return { gross: amount, fee, net: amount - fee }
}

/** A field is quoted when it must be, its quotes doubled (RFC 4180, section 2). */
function csvLine(fields: readonly (string | number)[]): string {
  const quoted = fields.map((field) => {
    const text = String(field)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  })
  return `${quoted.join(',')}\r\n`
}
