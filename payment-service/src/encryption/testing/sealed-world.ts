import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { createTestDatabase } from '@fincore/dev/test-database'
import { loadConfig } from '../../config.ts'
import { newId } from '../../ids.ts'
import { createLog } from '../../log.ts'
import type { Vault } from '../../secrets.ts'
import { openPool } from '../../store/pool.ts'
import { openKeyRing } from '../key-ring.ts'
import { rotateEncryption } from '../rotate.ts'

/** A database with sealed secrets, and key rings on it as processes and commands have them. */
export async function createSealedWorld(t: TestContext) {
  const database = await createTestDatabase(t)
  const pool = openPool(database.appUrl, 6)
  t.after(() => pool.end())
  const configOf = (env: Record<string, string>) =>
    loadConfig({
      DATABASE_URL: database.appUrl,
      INTERNAL_TOKEN: 'i'.repeat(32),
      PUBLIC_URL: 'http://127.0.0.1:4000',
      RELAY_URL: 'https://127.0.0.1:4001',
      ...env,
    })
  const openRing = (env: Record<string, string>) => openKeyRing(pool, configOf(env), createLog('silent'))
  const lines: string[] = []
  return {
    database,
    pool,
    configOf,
    openRing,
    /** What the commands said. */
    lines,
    /** As the command, with `env` for its settings. */
    async rotate(
      env: Record<string, string>,
      more: { rowsAtOnce?: number; patienceMs?: number; signal?: AbortSignal } = {},
    ) {
      const settings = configOf(env)
      const ring = await openKeyRing(pool, settings, createLog('silent'))
      return rotateEncryption({ pool, settings, ring, tell: (line) => void lines.push(line), ...more })
    },
    /** A merchant with an account and an endpoint, whose secrets are sealed with this vault. */
    async addMerchant(vault: Vault) {
      const [merchant, account, endpoint] = [newId('merchant'), newId('pspAccount'), newId('webhookEndpoint')]
      await pool.query('insert into merchants (merchant_id, name) values ($1, $1)', [merchant])
      await pool.query(
        `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ($1, $2, 'sandbox', 'A', '{}', $3)`,
        [merchant, account, vault.seal(`{"secret_key":"of ${account}"}`, account)],
      )
      await pool.query(
        `insert into webhook_endpoints (merchant_id, id, url, events, status, secret, previous_secret, previous_secret_until)
         values ($1, $2, 'https://shop.example/hook', '{*}', 'enabled', $3, $4, now())`,
        [merchant, endpoint, vault.seal(`new of ${endpoint}`, endpoint), vault.seal(`old of ${endpoint}`, endpoint)],
      )
      return { merchant, account, endpoint }
    },
    /** Opens every stored secret with this vault; how many there are. */
    async openAll(vault: Vault): Promise<number> {
      const { rows } = await pool.query<{ id: string; sealed: Buffer; text: string }>(
        `select id, credentials as sealed, '{"secret_key":"of ' || id || '"}' as text from psp_accounts
         union all select id, secret, 'new of ' || id from webhook_endpoints
         union all select id, previous_secret, 'old of ' || id from webhook_endpoints`,
      )
      for (const { id, sealed, text } of rows)
        if (vault.open(sealed, id) !== text) throw new Error(`${id} opens to something else`)
      return rows.length
    },
  }
}

export const newKey = () => randomBytes(32).toString('base64')
