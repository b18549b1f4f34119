import type { Movement } from '../demo-comparison.ts'
import type { Shopper } from '../demo-shopper.ts'
import type { DevFile, PspKeys } from '../dev-file.ts'
import type { HttpClient } from '../http-client.ts'
import type { Addresses, PlanInput } from '../process-plans.ts'

export type Card = { number: string; cvc: string; expMonth: number; expYear: number }

/** What `GET /v1/client_config` says of an account's card fields. */
export type ShownFields = { kind: string } & Readonly<Record<string, unknown>>

export type Ledger = {
  movements: (Movement & { reference: string })[]
  calls: number
}

/** How to reach the PSP's process as who runs it. */
export type PspAdmin = { client: HttpClient; api: string; adminToken: string }

/** All that the launcher and the demo must know of one PSP: its process, how an account is made, and how a shopper pays. */
export type DevPsp = {
  /** The name of its adapter. */
  name: string
  /** As people call what runs here. */
  title: string
  /** Its process: the log's name, the entry from the repository's folder, and the settings. */
  process: { name: string; main: string; settings(input: PlanInput): Record<string, string> }
  /** Makes an account; or sees to it that the one of these keys is there. Null when that one is gone for good. */
  openAccount(admin: PspAdmin, known: PspKeys | null): Promise<PspKeys | null>
  /** Has the account's webhooks sent there. */
  setWebhook(admin: PspAdmin, keys: PspKeys, url: string): Promise<void>
  /** What FinCore is told of the account. */
  account(
    keys: PspKeys,
    addresses: Pick<Addresses, 'psp' | 'psp_api'>,
  ): {
    config: Record<string, string>
    credentials: Record<string, string>
  }
  /** Its keys by the names of dev.json. */
  shownKeys(keys: PspKeys): { secret: string; public: string }
  /** Makes a token of a card, as the PSP's card fields make it in the browser. */
  makeToken(dev: DevFile, client: HttpClient, fields: ShownFields, card: Card): Promise<string>
  /** The shopper, who stands on the PSP's page, pays there and goes back. */
  payHosted(shopper: Shopper, card: Card): Promise<void>
  /** What the bank really did under a reference of FinCore's; without one, everything. */
  readTruth(dev: DevFile, client: HttpClient, reference: string | null): Promise<Ledger>
  /** A shell command that prints a token of a card, for the curl lines of `npm start`. */
  tokenCommand(dev: TokenAddresses, card: Card): string
  /** Where its test cards stand. */
  testCards(dev: Pick<DevFile, 'psp'>): string
}

export type TokenAddresses = Pick<DevFile, 'psp' | 'psp_api' | 'psp_public_key' | 'psp_admin_token' | 'ca'>

/** What is typed into a form that asks for the date as on the card. */
export function typeCard({ number, cvc, expMonth, expYear }: Card): Record<'number' | 'cvc' | 'expiry', string> {
  return { number, cvc, expiry: `${String(expMonth).padStart(2, '0')}/${String(expYear).slice(2)}` }
}
