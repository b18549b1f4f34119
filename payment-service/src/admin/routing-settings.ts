import { cardBrandNames } from '@fincore/api-contract/card-door'
import { isCurrency } from '@fincore/api-contract/money'
import { type Static, Type } from 'typebox'
import { type Refusal, refuse } from '../refusal.ts'
import type { RoutingSettings } from '../store/psp-accounts.ts'

const nullable = <T extends import('typebox').TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))

/** How an account takes part in routing: fields of a request, all optional. What is null is without a limit. */
export const routingFields = {
  priority: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  share: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  currencies: nullable(
    Type.Array(Type.String({ pattern: '^[A-Z]{3}$' }), { minItems: 1, maxItems: 200, uniqueItems: true }),
  ),
  card_brands: nullable(
    Type.Array(Type.Enum([...cardBrandNames]), { minItems: 1, maxItems: cardBrandNames.length, uniqueItems: true }),
  ),
}
const fields = Type.Object(routingFields)

/** What the request sets of it. */
export function readRoutingSettings(body: Static<typeof fields>): Partial<RoutingSettings> | Refusal {
  const { priority, share, currencies, card_brands: cardBrands } = body
  if (currencies?.some((currency) => !isCurrency(currency)))
    return refuse('currency_unsupported', { param: 'currencies' })
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(share === undefined ? {} : { share }),
    ...(currencies === undefined ? {} : { currencies }),
    ...(cardBrands === undefined ? {} : { cardBrands }),
  }
}

/** The same for the audit log. */
export function describeRouting({ priority, share, currencies, cardBrands }: RoutingSettings) {
  const words = (list: string[] | null) => list?.join(' ') ?? 'all'
  return { priority, share, currencies: words(currencies), card_brands: words(cardBrands) }
}
