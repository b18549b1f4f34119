import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTestDatabase } from '@fincore/dev/test-database'
import pg from 'pg'
import { startTcpWay, throughPort } from '../tcp-way.ts'
import { eventually } from '../world.ts'
import { isAway, startSampling } from './sampling.ts'

const withCode = (code: string) => Object.assign(new Error('what it says'), { code })

describe('a look at the books while the load runs', () => {
  it('waits for a PostgreSQL that is away, full or starting, and for nothing else', () => {
    for (const code of ['08006', '53100', '53300', '57P01', '57P03', '58030', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])
      assert.ok(isAway(withCode(code)), code)
    assert.ok(isAway(new Error('Connection terminated unexpectedly')))
    assert.ok(isAway(new Error('Query read timeout')))
    for (const code of ['42703', '42P01', '22012', 'XX000', '0800', 'ENOENT']) assert.ok(!isAway(withCode(code)), code)
    assert.ok(!isAway(new TypeError('rows is not iterable')))
  })
  it('tells why it could not be taken', async () => {
    const looking = (error: Error) => {
      const sampling = startSampling({ query: () => Promise.reject(error) } as unknown as pg.Pool)
      return sampling.stop().then(() => ({ taken: sampling.count(), failures: [...sampling.failures] }))
    }
    const [renamed, away] = await Promise.all([looking(withCode('42703')), looking(withCode('57P03'))])
    assert.deepEqual(renamed, { taken: 0, failures: ['Error: what it says'] })
    assert.deepEqual(away, { taken: 0, failures: [] })
  })
  it('is taken again after the server has vanished in the middle of one', async (t) => {
    const { ownerUrl } = await createTestDatabase(t)
    const way = await startTcpWay(Number(new URL(ownerUrl).port))
    const database = new pg.Pool({ connectionString: throughPort(ownerUrl, way.port), max: 1 })
    database.on('error', () => {})
    t.after(() => Promise.all([way.close(), database.end()]))
    const sampling = startSampling(database, 200)
    t.after(() => sampling.stop())
    const takenSince = (before: number) => eventually('a look', async () => sampling.count() > before)
    await takenSince(0)
    way.fallSilent()
    await takenSince(sampling.count())
    assert.deepEqual([...sampling.failures], [])
  })
})
