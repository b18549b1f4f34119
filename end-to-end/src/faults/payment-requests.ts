import { type MagicCardName, magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { JudgedWorld } from './drill-world.ts'

/** What is paid for is always this shop's. */
export const shopOrigin = 'https://shop.example'

type Capture = 'automatic' | 'manual'

/** As the PSP's card fields make it in the shopper's browser; null when the PSP made none. */
export async function makeToken(
  { http, addresses, merchant }: Pick<JudgedWorld, 'http' | 'addresses' | 'merchant'>,
  card: MagicCardName,
): Promise<string | null> {
  const json = { number: magicCardNumber(card), cvc: '123', expiry_month: 12, expiry_year: 2034 }
  const answer = await http
    .send('POST', `${addresses.pspPages}/v2/tokens`, { bearer: merchant.psp_public_key, json })
    .catch(() => null)
  return answer?.status === 201 ? (JSON.parse(answer.text) as { id: string }).id : null
}

export function tokenCharge(
  { merchant }: Pick<JudgedWorld, 'merchant'>,
  token: string,
  amount: number,
  capture: Capture,
): object {
  return {
    ...common(amount, capture),
    payment_method: { type: 'token', token, psp_account: merchant.psp_account },
  }
}

/** @param account the merchant's account at the PSP; without one FinCore chooses. */
export function cardCharge(name: MagicCardName, amount: number, capture: Capture, account?: string): object {
  const card = { number: magicCardNumber(name), cvc: '123', exp_month: 12, exp_year: 2034 }
  return {
    ...common(amount, capture),
    ...(account === undefined ? {} : { psp_account: account }),
    payment_method: { type: 'card', card },
  }
}

function common(amount: number, capture: Capture) {
  return { amount, currency: 'EUR', capture_method: capture, return_url: `${shopOrigin}/back` }
}
