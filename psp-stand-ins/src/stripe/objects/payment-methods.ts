import { createHash } from 'node:crypto'
import type Stripe from 'stripe'
import { brandOf, cvcLengthOf, isCardNumber } from '../card-number.ts'
import { invalid, missing, Refusal } from '../errors.ts'
import { makeId } from '../ids.ts'
import { behaviourOf, fundingOf } from '../test-cards.ts'
import { type Account, type MethodRow, seconds, type World } from '../world.ts'

/** A card as a request has it; the texts and numbers are checked by `takeCard`. */
export type CardParams = { number?: string; exp_month?: number; exp_year?: number; cvc?: string; token?: string }

export type MethodParams = {
  type?: string
  card?: CardParams
  billing_details?: { name?: string; email?: string; phone?: string; address?: Partial<Stripe.Address> | '' }
  metadata?: Stripe.Metadata
}

/**
 * Makes a payment method of a card, or of the token of one, as `POST /v1/payment_methods` and `payment_method_data` do.
 * Throws the `Refusal` of a card that cannot be one; `path` is where the card stands in the request.
 */
export function createMethod(world: World, account: Account, params: MethodParams, path: string): MethodRow {
  if (params.type !== 'card')
    throw invalid('This stand-in takes cards only', { param: path === '' ? 'type' : `${path}[type]` })
  const cardPath = path === '' ? 'card' : `${path}[card]`
  const card = params.card
  if (!card) throw invalid(`Missing required param: ${cardPath}.`, { code: 'parameter_missing', param: cardPath })
  const row =
    card.token === undefined ? takeCard(world, card, cardPath) : takeToken(account, card, `${cardPath}[token]`)
  const { billing_details: billing } = params
  const method: Stripe.PaymentMethod = {
    ...row.method,
    id: makeId('pm', 24),
    created: seconds(world),
    billing_details: {
      address: readAddress(billing?.address),
      email: billing?.email ?? null,
      name: billing?.name ?? null,
      phone: billing?.phone ?? null,
      tax_id: null,
    },
    metadata: params.metadata ?? {},
  }
  const made = { ...row, method }
  account.methods.set(method.id, made)
  return made
}

/** Makes the token of a card, as `POST /v1/tokens` does. */
export function createToken(world: World, account: Account, card: CardParams & { name?: string }): Stripe.Token {
  const row = takeCard(world, card, 'card')
  const shown = row.method.card
  if (!shown) throw new Error('A payment method of a card has a card')
  const token: Stripe.Token = {
    id: makeId('tok', 24),
    object: 'token',
    card: {
      id: makeId('card', 24),
      object: 'card',
      address_city: null,
      address_country: null,
      address_line1: null,
      address_line1_check: null,
      address_line2: null,
      address_state: null,
      address_zip: null,
      address_zip_check: null,
      brand: brandNames[shown.brand] ?? 'Unknown',
      country: shown.country,
      cvc_check: row.cvcGiven ? 'unchecked' : null,
      dynamic_last4: null,
      exp_month: shown.exp_month,
      exp_year: shown.exp_year,
      funding: shown.funding,
      last4: shown.last4,
      metadata: {},
      name: card.name ?? null,
      regulated_status: 'unregulated',
      tokenization_method: null,
    },
    client_ip: '127.0.0.1',
    created: seconds(world),
    livemode: false,
    type: 'card',
    used: false,
  }
  account.tokens.set(token.id, { token, row })
  return token
}

/** A card object names brands otherwise than a payment method does ("The Card object", `brand`). */
const brandNames: Record<string, string> = {
  amex: 'American Express',
  diners: 'Diners Club',
  discover: 'Discover',
  jcb: 'JCB',
  mastercard: 'MasterCard',
  unionpay: 'UnionPay',
  visa: 'Visa',
}

function takeToken(account: Account, card: CardParams, param: string): MethodRow {
  if (
    card.number !== undefined ||
    card.cvc !== undefined ||
    card.exp_month !== undefined ||
    card.exp_year !== undefined
  )
    throw invalid('You may only specify one of these parameters: token, number.', {
      code: 'parameters_exclusive',
      param,
    })
  const found = account.tokens.get(card.token ?? '')
  if (!found) throw missing('token', card.token ?? '', param, 400)
  if (found.token.used)
    throw invalid('You cannot use a Stripe token more than once.', { code: 'token_already_used', param })
  found.token.used = true
  return found.row
}

function takeCard(world: World, card: CardParams, path: string): MethodRow {
  for (const name of ['number', 'exp_month', 'exp_year'] as const)
    if (card[name] === undefined)
      throw invalid(`Missing required param: ${path}[${name}].`, {
        code: 'parameter_missing',
        param: `${path}[${name}]`,
      })
  const { number = '', exp_month: month = 0, exp_year: shortYear = 0, cvc } = card
  const year = shortYear < 100 ? 2000 + shortYear : shortYear
  const today = new Date(world.now())
  const refuse = (field: string, code: string, message: string) =>
    new Refusal(402, { type: 'card_error', code, message, param: `${path}[${field}]` })
  const digits = number.replace(/[ -]/g, '')
  if (!isCardNumber(digits)) throw refuse('number', 'incorrect_number', 'Your card number is incorrect.')
  if (month < 1 || month > 12)
    throw refuse('exp_month', 'invalid_expiry_month', "Your card's expiration month is invalid.")
  const isPast = year < today.getUTCFullYear() || (year === today.getUTCFullYear() && month < today.getUTCMonth() + 1)
  if (isPast || year > today.getUTCFullYear() + 50)
    throw refuse('exp_year', 'invalid_expiry_year', "Your card's expiration year is invalid.")
  const brand = brandOf(digits)
  if (cvc !== undefined && !(/^\d{3,4}$/.test(cvc) && (brand === 'unknown' || cvc.length === cvcLengthOf(brand))))
    throw refuse('cvc', 'invalid_cvc', "Your card's security code is invalid.")
  const method: Stripe.PaymentMethod = {
    id: '',
    object: 'payment_method',
    billing_details: { address: readAddress(undefined), email: null, name: null, phone: null, tax_id: null },
    allow_redisplay: 'unspecified',
    card: {
      brand,
      checks: {
        address_line1_check: null,
        address_postal_code_check: null,
        cvc_check: cvc === undefined ? null : 'unchecked',
      },
      country: 'US',
      display_brand: brand,
      exp_month: month,
      exp_year: year,
      fingerprint: createHash('sha256').update(`fingerprint of ${digits}`).digest('hex').slice(0, 16),
      funding: fundingOf(digits),
      generated_from: null,
      last4: digits.slice(-4),
      networks: { available: [brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: seconds(world),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  }
  return { method, behaviour: behaviourOf(digits), cvcGiven: cvc !== undefined, spent: false }
}

function readAddress(address: Partial<Stripe.Address> | '' | undefined): Stripe.Address {
  const { city = null, country = null, line1 = null, line2 = null, postal_code = null, state = null } = address || {}
  return { city, country, line1, line2, postal_code, state }
}
