import Type from 'typebox'

const time = (description: string) => Type.String({ description: `${description} RFC 3339, UTC.`, format: 'date-time' })
const count = (description: string) => Type.Integer({ minimum: 0, description })

/** What FinCore does not try for a while, because somebody seems to test cards; the object of `card_testing.suspected`. */
export const CardTestingBlock = Type.Object({
  object: Type.Literal('card_testing_block'),
  id: Type.String({ description: 'The block’s id.', examples: ['ctb_01kx7p2z3r8v9w0a1b2c3d4e5f'] }),
  rule: Type.String({ description: 'The rule whose limit was reached.', examples: ['address_declines'] }),
  subject: Type.Enum(['session', 'address', 'bin', 'flow'], {
    description:
      'What is blocked: a payment session, the shoppers of an address, cards with the same first six digits, or new cards in one flow.',
  }),
  value: Type.String({
    description:
      'Which: a session’s id, six digits, a flow; of an address its network and a code that stands for it, because the address itself is kept nowhere.',
    examples: ['203.0.113.0/24 Jx0m2uT1qA'],
  }),
  figures: Type.Object(
    {
      points: count('What the rule had counted.'),
      limit: count('Its limit for you.'),
      declined: count('Tries that were declined.'),
      telling: count('Of these, with a reason that is typical of testing.'),
      approved: count('Payments that were approved meanwhile.'),
      since: time('When it began.'),
    },
    { description: 'Why.' },
  ),
  since: time('When the block began.'),
  until: time('When it ends, if it is not lifted before.'),
})
