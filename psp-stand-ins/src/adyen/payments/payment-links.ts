import { AdyenError } from '../adyen-error.ts'
import { randomLetters } from '../ids.ts'
import type { Account, PaymentLink, World } from '../world.ts'
import { type Authorised, authorise } from './authorise.ts'
import {
  checkAmount,
  checkCaptureDelay,
  checkMerchantAccount,
  checkMetadata,
  checkReference,
  checkReturnUrl,
} from './payment-request.ts'
import type { Card } from './read-card.ts'

const dayMs = 24 * 60 * 60_000
/** Adyen, `PaymentLinkRequest.expiresAt`: at most 70 days after the link is made, and 24 hours without it. */
const longestLifeMs = 70 * dayMs
const longestDescription = 280
/** Nobody needs as many cards as this; whoever tries more is testing stolen numbers, and the link ends. */
const mostTries = 50

/** What is read of a `PaymentLinkRequest`, whose names and types are checked already. */
type LinkBody = PaymentLink['request'] & {
  returnUrl?: string
  expiresAt?: string
  description?: string
  captureDelayHours?: number
  manualCapture?: boolean
  reusable?: boolean
  metadata?: Record<string, string>
}

/** @throws AdyenError where the documents have a rule that the request breaks. */
export function makePaymentLink(world: World, account: Account, body: LinkBody): PaymentLink {
  checkMerchantAccount(account, body.merchantAccount)
  checkReference(body.reference)
  checkAmount(body.amount)
  checkMetadata(body.metadata)
  checkCaptureDelay(body.captureDelayHours)
  if (body.returnUrl !== undefined) checkReturnUrl(body.returnUrl)
  if ((body.description?.length ?? 0) > longestDescription)
    throw new AdyenError('rule_broken', `description must have at most ${longestDescription} characters`)
  if (body.reusable === true) throw new AdyenError('rule_broken', 'this stand-in makes links for one payment only')
  const expiresAtMs = body.expiresAt === undefined ? world.now() + dayMs : Date.parse(body.expiresAt)
  if (expiresAtMs <= world.now()) throw new AdyenError('rule_broken', 'expiresAt must be in the future')
  if (expiresAtMs > world.now() + longestLifeMs)
    throw new AdyenError('rule_broken', 'expiresAt must be at most 70 days after the link is made')
  const link: PaymentLink = {
    id: `PL${randomLetters(16)}`,
    account,
    request: body,
    status: 'active',
    expiresAtMs,
    updatedAtMs: world.now(),
    payments: [],
  }
  world.links.set(link.id, link)
  return link
}

/** The link as it is now: an active one whose time is over has expired. */
export function findPaymentLink(world: World, id: string): PaymentLink | null {
  const link = world.links.get(id)
  if (link?.status === 'active' && link.expiresAtMs <= world.now()) closePaymentLink(world, link)
  return link ?? null
}

export function closePaymentLink(world: World, link: PaymentLink): void {
  if (link.status !== 'active') return
  link.status = 'expired'
  link.updatedAtMs = world.now()
}

/** A shopper's try on the link's page: a payment of its own, with its own `pspReference`. */
export function payByLink(world: World, link: PaymentLink, card: Card): Authorised {
  const { reference, amount, manualCapture, captureDelayHours } = link.request as LinkBody
  world.calls.set(reference, (world.calls.get(reference) ?? 0) + 1)
  const byHand = manualCapture ?? (captureDelayHours === undefined && link.account.capture === 'manual')
  const delayed = captureDelayHours ? { atMs: world.now() + captureDelayHours * 3_600_000 } : ('at_once' as const)
  const done = authorise(world, {
    account: link.account,
    reference,
    amount,
    card,
    captures: byHand ? 'manually' : delayed,
    authentication: 'redirect',
    returnUrl: `${world.pagesUrl}/${link.id}/back`,
    link: link.id,
  })
  link.payments.push(done.payment.pspReference)
  settlePaymentLink(world, link)
  if (link.payments.length >= mostTries) closePaymentLink(world, link)
  return done
}

/** A link is completed by its first payment, also when that comes after its end. */
export function settlePaymentLink(world: World, link: PaymentLink): void {
  const isPaid = link.payments.some((id) => world.payments.get(id)?.status === 'authorised')
  if (!isPaid || link.status === 'completed') return
  link.status = 'completed'
  link.updatedAtMs = world.now()
}

/** The answer of `/paymentLinks`: what was asked for, and what became of it. */
export function showPaymentLink(world: World, link: PaymentLink): object {
  const { expiresAt: _expiresAt, ...request } = link.request as LinkBody
  return {
    ...request,
    reusable: false,
    expiresAt: isoSeconds(link.expiresAtMs),
    id: link.id,
    status: link.status,
    updatedAt: isoSeconds(link.updatedAtMs),
    url: `${world.pagesUrl}/${link.id}`,
  }
}

function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
