import { createHash } from 'node:crypto'
import { newId, newSecret } from '../ids.ts'
import type { Ledger } from './database.ts'

export type Account = {
  id: string
  name: string
  public_key: string
  webhook_secret: string
  webhook_url: string | null
}

export type NewAccount = { id: string; secret_key: string; public_key: string; webhook_secret: string }

const columns = 'id, name, public_key, webhook_secret, webhook_url'

/** Opens an account. The secret key is shown here once and kept as a digest only. */
export function createAccount(ledger: Ledger, name: string, webhookUrl: string | null, nowMs: number): NewAccount {
  const account = {
    id: newId('acc', nowMs),
    secret_key: `sk_sandbox_${newSecret()}`,
    public_key: `pk_sandbox_${newSecret()}`,
    webhook_secret: `whsec_sandbox_${newSecret()}`,
  }
  ledger.run(
    `INSERT INTO accounts (${columns}, secret_key_digest) VALUES (?, ?, ?, ?, ?, ?)`,
    account.id,
    name,
    account.public_key,
    account.webhook_secret,
    webhookUrl,
    digest(account.secret_key),
  )
  return account
}

/** The account of a secret key. The look-up is by digest, so its time says nothing of the key. */
export function findAccountBySecretKey(ledger: Ledger, secretKey: string): Account | null {
  return ledger.get(`SELECT ${columns} FROM accounts WHERE secret_key_digest = ?`, digest(secretKey))
}

export function findAccountByPublicKey(ledger: Ledger, publicKey: string): Account | null {
  return ledger.get(`SELECT ${columns} FROM accounts WHERE public_key = ?`, publicKey)
}

export function findAccount(ledger: Ledger, id: string): Account | null {
  return ledger.get(`SELECT ${columns} FROM accounts WHERE id = ?`, id)
}

export function setWebhookUrl(ledger: Ledger, account: string, url: string | null): void {
  ledger.run('UPDATE accounts SET webhook_url = ? WHERE id = ?', url, account)
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
