import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readSettlementFile } from './settlement-file.ts'

const head = 'reference,payment_id,kind,gross_amount,fee,net_amount,currency,booked_at'
const at = (second: number) => `2026-11-28T10:00:0${second}.000Z`
const whole = [
  head,
  `"a,""b""",pay_1,capture,1000,39,961,EUR,${at(1)}`,
  `att_2,pay_1,refund,-300,0,-300,EUR,${at(2)}`,
  `att_3,pay_3,capture,5000,95,4905,JPY,${at(3)}`,
  '# trailer,2,total,700,39,661,EUR,2026-11-28',
  '# trailer,1,total,5000,95,4905,JPY,2026-11-28',
  '# trailer,3,end,,,,,2026-11-28',
]

async function read(text: string | Uint8Array, chunk = 7) {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  async function* inChunks() {
    for (let from = 0; from < bytes.length; from += chunk) yield bytes.subarray(from, from + chunk)
  }
  const lines = readSettlementFile(inChunks())
  const found = []
  for (;;) {
    const next = await lines.next()
    if (next.done) return { found, day: next.value.day }
    found.push(next.value)
  }
}
const file = (lines: string[], end = '\r\n') => lines.map((line) => line + end).join('')

describe('a settlement file', () => {
  it('is read with its quotes, its signs and its day, wherever its bytes are cut and whatever ends its lines', async () => {
    for (const [chunk, end] of [
      [1, '\r\n'],
      [7, '\n'],
      [10_000, '\r\n'],
    ] as const) {
      const { found, day } = await read(file(whole, end), chunk)
      assert.equal(day, '2026-11-28')
      assert.deepEqual(
        found.map(({ kind, reference, amount, fee, net }) => [
          kind,
          reference,
          amount.amount,
          amount.currency,
          fee,
          net,
        ]),
        [
          ['capture', 'a,"b"', 1000n, 'EUR', 39n, 961n],
          ['refund', 'att_2', 300n, 'EUR', 0n, -300n],
          ['capture', 'att_3', 5000n, 'JPY', 95n, 4905n],
        ],
      )
    }
    assert.deepEqual(await read(file([head, '# trailer,0,end,,,,,2026-11-28'])), { found: [], day: '2026-11-28' })
  })

  const change = (line: number, from: string | RegExp, to: string) =>
    whole.with(line, (whole[line] ?? '').replace(from, to))
  const faults: [what: string, lines: string[], why: RegExp][] = [
    ['cut off before its trailer', whole.slice(0, 4), /line 5 should be there/],
    ['cut off in its trailer', whole.slice(0, 6), /line 7 should be there/],
    ['short of a line', whole.toSpliced(2, 1), /line 4 has another count or sum/],
    ['short of a currency’s total', whole.toSpliced(5, 1), /line 6 does not count/],
    ['changed in an amount, with its net', change(1, '1000,39,961', '1001,39,962'), /line 5 has another count or sum/],
    ['changed in an amount alone', change(1, '1000', '1001'), /line 2 cannot be read/],
    ['changed in its count', change(6, ',3,', ',4,'), /line 7 does not count/],
    ['of two days', change(6, '11-28', '11-27'), /line 7 names another day/],
    ['out of order', [head, ...[2, 1, 3, 4, 5, 6].map((line) => whole[line] ?? '')], /line 3 is older/],
    ['with a capture below zero', change(1, '1000,39,961', '-1000,39,-1039'), /line 2 cannot be read/],
    ['with an amount in a fraction', change(1, '1000', '1000.0'), /line 2 cannot be read/],
    ['with lines after its end', [...whole, whole[1] ?? ''], /line 8 comes after the end/],
    ['with another header', change(0, 'fee', 'fees'), /line 1 is not the header/],
    ['with an open quote', change(3, 'att_3', '"att_3'), /line 4 has no end|too long/],
    ['with a quote inside a field', change(3, 'att_3', 'at"t_3'), /line 4 has a quote/],
    ['with a field that has no end', change(3, 'att_3', 'x'.repeat(500)), /line 4 has a field that is too long/],
  ]
  for (const [what, lines, why] of faults) {
    it(`${what} is refused with its line, and without quoting it`, async () => {
      await assert.rejects(read(file(lines)), (error: Error) => {
        assert.match(error.message, why)
        assert.doesNotMatch(error.message, /att_|pay_|1001/)
        return true
      })
    })
  }

  it('that is no text is refused', async () => {
    await assert.rejects(read(new Uint8Array([0xff, 0xfe, 0x41])), /line 1 has bytes that are no UTF-8/)
    await assert.rejects(read(''), /line 1 should be there/)
  })
})
