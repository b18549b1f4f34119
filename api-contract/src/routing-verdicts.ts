type VerdictRow = {
  /** `chosen`: it takes the payment. `later`: it could have. `never`: it cannot take this payment. `left`: it was tried. */
  effect: 'chosen' | 'later' | 'never' | 'left'
  meaning: string
}

/**
 * What was said of a PSP account when one was chosen for a payment (`routing` of a charge and of a payment session). Docs
 * are made from this table.
 */
export const routingVerdicts = {
  asked_for: { effect: 'chosen', meaning: 'The request names it.' },
  token_of_this_account: {
    effect: 'chosen',
    meaning: 'The token was made at it, and works nowhere else.',
  },
  only_one: { effect: 'chosen', meaning: 'No other account can take the payment now.' },
  highest_priority: { effect: 'chosen', meaning: 'It comes before all others that can take the payment.' },
  share: { effect: 'chosen', meaning: 'It was drawn, by its share, among those of equal priority.' },
  not_drawn: { effect: 'later', meaning: 'Another of equal priority was drawn, by the shares.' },
  lower_priority: { effect: 'later', meaning: 'It comes after the chosen one.' },
  breaker_open: {
    effect: 'later',
    meaning: 'Its PSP has not answered lately, or with errors of its own, so others go first.',
  },
  not_reached: { effect: 'left', meaning: 'It was tried: for certain, no byte of the request left for its PSP.' },
  overloaded: { effect: 'left', meaning: 'Too many requests wait for its PSP already.' },
  disabled: { effect: 'never', meaning: 'An operator has taken it out of use.' },
  currency_not_taken: { effect: 'never', meaning: 'It is set to take other currencies.' },
  amount_not_taken: { effect: 'never', meaning: 'Its PSP cannot express this amount, or does not take the currency.' },
  brand_not_taken: { effect: 'never', meaning: 'It is set to take other card brands.' },
  cannot_hosted: { effect: 'never', meaning: 'Its PSP has no page for shoppers.' },
  cannot_raw_cards: { effect: 'never', meaning: 'Its PSP takes no card numbers from merchants.' },
  raw_cards_not_confirmed: {
    effect: 'never',
    meaning: 'Its PSP takes card numbers on request only, and no operator has confirmed that it does.',
  },
  no_three_d_secure: { effect: 'never', meaning: 'Its PSP takes no 3-D Secure result that was made elsewhere.' },
  no_merchant_initiated: { effect: 'never', meaning: 'Its PSP takes no payment that the merchant begins.' },
} as const satisfies Record<string, VerdictRow>

export type RoutingVerdict = keyof typeof routingVerdicts

const namesOf = (effect: VerdictRow['effect']): RoutingVerdict[] =>
  (Object.keys(routingVerdicts) as RoutingVerdict[]).filter((name) => routingVerdicts[name].effect === effect)

/** Why the chosen account was chosen. */
export type RoutingReason = {
  [Name in RoutingVerdict]: (typeof routingVerdicts)[Name]['effect'] extends 'chosen' ? Name : never
}[RoutingVerdict]
export const routingReasons = namesOf('chosen') as RoutingReason[]
