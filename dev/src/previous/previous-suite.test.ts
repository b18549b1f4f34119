/**
 * A few of the tests of the version before this one, on the schema of this one: those that carry money, take little and
 * wait for no clock. `npm run drill:previous-suite` runs all of them.
 */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { withClient } from '../database.ts'
import { pathInRepository } from '../managed-process.ts'
import { createTestDatabase } from '../test-database.ts'
import { notTested } from '../test-reporter.ts'
import {
  checkOutPrevious,
  isInHistory,
  migrationsPath,
  readPreviousVersion,
  replaceMigrations,
} from './checkout-previous.ts'

const files = [
  'payment-service/src/store/hot-path.test.ts',
  'payment-service/src/store/psp-events.test.ts',
  'payment-service/src/store/event-deliveries.test.ts',
  'payment-service/src/flows/card-terms.test.ts',
  'payment-service/src/flows/disputes-at-stripe.test.ts',
]
const version = readPreviousVersion()

if (isInHistory(version.commit)) {
  const { folder, remove } = checkOutPrevious(version.commit)
  replaceMigrations(folder, pathInRepository(migrationsPath))
  const load = (path: string) => import(pathToFileURL(join(folder, path)).href)
  describe(`tests of ${version.name} on the schema of this version`, { concurrency: false }, () => {
    // The schema is made by this version, as in a rollout: the earlier one finds it as a template, by the same digest.
    before(async () => (await createTestDatabase()).drop())
    after(remove)
    it('have a database with every migration of this version', async (t) => {
      const itsOwn = await load('dev/src/test-database.ts')
      const { ownerUrl } = await itsOwn.createTestDatabase(t)
      const { rows } = await withClient<{ rows: { name: string }[] }>(ownerUrl, (client) =>
        client.query('select name from schema_migrations order by name'),
      )
      const ours = readdirSync(pathInRepository(migrationsPath)).filter((name) => name.endsWith('.sql'))
      assert.deepEqual(
        rows.map(({ name }) => name),
        ours.sort(),
      )
    })
    for (const file of files) describe(file, () => load(file))
  })
} else {
  it('the version before this one is not in this history, and that is said', () => {
    console.error(
      `${notTested}git's history here does not hold ${version.commit} (${version.name}), so none of its own tests were run on this schema. What it sends to the database was planned, and the catalogues compared (store/previous-version.test.ts). Fetch the whole history to run them.`,
    )
  })
}
