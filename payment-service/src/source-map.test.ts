import assert from 'node:assert/strict'
import { SourceMap } from 'node:module'
import { it } from 'node:test'
import { openSourceMap } from './source-map.ts'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function writeNumber(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let text = ''
  do {
    const bits = rest & 31
    rest >>>= 5
    text += letters[rest > 0 ? bits | 32 : bits]
  } while (rest > 0)
  return text
}

/** 60 lines of up to six segments, of all three lengths, and an empty one; numbers that follow from the seed. */
function writeMap(seed: number): string {
  let state = seed
  const draw = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
  const before = [0, 0, 0, 0]
  const countFrom = (index: number, value: number) => {
    const text = writeNumber(value - (before[index] ?? 0))
    before[index] = value
    return text
  }
  const lines = Array.from({ length: 60 }, () =>
    Array.from({ length: draw(7) }, (_, index) => {
      const step = index === 0 ? 0 : 1 + draw(300)
      const place = () => countFrom(0, draw(3)) + countFrom(1, draw(40_000)) + countFrom(2, draw(200))
      const kind = index === 0 ? 1 : draw(4)
      return writeNumber(step) + (kind === 0 ? '' : place()) + (kind === 1 ? countFrom(3, draw(9)) : '')
    }).join(','),
  )
  const names = Array.from({ length: 9 }, (_, index) => `name${index}`)
  return JSON.stringify({ version: 3, sources: ['a.ts', 'b.ts', 'c.ts'], names, mappings: `${lines.join(';')};` })
}

it('a source map is read as Node reads it, at every place of every line that has one', () => {
  let compared = 0
  for (let seed = 1; seed <= 20; seed++) {
    const text = writeMap(seed)
    const ours = openSourceMap(text)
    const map = new SourceMap(JSON.parse(text))
    const filled: string[] = JSON.parse(text).mappings.split(';')
    for (const [index, line] of filled.entries()) {
      for (let column = 1; column < 1_500; column += 7) {
        const place = ours.find(index + 1, column)
        // Of a line without a segment Node tells the place of an earlier line.
        if (line === '') {
          assert.equal(place, null)
          continue
        }
        const node = map.findOrigin(index + 1, column)
        const expected =
          'fileName' in node ? { source: node.fileName, row: node.lineNumber, column: node.columnNumber } : null
        assert.deepEqual(place, expected, `${index + 1}:${column} of seed ${seed}`)
        compared++
      }
    }
  }
  assert.ok(compared > 100_000, `${compared} places were compared`)
})

it('a place that the map does not have has no source', () => {
  const map = openSourceMap(writeMap(1))
  assert.deepEqual([map.find(62, 1), map.find(1_000_000, 1), map.find(0, 1)], [null, null, null])
})
