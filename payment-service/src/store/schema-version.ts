import { readdir } from 'node:fs/promises'
import type { Queryable } from './pool.ts'

export const migrationsFolder = new URL('../../migrations/', import.meta.url)

/**
 * A migration expands the schema: code that does not know it works on as before. One that takes away or narrows what
 * older code may use says so by its name, `NNN_name.contract.sql`, and comes a release later (docs/lifecycle.md).
 */
export function isContracting(migration: string): boolean {
  return migration.endsWith('.contract.sql')
}

/** The migrations of this code, in their order. */
export async function listMigrations(folder: URL = migrationsFolder): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
}

/** What of the schema this code does not fit; null when it can work with it. */
export type Misfit =
  | { is: 'none' }
  /** Migrations of this code that have not run. Null: so old that the login may not even see which have. */
  | { is: 'behind'; missing: string[] | null }
  /** Contracting migrations that ran, of a newer code. */
  | { is: 'ahead'; unknown: string[] }

/** Compares the schema of a database with this code. Needs no right but to look. */
export async function findMisfit(db: Queryable): Promise<Misfit | null> {
  const known = await listMigrations()
  let applied: string[]
  try {
    const { rows } = await db.query<{ name: string }>('select name from schema_migrations order by name')
    applied = rows.map(({ name }) => name)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === '42P01') return { is: 'none' }
    if (code === '42501') return { is: 'behind', missing: null }
    throw error
  }
  const unknown = listUnknown(known, applied).filter(isContracting)
  if (unknown.length > 0) return { is: 'ahead', unknown }
  const missing = known.filter((name) => !applied.includes(name))
  return missing.length > 0 ? { is: 'behind', missing } : null
}

/** Migrations that ran and that this code does not have: those of a newer one. */
export function listUnknown(known: readonly string[], applied: readonly string[]): string[] {
  return applied.filter((name) => !known.includes(name))
}
