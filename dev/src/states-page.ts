import { attemptStates } from '@fincore/payment-service/payments/attempt-states'
import { chargeHappenings, chargeStates, chargeTransitions } from '@fincore/payment-service/payments/charge-states'
import { disputeHappenings, disputeStates, disputeTransitions } from '@fincore/payment-service/payments/dispute-states'
import { lookUpWords } from '@fincore/payment-service/payments/look-up-words'
import { refundHappenings, refundStates, refundTransitions } from '@fincore/payment-service/payments/refund-states'
import { sessionHappenings, sessionStates, sessionTransitions } from '@fincore/payment-service/payments/session-states'
import { settlementStates } from '@fincore/payment-service/payments/settlement-states'
import { table, wordTable } from './doc-page.ts'

/** The page about the states of every object, and which follows when something happens. */
export function describeStates(): string {
  return [
    'A final state never reverses. Each cell says which state follows when something happens:',
    '`same` tells nothing new; `contradiction` would reverse a final state, so it is kept, flagged and shown to an operator;',
    '`late` is money that arrived after the end: recorded, flagged, and given back unless the merchant keeps it.',
    '',
    stateMachine('Charge', chargeStates, chargeHappenings, chargeTransitions),
    stateMachine('Payment session', sessionStates, sessionHappenings, sessionTransitions),
    stateMachine('Refund', refundStates, refundHappenings, refundTransitions),
    stateMachine('Dispute', disputeStates, disputeHappenings, disputeTransitions),
    '---',
    '',
    '## For operators: attempts',
    '',
    'One call to a PSP that makes or moves something. Merchants never see one: what comes of it is in the states above.',
    '',
    wordTable('State', attemptStates),
    '',
    'What a PSP answered to a look-up (`said`), in [what is unresolved](runbooks/unresolved.md):',
    '',
    wordTable('Word', Object.fromEntries(Object.entries(lookUpWords).map(([word, { meaning }]) => [word, meaning]))),
    '',
    'A settlement by hand: an outcome that two operators give an attempt whose PSP gives none.',
    '',
    wordTable('State', settlementStates),
  ].join('\n')
}

function stateMachine<State extends string, Happening extends string>(
  name: string,
  states: Record<State, string>,
  happenings: Record<Happening, string>,
  transitions: Record<State, Record<Happening, string>>,
): string {
  const stateNames = Object.keys(states) as State[]
  const happeningNames = Object.keys(happenings) as Happening[]
  return [
    `## ${name}`,
    '',
    wordTable('State', states),
    '',
    table(
      ['In state', ...happeningNames.map((happening) => `\`${happening}\``)],
      stateNames.map((state) => [`\`${state}\``, ...happeningNames.map((happening) => transitions[state][happening])]),
    ),
    '',
    ...happeningNames.map((happening) => `- \`${happening}\`: ${happenings[happening]}`),
    '',
  ].join('\n')
}
