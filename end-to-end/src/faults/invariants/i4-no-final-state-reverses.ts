import type { Evidence, Violation } from './evidence.ts'
import { isFinal, mayFollow } from './words.ts'

/**
 * I4: no final state reverses. Compared are all events of an object in their order, and everything that was ever
 * answered about it with what was answered to a later question.
 */
export function checkFinality(evidence: Evidence): Violation[] {
  const found: Violation[] = []
  const reversed = (about: string, what: string) => void found.push({ invariant: 'I4', harm: 'guessed', about, what })

  for (const [id, events] of Map.groupBy(evidence.events, ({ object_id }) => object_id)) {
    let before: string | null = null
    for (const { object, sequence } of events.toSorted((a, b) => a.sequence - b.sequence)) {
      const status = String(object.status)
      if (before !== null && !mayFollow(String(object.object), before, status))
        reversed(id, `its event ${sequence} says ${status} after ${before}`)
      before = status
    }
  }
  const answers = evidence.asked.filter(({ status, body }) => status !== null && status < 300 && body !== null)
  for (const [id, ofOne] of Map.groupBy(answers, ({ body }) => String(body?.id))) {
    for (const first of ofOne) {
      const object = String(first.body?.object)
      const said = String(first.body?.status)
      if (!isFinal(object, said)) continue
      const later = ofOne.find(
        ({ startedAt, body }) => startedAt > first.endedAt && !mayFollow(object, said, String(body?.status)),
      )
      if (later !== undefined)
        reversed(
          id,
          `answered ${said} at ${seconds(first.endedAt)}, and ${later.body?.status} at ${seconds(later.endedAt)}`,
        )
    }
  }
  // What was answered as final and what an event said as final is one word.
  const toldFinal = new Map<string, string>()
  for (const { object } of evidence.events) {
    if (isFinal(String(object.object), String(object.status))) toldFinal.set(String(object.id), String(object.status))
  }
  for (const { body } of answers) {
    const told = toldFinal.get(String(body?.id))
    if (told !== undefined && isFinal(String(body?.object), String(body?.status)) && body?.status !== told)
      reversed(String(body?.id), `answered ${body?.status}, and its event said ${told}`)
  }
  return found
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`
}
