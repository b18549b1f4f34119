import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AnswerStart, keepAnswer, readAnswerBytes } from './keep-answer.ts'

const plain = { goesOn: false, contentType: 'text/plain', contentEncoding: null }
const keep = (body: string | Buffer, more: Partial<AnswerStart> = {}) =>
  keepAnswer({ ...plain, bytes: Buffer.from(body), ...more })

describe('what is kept of an answer', () => {
  it('is its text, with its content type', () => {
    assert.deepEqual(keep('{"ok": true}', { contentType: 'application/json' }), {
      contentType: 'application/json',
      body: '{"ok": true}',
      isCut: false,
    })
  })

  it('holds no card number, also not the beginning of one at the cut', () => {
    assert.equal(keep('card 4111 1111 1111 1111 declined').body, 'card 1111 1111 1111 1111 declined')
    for (const before of [1_008, 1_010, 1_020]) {
      const body = keep(`${'x'.repeat(before - 1)} 4242424242424242 and more`).body ?? ''
      assert.equal(body.length, 1_024)
      assert.match(body, /^x+ 1+$/, `a number that begins at ${before}`)
    }
    assert.equal(keep('', { contentType: 'text/4242424242424242' }).contentType, null)
  })

  it('is 1,024 characters at most, whole ones, and says when there was more', () => {
    assert.deepEqual(keep('é'.repeat(1_024)), { contentType: 'text/plain', body: 'é'.repeat(1_024), isCut: false })
    const long = keep('x'.repeat(1_025))
    assert.deepEqual([long.body?.length, long.isCut], [1_024, true])
    const pairs = keep(`x${'😀'.repeat(600)}`)
    assert.deepEqual([pairs.body?.length, pairs.body?.isWellFormed(), pairs.isCut], [1_023, true, true])
    // The reading ends in the middle of a character; the text is cut long before.
    assert.equal(
      keep(Buffer.alloc(readAnswerBytes, '€').subarray(0, readAnswerBytes - 1), { goesOn: true }).isCut,
      true,
    )
  })

  it('can be stored, whatever bytes it has, and is left out when it is no text', () => {
    assert.equal(keep(Buffer.from([0x68, 0xff, 0x69])).body, 'h\ufffdi')
    assert.equal(keep(Buffer.from([0x89, 0x50, 0, 0])).body, null)
    assert.equal(keep('x', { contentEncoding: 'gzip' }).body, null)
    assert.equal(keep('x', { contentEncoding: 'Identity' }).body, 'x')
    assert.equal(keep('', { contentType: null }).contentType, null)
    assert.equal(keep('', { contentType: `text/html${'\u00e9'.repeat(3)}${'a'.repeat(200)}` }).contentType?.length, 100)
  })
})
