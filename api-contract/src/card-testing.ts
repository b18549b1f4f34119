import Type from 'typebox'
import { count, idOf, kindOf, oneOf, text, time } from './fields.ts'

/** What FinCore does not try for a while, because somebody seems to test cards; the object of `card_testing.suspected`. */
export const CardTestingBlock = Type.Object(
  {
    object: kindOf('card_testing_block'),
    id: idOf('ctb', 'The block’s id.'),
    rule: text('The rule whose limit was reached.', { atMost: 64, like: 'address_declines' }),
    subject: oneOf(
      ['session', 'address', 'bin', 'flow'],
      'What is blocked: a payment session, the shoppers of an address, cards with the same first six digits, or new cards in one flow.',
      'address',
    ),
    value: text(
      'Which: a session’s id, six digits, a flow; of an address its network and a code that stands for it, because the address itself is kept nowhere.',
      { atMost: 100, like: '203.0.113.0/24 Jx0m2uT1qA' },
    ),
    figures: Type.Object(
      {
        points: count('What the rule had counted.', 10),
        limit: count('Its limit for you.', 10),
        declined: count('Tries that were declined.', 7),
        telling: count('Of these, with a reason that is typical of testing.', 3),
        approved: count('Payments that were approved meanwhile.', 0),
        since: time('When it began.'),
      },
      { description: 'Why.' },
    ),
    since: time('When the block began.'),
    until: time('When it ends, if it is not lifted before.'),
  },
  { description: 'What is not tried for a while, because somebody seems to try out stolen cards.' },
)
