import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pathInRepository } from '@fincore/dev/managed-process'
import type { Version } from './upgrade-world.ts'

/** The code that this file is of. */
export const thisVersion: Version = {
  name: 'this version',
  folder: pathInRepository(''),
  readyPath: '/health/ready',
  drains: true,
}

/** Migrations of a version that comes after this one: this one does not know the last two, and must work on with them. */
export function makeMigrationsOfTomorrow(): { folder: URL; names: string[]; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-tomorrow-'))
  cpSync(pathInRepository('payment-service/migrations'), folder, { recursive: true })
  const added = {
    '998_stars.sql':
      'alter table charges add column stars integer not null default 0;\ncreate table parcels (merchant_id text primary key);\n',
    '999_stars.concurrent.sql':
      'create index concurrently if not exists charges_by_stars on charges (merchant_id, stars);\n',
  }
  for (const [name, sql] of Object.entries(added)) writeFileSync(join(folder, name), sql)
  return {
    folder: pathToFileURL(`${folder}/`),
    names: Object.keys(added),
    remove: () => rmSync(folder, { recursive: true }),
  }
}
