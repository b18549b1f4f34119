import type { HostedSessionState, LookUpAnswer, PspReply } from '../psp-gateway/port.ts'

/**
 * What a PSP answered to a look-up, in one word. `silent`: it gave no answer at all, so asking about its other attempts
 * at the same moment would most likely wait in vain too.
 */
export const lookUpWords = {
  approved: { silent: false, meaning: 'It did it.' },
  action_required: { silent: false, meaning: 'It waits for the shopper.' },
  declined: { silent: false, meaning: 'It, or the bank, said no.' },
  rejected: { silent: false, meaning: 'It never acted.' },
  ended: { silent: false, meaning: 'The payment ended without money.' },
  unfinished: { silent: false, meaning: 'It knows the reference, and gives no outcome yet, or none that can be.' },
  session_open: { silent: false, meaning: 'Its page is open.' },
  session_completed: { silent: false, meaning: 'Its page was paid.' },
  session_closed: { silent: false, meaning: 'Its page is closed, and nothing was paid.' },
  not_found: { silent: false, meaning: 'It does not know the reference; proof only after its consistency window.' },
  unreadable: { silent: false, meaning: 'It answered what FinCore cannot read or rely on.' },
  turned_away: {
    silent: false,
    meaning: 'It refused the look-up (4xx): the account’s credentials, or a limit of calls.',
  },
  server_error: { silent: true, meaning: 'It answered with an error of its own (5xx).' },
  timeout: { silent: true, meaning: 'It did not answer in time.' },
  reset: { silent: true, meaning: 'The connection broke off.' },
  refused: { silent: true, meaning: 'It could not be reached.' },
  tls: { silent: true, meaning: 'Its certificate is not trusted, or the handshake failed.' },
  no_way_to_ask: { silent: false, meaning: 'It has no look-up for this; its webhook tells.' },
  not_asked: { silent: false, meaning: 'FinCore could not ask: a fault of ours, which the log names.' },
} as const
export type LookUpWord = keyof typeof lookUpWords

/** For a PSP that cannot be asked. */
export const noWayToAsk = { said: 'no_way_to_ask', why: null } as const

/** The word, and what it leaves open; `why` is a text of FinCore's own and never one of the PSP's. */
export type Said = { said: LookUpWord; why: string | null }

export function describeLookUp(reply: PspReply, answer: Exclude<LookUpAnswer, { found: 'next' }>): Said {
  if (answer.found === 'unknown') return describeNoAnswer(reply, answer.why)
  if (answer.found === false) return { said: 'not_found', why: null }
  return answer.outcome.outcome === 'unknown'
    ? { said: 'unfinished', why: answer.outcome.why }
    : { said: answer.outcome.outcome, why: null }
}

export function describeSessionLookUp(reply: PspReply, state: Exclude<HostedSessionState, { found: 'next' }>): Said {
  if (state.found === 'unknown') return describeNoAnswer(reply, state.why)
  if (state.found === false) return { said: 'not_found', why: null }
  return { said: sessionWords[state.status], why: null }
}

const sessionWords = {
  open: 'session_open',
  completed: 'session_completed',
  expired: 'session_closed',
  canceled: 'session_closed',
} as const

function describeNoAnswer(reply: PspReply, why: string): Said {
  if ('failure' in reply) return { said: reply.failure, why: null }
  if (reply.status >= 500) return { said: 'server_error', why }
  return { said: reply.status >= 400 ? 'turned_away' : 'unreadable', why }
}
