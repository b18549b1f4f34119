import type { LookUpAnswer, Psp } from '@fincore/payment-service/psp-gateway/port'

/**
 * A PSP of the other kind: it cannot be asked by our reference. What became of an authorization its webhook tells, and
 * nobody else; a capture, cancel or refund is made again under the same idempotency key, and answered as it was; a page
 * can be asked about by its own id alone.
 */
export function withoutLookUps(psp: Psp): Psp {
  const { payments, hostedSessions } = psp
  return {
    ...psp,
    payments: {
      ...payments,
      lookUp(account, { kind, reference, payment, amount }) {
        if (kind === 'authorize' || payment === null || amount === undefined) return null
        return payments[kind](account, { reference, payment, amount })
      },
      readLookUp(_account, { kind, reference, amount }, reply): LookUpAnswer {
        // That the repeat was not sent says nothing of the first.
        if ('failure' in reply) return { found: 'unknown', why: reply.failure }
        const outcome = payments.readReply(kind, reply, amount && { reference, amount })
        return outcome.outcome === 'unknown' ? { found: 'unknown', why: outcome.why } : { found: true, outcome }
      },
    },
    ...(hostedSessions && {
      hostedSessions: {
        ...hostedSessions,
        lookUp: (account, question) =>
          question.pspReference === null ? null : hostedSessions.lookUp(account, question),
      },
    }),
  }
}
