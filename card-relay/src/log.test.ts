import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeRequestId } from './exchange.ts'
import { type Log, makeLog } from './log.ts'

describe('the log', () => {
  it('says what happened, to which request, with which code, and how long it took', () => {
    const lines: string[] = []
    const requestId = makeRequestId()
    makeLog((line) => lines.push(line))('refused', { requestId, code: 'body_too_large', status: 413, durationMs: 1.6 })
    const { time, ...rest } = JSON.parse(lines[0] ?? '')
    assert.match(time, /^\d{4}-.*Z$/)
    const fields = { requestId, code: 'body_too_large', status: 413, durationMs: 2 }
    assert.deepEqual(rest, { process: 'card-relay', event: 'refused', ...fields })
  })

  it('has no place for a body, even when a caller gets round the types', () => {
    const lines: string[] = []
    const log = makeLog((line) => lines.push(line)) as (event: string, fields: object) => ReturnType<Log>
    const card = '4242424242424242'
    log(card, { requestId: card, code: card, status: Number(card), durationMs: card, body: card, message: card })
    log('refused', { requestId: `req_${card}`, code: `a ${card}`, status: { card }, error: new Error(card) })
    assert.doesNotMatch(lines.join(''), /42424242/)
  })
})
