import type { Refusal } from '../refusals.ts'
import type { Payment } from '../world.ts'

/** What `additionalData` tells when everything is selected in the Customer Area (Developers, Additional data). */
export function describeCard(payment: Payment, refusal: Refusal | null): Record<string, string> {
  const { card, authCode, networkTxReference, amount } = payment
  return {
    cardBin: card.bin,
    cardSummary: card.summary,
    expiryDate: card.expiryDate,
    paymentMethod: card.brand,
    ...(card.holderName === null ? {} : { cardHolderName: card.holderName }),
    ...(refusal
      ? { refusalReasonRaw: refusal.raw }
      : {
          authCode,
          networkTxReference,
          authorisedAmountCurrency: amount.currency,
          authorisedAmountValue: String(amount.value),
        }),
  }
}
