import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeCanaries } from './canaries.ts'
import { runDrill } from './drill.ts'
import { exits } from './exits.ts'
import { judge, writeTable } from './report.ts'
import { makeSearch } from './search.ts'
import { encodings, formsByEncoding } from './written-forms.ts'

describe('the drill’s search', () => {
  const canaries = makeCanaries(50, 1)
  const search = makeSearch(canaries)

  it('finds every form of every canary, beside anything and at any place', () => {
    for (const encoding of encodings) {
      for (const canary of canaries) {
        for (const form of formsByEncoding[encoding](canary)) {
          for (const before of [0, 1, 2, 3, 4_090, 8_191]) {
            const found: string[] = []
            // Not every buffer begins where a word of memory does.
            const bytes = Buffer.concat([Buffer.alloc(1 + before), form, Buffer.alloc(before % 3, 'x')]).subarray(1)
            search.scan(bytes, (as, index) => found.push(`${as} ${index}`))
            assert.ok(found.includes(`${encoding} ${canary.index}`), `${encoding} after ${before} bytes`)
          }
        }
      }
    }
  })

  it('finds nothing in what may be kept of a card', () => {
    const kept = canaries.map(({ number, marker }) => `${number.slice(0, 6)}******${number.slice(-4)} ${marker}`)
    search.scan(Buffer.from(kept.join('\n')), (encoding) => assert.fail(`found as ${encoding}`))
  })
})

describe('the drill', () => {
  it('leaves nothing in FinCore one second after the last of 200 cards, and finds nearly all in its control', async (t) => {
    assert.equal(
      exits.reduce((sum, { share }) => sum + share, 0),
      100,
    )
    const result = await runDrill({ cards: 200, connections: 8, seed: 1, progress: (line) => t.diagnostic(line) })
    const table = writeTable(result)
    t.diagnostic(`\n${table}`)
    assert.deepEqual(judge(result), { outcome: 'clean', reasons: [] }, table)
  })
})
