import { type Static, Type } from 'typebox'
import Schema from 'typebox/schema'
import { fitText } from '../fit-text.ts'
import { parseJson } from '../parse-json.ts'
import { maxHolderName } from './request.ts'

/**
 * The token that `@fincore/browser` makes of Adyen Web's `state.data`: `adyen_` and the base64url of this JSON. What it
 * holds of the card only Adyen can open (Adyen, “Custom Card Component”; RSA and AES in the shopper's browser).
 */
const Encrypted = Type.String({ pattern: '^[\\x21-\\x7e]{1,4000}$' })
const Token = Type.Object({
  paymentMethod: Type.Object({
    type: Type.Literal('scheme'),
    encryptedCardNumber: Encrypted,
    encryptedExpiryMonth: Encrypted,
    encryptedExpiryYear: Encrypted,
    encryptedSecurityCode: Type.Optional(Encrypted),
    holderName: Type.Optional(Type.String({ maxLength: 1_000 })),
  }),
  browserInfo: Type.Optional(
    Type.Object({
      acceptHeader: Type.String({ maxLength: 2_000 }),
      colorDepth: Type.Integer({ minimum: 1, maximum: 64 }),
      javaEnabled: Type.Boolean(),
      language: Type.String({ maxLength: 50 }),
      screenHeight: Type.Integer({ minimum: 0, maximum: 100_000 }),
      screenWidth: Type.Integer({ minimum: 0, maximum: 100_000 }),
      timeZoneOffset: Type.Integer({ minimum: -1_440, maximum: 1_440 }),
      userAgent: Type.String({ maxLength: 2_000 }),
    }),
  ),
  origin: Type.Optional(Type.String({ pattern: '^https?://[\\x21-\\x7e]{1,80}$' })),
})
type Token = Static<typeof Token>
const isToken = Schema.Compile(Token)

const prefix = 'adyen_'
const maxTokenLength = 24_000

/**
 * What Adyen is sent for something that is no such token: nothing that it can open. It answers that it did nothing, and
 * that is what the merchant is told, in the same words as for a token that is too old. The text is FinCore's own, because
 * what a merchant sends in a token's place may be anything.
 */
const unreadable: Token = {
  paymentMethod: {
    type: 'scheme',
    encryptedCardNumber: 'unreadable',
    encryptedExpiryMonth: 'unreadable',
    encryptedExpiryYear: 'unreadable',
    encryptedSecurityCode: 'unreadable',
  },
}

/** The fields of a payment request that a token holds; those of the table above and no others. Never throws. */
export function readToken(token: string): Token {
  if (!token.startsWith(prefix) || token.length > maxTokenLength) return unreadable
  const value = parseJson(Buffer.from(token.slice(prefix.length), 'base64url').toString('utf8'))
  if (!isToken.Check(value)) return unreadable
  const { type, encryptedCardNumber, encryptedExpiryMonth, encryptedExpiryYear } = value.paymentMethod
  const { encryptedSecurityCode } = value.paymentMethod
  const holderName = fitText(value.paymentMethod.holderName ?? null, maxHolderName)
  return {
    paymentMethod: {
      type,
      encryptedCardNumber,
      encryptedExpiryMonth,
      encryptedExpiryYear,
      ...(encryptedSecurityCode === undefined ? {} : { encryptedSecurityCode }),
      ...(holderName === undefined ? {} : { holderName }),
    },
    ...(value.browserInfo === undefined ? {} : { browserInfo: pickBrowserInfo(value.browserInfo) }),
    ...(value.origin === undefined ? {} : { origin: value.origin }),
  }
}

type BrowserInfo = NonNullable<Token['browserInfo']>

function pickBrowserInfo(info: BrowserInfo): BrowserInfo {
  const { acceptHeader, colorDepth, javaEnabled, language } = info
  const { screenHeight, screenWidth, timeZoneOffset, userAgent } = info
  return { acceptHeader, colorDepth, javaEnabled, language, screenHeight, screenWidth, timeZoneOffset, userAgent }
}
