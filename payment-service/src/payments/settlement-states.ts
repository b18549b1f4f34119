/**
 * The states of a settlement by hand: an outcome that two operators give an attempt whose PSP does not. Compared with
 * SQL by a test.
 */
export const settlementStates = {
  requested: 'One operator asked for it; another must approve it.',
  approved: 'Two operators agree. The PSP is asked once more before it is applied.',
  applied: 'Final: the attempt has this outcome.',
  superseded: 'Final: the PSP gave an outcome of its own, and that one holds.',
  refused: 'Final: when it was to be applied it was not possible any more; `note` says why.',
  withdrawn: 'Final: an operator took it back.',
} as const
export type SettlementState = keyof typeof settlementStates

export const settlementOutcomes = {
  approved: 'The PSP did it, under the reference that is given.',
  declined: 'The PSP or the bank said no.',
  not_executed: 'It never happened.',
} as const
export type SettlementOutcome = keyof typeof settlementOutcomes
