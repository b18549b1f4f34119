import { newSecret, randomLetters } from './ids.ts'
import type { Account, World } from './world.ts'

export type NewAccount = {
  name: string
  merchant_account?: string
  api_key?: string
  client_key?: string
  hmac_key?: string
  webhook_user?: string
  webhook_password?: string
  webhook_url?: string | null
  capture?: 'immediate' | 'manual'
  raw_cards?: boolean
}

/**
 * Opens a merchant account and makes what is not given. The same API key again is the same account, as it is.
 *
 * @returns null when the merchant account exists with another key.
 */
export function openAccount(world: World, given: NewAccount): Account | null {
  const known = world.accounts.find(({ apiKey }) => apiKey === given.api_key)
  if (known) return known
  if (world.accounts.some(({ merchantAccount }) => merchantAccount === given.merchant_account)) return null
  const account: Account = {
    name: given.name,
    merchantAccount: given.merchant_account ?? `StandIn${randomLetters(8)}ECOM`,
    apiKey: given.api_key ?? `AQE${newSecret()}`,
    clientKey: given.client_key ?? `test_${randomLetters(32)}`,
    hmacKey: given.hmac_key ?? newSecret().toUpperCase(),
    webhookUser: given.webhook_user ?? 'webhooks',
    webhookPassword: given.webhook_password ?? newSecret(),
    webhookUrl: given.webhook_url ?? null,
    capture: given.capture ?? 'immediate',
    rawCards: given.raw_cards ?? true,
  }
  world.accounts.push(account)
  return account
}

export function showAccount(account: Account): Required<NewAccount> {
  return {
    name: account.name,
    merchant_account: account.merchantAccount,
    api_key: account.apiKey,
    client_key: account.clientKey,
    hmac_key: account.hmacKey,
    webhook_user: account.webhookUser,
    webhook_password: account.webhookPassword,
    webhook_url: account.webhookUrl,
    capture: account.capture,
    raw_cards: account.rawCards,
  }
}
