import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import type { Random } from '../faults/random.ts'
import type { Payment } from './replay.ts'

const minute = 60_000
const hour = 60 * minute

/** The day's hours, and the part of the shoppers who come in each. */
const shoppersByHour = [1, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 7, 9, 7, 6, 6, 6, 7, 8, 9, 9, 7, 4, 2]

/** What banks say when they decline a shopper's own card, out of a hundred. */
const declines: Partial<Record<DeclineCode, number>> = {
  insufficient_funds: 42,
  do_not_honor: 22,
  card_declined: 14,
  incorrect_cvc: 7,
  authentication_failed: 5,
  expired_card: 4,
  limit_exceeded: 3,
  suspected_fraud: 2,
  lost_card: 1,
}

/** What is out of the ordinary on this day, in ms from its beginning. */
const sale = { at: 12 * hour, lastsMs: minute, perSecond: 50 }
const incident = { at: 17 * hour, lastsMs: 10 * minute, says: ['issuer_unavailable', 'processing_error'] as const }
const billing = { at: 3 * hour, payments: 1_000, perSecond: 10, declinedShare: 0.3 }
const office = { lunchAt: 11.75 * hour, lunchLastsMs: 20 * minute, payments: 45 }

/** Who comes from where, and with which cards. */
const places = { office: '203.0.113.9', mobileNetwork: '198.51.100.20' } as const
const shares = { bigBank: 0.3, mobileNetwork: 0.04, withoutAddress: 0.1, threeDSecure: 0.4, small: 0.15 }

/**
 * A day of a busy shop without an attacker: 20,000 payments of shoppers, 8 to 15 % of which are declined, and 1,000 of
 * subscribers. Shoppers try again, twice or thrice; there are a sale, an office behind one address, a mobile network
 * behind another, a bank that has three in ten of the shoppers, and ten minutes in which no bank can be reached.
 */
export function makeHonestDay(random: Random, payments = 20_000): Payment[] {
  const day: Payment[] = []
  const scale = payments / 20_000
  const saleSize = Math.round((scale * (sale.perSecond * sale.lastsMs)) / 1_000)
  for (let made = 0; made < saleSize; made++) visit(day, random, sale.at + random.next() * sale.lastsMs * scale)
  for (let made = 0; made < office.payments; made++)
    visit(day, random, office.lunchAt + random.next() * office.lunchLastsMs, places.office)
  const hours = Object.fromEntries(shoppersByHour.map((weight, index) => [String(index), weight]))
  while (day.length < payments) visit(day, random, (Number(random.weighted(hours)) + random.next()) * hour)
  const subscribers = Math.round(scale * billing.payments)
  for (let made = 0; made < subscribers; made++) day.push(bill(random, billing.at + (made * 1_000) / billing.perSecond))
  return day
}

/** A shopper, with all tries until the payment succeeds or the shopper has had enough. */
function visit(day: Payment[], random: Random, comesAt: number, from?: string): void {
  const flow = random.weighted({ token: 50, hosted: 30, raw_card: 20 })
  const address = from ?? addressOf(random)
  const amount = BigInt(
    random.chance(shares.small) ? random.whole(99, 500) : Math.round(800 * Math.exp(2.2 * random.next())),
  )
  const session = flow === 'hosted' ? day.length : null
  const mostTries = random.weighted({ 1: 35, 2: 40, 3: 25 })
  // The declined share is another one each hour: 8 to 15 in a hundred.
  const declinedShare = 0.08 + 0.07 * Math.abs(Math.sin(Math.floor(comesAt / hour)))
  let card = makeCard(random)
  let says = say(random, declinedShare, comesAt)
  for (let turn = 1, at = comesAt; ; turn++) {
    const answersAfterMs = random.whole(250, 1_200)
    const confirmsAfterMs = random.chance(shares.threeDSecure) ? random.whole(10_000, 60_000) : null
    day.push({ at, who: 'shopper', flow, address, card, amount, session, says, answersAfterMs, confirmsAfterMs })
    if ('approved' in says || turn >= Number(mostTries)) return
    at += answersAfterMs + (confirmsAfterMs ?? 0) + random.whole(8_000, 90_000)
    if (random.chance(0.4)) {
      card = makeCard(random)
      says = say(random, declinedShare, at)
    } else if (isIncident(at) || (isIncident(comesAt) && random.chance(0.5))) says = say(random, declinedShare, at)
    else if (random.chance(0.3)) says = { approved: true }
  }
}

function say(random: Random, declinedShare: number, at: number): Payment['says'] {
  if (isIncident(at)) return { declined: random.pick(incident.says) }
  if (!random.chance(declinedShare)) return { approved: true }
  return { declined: random.weighted(declines as Record<DeclineCode, number>) }
}

function isIncident(at: number): boolean {
  return at >= incident.at && at < incident.at + incident.lastsMs
}

function addressOf(random: Random): string | null {
  if (random.chance(shares.withoutAddress)) return null
  if (random.chance(shares.mobileNetwork)) return places.mobileNetwork
  return `45.${random.whole(0, 255)}.${random.whole(0, 255)}.${random.whole(1, 254)}`
}

function makeCard(random: Random): Payment['card'] {
  return {
    brand: 'visa',
    first6: random.chance(shares.bigBank) ? '413777' : String(random.whole(400_000, 400_400)),
    last4: String(random.whole(0, 9_999)).padStart(4, '0'),
    exp_month: random.whole(1, 12),
    exp_year: random.whole(2027, 2031),
  }
}

/** A subscriber's card on file, charged by the merchant. */
function bill(random: Random, at: number): Payment {
  return {
    at,
    who: 'billing',
    flow: 'raw_card',
    address: null,
    card: makeCard(random),
    amount: 999n,
    session: null,
    says: random.chance(billing.declinedShare) ? { declined: 'insufficient_funds' } : { approved: true },
    answersAfterMs: 400,
    confirmsAfterMs: null,
  }
}
