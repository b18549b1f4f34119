import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTestDatabase } from '@fincore/dev/test-database'
import { runOnTerminal } from './testing/fake-terminal.ts'

test('fincore migrate takes the owner’s login from its option, the environment or a file, and never shows it', async (t) => {
  const { ownerUrl } = await createTestDatabase(t)
  const folder = mkdtempSync(join(tmpdir(), 'fincore-migrate-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'migrations_database_url')
  writeFileSync(file, `${ownerUrl}\n`)
  const migrate = (env: Record<string, string>, ...more: string[]) => runOnTerminal(['migrate', ...more], { env })

  const done = { code: 0, out: 'Nothing to do: the database is up to date.\n', err: '' }
  assert.deepEqual(await migrate({ MIGRATIONS_DATABASE_URL_FILE: file }), done)
  assert.deepEqual(await migrate({ MIGRATIONS_DATABASE_URL: ownerUrl }), done)
  assert.deepEqual(await migrate({ MIGRATIONS_DATABASE_URL: 'another' }, '--database-url', ownerUrl), done)

  const wrong: [Record<string, string>, RegExp][] = [
    [{}, /MIGRATIONS_DATABASE_URL is missing/],
    [{ MIGRATIONS_DATABASE_URL: ownerUrl, MIGRATIONS_DATABASE_URL_FILE: file }, /are both set; take one away/],
    [{ MIGRATIONS_DATABASE_URL_FILE: join(folder, 'nothing') }, /must name a file .*: there is no such file/],
    [{ MIGRATIONS_DATABASE_URL: 'mysql://owner:password-of-nobody@db/fincore' }, /must be written as postgres:/],
  ]
  for (const [env, says] of wrong) {
    const { code, out, err } = await migrate(env)
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, says)
    assert.doesNotMatch(err, /password-of-nobody/)
  }
})
