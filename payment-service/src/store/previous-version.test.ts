import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { urlOfDatabase, withClient } from '@fincore/dev/database'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import pg from 'pg'
import { migrate } from './migrate.ts'
import type { Queryable } from './pool.ts'
import { isContracting, listMigrations, migrationsFolder } from './schema-version.ts'
import { findNarrowings } from './testing/find-narrowings.ts'
import { type Catalogue, readCatalogue } from './testing/read-catalogue.ts'

/**
 * While a rollout goes on, and after a roll back, the version before this one works on the schema of this one. What that
 * version is, and what it sends to the database, was recorded from its own tests: `npm run record:statements`.
 */
const readJson = (name: string) => JSON.parse(readFileSync(new URL(`../../previous/${name}`, import.meta.url), 'utf8'))
const version: { name: string; migrations: Record<string, string> } = readJson('version.json')
const statements = Object.entries(readJson('statements.json') as Record<string, string[]>).flatMap(([file, texts]) =>
  texts.map((text) => ({ file, text })),
)

/** Migrations of this version that would break the one before it, and how each is noticed. */
const breaking: { what: string; sql: string; notices: RegExp }[] = [
  {
    what: 'a column is dropped',
    sql: 'alter table charges drop column metadata',
    notices: /column charges\.metadata is gone/,
  },
  {
    what: 'a column is renamed',
    sql: 'alter table refunds rename reason to why',
    notices: /column refunds\.reason is gone/,
  },
  {
    what: 'a column changes its type',
    sql: 'alter table webhook_deliveries alter tries type bigint',
    notices: /webhook_deliveries\.tries was integer, and is bigint/,
  },
  {
    what: 'a column may not be null any more',
    sql: 'alter table charges alter psp_reference set not null',
    notices: /charges\.psp_reference may not be null any more/,
  },
  {
    what: 'a default is gone',
    sql: 'alter table attempts alter lookups drop default',
    notices: /attempts\.lookups has no default any more/,
  },
  {
    what: 'a new column is required',
    sql: 'alter table merchants add column country text not null',
    notices: /merchants\.country is new, and an insert that leaves it out fails/,
  },
  {
    what: 'a table is dropped',
    sql: 'drop table tripwire_exemptions',
    notices: /tripwire_exemptions\.\w+ is gone/,
  },
  {
    what: 'a value is not allowed any more',
    sql: `alter table webhook_deliveries drop constraint webhook_deliveries_state_check,
      add constraint webhook_deliveries_state_check check (state = any (array['pending', 'delivered', 'failed']))`,
    notices: /check webhook_deliveries_state_check of webhook_deliveries is another/,
  },
  {
    what: 'a new check looks at what there was',
    sql: 'alter table charges add constraint small check (amount < 100)',
    notices: /check small of charges is new, and may refuse/,
  },
  {
    what: 'what was allowed twice must be unique',
    sql: 'create unique index once on merchants (name)',
    notices: /unique once of merchants is new/,
  },
  {
    what: 'an index is dropped',
    sql: 'drop index attempts_to_look_up',
    notices: /index attempts_to_look_up of attempts is gone/,
  },
  {
    what: 'a right is taken away',
    sql: 'revoke insert on events from fincore_app',
    notices: /the right to insert on events is gone/,
  },
  {
    what: 'a trigger refuses',
    sql: `create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
      create trigger refuses before insert on charges for each row execute function refuse()`,
    notices: /trigger refuses of charges is new/,
  },
]

/** Migrations that the version before does not notice. */
const expanding = `
  create table parcels (merchant_id text primary key, weight integer not null);
  alter table charges add column parcel text, add column stars integer not null default 0 check (stars < 6);
  create index by_parcel on charges (merchant_id, parcel);
  create unique index one_parcel on charges (parcel);
  alter table webhook_deliveries drop constraint webhook_deliveries_state_check,
    add constraint webhook_deliveries_state_check
    check (state = any (array['pending', 'delivered', 'failed', 'canceled', 'parked']))`

describe(`the version before this one, ${version.name}`, { concurrency: false }, () => {
  let database: TestDatabase
  let owner: pg.Client
  let folder: string
  let then: Catalogue
  let now: Catalogue
  before(async () => {
    database = await createTestDatabase()
    owner = new pg.Client({ connectionString: database.ownerUrl })
    await owner.connect()
    folder = mkdtempSync(join(tmpdir(), 'fincore-previous-'))
    then = await catalogueOf(Object.keys(version.migrations))
    const names = await listMigrations()
    // A contracting one takes away what that version does not use: of it the statements tell.
    now = names.some(isContracting)
      ? await catalogueOf(names.filter((name) => !isContracting(name)))
      : await readCatalogue(owner)
  })
  after(async () => {
    await owner.end()
    rmSync(folder, { recursive: true })
    await database.drop()
  })

  async function catalogueOf(names: readonly string[]): Promise<Catalogue> {
    const own = mkdtempSync(join(folder, 'migrations-'))
    for (const name of names) copyFileSync(new URL(name, migrationsFolder), join(own, name))
    const name = `test_${randomBytes(8).toString('hex')}`
    await owner.query(`create database ${name}`)
    try {
      const url = urlOfDatabase(database.ownerUrl, name)
      await migrate(url, { folder: pathToFileURL(`${own}/`) })
      return await withClient(url, readCatalogue)
    } finally {
      await owner.query(`drop database ${name} with (force)`)
    }
  }
  /** Planned and not run: it names what there is, of types that fit, and the login may do it. */
  const plan = (db: Queryable, text: string) => db.query(`explain (generic_plan) ${text}`)
  async function inVain(work: () => Promise<void>): Promise<void> {
    await owner.query('begin')
    try {
      await work()
    } finally {
      await owner.query('rollback')
    }
  }

  it('has migrations that were released, and are as they were', () => {
    for (const [name, digest] of Object.entries(version.migrations)) {
      const file = readFileSync(new URL(name, migrationsFolder))
      assert.equal(createHash('sha256').update(file).digest('hex'), digest, `${name} was edited after its release`)
    }
  })

  it('can send everything that it sends', async () => {
    assert.ok(statements.length > 150, `only ${statements.length} were recorded`)
    await withClient(database.appUrl, async (app) => {
      for (const { file, text } of statements)
        await assert.doesNotReject(() => plan(app, text), `${version.name}, ${file}: ${text}`)
    })
  })

  it('loses nothing, and may store everything that it may store', () => {
    assert.deepEqual(findNarrowings(then, now), [])
  })

  it('would notice each way of breaking it, and does not notice what only expands', async () => {
    for (const { what, sql, notices } of breaking)
      await inVain(async () => {
        await owner.query(sql)
        assert.match(findNarrowings(then, await readCatalogue(owner)).join('\n'), notices, what)
      })
    await inVain(async () => {
      await owner.query(expanding)
      assert.deepEqual(findNarrowings(then, await readCatalogue(owner)), [])
    })
    await inVain(async () => {
      await owner.query('alter table charges rename psp_reference to reference')
      const sent = statements.filter(({ text }) => text.includes('psp_reference') && text.includes('charges'))
      assert.ok(sent.length > 3)
      await assert.rejects(plan(owner, sent[0]?.text ?? ''), /psp_reference/)
    })
  })
})
