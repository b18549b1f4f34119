import type { Outcome } from '../psp-gateway/port.ts'
import type { SettlementOutcome } from './settlement-states.ts'

/** What operators say became of an attempt. */
export type ByHand = {
  outcome: SettlementOutcome
  /** What the PSP moved by an authorization (0: it only holds the funds) or a capture; null for any other. */
  captured: bigint | null
  pspReference: string | null
}

/** What it is said of. */
export type OfAttempt = {
  kind: 'authorize' | 'capture' | 'cancel' | 'refund'
  origin: 'merchant' | 'give_back'
  /** What was asked for: a capture may be of less than its charge. */
  amount: bigint
}

export type Misfit = {
  field: 'outcome' | 'captured' | 'psp_reference'
  why: 'amount' | 'form' | 'impossible'
  text: string
}

/** The same in the words of a PSP, so that it takes the same way as theirs; or what cannot be right about it. */
export function outcomeByHand(said: ByHand, of: OfAttempt): Outcome | Misfit {
  const movesMoney = said.outcome === 'approved' && (of.kind === 'authorize' || of.kind === 'capture')
  if (!movesMoney && said.captured !== null)
    return misfit('captured', 'form', 'captured belongs to an approved authorization or capture, and to nothing else.')
  switch (said.outcome) {
    case 'approved': {
      const captured = said.captured ?? 0n
      if (said.pspReference === null) return misfit('psp_reference', 'form', 'An approval needs the PSP’s reference.')
      if (movesMoney && said.captured === null)
        return misfit(
          'captured',
          'form',
          'captured says how much the PSP moved; 0 for an authorization that it only holds.',
        )
      if (captured > of.amount)
        return misfit('captured', 'amount', `The charge is of ${of.amount}; no more can have been captured.`)
      // The PSP would have refused, or done, exactly this. Another amount is of another operation, or a mistake.
      if (of.kind === 'capture' && captured !== of.amount)
        return misfit(
          'captured',
          'amount',
          `FinCore asked for a capture of ${of.amount}: it was done, or it is settled as declined or not_executed. Another amount is another operation at the PSP.`,
        )
      return { outcome: 'approved', pspReference: said.pspReference, captured, card: null }
    }
    case 'declined':
      return {
        outcome: 'declined',
        pspReference: said.pspReference,
        code: declinedBy[of.kind],
        pspCode: null,
        card: null,
      }
    case 'not_executed':
      if (said.pspReference !== null)
        return misfit(
          'psp_reference',
          'form',
          'What never happened has no reference at the PSP; name in `proof` what shows it.',
        )
      if (of.origin === 'give_back')
        return misfit(
          'outcome',
          'impossible',
          'Money that must go back is sent again by FinCore until the PSP has answered; it cannot be left out.',
        )
      return { outcome: 'rejected', code: 'not_executed', pspCode: null }
  }
}

/** No reason is known beside the PSP's no. */
const declinedBy = {
  authorize: 'card_declined',
  capture: 'do_not_honor',
  cancel: 'do_not_honor',
  refund: 'refund_declined',
} as const

function misfit(field: Misfit['field'], why: Misfit['why'], text: string): Misfit {
  return { field, why, text }
}
