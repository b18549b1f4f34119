import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitLines } from './split-lines.ts'

async function* inPieces(text: string, size: number) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<string[]> {
  const lines: string[] = []
  for await (const line of splitLines(chunks)) lines.push(line.toString())
  return lines
}

test('a line ends at a line feed and at nothing else, wherever the pieces of the file end', async () => {
  const lines = ['a\u2028b\u2029c\u0085\r\n', '\n', 'ü€\v\f\r\r\n', 'without an end']
  for (const size of [1, 2, 3, 7, 1_000])
    assert.deepEqual(await collect(inPieces(lines.join(''), size)), lines, `${size} bytes at a time`)
})

test('a file without ends of lines is not held as a whole', async () => {
  let read = 0
  async function* endless() {
    for (;;) {
      read += 65_536
      yield Buffer.alloc(65_536, 'a')
    }
  }
  await assert.rejects(collect(endless()), /longer than 1 MiB/)
  assert.ok(read < 1_200_000)
})
