import { type Static, Type } from 'typebox'
import { settlementOutcomes } from '../payments/settlement-states.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { NewSettlement } from '../store/attempt-settlements.ts'

const text = Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' })

/** What an operator says became of an attempt, and by what it is proven. */
export const settlementRequestSchema = Type.Object(
  {
    outcome: Type.Enum(Object.keys(settlementOutcomes) as (keyof typeof settlementOutcomes)[]),
    captured: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    psp_reference: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' })),
    proof: Type.Optional(text),
    reason: text,
  },
  { additionalProperties: false },
)

/** The PSP's reference is what an approval stands on; where nothing was moved, its support case or statement. */
export function readSettlementRequest(
  request: Static<typeof settlementRequestSchema>,
): Pick<NewSettlement, 'outcome' | 'captured' | 'pspReference' | 'proof' | 'reason'> | Refusal {
  const { outcome, captured, psp_reference, proof, reason } = request
  const missing = (param: string, detail: string) => refuse('parameter_missing', { param, detail })
  if (outcome === 'approved' && psp_reference === undefined)
    return missing('psp_reference', 'psp_reference is the PSP’s own id of what it did. Without it nothing is approved.')
  if (outcome !== 'approved' && proof === undefined)
    return missing('proof', 'proof names what shows it: the reference of the PSP’s support case, or its statement.')
  return {
    outcome,
    captured: captured === undefined ? null : BigInt(captured),
    pspReference: psp_reference ?? null,
    proof: proof ?? null,
    reason,
  }
}
