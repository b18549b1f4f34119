import { LRUCache } from 'lru-cache'
import type { Deps } from '../deps.ts'
import type { Outcome, Psp, PspAccount, PspName, PspReply, PspRequest } from '../psp-gateway/port.ts'
import type { PspHealth, PspWay } from '../psp-gateway/psp-health.ts'
import { pspNames } from '../psp-gateway/registry.ts'
import type { PspOperation, ValueOf } from './labels.ts'
import type { Metrics } from './metrics.ts'

/** What a request to a PSP is for. */
type Call = { psp: PspName; account: string; operation: PspOperation }
type Psps = Deps['psps']

/**
 * Measures what is asked of PSPs where all of it passes: at the port. An adapter builds the request and reads the reply,
 * so between the two it is known which account is asked for what, how long it took and what it meant; no flow has to say
 * it, and none can forget to.
 */
export type WatchedPsps = {
  psps: Psps
  /** Around the real sending. */
  watchSend(send: Deps['send']): Deps['send']
  /** The card relay's reports pass here. */
  watchHealth(health: PspHealth): PspHealth
  /** How long a call of the card relay's took, in ms. */
  tookRelayed(accountId: string, ms: number): void
}

/** Accounts of which it is remembered at which PSP they are, for what the card relay reports of them. */
const maxRelayed = 10_000

export function watchPsps(psps: Psps, metrics: Metrics): WatchedPsps {
  const calls = new WeakMap<PspRequest, Call>()
  const callOfReply = new WeakMap<PspReply, Call>()
  const relayedCalls = new LRUCache<string, Call>({ max: maxRelayed })
  const countReply = (call: Call, way: PspWay, reply: PspReply): void => {
    callOfReply.set(reply, call)
    const { psp, account } = call
    metrics.count('fincore_psp_replies_total', { psp, psp_account: account, way, reply: classOf(reply) })
  }
  const took = ({ psp, account, operation }: Call, way: PspWay, ms: number): void =>
    metrics.observe('fincore_psp_call_duration_seconds', { psp, psp_account: account, operation, way }, ms / 1_000)
  const countOutcome = (operation: PspOperation, reply: PspReply, { outcome }: Outcome): void => {
    const call = callOfReply.get(reply)
    // A report of the relay to a process that did not send the card; what comes of it is the same.
    if (call === undefined) return
    const { psp, account } = call
    const asked = call.operation === 'finish_action' ? call.operation : operation
    metrics.count('fincore_psp_outcomes_total', { psp, psp_account: account, operation: asked, outcome })
  }
  const watch = (psp: PspName, own: Psp): Psp => {
    const noting = makeNoting((account, operation, request) => calls.set(request, { psp, account, operation }))
    const { payments, hostedSessions, reconciliation, rawCards, checks } = own
    return {
      ...own,
      payments: {
        ...payments,
        authorizeToken: noting('authorize', payments.authorizeToken),
        capture: noting('capture', payments.capture),
        cancel: noting('cancel', payments.cancel),
        refund: noting('refund', payments.refund),
        lookUp: noting('look_up', payments.lookUp),
        readLookUp: notingNext(noting, payments.readLookUp),
        ...(payments.finishAction && { finishAction: noting('finish_action', payments.finishAction) }),
        readReply(kind, reply, asked) {
          const outcome = payments.readReply(kind, reply, asked)
          countOutcome(kind, reply, outcome)
          return outcome
        },
      },
      ...(hostedSessions && {
        hostedSessions: {
          ...hostedSessions,
          create: noting('create_session', hostedSessions.create),
          expire: noting('expire_session', hostedSessions.expire),
          lookUp: noting('look_up', hostedSessions.lookUp),
          readLookUp: notingNext(noting, hostedSessions.readLookUp),
        },
      }),
      ...(reconciliation && {
        reconciliation: { ...reconciliation, list: noting('list', reconciliation.list) },
      }),
      ...(rawCards && {
        rawCards: {
          ...rawCards,
          authorizeCard(account, input) {
            relayedCalls.set(account.id, { psp, account: account.id, operation: 'authorize' })
            return rawCards.authorizeCard(account, input)
          },
        },
      }),
      ...(checks && {
        checks: {
          ...checks,
          list(account, setUp) {
            const list = checks.list(account, setUp)
            for (const { request } of list) if (request !== null) noting('check', () => request)(account)
            return list
          },
          ...(checks.ownPayment && {
            ownPayment: { ...checks.ownPayment, request: noting('check', checks.ownPayment.request) },
          }),
        },
      }),
    }
  }
  return {
    psps: Object.fromEntries(pspNames.map((name) => [name, watch(name, psps[name])])) as Psps,
    watchSend: (send) => async (request, timeoutMs) => {
      const begunAt = performance.now()
      const reply = await send(request, timeoutMs)
      const call = calls.get(request)
      if (call !== undefined) {
        took(call, 'ours', performance.now() - begunAt)
        countReply(call, 'ours', reply)
      }
      return reply
    },
    watchHealth: ({ ours, relayed }) => ({
      ours,
      relayed: {
        ...relayed,
        report(accountId, reply) {
          const call = relayedCalls.get(accountId)
          if (call !== undefined) countReply(call, 'relayed', reply)
          relayed.report(accountId, reply)
        },
      },
    }),
    tookRelayed(accountId, ms) {
      const call = relayedCalls.get(accountId)
      if (call !== undefined) took(call, 'relayed', ms)
    },
  }
}

type Build<Rest extends unknown[], Request> = (account: PspAccount, ...rest: Rest) => Request
type Noting = <Rest extends unknown[], Request extends PspRequest | null>(
  operation: PspOperation,
  build: Build<Rest, Request>,
) => Build<Rest, Request>

/** Builders whose requests are remembered with what they are for. */
function makeNoting(note: (account: string, operation: PspOperation, request: PspRequest) => void): Noting {
  return (operation, build) =>
    (account, ...rest) => {
      const request = build(account, ...rest)
      if (request !== null) note(account.id, operation, request)
      return request
    }
}

/** The next page of a look-up is asked for by a request that stands in the answer. */
function notingNext<Question, Answer extends { found: unknown }>(
  noting: Noting,
  read: (account: PspAccount, question: Question, reply: PspReply) => Answer,
): (account: PspAccount, question: Question, reply: PspReply) => Answer {
  return (account, question, reply) => {
    const answer = read(account, question, reply)
    if (isNext(answer)) noting('look_up', () => answer.request)(account)
    return answer
  }
}

function isNext(answer: object): answer is { request: PspRequest } {
  return 'found' in answer && answer.found === 'next' && 'request' in answer
}

function classOf(reply: PspReply): ValueOf<'reply'> {
  if ('failure' in reply) return reply.failure
  return classes[Math.floor(reply.status / 100)] ?? '5xx'
}
const classes: Partial<Record<number, '2xx' | '3xx' | '4xx' | '5xx'>> = { 2: '2xx', 3: '3xx', 4: '4xx', 5: '5xx' }
