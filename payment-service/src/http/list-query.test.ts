import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newId } from '../ids.ts'
import { idOf, listOf, oneOf, readListQuery, textOf } from './list-query.ts'

const id = newId('charge')
const list = listOf('charge', {
  status: oneOf({ captured: '', failed: '' }, ''),
  payment_session: idOf(['session'], ''),
  merchant_reference: textOf(''),
})

const noQuery = { limit: 20, startingAfter: null, endingBefore: null, createdAfter: null, createdBefore: null }

describe('the query of a list', () => {
  it('has 20 rows of the newest without any parameter', () => {
    assert.deepEqual(readListQuery({}, list), { ...noQuery, filters: {} })
  })

  it('takes a limit, one cursor and the filters of the list', () => {
    const read = readListQuery({ limit: '100', starting_after: id, status: 'captured' }, list)
    assert.deepEqual(read, { ...noQuery, limit: 100, startingAfter: id, filters: { status: 'captured' } })
  })

  it('takes times with their offsets', () => {
    const read = readListQuery(
      { created_after: '2026-11-23T12:00:00+01:00', created_before: '2026-11-24T00:00:00.5Z' },
      list,
    )
    const times = {
      createdAfter: new Date('2026-11-23T11:00:00Z'),
      createdBefore: new Date('2026-11-24T00:00:00.500Z'),
    }
    assert.deepEqual(read, { ...noQuery, ...times, filters: {} })
  })

  const refused: [Record<string, unknown>, string, string | undefined][] = [
    [{ limit: '0' }, 'parameter_invalid', 'limit'],
    [{ limit: '101' }, 'parameter_invalid', 'limit'],
    [{ limit: '1e1' }, 'parameter_invalid', 'limit'],
    [{ limit: ' 5' }, 'parameter_invalid', 'limit'],
    [{ created_after: '2026-11-23' }, 'parameter_invalid', 'created_after'],
    [{ created_before: '2026-13-01T00:00:00Z' }, 'parameter_invalid', 'created_before'],
    [{ created_before: '1795435200' }, 'parameter_invalid', 'created_before'],
    [{ limit: ['1', '2'] }, 'parameter_invalid', 'limit'],
    [{ starting_after: 'ch_1' }, 'cursor_invalid', 'starting_after'],
    [{ ending_before: newId('refund') }, 'cursor_invalid', 'ending_before'],
    [{ starting_after: id, ending_before: id }, 'cursor_invalid', 'ending_before'],
    [{ merchant_reference: '' }, 'parameter_invalid', 'merchant_reference'],
    [{ merchant_reference: 'a\0b' }, 'parameter_invalid', 'merchant_reference'],
    [{ merchant_reference: 'x'.repeat(256) }, 'parameter_invalid', 'merchant_reference'],
    [{ status: 'CAPTURED' }, 'parameter_invalid', 'status'],
    [{ status: 'toString' }, 'parameter_invalid', 'status'],
    [{ payment_session: id }, 'parameter_invalid', 'payment_session'],
    [{ payment_session: 'ps_1' }, 'parameter_invalid', 'payment_session'],
    [{ stauts: 'captured' }, 'parameter_unknown', 'stauts'],
    [{ '4242424242424242': '' }, 'parameter_unknown', undefined],
    [{ '4242424242424242': ['', ''] }, 'parameter_unknown', undefined],
  ]
  for (const [query, code, param] of refused) {
    it(`refuses ${JSON.stringify(query).slice(0, 60)}`, () => {
      const read = readListQuery(query, list)
      assert.ok('refused' in read)
      assert.deepEqual([read.refused, read.param], [code, param])
    })
  }

  it('says what a filter takes, and never what was sent', () => {
    const detailOf = (query: object) => {
      const read = readListQuery(query, list)
      return 'refused' in read ? read.detail : undefined
    }
    assert.equal(detailOf({ status: 'eaten' }), 'status must be one of captured, failed.')
    assert.equal(detailOf({ status: 'Captured' }), 'status must be one of captured, failed. Did you mean `captured`?')
    assert.equal(detailOf({ stauts: 'captured' }), 'stauts is not a parameter of this list. Did you mean `status`?')
    assert.match(detailOf({ color: 'red' }) ?? '', /It takes limit, .*, merchant_reference\.$/)
    assert.equal(detailOf({ payment_session: id }), 'payment_session must be an id: ps_ and 26 letters and digits.')
  })
})
