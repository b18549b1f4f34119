import assert from 'node:assert/strict'
import { it } from 'node:test'
import { errorTable, makeProblem } from '@fincore/api-contract/errors'

it('every error says what happened and what to do next, in whole sentences', () => {
  const short = Object.entries(errorTable)
    .filter(([, { meaning }]) => meaning.split(/[.:;] /).length < 2 || !meaning.endsWith('.'))
    .map(([code]) => code)
  assert.deepEqual(short, [])
})

it('every title is short, and no text has a plain apostrophe', () => {
  for (const [code, { title, meaning }] of Object.entries(errorTable)) {
    assert.ok(title.length <= 70 && !title.endsWith('.'), code)
    assert.doesNotMatch(`${title} ${meaning}`, /\w'\w/, code)
  }
})

it('a problem leads to its own section', () => {
  const { type, detail } = makeProblem('conflict', { docsUrl: 'https://pay.example.com/docs', requestId: 'req_1' })
  assert.equal(type, 'https://pay.example.com/docs/errors#conflict')
  assert.equal(detail, errorTable.conflict.meaning)
})
