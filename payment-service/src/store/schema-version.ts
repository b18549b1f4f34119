import { readdir } from 'node:fs/promises'
import type { Queryable } from './pool.ts'

export const migrationsFolder = new URL('../../migrations/', import.meta.url)

/** The migrations of this code, in their order. */
export async function listMigrations(): Promise<string[]> {
  return (await readdir(migrationsFolder)).filter((name) => name.endsWith('.sql')).sort()
}

/** What of the schema this code does not fit; null when it is the one that this code knows. */
export type Misfit =
  | { is: 'none' }
  /** Migrations of this code that have not run. Null: so old that the login may not even see which have. */
  | { is: 'behind'; missing: string[] | null }
  /** Migrations that ran, of a newer code. */
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
  const unknown = applied.filter((name) => !known.includes(name))
  if (unknown.length > 0) return { is: 'ahead', unknown }
  const missing = known.filter((name) => !applied.includes(name))
  return missing.length > 0 ? { is: 'behind', missing } : null
}
