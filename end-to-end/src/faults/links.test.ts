import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { findFreePort } from '@fincore/dev/free-ports'
import { createTestDatabase } from '@fincore/dev/test-database'
import pg from 'pg'
import { type Statement, startDatabaseLink } from './database-link.ts'
import type { HttpFault } from './http-faults.ts'
import { type HttpLink, startHttpLink } from './http-link.ts'

describe('a link between two processes', () => {
  let link: HttpLink
  let url: string
  let served = 0
  let fault: HttpFault | null = null
  const server = createServer((_request, response) => {
    served++
    response.end('the whole reply')
  })
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const port = await findFreePort()
    url = `http://127.0.0.1:${port}/`
    link = await startHttpLink({
      name: 'test',
      port,
      targets: [(server.address() as AddressInfo).port],
      chooseFault: () => fault,
      reached: async () => {},
    })
  })
  after(async () => {
    await link.close()
    server.close()
  })

  const post = async (): Promise<string> => {
    served = 0
    try {
      const answer = await fetch(url, { method: 'POST', body: 'x', signal: AbortSignal.timeout(1_000) })
      return `${answer.status} ${await answer.text()}`
    } catch (error) {
      return (error as Error).name === 'TimeoutError' ? 'silence' : 'broken'
    }
  }
  const cases: [HttpFault | null, answered: RegExp, served: number][] = [
    [null, /^200 the whole reply$/, 1],
    [{ kind: 'delay', ms: 50 }, /^200 the whole reply$/, 1],
    [{ kind: 'drip', ms: 50 }, /^200 the whole reply$/, 1],
    [{ kind: 'reset before sent' }, /^broken$/, 0],
    [{ kind: 'reset after sent' }, /^broken$/, 1],
    [{ kind: 'cut reply', at: 0.99, politely: false }, /^broken$/, 1],
    [{ kind: 'cut reply', at: 0.99, politely: true }, /^broken$/, 1],
    [{ kind: 'black hole' }, /^silence$/, 0],
    [{ kind: 'reply lost' }, /^silence$/, 1],
    [{ kind: 'bad gateway' }, /^502 /, 1],
    [{ kind: 'sent twice' }, /^200 the whole reply$/, 2],
  ]
  for (const [each, answered, times] of cases) {
    it(`with “${each?.kind ?? 'no fault'}” passes the request on ${times} times`, async () => {
      fault = each
      assert.match(await post(), answered)
      fault = null
      assert.equal(served, times)
    })
  }
  it('refuses connections, and takes them again', async () => {
    await link.set('refusing')
    assert.equal(await post(), 'broken')
    await link.set('black hole')
    assert.equal(await post(), 'silence')
    await link.set('open')
    assert.equal(await post(), '200 the whole reply')
  })
})

it('a link to the database breaks before a commit, or after it, and knows what was in the transaction', async (t) => {
  const database = await createTestDatabase(t)
  const own = new URL(database.ownerUrl)
  const port = await findFreePort()
  let fault: 'reset before sent' | 'reset after sent' | null = null
  const commits: Statement[] = []
  const link = await startDatabaseLink({
    name: 'test',
    port,
    target: Number(own.port),
    chooseFault: ({ text }) => (text.includes('commit') ? fault : null),
    reached: async (moment, statement) => {
      if (moment === 'answer seen' && statement.text.includes('commit')) commits.push(statement)
    },
  })
  t.after(() => link.close())
  own.port = String(port)
  const insert = async (name: string): Promise<boolean> => {
    const client = new pg.Client({ connectionString: own.href })
    client.on('error', () => {})
    await client.connect()
    try {
      await client.query('begin')
      await client.query('insert into merchants (merchant_id, name) values ($1, $1)', [name])
      await client.query('commit')
      await client.end()
      return true
    } catch {
      return false
    }
  }
  assert.equal(await insert('calm'), true)
  fault = 'reset before sent'
  assert.equal(await insert('before'), false)
  fault = 'reset after sent'
  assert.equal(await insert('after'), false)
  assert.ok(commits[0]?.transaction.includes('insert into merchants'))
  const direct = new pg.Client({ connectionString: database.ownerUrl })
  await direct.connect()
  const { rows } = await direct.query<{ name: string }>('select name from merchants order by name')
  await direct.end()
  assert.deepEqual(
    rows.map(({ name }) => name),
    ['after', 'calm'],
  )
})
