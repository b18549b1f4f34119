import { AdyenError } from '../adyen-error.ts'
import { readCardNumber } from '../card-brands.ts'
import type { FieldKey } from '../field-encryption.ts'
import type { Account, CardShown } from '../world.ts'

/** A card for the time of one request. `number` is forgotten with it. */
export type Card = { number: string; shown: CardShown; expired: boolean }

type CardFields = { number: string; expiryMonth: string; expiryYear: string; cvc: string | undefined }

const longestHolderName = 80

/**
 * Reads the card of a `paymentMethod`: its encrypted fields, or raw ones where the account may send them.
 *
 * @throws AdyenError for another kind of payment method, for both kinds of fields at once, and for what is no card.
 */
export function readCard(
  account: Account,
  fieldKey: FieldKey,
  method: Record<string, string | undefined>,
  nowMs: number,
): Card {
  if (method.type !== 'scheme') throw new AdyenError('unsupported_details')
  const { holderName } = method
  if (holderName !== undefined && holderName.length > longestHolderName)
    throw new AdyenError('rule_broken', `paymentMethod.holderName must have at most ${longestHolderName} characters`)
  return checkCard(chooseFields(account, fieldKey, method), holderName, nowMs)
}

function chooseFields(account: Account, fieldKey: FieldKey, method: Record<string, string | undefined>): CardFields {
  const encrypted = Object.keys(method).some((name) => name.startsWith('encrypted'))
  const raw = ['number', 'expiryMonth', 'expiryYear', 'cvc'].some((name) => method[name] !== undefined)
  if (encrypted && raw) throw new AdyenError('rule_broken', 'A card is sent either encrypted or raw')
  const required = (name: string): string => {
    const value = method[name]
    if (value === undefined || value === '') throw new AdyenError('field_missing', `paymentMethod.${name}`)
    return value
  }
  if (!encrypted) {
    if (raw && !account.rawCards) throw new AdyenError('not_allowed')
    const number = required('number')
    return { number, expiryMonth: required('expiryMonth'), expiryYear: required('expiryYear'), cvc: method.cvc }
  }
  const { encryptedSecurityCode: code } = method
  return {
    number: fieldKey.decrypt('number', required('encryptedCardNumber')),
    expiryMonth: fieldKey.decrypt('expiryMonth', required('encryptedExpiryMonth')),
    expiryYear: fieldKey.decrypt('expiryYear', required('encryptedExpiryYear')),
    cvc: code === undefined ? undefined : fieldKey.decrypt('cvc', code),
  }
}

/** @throws AdyenError where Adyen would not even ask the bank. */
export function checkCard(fields: CardFields, holderName: string | undefined, nowMs: number): Card {
  const { number, expiryMonth, expiryYear, cvc } = fields
  const kind = readCardNumber(number)
  if (!kind) throw new AdyenError('invalid_card_number')
  if (!/^(0?[1-9]|1[0-2])$/.test(expiryMonth) || !/^20\d\d$/.test(expiryYear)) throw new AdyenError('invalid_expiry')
  if (cvc !== undefined && !(cvc.length === kind.cvcLength && /^\d+$/.test(cvc))) throw new AdyenError('invalid_cvc')
  return {
    number,
    expired: Date.UTC(Number(expiryYear), Number(expiryMonth), 1) <= nowMs,
    shown: {
      bin: number.slice(0, 6),
      summary: number.slice(-4),
      brand: kind.brand,
      expiryDate: `${Number(expiryMonth)}/${expiryYear}`,
      holderName: holderName ?? null,
    },
  }
}
