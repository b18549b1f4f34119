import type { SettlementLine } from '../port.ts'
import { readCsv } from '../read-csv.ts'
import { SettlementFileError } from '../settlement-file-error.ts'

/** The columns as the sandbox's README has them, in their order. */
const columns = 'reference,payment_id,kind,gross_amount,fee,net_amount,currency,booked_at'
const trailerMark = '# trailer'

type Sums = { count: bigint; gross: bigint; fee: bigint; net: bigint }
const none: Sums = { count: 0n, gross: 0n, fee: 0n, net: 0n }

/** Reads a settlement file of the sandbox. See `Reconciliation.readSettlementFile`. */
export async function* readSettlementFile(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<SettlementLine, { day: string }> {
  /** Counted here, by currency; what the trailer confirms is taken out. */
  const sums = new Map<string, Sums>()
  let count = 0n
  let lastLine = 0
  let isHead = true
  let inTrailer = false
  let first: Date | null = null
  let last: Date | null = null
  let day: string | null = null
  for await (const { line, fields } of readCsv(bytes)) {
    const fail = (why: string): never => {
      throw new SettlementFileError(line, why)
    }
    lastLine = line
    if (isHead) {
      if (fields.join(',') !== columns) fail('is not the header of a settlement file of the sandbox')
      isHead = false
      continue
    }
    if (day !== null) fail('comes after the end of the trailer')
    if (fields.length !== 8) fail('has not eight fields')
    const [reference = '', payment = '', kind = '', gross = '', fee = '', net = '', currency = '', at = ''] = fields
    if (reference === trailerMark) {
      inTrailer = true
      if (!/^\d{4}-\d\d-\d\d$/.test(at)) fail('has no date')
      if (kind === 'total') {
        const own = sums.get(currency)
        const said = { count: payment, gross, fee, net }
        const fits =
          own !== undefined && Object.entries(said).every(([name, text]) => String(own[name as keyof Sums]) === text)
        if (!fits) fail('has another count or sum than the lines before it')
        sums.delete(currency)
      } else if (kind === 'end') {
        if (String(count) !== payment || sums.size > 0) fail('does not count the lines that there are')
        if ([first, last].some((time) => time !== null && time.toISOString().slice(0, 10) !== at))
          fail('names another day than the lines before it')
        day = at
      } else fail('is no line of the trailer')
      continue
    }
    if (inTrailer) fail('comes after the trailer has begun')
    const read = readLine({ reference, payment, kind, gross, fee, net, currency, at }) ?? fail('cannot be read')
    if (last !== null && read.at < last) fail('is older than the line before it')
    first ??= read.at
    last = read.at
    const sum = sums.get(currency) ?? none
    sums.set(currency, {
      count: sum.count + 1n,
      gross: sum.gross + BigInt(gross),
      fee: sum.fee + read.fee,
      net: sum.net + read.net,
    })
    count++
    yield read
  }
  if (day === null) throw new SettlementFileError(lastLine + 1, 'should be there: the file is cut off before its end')
  return { day }
}

type Fields = Record<'reference' | 'payment' | 'kind' | 'gross' | 'fee' | 'net' | 'currency' | 'at', string>

function readLine({ reference, payment, kind, gross, fee, net, currency, at }: Fields): SettlementLine | null {
  const isName = (text: string) => /^[\x21-\x7e]{1,100}$/.test(text)
  const isAmount = (text: string) => /^-?(0|[1-9]\d{0,14})$/.test(text)
  if ((kind !== 'capture' && kind !== 'refund') || !isName(reference) || !isName(payment)) return null
  if (![gross, fee, net].every(isAmount) || !/^[A-Z]{3}$/.test(currency)) return null
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at) || Number.isNaN(Date.parse(at))) return null
  const amount = kind === 'refund' ? -BigInt(gross) : BigInt(gross)
  if (amount <= 0n || BigInt(gross) - BigInt(fee) !== BigInt(net)) return null
  return {
    kind,
    reference,
    payment,
    amount: { amount, currency },
    fee: BigInt(fee),
    net: BigInt(net),
    at: new Date(at),
  }
}
