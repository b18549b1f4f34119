import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeHeadBlanker } from './reply-headers.ts'

const cases: [what: string, reply: string, blanked: string][] = [
  ['a value', 'HTTP/1.1 201\r\nx-echo: 4242 4242\r\n\r\n42', 'HTTP/1.1 201\r\nx-echo:xxxxxxxxxx\r\n\r\n42'],
  ['digits in a name', 'HTTP/1.1 201\r\nx-4242: 1\r\n\r\n', 'HTTP/1.1 201\r\nx-xxxx:xx\r\n\r\n'],
  ['the text of the status', 'HTTP/1.1 201 card 4242\r\n\r\n', 'HTTP/1.1 201 xxxxxxxxx\r\n\r\n'],
  ['a value on two lines', 'HTTP/1.1 200\r\na: b\r\n 4242\r\n\r\n', 'HTTP/1.1 200\r\na:xx\r\nxxxxx\r\n\r\n'],
  ['a value on two lines, by a tab', 'HTTP/1.1 200\r\na: b\r\n\t4242\r\n\r\n', 'HTTP/1.1 200\r\na:xx\r\nxxxxx\r\n\r\n'],
  [
    'what comes after an empty line',
    '\r\nHTTP/1.1 201\r\nx-echo: 42\r\n\r\n42',
    '\r\nHTTP/1.1 201\r\nx-echo:xxx\r\n\r\n42',
  ],
  ['lines without a carriage return', 'HTTP/1.1 200\na: 42\n\n42', 'HTTP/1.1 200\na:xxx\n\n42'],
  [
    'not the headers of the framing',
    'HTTP/1.1 200\r\nContent-Length: 42\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n42',
    'HTTP/1.1 200\r\nContent-Length: 42\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n42',
  ],
  [
    'the head after an interim one',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\na: 42\r\n\r\na: 42',
    'HTTP/1.1 100 xxxxxxxx\r\n\r\nHTTP/1.1 200\r\na:xxx\r\n\r\na: 42',
  ],
]

describe('blanking the head of a PSP’s reply', () => {
  for (const [what, reply, blanked] of cases) {
    it(`blanks ${what}, wherever the reply is cut`, () => {
      for (let cut = 0; cut <= reply.length; cut++) {
        const blank = makeHeadBlanker()
        const pieces = [Buffer.from(reply.slice(0, cut)), Buffer.from(reply.slice(cut))]
        for (const piece of pieces) blank(piece)
        assert.equal(Buffer.concat(pieces).toString(), blanked, `cut at ${cut}`)
      }
    })
  }
})
