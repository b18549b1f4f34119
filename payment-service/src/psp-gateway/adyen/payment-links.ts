import type { PaymentLinkRequest } from '@adyen/api-library/lib/src/typings/checkout/paymentLinkRequest.js'
import type { PaymentLinkResponse } from '@adyen/api-library/lib/src/typings/checkout/paymentLinkResponse.js'
import type { UpdatePaymentLinkRequest } from '@adyen/api-library/lib/src/typings/checkout/updatePaymentLinkRequest.js'
import { fitText } from '../fit-text.ts'
import type { HostedSessionState, HostedSessions } from '../port.ts'
import { readAccount } from './account.ts'
import { takesAmount, toAdyen } from './amounts.ts'
import { readReference, writeReference } from './references.ts'
import { get, type InJson, patch, post } from './request.ts'
import { classifyReply, wire } from './wire.ts'

type LinkStatus = `${PaymentLinkResponse.StatusEnum}`

/** The statuses of a payment link. One whose payment is under way can still be refused, so it is open. */
const statuses: Record<LinkStatus, 'open' | 'completed' | 'expired'> = {
  active: 'open',
  paymentPending: 'open',
  completed: 'completed',
  paid: 'completed',
  expired: 'expired',
}

/**
 * What a shopper may pay with: cards, and the wallets that hold them. Authorize, capture, cancel and decline mean the same
 * for each of these; a bank transfer has no hold to capture, and an answer only days later.
 */
const cardMethods = ['scheme', 'applepay', 'googlepay']

/**
 * Hosted sessions are payment links (Pay by Link). A link shows every payment of a shopper by webhook only: its look-up
 * tells whether it was paid, and not by what.
 */
export const hostedSessions: HostedSessions = {
  create(account, input) {
    const isManual = input.captureMethod === 'manual'
    const { currency } = input.amount
    const description = fitText(input.description, 280)
    const email = fitText(input.customerEmail, 254)
    const locale = readLocale(input.locale)
    // They are for the shopper to read. A price that Adyen cannot express is a reason to show none, and not to refuse.
    const isShown = input.lineItems.every(({ amount }) => takesAmount({ amount, currency }))
    const lineItems = (isShown ? input.lineItems.slice(0, 100) : []).map(({ name, quantity, amount }) => ({
      description: fitText(name, 200) ?? '-',
      quantity,
      amountIncludingTax: toAdyen({ amount, currency }).value,
    }))
    const body = {
      merchantAccount: readAccount(account).merchantAccount,
      reference: writeReference(input.reference, input.captureMethod),
      amount: toAdyen(input.amount),
      returnUrl: input.returnUrl,
      reusable: false,
      expiresAt: input.expiresAt.toISOString(),
      // Said for every link, so that the merchant account's own capture delay decides nothing.
      ...(isManual ? { manualCapture: true } : { manualCapture: false, captureDelayHours: 0 }),
      allowedPaymentMethods: cardMethods,
      ...(description === undefined ? {} : { description }),
      ...(email === undefined ? {} : { shopperEmail: email }),
      ...(locale === null ? {} : { shopperLocale: locale }),
      ...(lineItems.length === 0 ? {} : { lineItems }),
    } satisfies InJson<PaymentLinkRequest>
    return post(account, '/paymentLinks', input.reference, body)
  },

  readCreate(reply) {
    const read = classifyReply(reply)
    if (read.kind === 'unknown') return { outcome: 'unknown', why: read.why }
    if (read.kind === 'rejected') return { outcome: 'rejected', pspCode: read.pspCode }
    if (!wire.paymentLink.Check(read.value) || read.value.status !== 'active')
      return { outcome: 'unknown', why: 'the reply is no active payment link' }
    return { outcome: 'approved', pspReference: read.value.id, url: read.value.url }
  },

  /** A link is found by its id alone. One whose id never came is made again under the same key, which tells the id. */
  lookUp: (account, { pspReference }) => (pspReference === null ? null : get(account, pathOf(pspReference))),

  readLookUp(_account, { reference, pspReference }, reply): HostedSessionState {
    const read = classifyReply(reply)
    if (read.kind === 'unknown') return { found: 'unknown', why: read.why }
    if (read.kind === 'rejected') return { found: 'unknown', why: 'the look-up was refused' }
    const status = readStatus(read.value)
    if (!wire.paymentLink.Check(read.value) || status === null)
      return { found: 'unknown', why: 'the reply is no payment link, or one of a status that FinCore does not know' }
    if (read.value.id !== pspReference || readReference(read.value.reference).reference !== reference)
      return { found: 'unknown', why: 'the payment link is another’s' }
    return { found: true, pspReference: read.value.id, url: read.value.url, status, payments: [] }
  },

  expire: (account, { pspReference }) =>
    patch(account, pathOf(pspReference), { status: 'expired' } satisfies InJson<UpdatePaymentLinkRequest>),

  /** A refusal to close it names no reason that Adyen documents; the look-up that follows tells why. */
  readExpire(reply) {
    const read = classifyReply(reply)
    const status = read.kind === 'body' ? readStatus(read.value) : null
    return status === 'expired' ? 'closed' : status === 'completed' ? 'completed' : 'unknown'
  },
}

function pathOf(id: string): string {
  return `/paymentLinks/${encodeURIComponent(id)}`
}

function readStatus(value: unknown): 'open' | 'completed' | 'expired' | null {
  if (!wire.paymentLink.Check(value) || !Object.hasOwn(statuses, value.status)) return null
  return statuses[value.status as LinkStatus]
}

/** Adyen wants language and country; the country that most likely goes with a language alone is Unicode's. */
function readLocale(locale: string | null): string | null {
  if (!/^[a-z]{2}(-[a-z]{2})?$/i.test(locale ?? '')) return null
  const { language, region } = new Intl.Locale(locale ?? '').maximize()
  return region === undefined ? null : `${language}-${region}`
}
